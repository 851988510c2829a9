//! What was observed of a backend, over all its cells: one line a claim that its documentation leaves open, for whoever shows it.

use std::collections::BTreeSet;

use crate::{
    catalogue::is_settled_by,
    observed::{self, Observation},
    results::{Backend, Results},
};

/// What all cells of a backend show of one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<'a> {
    /// The claim's name in the protocol.
    pub claim: &'a str,
    /// Every value that a run showed, sorted; never empty.
    pub values: BTreeSet<&'a str>,
    /// The scenarios that showed them, sorted.
    pub scenarios: BTreeSet<&'a str>,
}

impl Seen<'_> {
    /// The value, or that it varies, with the values.
    #[must_use]
    pub fn text(&self) -> String {
        let values = self.values.iter().copied().collect::<Vec<_>>().join(", ");
        if self.values.len() > 1 { format!("varies: {values}") } else { values }
    }
}

/// What the cells of a backend show of the claims that are left open, in the order of the table; what a results file tells of
/// others comes after it.
#[must_use]
pub fn of_backend<'a>(results: &'a Results, backend: &str) -> Vec<Seen<'a>> {
    let about = results.backends.iter().find(|about| about.name == backend);
    let is_settled = |claim: &str| about.is_some_and(|about| settles(about, claim));
    let mut all: Vec<Seen<'a>> = Vec::new();
    for cell in results.results.iter().filter(|cell| cell.backend == backend) {
        for Observation { claim, value, .. } in cell.observed.iter().filter(|seen| !is_settled(&seen.claim)) {
            let at = all.iter().position(|seen| seen.claim == claim).unwrap_or_else(|| {
                all.push(Seen { claim, values: BTreeSet::new(), scenarios: BTreeSet::new() });
                all.len() - 1
            });
            all[at].values.insert(value);
            all[at].scenarios.insert(&cell.scenario);
        }
    }
    let place = |claim: &str| observed::claims().position(|(name, _)| name == claim).unwrap_or(usize::MAX);
    all.sort_by_key(|seen| (place(seen.claim), seen.claim));
    all
}

/// Whether its documentation says what a claim is about.
#[must_use]
pub fn settles(about: &Backend, claim: &str) -> bool {
    about.claims.iter().any(|made| made.claim == claim && is_settled_by(&made.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Cell;

    /// Values from several cells, runs and claims become one line each; what is documented has none.
    #[test]
    fn a_backend_has_a_line_for_each_claim_that_was_seen_and_is_not_made() {
        let cell = |backend: &str, scenario: &str, observed: &[(&str, &str)]| -> Cell {
            let observed: Vec<_> = observed
                .iter()
                .map(|(claim, value)| serde_json::json!({"claim": claim, "value": value, "runs": 1}))
                .collect();
            let cell = serde_json::json!({"backend": backend, "scenario": scenario, "requirements": [], "verdict": "pass",
                "violations": [], "runs": 1, "outcomes": [], "observed": observed, "duration_us": 1});
            serde_json::from_value(cell).expect("a cell")
        };
        let mut results = Results::of(vec![
            cell("mine", "batch-order-observed", &[("batch_order", "sent"), ("a-stranger's", "x")]),
            cell("mine", "batch-descending", &[("batch_order", "lowest-first"), ("burst", "1 of 5")]),
            cell("yours", "burst-5", &[("burst", "5 of 5")]),
        ]);
        let lines = |results: &Results| {
            of_backend(results, "mine").iter().map(|seen| format!("{} {}", seen.claim, seen.text())).collect::<Vec<_>>()
        };
        let order = "batch_order varies: lowest-first, sent";
        assert_eq!(lines(&results), ["burst 1 of 5", order, "a-stranger's x"]);
        assert_eq!(
            of_backend(&results, "mine")[1].scenarios.iter().copied().collect::<Vec<_>>(),
            ["batch-descending", "batch-order-observed"]
        );
        let claims: Vec<_> = serde_json::from_str(
            r#"[{"claim":"burst","value":"every","source":"https://a"},
                {"claim":"batch_order","value":"unspecified","source":"https://a"}]"#,
        )
        .expect("claims");
        results.backends = vec![Backend { name: "mine".to_owned(), claims, ..Backend::default() }];
        assert_eq!(lines(&results), [order, "a-stranger's x"]);
    }
}
