//! What the claims allow, in words: for each yield, whose handlers are called and how often. It comes from the model that
//! also judges, so what a reader is told is what the judge lets through.

use std::collections::BTreeMap;

use sigconform_fixture::{BatchOrder, Claims, HandlersRun, Subscription};

use crate::model::{Due, Model};

/// The lines as they grow.
#[derive(Default)]
pub(super) struct Allowance {
    /// Calls that each subscription has had at least.
    had: BTreeMap<Subscription, u64>,
    /// Something since the last yield has no order, whatever is claimed: a release, or a signal from elsewhere.
    pub(super) unordered: bool,
    yields: usize,
    /// First and last yield, and what is allowed in each of them.
    lines: Vec<(usize, usize, String)>,
}

impl Allowance {
    /// A yield: `model` knows what is owed by its end.
    pub(super) fn note(&mut self, model: &Model, claims: &Claims) {
        self.yields += 1;
        let due = model.due();
        let told: Vec<_> = due.iter().map(|owed| self.calls(owed, &due)).collect();
        let mut text = if told.is_empty() { "no handler has to be called".to_owned() } else { told.join(", ") };
        if told.len() > 1 {
            text += self.order(claims);
        }
        self.unordered = false;
        match self.lines.last_mut() {
            Some((_, last, same)) if *same == text => *last = self.yields,
            _ => self.lines.push((self.yields, self.yields, text)),
        }
    }

    /// `SIGUSR1 1 to 5 times`.
    fn calls(&mut self, owed: &Due, all: &[Due]) -> String {
        let had = self.had.entry(owed.subscription).or_default();
        let by_the_end = owed.least.max(had.saturating_add(u64::from(owed.owes)));
        let (least, most) = (by_the_end.saturating_sub(*had), owed.most.saturating_sub(*had));
        *had = by_the_end;
        let times = match (least, most) {
            (1, 1) => "once".to_owned(),
            (least, most) if least >= most => format!("{least} times"),
            (least, most) => format!("{least} to {most} times"),
        };
        let is_one_of_many = all.iter().filter(|other| other.signal == owed.signal).count() > 1;
        let which = if is_one_of_many { format!(" by handler {}", owed.subscription.0) } else { String::new() };
        format!("{}{which} {times}", owed.signal)
    }

    fn order(&self, claims: &Claims) -> &'static str {
        match claims.batch_order.value {
            _ if self.unordered || claims.handlers_run.value == HandlersRun::Concurrently => ", in any order",
            BatchOrder::Sent => ", in the order of sending",
            BatchOrder::LowestFirst => ", lowest number first",
            BatchOrder::Unspecified => ", in any order",
        }
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        let line = |(first, last, text): (usize, usize, String)| {
            if first == last { format!("yield {first}: {text}") } else { format!("yields {first} to {last}: {text}") }
        };
        self.lines.into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use sigconform_fixture::{Burst, Claim, RealTime};

    use super::*;
    use crate::catalogue::Catalogue;

    fn allowed(scenario: &str, claims: &Claims) -> Vec<String> {
        let catalogue = Catalogue::embedded().expect("the embedded catalogue");
        catalogue.scenario(scenario).expect("the scenario").part(claims).allowed
    }

    fn claims(handlers_run: HandlersRun, burst: Burst, batch_order: BatchOrder) -> Claims {
        Claims {
            handlers_run: Claim { value: handlers_run, ..Claim::default() },
            burst: Claim { value: burst, ..Claim::default() },
            batch_order: Claim { value: batch_order, ..Claim::default() },
            real_time: Claim { value: RealTime::Unspecified, ..Claim::default() },
            ..Claims::default()
        }
    }

    #[test]
    fn a_burst_is_allowed_what_is_claimed() {
        let every = claims(HandlersRun::SenderThread, Burst::Every, BatchOrder::Unspecified);
        assert_eq!(allowed("burst-5", &every), ["yield 1: SIGUSR1 5 times"]);
        let some = claims(HandlersRun::SenderThread, Burst::AtLeastOne, BatchOrder::Unspecified);
        assert_eq!(allowed("burst-5", &some), ["yield 1: SIGUSR1 1 to 5 times"]);
    }

    #[test]
    fn a_batch_has_the_claimed_order_and_concurrent_handlers_none() {
        for (run, order, told) in [
            (HandlersRun::SenderThread, BatchOrder::Sent, "in the order of sending"),
            (HandlersRun::SenderThread, BatchOrder::LowestFirst, "lowest number first"),
            (HandlersRun::SenderThread, BatchOrder::Unspecified, "in any order"),
            (HandlersRun::Concurrently, BatchOrder::Sent, "in any order"),
        ] {
            let allowed = allowed("batch-descending", &claims(run, Burst::Every, order));
            assert!(allowed[0].ends_with(told), "{allowed:?}");
        }
    }

    #[test]
    fn what_is_the_same_in_a_thousand_yields_is_told_once() {
        assert_eq!(allowed("thousand-rounds", &Claims::default()).len(), 1);
    }
}
