//! The committed JSON Schemas are those of the Rust types, and every fixture's real output conforms to them.
//!
//! The types change and the schemas with them: `SIGCONFORM_BLESS=1 cargo test -p snapshots --test protocol` writes the
//! files anew, and the diff is reviewed like code.

use std::{collections::BTreeSet, fs, path::PathBuf, sync::LazyLock};

use jsonschema::Validator;
use schemars::{Schema, schema_for, transform::transform_subschemas};
use serde_json::{Value, json};
use sigconform::{
    fixture::Fixture,
    report,
    results::{Document, Outcome, Platform, Portion, Results, Verdict, write_file},
    run::{self, Options, Selection},
};
use sigconform_fixture::{Description, Event, Script, Step};
use snapshots::{catalogue, fixtures};

mod raw;

static DESCRIPTION: LazyLock<Validator> = LazyLock::new(|| validator("description"));
static SCRIPT: LazyLock<Validator> = LazyLock::new(|| validator("script"));
static EVENT: LazyLock<Validator> = LazyLock::new(|| validator("event"));
static RESULTS: LazyLock<Validator> = LazyLock::new(|| validator("results"));

/// Every schema by the name of its file, made from the types.
fn schemas() -> [(&'static str, Schema); 4] {
    let mut event = schema_for!(Event);
    // serde cannot refuse unknown fields of a struct that holds a flattened enum. The schema can, so that a fixture's
    // misspelt field is found here.
    event.insert("unevaluatedProperties".to_owned(), json!(false));
    // The driver reads it beside the event.
    let about =
        "the process that writes the line; may be left out, and is refused where it is another than `started` names";
    let properties = event.ensure_object().entry("properties").or_insert_with(|| json!({}));
    properties["writer"] = json!({ "description": about, "type": "integer", "format": "uint32", "minimum": 0 });
    let mut schemas = [
        ("description", schema_for!(Description)),
        ("script", schema_for!(Script)),
        ("event", event),
        ("results", schema_for!(Document)),
    ];
    for (_, schema) in &mut schemas {
        without_examples(schema);
    }
    schemas
}

/// Leaves out the examples of the types' documentation: they are Rust, and the schemas are for every language.
fn without_examples(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description")
        && let Some((text, _)) = description.split_once("\n\n```")
    {
        *description = text.to_owned();
    }
    transform_subschemas(&mut without_examples, schema);
}

fn file_of(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/schema/{name}.schema.json"))
}

/// A schema, ready to validate. It is the committed one: a test of its own holds the two together.
fn validator(name: &str) -> Validator {
    let schema = schemas().into_iter().find(|(known, _)| *known == name).expect("a schema").1;
    jsonschema::draft202012::new(schema.as_value()).expect("a valid schema")
}

/// Everything that is wrong with a document; empty: nothing.
fn problems(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn assert_valid(validator: &Validator, document: &Value, what: &str) {
    let problems = problems(validator, document);
    assert!(problems.is_empty(), "{what}: {problems:#?}\n{document:#}");
}

fn json_of(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("not JSON ({error}): {line}"))
}

#[test]
fn the_schemas_are_those_of_the_types() {
    for (name, schema) in schemas() {
        let (file, generated) = (file_of(name), schema.to_value());
        if std::env::var_os("SIGCONFORM_BLESS").is_some_and(|value| value == "1") {
            write_file(&file, &format!("{generated:#}\n")).expect("the schema can be written");
        }
        let committed: Value = json_of(&fs::read_to_string(&file).unwrap_or_else(|_| "null".to_owned()));
        assert!(
            committed == generated,
            "docs/schema/{name}.schema.json is not what the types say. Write it anew, and review the difference:\n\
             SIGCONFORM_BLESS=1 cargo test -p snapshots --test protocol"
        );
    }
}

/// Fixtures whose programs can be started here, deliberately broken ones too.
fn started() -> impl Iterator<Item = &'static Fixture> {
    fixtures().iter().filter(|fixture| fixture.missing().is_none())
}

#[test]
fn every_description_conforms() {
    let mut described = 0;
    for fixture in started() {
        let answer = sigconform::drive::describe(fixture, &sigconform::drive::Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        assert_valid(&DESCRIPTION, &json_of(&answer), &fixture.name);
        described += 1;
    }
    assert!(described > 2, "only {described} fixtures were asked");
}

/// Each backend plays scenarios until it has shown every kind of step that it can be asked for here.
#[test]
fn every_script_and_every_event_line_conforms() {
    let mut lines = 0;
    for fixture in started().filter(|fixture| fixture.specimen.is_none()) {
        let description = sigconform::description::of(fixture).expect("a description");
        let mut shown: BTreeSet<&str> = BTreeSet::new();
        for scenario in &catalogue().scenarios {
            let script = scenario.part(&description.claims).script;
            let what = format!("{} / {}", fixture.name, scenario.name);
            assert_valid(&SCRIPT, &serde_json::to_value(&script).expect("a script is JSON"), &what);
            let kinds: BTreeSet<&str> = script.steps.iter().map(Step::name).collect();
            if kinds.is_subset(&shown) || !raw::can_play(scenario, &script) || !conforms(&fixture.name, &scenario.name)
            {
                continue;
            }
            for line in raw::play(fixture, &script) {
                assert_valid(&EVENT, &json_of(&line), &what);
                lines += 1;
            }
            shown.extend(kinds);
        }
    }
    assert!(lines > 100, "only {lines} lines were written");
}

/// Whether the harness has seen it play the scenario to its end: what does not is judged elsewhere.
fn conforms(backend: &str, scenario: &str) -> bool {
    let cell = snapshots::play(backend, scenario);
    // A forked child of which nobody says what it does may sleep on, and its parent waits for it.
    let ends_otherwise = ["killed by ", "stuck: "];
    let ended_in_order = |outcome: &Outcome| !ends_otherwise.iter().any(|how| outcome.transcript.contains(how));
    cell.verdict == Verdict::Pass && cell.outcomes.iter().all(ended_in_order)
}

#[test]
fn results_of_every_kind_conform() {
    let mut fixtures = fixtures().to_vec();
    // Of one that needs nothing installed, so that its absence is an error and no skip.
    let present = fixtures.iter().find(|fixture| fixture.name == "self-pipe").expect("a reference backend").clone();
    let absent = Fixture { name: "absent".to_owned(), command: vec!["./no-such-program".into()], ..present };
    fixtures.push(absent);
    let selection = Selection {
        backends: ["self-pipe", "kqueue", "signalfd", "broken-doubles", "absent"]
            .map(|name| name.parse().unwrap())
            .into(),
        scenarios: vec!["sequence".parse().unwrap()],
        ..Selection::default()
    };
    let plan = run::plan(catalogue(), &fixtures, &selection).expect("a plan");
    let results = plan.run(&Options::default(), |_| {});
    for verdict in [Verdict::Pass, Verdict::Skip, Verdict::Fail, Verdict::Error] {
        assert!(results.count(verdict) > 0, "no {verdict} among the results");
    }
    let of_macos = Platform { os: "macos".to_owned(), ..results.platform.clone() };
    let part = Portion { part: "hash:1/1".parse().expect("a partition"), cells: 5, plan: "0".to_owned() };
    let elsewhere = Results { platform: of_macos, partition: Some(part), ..results.clone() };
    assert_valid(&RESULTS, &json_of(&report::json::render(std::slice::from_ref(&results))), "results");
    let merged = json_of(&report::json::render(&[results, elsewhere]));
    assert_valid(&RESULTS, &merged, "merged results");
    assert_refused_without_or_with_more(&RESULTS, &merged, &["schema_version", "platforms"]);
}

/// The schemas refuse what is wrong: otherwise the tests above would say nothing.
#[test]
fn the_schemas_refuse_what_is_wrong() {
    let line = json_of(r#"{"t":1,"event":"handler","signal":"SIGHUP","subscription":1,"place":"sender-thread"}"#);
    assert_valid(&EVENT, &line, "a handler's line");
    assert_refused_without_or_with_more(&EVENT, &line, &["event", "signal", "subscription", "place"]);
    for (field, wrong) in [("signal", "HUP"), ("place", "elsewhere"), ("event", "handled")] {
        let mut line = line.clone();
        line[field] = json!(wrong);
        assert!(!EVENT.is_valid(&line), "{line}");
    }

    let fixture = started().find(|fixture| fixture.specimen.is_none()).expect("a fixture");
    let answer =
        json_of(&sigconform::drive::describe(fixture, &sigconform::drive::Limits::default()).expect("a description"));
    assert_refused_without_or_with_more(&DESCRIPTION, &answer, &["protocol", "name", "library", "version", "steps"]);
    let mut wrong = answer;
    wrong["claims"]["handlers_run"]["source"] = json!("the manual");
    assert!(!DESCRIPTION.is_valid(&wrong), "a claim's source must be an address");

    let script = json!({ "protocol": 1, "scenario": "x", "steps": [{ "step": "send", "signal": "SIGHUP" }] });
    assert_valid(&SCRIPT, &script, "a script");
    assert_refused_without_or_with_more(&SCRIPT, &script, &["protocol", "scenario", "steps"]);
}

fn assert_refused_without_or_with_more(validator: &Validator, document: &Value, required: &[&str]) {
    for field in required {
        let mut short = document.clone();
        short.as_object_mut().expect("an object").remove(*field).expect("the field is there");
        assert!(!validator.is_valid(&short), "accepted without `{field}`");
    }
    let mut long = document.clone();
    long["surplus"] = json!(true);
    assert!(!validator.is_valid(&long), "accepted with a surplus field");
}
