//! What the generator makes, without playing it: valid scripts, the same for the same seed, of everything that there is.

use std::time::Duration;

use sigconform_fixture::{
    BatchOrder, Burst, Claim, Claims, Description, Fork, ForkChild, HandlersRun, LoopThread, Loops, PendingBefore,
    RealTime, Removal, SecondHandler, Signal, TasksRun, Threads,
};

use super::{
    Explored, abilities::Abilities, distribution::Distribution, file, generator, impossible, play::Kind, shrink,
    validity,
};
use crate::catalogue::{Act, Aspect, Catalogue, Scenario, ScenarioStep};

/// Scripts that are looked at, a thousand at a time until all is reached.
const MOST_THOUSANDS: u64 = 30;

/// What a thousand scripts reach.
fn reached_by_a_thousand(able: &Abilities, thousand: u64) -> Distribution {
    let halves = [thousand * 1_000, thousand * 1_000 + 500];
    let reach = |first| {
        let mut reached = Distribution::default();
        let scripts = (first..first + 500).filter_map(|case| generator::scenario(able, 1, case));
        scripts.for_each(|scenario| reached.add(able, &scenario));
        reached
    };
    std::thread::scope(|scope| {
        let [one, other] = halves.map(|first| scope.spawn(move || reach(first)));
        let mut reached = one.join().expect("a half");
        reached.merge(&other.join().expect("a half"));
        reached
    })
}

fn claim<T: Default>(value: T) -> Claim<T> {
    Claim { value, ..Claim::default() }
}

/// A backend that can be asked everything.
fn description() -> Description {
    let claims = Claims {
        handlers_run: claim(HandlersRun::SenderThread),
        tasks_run: claim(TasksRun::SenderThread),
        burst: claim(Burst::Every),
        batch_order: claim(BatchOrder::Sent),
        real_time: claim(RealTime::Queued),
        second_handler: claim(SecondHandler::Both),
        removal: claim(Removal::StaysCaptured),
        threads: claim(Threads::Any),
        loop_thread: claim(LoopThread::Any),
        fork: claim(Fork::Isolated),
        fork_child: claim(ForkChild::Handles),
        loops: claim(Loops::Each),
        pending_before: claim(PendingBefore::Handled),
        ..Claims::default()
    };
    Description::new("mine", "mine::Signals", "1.0.0").claims(claims)
}

/// The same, where nobody says what becomes of what was pending before the loop: one that was sent to the process may follow one
/// that was sent to a thread.
fn less_to_chance() -> Description {
    let everything = description();
    let claims = Claims { pending_before: Claim::default(), ..everything.claims.clone() };
    everything.claims(claims)
}

fn able(description: &Description) -> Abilities {
    Abilities::of(description, std::env::consts::OS)
}

fn scripts(able: &Abilities, seed: u64, cases: u64) -> Vec<Scenario> {
    (0..cases).map(|case| generator::scenario(able, seed, case).expect("a way")).collect()
}

#[test]
fn a_seed_gives_the_same_scripts_again_in_any_order() {
    let able = able(&description());
    let first = scripts(&able, 7, 40);
    let backwards: Vec<_> = (0..40).rev().map(|case| generator::scenario(&able, 7, case).expect("a way")).collect();
    assert!(first.iter().eq(backwards.iter().rev()));
    assert_ne!(first, scripts(&able, 8, 40));
}

#[test]
fn every_script_is_valid_for_its_backend_whatever_that_claims() {
    let modest = Description::new("mine", "mine::Signals", "1.0.0");
    let refusing = Claims { supports: claim(vec![Signal::SIGHUP]), ..Claims::default() };
    let masked = Claims { threads: claim(Threads::Masked), removal: claim(Removal::Restored), ..Claims::default() };
    let alone = Claims { second_handler: claim(SecondHandler::OnePerProcess), ..Claims::default() };
    let others = [refusing, masked, alone].map(|claims| modest.clone().claims(claims));
    for description in [description(), modest.clone()].into_iter().chain(others) {
        let able = able(&description);
        for scenario in scripts(&able, 1, 300) {
            assert_eq!(validity::check(&able, &scenario), Ok(()), "{scenario:?}");
        }
    }
}

/// What is possible and never reached is a fault of the generator, and what is reached is possible.
/// What is sent more often than a yield waits for may still be pending when it is over.
#[test]
fn what_may_still_be_pending_is_not_compared() {
    let scenario = |times| {
        let (signal, same) = (Signal::SIGHUP, vec![Aspect::Pending]);
        super::scenario_of(vec![
            ScenarioStep::Subscribe { signal, sends: None },
            ScenarioStep::Report { same: Vec::new() },
            ScenarioStep::Flood { signal, times },
            ScenarioStep::Yield,
            ScenarioStep::Report { same },
        ])
    };
    let valid = |burst, times| {
        let claims = Claims { burst: claim(burst), ..description().claims };
        validity::check(&able(&description().claims(claims)), &scenario(times)).is_ok()
    };
    assert_eq!([valid(Burst::Every, 2), valid(Burst::AtLeastOne, 1), valid(Burst::AtLeastOne, 2)], [true, true, false]);
}

#[test]
fn everything_that_is_possible_is_reached_in_time_and_nothing_else() {
    let everything = able(&description());
    let modest = able(&less_to_chance());
    let mut reached = Distribution::default();
    let is_possible = |(one, other): &(Act, Act)| impossible::why(*one, *other).is_none();
    let missing =
        |reached: &Distribution| reached.pairs(&everything, false).into_iter().filter(is_possible).collect::<Vec<_>>();
    for thousand in 0..MOST_THOUSANDS {
        // In turns: each takes up the goals where the other left them.
        for able in [&everything, &modest] {
            reached.merge(&reached_by_a_thousand(able, thousand));
        }
        if missing(&reached).is_empty() {
            break;
        }
    }
    assert_eq!(reached.unreached_states(), [] as [&str; 0]);
    let pairs = reached.pairs(&everything, true);
    let strange: Vec<_> =
        pairs.iter().filter_map(|&(one, other)| Some((one, other, impossible::why(one, other)?))).collect();
    assert_eq!(strange, [], "they were reached");
    let missing = missing(&reached);
    assert!(missing.is_empty(), "{} were not reached: {missing:?}", missing.len());
}

#[test]
fn a_script_that_is_written_as_a_file_reads_back_as_it_was() {
    let description = description();
    let requirements = include_str!("../../catalogue/requirements.toml");
    for scenario in scripts(&able(&description), 3, 200) {
        let mut written = Scenario { name: "found".to_owned(), ..scenario };
        file::complete(&mut written, &description, &Kind::Law("handled-at-yield".to_owned()));
        let text = file::text(&written, "Found.");
        let read = Catalogue::parse(requirements, [("found.toml".into(), text.as_str())]);
        let read = read.unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(read.scenarios, [written], "{text}");
    }
}

#[test]
fn every_law_is_shown_by_a_requirement_that_there_is() {
    let catalogue = Catalogue::embedded().expect("the embedded catalogue");
    for law in crate::judge::law::ALL {
        let shown = file::requirement(&Kind::Law(law.slug.to_owned())).to_owned();
        assert!(catalogue.requirement(&shown).is_some(), "{} is shown by {shown}", law.slug);
    }
}

/// A failure that two steps bring about, whatever is around them, is shrunk to these two.
#[test]
fn a_failing_script_is_shrunk_to_what_it_fails_for() {
    let able = able(&description());
    let has = |scenario: &Scenario, wanted: fn(&ScenarioStep) -> bool| scenario.steps.iter().any(wanted);
    let fails = |scenario: &Scenario| {
        validity::check(&able, scenario).is_ok()
            && has(scenario, |step| matches!(step, ScenarioStep::Flood { times: 3.., .. }))
            && has(scenario, |step| matches!(step, ScenarioStep::Unsubscribe { .. }))
    };
    let failing: Vec<_> = scripts(&able, 5, 600).into_iter().filter(|scenario| fails(scenario)).take(3).collect();
    assert!(!failing.is_empty());
    for scenario in failing {
        let smallest = shrink::shrink(scenario, fails);
        assert!(smallest.steps.len() == 2 && smallest.subscribe.len() <= 2, "{smallest:?}");
        let usual: [Signal; 2] = ["SIGUSR1", "SIGUSR2"].map(|name| name.parse().expect("a signal"));
        assert!(smallest.subscribe.iter().all(|signal| usual.contains(signal)), "{smallest:?}");
        assert!(has(&smallest, |step| matches!(step, ScenarioStep::Flood { times: 3, .. })), "{smallest:?}");
        assert_eq!(smallest.start, crate::catalogue::Start::default());
    }
}

/// What no case was judged of is a skip, never a success.
#[test]
fn what_was_not_judged_says_why() {
    let explored = |cases, skipped: &[(&str, u64)]| Explored {
        backend: "mine".to_owned(),
        cases,
        failed: 0,
        skipped: skipped.iter().map(|&(why, count)| (why.to_owned(), count)).collect(),
        findings: Vec::new(),
        took: Duration::ZERO,
        distribution: Distribution::default(),
        able: able(&description()),
    };
    assert_eq!(explored(9, &[("no", 4)]).skip(), None);
    assert_eq!(explored(9, &[("no", 4), ("not here", 5)]).skip().as_deref(), Some("nothing was judged: no; not here"));
    let none = explored(0, &[("it takes none", 0)]);
    assert_eq!(none.skip().as_deref(), Some("nothing was judged: it takes none"));
    assert_eq!(none.summary(), "mine: 0 cases in 0.0 s, nothing was played\n  skipped: it takes none\n");
}
