//! The documents that are made, not written: the README's matrix, `docs/matrix.md` and `docs/requirements.md`.
//!
//! Every line about a backend begins with its name, so that a check can leave out what was not played here.

use std::{collections::BTreeMap, fmt::Write};

use anyhow::{Context, Result};
use sigconform::{
    catalogue::{Catalogue, Group, Requirement},
    contract::Claims,
    report::{
        Matrix, observations,
        overview::{self, Standing},
    },
    results::{Backend, Cell, Results, UNSUPPORTED, Verdict},
    text,
};

const BEGIN: &str = "<!-- matrix -->\n";
const END: &str = "<!-- end of matrix -->\n";
const MADE: &str = "<!-- Made by `cargo xtask readme`: change what it is made from. -->\n";

/// The README with its matrix: a row a backend, a column a chapter.
///
/// # Errors
/// The README has lost the marks around its matrix.
pub fn readme(readme: &str, results: &Results, catalogue: &Catalogue) -> Result<String> {
    let (before, rest) = readme.split_once(BEGIN).context("README.md has no line `<!-- matrix -->`")?;
    let (_, after) = rest.split_once(END).context("README.md has no line `<!-- end of matrix -->`")?;
    let mut text = format!("{before}{BEGIN}\n| backend | version | language |");
    for (number, group) in (1..).zip(Group::ALL) {
        let _ = write!(text, " [{number}](docs/requirements.md#{})", heading_anchor(number, *group));
        text += " |";
    }
    text += "\n|---|---|---|";
    text += &":-:|".repeat(Group::ALL.len());
    text += "\n";
    let rows = overview::overview(results, catalogue);
    let (here, elsewhere): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.backend.absent.is_none());
    for row in here {
        let _ = write!(text, "{}", head(row.backend));
        row.standings.iter().for_each(|standing| text += &format!(" {} |", kept(*standing)));
        text += "\n";
    }
    let chapters: Vec<_> = (1..).zip(Group::ALL).map(|(number, group)| format!("{number} {}", group.title())).collect();
    let _ = write!(
        text,
        "\nOn Linux x86_64, by chapter: {}. A ✓ keeps every requirement of the chapter that applies; 7/8 keeps seven \
         of eight, and the others are [known failures](docs/findings.md); a {UNSUPPORTED} has more, which the backend documents \
         that it does not support; a – has none that applies. The whole matrix \
         is [docs/matrix.md](docs/matrix.md).\n\n",
        chapters.join(", ")
    );
    let elsewhere = elsewhere.iter().filter(|row| row.backend.library.is_some());
    let elsewhere: Vec<_> = elsewhere.map(|row| absent(row.backend)).collect();
    if !elsewhere.is_empty() {
        let _ = write!(text, "Not on Linux, and so not run:\n\n{}\n", elsewhere.concat());
    }
    let _ = write!(text, "{END}{after}");
    Ok(text)
}

/// The whole matrix: a table a chapter, a row a backend, a column a requirement.
#[must_use]
pub fn matrix(results: &Results, catalogue: &Catalogue) -> String {
    let mut text = format!(
        "# The matrix\n\n{MADE}\nWhat was played on Linux x86_64: for each requirement the gravest verdict of the scenarios \
         that show it. {}; {UNSUPPORTED} a skip, because the backend's documentation says that it does not support this. \
         [requirements.md](requirements.md) says what each demands, and `cargo xtask explain NAME` too.\n",
        Verdict::ALL.map(|verdict| format!("{} {verdict}", verdict.glyph())).join(", ")
    );
    let matrix = Matrix::new(results);
    for (number, group) in (1..).zip(Group::ALL) {
        let of_group = |slug: &str| catalogue.requirement(slug).is_some_and(|requirement| requirement.group == *group);
        let rows: Vec<_> = matrix.rows.iter().filter(|(slug, _)| of_group(slug)).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = write!(text, "\n## {number} {}\n\n| backend |", group.title());
        rows.iter().for_each(|(slug, _)| text += &format!(" [{slug}](requirements.md#{slug}) |"));
        text += "\n|---|";
        text += &":-:|".repeat(rows.len());
        text += "\n";
        for (at, name) in matrix.backends.iter().enumerate() {
            if !results.backends.iter().any(|backend| backend.name == *name && backend.absent.is_none()) {
                continue;
            }
            let _ = write!(text, "| {} |", escaped(name));
            for (slug, verdicts) in &rows {
                let unsupported = matrix.is_unsupported(slug, name);
                text +=
                    &format!(" {} |", if unsupported { UNSUPPORTED } else { verdicts[at].map_or("", Verdict::glyph) });
            }
            text += "\n";
        }
    }
    text + &claims(results) + &known_failures(results)
}

/// A row a backend, a column a claim: what the documentation says, or else what was observed.
fn claims(results: &Results) -> String {
    let mut text = "\n## Claims and observations\n\nA value with a link is a claim: the page says so, and the backend is held to \
                    it. Where the documentation says nothing, or that it is unspecified, there stands, *in italics*, what was \
                    observed in this run, which nobody promises. A – is neither: nothing is documented, and no scenario has shown it. [judging.md](judging.md) \
                    says what the claims are.\n\n| backend |"
        .to_owned();
    Claims::NAMES.iter().for_each(|claim| text += &format!(" {} |", escaped(claim)));
    text += "\n|---|";
    text += &"---|".repeat(Claims::NAMES.len());
    text += "\n";
    for backend in results.backends.iter().filter(|backend| backend.absent.is_none()) {
        let seen = observations::of_backend(results, &backend.name);
        let _ = write!(text, "| {} |", escaped(&backend.name));
        for claim in Claims::NAMES {
            let documented = backend.claims.iter().find(|made| made.claim == *claim);
            let field = match (documented, seen.iter().find(|seen| seen.claim == *claim)) {
                (Some(made), Some(seen)) => {
                    format!("{}{SEEN_BESIDE}*{}*", linked(&short(&made.value), &made.source), escaped(&seen.text()))
                }
                (Some(made), None) => linked(&short(&made.value), &made.source),
                (None, Some(seen)) => format!("*{}*", escaped(&seen.text())),
                (None, None) => "–".to_owned(),
            };
            let _ = write!(text, " {field} |");
        }
        text += "\n";
    }
    text
}

/// Between what a page says, which is that it leaves something open, and what was then observed. No address has a space.
const SEEN_BESIDE: &str = "; ";

/// Most entries of a list that are all shown in a table: no more kinds of information come along, so a longer list is of signals.
const ENTRIES: usize = 5;

/// A claim's value without the signs that JSON needs; of a long list how many signals it has.
fn short(value: &str) -> String {
    let Some(list) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return value.to_owned() };
    let entries: Vec<_> = list.split(',').map(|entry| entry.trim_matches('"')).collect();
    match entries.len() {
        _ if list.is_empty() => "none".to_owned(),
        many if many > ENTRIES => format!("{many} signals"),
        _ => entries.join(", "),
    }
}

fn linked(text: &str, address: &str) -> String {
    if address.contains(['<', '>', ' ', '\n', '|']) {
        return escaped(text);
    }
    format!("[{}](<{address}>)", escaped(text))
}

/// Each cell that is listed, with its reason.
fn known_failures(results: &Results) -> String {
    let mut text = "\n## Known failures\n\n[findings.md](findings.md) has a write-up of each.\n\n".to_owned();
    let listed = |cell: &&Cell| cell.verdict == Verdict::Xfail;
    for cell in results.results.iter().filter(listed) {
        let Some(known) = &cell.known else { continue };
        let reference = if known.reference.starts_with("https://") && !known.reference.contains(['<', '>', ' ', '\n']) {
            format!("<{}>", known.reference)
        } else {
            escaped(&known.reference)
        };
        let _ = writeln!(
            text,
            "- {} / {}: breaks `{}`; {}; {reference}",
            escaped(&cell.backend),
            escaped(&cell.scenario),
            text::one_line(&known.laws.join("`, `")),
            escaped(&known.reason)
        );
    }
    text
}

/// The registry for people: what is required, why, and which scenarios show it.
#[must_use]
pub fn requirements(catalogue: &Catalogue) -> String {
    let mut text = format!(
        "# Requirements\n\n{MADE}\nWhat a backend must do (*must*), should do unless it gives a reason (*should*), or does \
         because its documentation says so (*claim*). Each rests on a source, and on scenarios that show it: `cargo xtask \
         run BACKEND SCENARIO` plays one. The names are stable.\n"
    );
    for (number, group) in (1..).zip(Group::ALL) {
        let _ = writeln!(text, "\n## {number} {}", group.title());
        for requirement in catalogue.requirements.iter().filter(|requirement| requirement.group == *group) {
            text += &self::requirement(requirement, catalogue);
        }
    }
    text
}

fn requirement(requirement: &Requirement, catalogue: &Catalogue) -> String {
    let Requirement { slug, level, statement, source, untestable, .. } = requirement;
    let shown_by = catalogue.scenarios.iter().filter(|scenario| scenario.requirements.contains(slug));
    let shown_by: Vec<_> = shown_by.map(|scenario| format!("`{}`", scenario.name)).collect();
    let shown = match untestable {
        Some(reason) => format!("No scenario can show it: {}.", escaped(reason)),
        None => format!("Shown by {}.", shown_by.join(", ")),
    };
    let (statement, source) = (escaped(statement), escaped(source));
    format!("\n### {slug}\n\n*{level}*: {statement}\n\nSource: {source}. {shown}\n")
}

/// The backends that could not be asked here, each with what to install.
#[must_use]
pub fn missing(results: &Results) -> BTreeMap<String, String> {
    let missing = results.backends.iter().filter(|backend| backend.library.is_none());
    missing.map(|backend| (backend.name.clone(), backend.absent.clone().unwrap_or_default())).collect()
}

/// The cells that are not as they should be, each with its verdict.
#[must_use]
pub fn wrong(results: &Results) -> Vec<String> {
    let is_right = |verdict| matches!(verdict, Verdict::Pass | Verdict::Xfail | Verdict::Skip);
    let wrong = results.results.iter().filter(|cell| !is_right(cell.verdict));
    wrong.map(|cell| format!("{} / {}: {}", cell.backend, cell.scenario, cell.verdict)).collect()
}

/// The version that the README's row of a backend shows.
#[must_use]
pub fn version_shown(readme: &str, backend: &str) -> Option<String> {
    let row = readme.lines().find_map(|line| line.strip_prefix(&format!("| {backend} | ")))?;
    row.split(" |").next().map(ToOwned::to_owned)
}

/// How a committed document differs from the one that is made now, but for what it says of the backends `but`, which it
/// must speak of all the same. `None`: it does not.
#[must_use]
pub fn difference(committed: &str, made: &str, but: &[&str]) -> Option<String> {
    let is_of =
        |line: &str, name: &str| line.starts_with(&format!("| {name} |")) || line.starts_with(&format!("- {name} / "));
    let others = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !but.iter().any(|name| is_of(line, name))).map(without_observations).collect()
    };
    let has_rows = made.lines().any(|line| line.starts_with("| backend |"));
    let lost = but.iter().find(|name| has_rows && !committed.lines().any(|line| is_of(line, name)));
    if let Some(lost) = lost {
        return Some(format!("has no row of {lost}, which is not installed here"));
    }
    let (committed, made) = (others(committed), others(made));
    let at = (0..committed.len().max(made.len())).find(|&at| committed.get(at) != made.get(at))?;
    let shown = |lines: &[String]| lines.get(at).map_or_else(|| "nothing".to_owned(), |line| format!("`{line}`"));
    Some(format!("is stale: it has {} where {} should be", shown(&committed), shown(&made)))
}

/// A table's row with nothing in the place of what was observed: how many calls a burst gives may be another number each time.
fn without_observations(line: &str) -> String {
    let is_row = line.starts_with("| ");
    let is_seen = |text: &str| is_row && text.len() > 2 && text.starts_with('*') && text.ends_with('*');
    let fields = line.split(" | ").map(|field| {
        let text = field.trim_end_matches(" |");
        match text.split_once(SEEN_BESIDE) {
            _ if is_seen(text) => "*observed*".to_owned(),
            Some((said, seen)) if is_seen(seen) => format!("{said}{SEEN_BESIDE}*observed*"),
            _ => field.to_owned(),
        }
    });
    fields.collect::<Vec<_>>().join(" | ")
}

fn head(backend: &Backend) -> String {
    let word = |field: &Option<String>| escaped(field.as_deref().unwrap_or_default());
    format!("| {} | {} | {} |", escaped(&backend.name), word(&backend.version), word(&backend.language))
}

/// A backend that the system does not have, with the reason.
fn absent(backend: &Backend) -> String {
    format!("- {}: {}\n", escaped(&backend.name), escaped(backend.absent.as_deref().unwrap_or_default()))
}

fn kept(standing: Standing) -> String {
    let Standing { kept, tried, unsupported, gravest } = standing;
    let kept = match gravest {
        _ if standing.is_whole() => "✓".to_owned(),
        Some(verdict) if tried > 0 => format!("{kept}/{tried} {}", verdict.glyph()),
        _ if unsupported > 0 => String::new(),
        _ => "–".to_owned(),
    };
    let less = if unsupported > 0 { UNSUPPORTED } else { "" };
    [kept.as_str(), less].join(" ").trim().to_owned()
}

/// The address of a chapter's heading in `docs/requirements.md`, as GitHub makes it.
fn heading_anchor(number: usize, group: Group) -> String {
    format!("{number}-{}", group.title().to_lowercase().replace(' ', "-"))
}

/// Text that stays text in Markdown and in a table.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text::one_line(text).chars() {
        if matches!(character, '<' | '>' | '|' | '*' | '_' | '`' | '[' | ']' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use sigconform::contract::{BatchOrder, Claim, Description, Threads};

    use super::*;

    const TABLE: &str =
        "# Title\n| backend | version |\n|---|---|\n| mine | 1.0 | ✓ |\n| yours | 2.0 | ✓ |\n- yours / fork: known\n";

    #[test]
    fn what_is_the_same_is_not_stale() {
        assert_eq!(difference(TABLE, TABLE, &[]), None);
    }

    #[test]
    fn a_stale_line_is_named_with_what_it_should_be() {
        let made = TABLE.replace("| mine | 1.0 | ✓ |", "| mine | 1.0 | 1/2 △ |");
        let said = difference(TABLE, &made, &[]).expect("a difference");
        assert_eq!(said, "is stale: it has `| mine | 1.0 | ✓ |` where `| mine | 1.0 | 1/2 △ |` should be");
        assert!(difference(&made[..made.len() - 10], &made, &[]).is_some(), "an end that is missing is not seen");
    }

    #[test]
    fn what_was_observed_is_of_one_run_and_not_compared() {
        let row = |seen: &str| format!("| mine | [sent](<https://a>) | *{seen}* | – | *{seen}* |\n");
        assert_eq!(difference(&row("5 of 5"), &row("varies: 2 of 5, 4 of 5"), &[]), None);
        assert!(difference(&row("5 of 5"), &row("5 of 5").replace("sent", "lowest-first"), &[]).is_some());
        let open = |seen: &str| row("5 of 5").replace("(<https://a>)", &format!("(<https://a>); *{seen}*"));
        assert_eq!(difference(&open("sent"), &open("lowest-first"), &[]), None);
        assert!(difference(&open("sent"), &open("sent").replace("//a", "//b"), &[]).is_some());
        assert!(difference(&open("sent"), &row("5 of 5"), &[]).is_some());
        assert!(difference(&row("5 of 5"), &row("5 of 5").replace("*5 of 5* | –", "– | –"), &[]).is_some());
    }

    /// Nothing is claimed but one thing: the rest is told as it was seen, and as nothing where it was not.
    #[test]
    fn a_claim_has_its_page_and_what_is_not_claimed_what_was_seen() {
        let cell = |scenario: &str, observed: &str| {
            let seen = format!(
                r#"{{"claim":"burst","value":"{observed}","runs":1}},{{"claim":"threads","value":"x","runs":1}},
                {{"claim":"batch_order","value":"lowest-first","runs":1}}"#
            );
            let cell = format!(
                r#"{{"backend":"mine","scenario":"{scenario}","requirements":["burst-bounds"],"verdict":"pass",
                "violations":[],"runs":1,"outcomes":[],"observed":[{seen}],"duration_us":1}}"#
            );
            serde_json::from_str::<Cell>(&cell).expect("a cell")
        };
        let threads = Claim::documented(Threads::Any, "https://docs.example/threads");
        let batch_order = Claim::documented(BatchOrder::Unspecified, "https://docs.example/order");
        let claims = Claims { threads, batch_order, ..Claims::default() };
        let description = Description::new("mine", "mine::Signals", "1.0.0").claims(claims);
        let mut results = Results::of(vec![cell("burst-5", "5 of 5")]);
        results.backends = vec![Backend::described("mine", &description)];
        let row = |results: &Results| {
            let table = super::claims(results);
            table.lines().find(|line| line.starts_with("| mine |")).expect("a row").to_owned()
        };
        let of = |row: &str, claim: &str| {
            let at = Claims::NAMES.iter().position(|name| *name == claim).expect("a claim");
            row.split('|').nth(at + 2).expect("a field").trim().to_owned()
        };
        let seen = row(&results);
        assert_eq!(of(&seen, "threads"), "[any](<https://docs.example/threads>)");
        let open = "[unspecified](<https://docs.example/order>); *lowest-first*";
        assert_eq!(of(&seen, "batch_order"), open);
        assert_eq!((of(&seen, "burst").as_str(), of(&seen, "removal").as_str()), ("*5 of 5*", "–"));
        results.results.push(cell("burst-6", "<b>"));
        assert_eq!(of(&row(&results), "burst"), "*varies: 5 of 5, \\<b\\>*");
    }

    #[test]
    fn no_plain_check_mark_stands_where_something_is_documented_as_unsupported() {
        let of = |whole: [usize; 3], gravest| {
            let [kept, tried, unsupported] = whole;
            super::kept(Standing { kept, tried, unsupported, gravest: Some(gravest) })
        };
        assert_eq!((of([4, 4, 0], Verdict::Pass), of([4, 4, 2], Verdict::Pass)), ("✓".to_owned(), "✓ ⊘".to_owned()));
        assert_eq!(
            (of([3, 4, 1], Verdict::Xfail), of([3, 4, 0], Verdict::Xfail)),
            ("3/4 △ ⊘".to_owned(), "3/4 △".to_owned())
        );
        assert_eq!((of([0, 0, 1], Verdict::Skip), of([0, 0, 0], Verdict::Skip)), ("⊘".to_owned(), "–".to_owned()));
    }

    #[test]
    fn a_long_list_is_told_by_its_length() {
        assert_eq!((short("sent").as_str(), short("[\"sender\",\"code\"]").as_str()), ("sent", "sender, code"));
        assert_eq!(short("[\"A\",\"B\",\"C\",\"D\",\"E\",\"F\"]"), "6 signals");
        assert_eq!(short("[]"), "none");
    }

    #[test]
    fn a_backend_that_is_not_here_is_not_compared_and_does_not_vanish() {
        let without: String = TABLE.split_inclusive('\n').filter(|line| !line.contains("yours")).collect();
        assert_eq!(difference(TABLE, &without, &["yours"]), None);
        assert!(difference(TABLE, &without, &[]).is_some(), "it may only be left out where it is not here");
        let said = difference(&without, &without, &["yours"]).expect("it has vanished");
        assert!(said.contains("no row of yours"), "{said}");
    }

    #[test]
    fn the_shown_version_is_that_of_the_row() {
        assert_eq!(version_shown(TABLE, "yours").as_deref(), Some("2.0"));
        assert_eq!(version_shown(TABLE, "theirs"), None);
    }

    #[test]
    fn every_requirement_is_on_its_page_with_its_source() {
        let catalogue = Catalogue::embedded().expect("the embedded catalogue");
        let page = requirements(&catalogue);
        for requirement in &catalogue.requirements {
            assert!(page.contains(&format!("\n### {}\n", requirement.slug)), "{}", requirement.slug);
            assert!(page.contains(&escaped(&requirement.source)), "{}", requirement.source);
        }
    }
}
