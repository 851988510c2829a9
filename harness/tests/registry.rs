//! The registry has no gaps: every requirement has a scenario or says why not, every scenario a requirement, and every
//! claim and every law that rests on one is exercised. Each check is also seen to fail.

use std::{collections::BTreeSet, env::consts::OS, path::PathBuf};

use sigconform::{catalogue::Catalogue, judge::law};
use sigconform_fixture::{BatchOrder, Claim, Claims, Fork, ForkChild};

fn embedded() -> Catalogue {
    Catalogue::embedded().expect("the embedded catalogue")
}

#[test]
fn nothing_is_left_open() {
    assert_eq!(embedded().gaps(), Vec::<String>::new());
}

#[test]
fn the_registry_is_written_out() {
    let catalogue = embedded();
    assert!(catalogue.requirements.len() >= 80, "{}", catalogue.requirements.len());
    for requirement in &catalogue.requirements {
        for text in [&requirement.statement, &requirement.source] {
            assert!(!text.contains("TODO") && text.len() > 12, "{}: {text}", requirement.slug);
        }
    }
}

#[test]
fn every_law_that_rests_on_a_claim_has_a_claim_and_a_scenario() {
    let exercised: BTreeSet<_> = embedded().scenarios.into_iter().flat_map(|scenario| scenario.claims).collect();
    for law in law::ALL.iter().filter(|law| law.source.contains("claim")) {
        let claim = law.claim().unwrap_or_else(|| panic!("{} does not say which claim it rests on", law.slug));
        assert!(Claims::NAMES.contains(&claim), "{}: there is no claim {claim}", law.slug);
        assert!(exercised.contains(claim), "{}: no scenario exercises {claim}", law.slug);
    }
}

#[test]
fn a_scenario_without_a_requirement_is_an_error() {
    let error = small(&[("shown", None)], &[]).expect_err("no requirement").to_string();
    assert!(error.contains("mine.toml") && error.contains("name at least one requirement"), "{error}");
}

#[test]
fn a_requirement_without_a_scenario_is_a_gap() {
    let gaps = small(&[("shown", None), ("forgotten", None)], &["shown"]).expect("a catalogue").gaps();
    assert_eq!(
        about(&gaps, "requirement"),
        ["no scenario shows the requirement `forgotten`: add one, or say why none can"]
    );
}

#[test]
fn an_untestable_requirement_needs_no_scenario_and_may_have_none() {
    let untestable = Some("it cannot be seen");
    let gaps = small(&[("shown", None), ("unseen", untestable)], &["shown"]).expect("a catalogue").gaps();
    assert_eq!(about(&gaps, "requirement"), Vec::<&str>::new());
    let gaps = small(&[("shown", None), ("unseen", untestable)], &["shown", "unseen"]).expect("a catalogue").gaps();
    assert_eq!(about(&gaps, "requirement"), ["the requirement `unseen` is untestable, and a scenario shows it"]);
}

#[test]
fn untestable_for_no_reason_is_an_error() {
    let error = small(&[("shown", None), ("unseen", Some(" "))], &["shown"]).expect_err("no reason").to_string();
    assert!(error.contains("requirements.toml") && error.contains("say why"), "{error}");
}

#[test]
fn a_claim_that_no_scenario_exercises_is_a_gap() {
    let gaps = small(&[("shown", None)], &["shown"]).expect("a catalogue").gaps();
    let claims = about(&gaps, "claim");
    // The small catalogue's only scenario exercises `burst`.
    assert_eq!(claims.len(), Claims::NAMES.len() - 1);
    assert!(!claims.contains(&"no scenario exercises the claim `burst`"), "{claims:?}");
}

/// `every-portable-signal` is about something else than refusals, `refused-as-claimed` is about just that, and nobody can
/// support what `refusal` subscribes.
#[test]
fn a_scenario_that_needs_a_refused_signal_is_skipped() {
    let supports = vec!["SIGHUP".parse().expect("a name")];
    let picky = Claims { supports: Claim { value: supports, ..Claim::default() }, ..Claims::default() };
    let why_not = |name: &str, claims: &Claims| {
        embedded().scenario(name).expect(name).why_not(claims, OS).map(|why| (why.reason, why.unsupported))
    };
    let reason = "not applicable: the backend documents that it refuses SIGINT".to_owned();
    assert_eq!(why_not("every-portable-signal", &picky), Some((reason, true)));
    assert_eq!(why_not("every-portable-signal", &Claims::default()), None);
    assert_eq!(why_not("refused-as-claimed", &picky), None);
    assert_eq!(why_not("refusal", &picky), None);
}

/// A documented "does not support" is told apart from what nobody says, and from what is documented otherwise.
#[test]
fn what_is_documented_as_unsupported_is_told_apart() {
    let child =
        |value| Claims { fork_child: Claim::documented(value, "https://docs.example/fork"), ..Claims::default() };
    let fork = |value| Claims { fork: Claim::documented(value, "https://docs.example/fork"), ..Claims::default() };
    let unsupported = |name: &str, claims: &Claims| {
        embedded().scenario(name).expect(name).why_not(claims, OS).map(|why_not| why_not.unsupported)
    };
    assert_eq!(unsupported("fork-child", &child(ForkChild::Unsupported)), Some(true));
    assert_eq!(unsupported("fork-child-observed", &child(ForkChild::Unsupported)), Some(true));
    assert_eq!(unsupported("fork-child-observed", &child(ForkChild::Handles)), Some(false));
    assert_eq!(unsupported("fork-child", &Claims::default()), Some(false));
    assert_eq!(unsupported("fork", &fork(Fork::Unsupported)), Some(true));
    assert_eq!(unsupported("fork", &fork(Fork::Isolated)), None);
}

/// What is documented is for the laws of the claim, and what is not, for a scenario that observes it.
#[test]
fn what_observes_a_claim_is_for_those_who_say_nothing_of_it() {
    let says =
        |value| Claims { batch_order: Claim::documented(value, "https://docs.example/order"), ..Claims::default() };
    let catalogue = embedded();
    let order = catalogue.scenario("batch-order-observed").expect("a scenario");
    let reason = "not applicable: its claim `batch_order` is documented, and this is about what is left open";
    assert_eq!(order.why_not(&Claims::default(), OS), None);
    assert_eq!(order.why_not(&says(BatchOrder::Unspecified), OS), None);
    assert_eq!(order.why_not(&says(BatchOrder::Sent), OS), Some(reason.into()));
    // Where nothing is said, no scenario that needs a value is played in its place.
    let is_for = |name: &str| embedded().scenario(name).expect(name).why_not(&Claims::default(), OS).is_none();
    assert!(!is_for("two-handlers") && is_for("second-handler-observed"));
    assert!(!is_for("removed-by-default") && is_for("removal-observed"));
    assert!(!is_for("fork-child") && is_for("fork-child-observed"));
}

fn about<'a>(gaps: &'a [String], what: &str) -> Vec<&'a str> {
    gaps.iter().map(String::as_str).filter(|gap| gap.contains(&format!("the {what} `"))).collect()
}

/// A catalogue of these requirements, each with the reason why it cannot be tested, and of one scenario that names these.
fn small(
    requirements: &[(&str, Option<&str>)],
    shown: &[&str],
) -> Result<Catalogue, sigconform::catalogue::CatalogueError> {
    let requirements: String = requirements
        .iter()
        .map(|(slug, untestable)| {
            let untestable = untestable.map(|reason| format!("untestable = \"{reason}\"\n")).unwrap_or_default();
            format!(
                "[[requirement]]\nslug = \"{slug}\"\ngroup = \"sequence\"\nlevel = \"must\"\nstatement = \"s\"\nsource = \"s\"\n{untestable}"
            )
        })
        .collect();
    let scenario = format!(
        "title = \"Mine\"\nrequirements = {shown:?}\nclaims = [\"burst\"]\nsubscribe = [\"SIGHUP\"]\nsteps = [{{ step = \"yield\" }}]\n"
    );
    Catalogue::parse(&requirements, [(PathBuf::from("scenarios/mine.toml"), scenario.as_str())])
}
