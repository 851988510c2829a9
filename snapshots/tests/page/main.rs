//! The page in a real browser: what it shows, what its links and filters do, with a mouse, with the keyboard alone, without
//! its script, and when what it shows means harm.
//!
//! `SIGCONFORM_SCREENSHOTS=FOLDER cargo test -p snapshots --test page` leaves pictures to look at.

mod browser;
mod sample;

use std::time::Duration;

use browser::{open, open_sized};
use serde_json::json;
use sigconform::report::html;

/// Most bytes of a page, and most processor time that it may take to open, for this many backends and scenarios.
const MOST_BYTES: usize = 3_000_000;
const LONGEST: Duration = Duration::from_secs(1);
const BACKENDS: usize = 35;
const SCENARIOS: usize = 120;

#[test]
fn it_opens_without_a_complaint_and_loads_nothing() {
    let Some(shown) = open(&sample::page(&sample::small()), "") else { return };
    assert_eq!(shown.complaints(), Vec::<String>::new());
    assert!(shown.sees("table.matrix") && shown.sees("table.overview") && shown.sees("#filters"));
    assert_eq!(
        shown.eval("[...document.querySelectorAll('article')].filter(one => one.checkVisibility()).length"),
        json!(0)
    );
    // A complaint is heard: otherwise this would say nothing.
    shown.eval("(console.error('heard'), fetch('https://localhost:1/').catch(() => 0), 1)");
    let complaints = shown.complaints().join("\n");
    assert!(complaints.contains("heard"), "{complaints}");
}

#[test]
fn a_cell_opens_its_transcript_and_its_timeline() {
    let Some(shown) = open(&sample::page(&sample::small()), "") else { return };
    shown.click("table.matrix a[href='#self-pipe/batch-descending']");
    shown.wait("location.hash === '#self-pipe/batch-descending'");
    let cell = "section[id='self-pipe/batch-descending']";
    assert!(shown.sees(cell) && shown.sees(&format!("{cell} svg path")) && shown.sees("article:has(:target) pre"));
    // Nobody else's cell is in the way.
    assert_eq!(
        shown.eval("[...document.querySelectorAll('article section')].filter(one => one.checkVisibility()).length"),
        json!(1)
    );
    let told = shown.eval("document.querySelector('article:has(:target)').innerText");
    let told = told.as_str().expect("text");
    for part in ["sending SIGUSR2", "signal_handler('SIGUSR2')", "What is allowed", "in the order of sending"] {
        assert!(told.contains(part), "`{part}` is not in:\n{told}");
    }
    let verdict = shown.eval("getComputedStyle(document.querySelector('section:target h3 a'), '::before').content");
    assert_eq!(verdict, json!("\"✓ pass\""));
    shown.click("article:has(:target) .close");
    shown.wait("![...document.querySelectorAll('article')].some(one => one.checkVisibility())");
}

#[test]
fn a_failing_cell_says_what_is_wrong_and_why() {
    let Some(shown) = open(&sample::page(&sample::small()), "#broken-doubles/sequence") else { return };
    let told = shown.eval("document.querySelector('article:has(:target)').innerText");
    let told = told.as_str().expect("text");
    for part in [
        "✗ fail",
        "once-per-send",
        "never called more often than its signal was sent",
        "Allowed there",
        "POSIX.1-2024",
        "cargo xtask run broken-doubles sequence",
        "signal_handler('SIGHUP') × 2",
    ] {
        assert!(told.contains(part), "`{part}` is not in:\n{told}");
    }
    assert_eq!(
        shown.eval("document.querySelector('article:has(:target) mark').innerText"),
        json!("signal_handler('SIGHUP') × 2")
    );
    assert_eq!(shown.eval("document.querySelector('article:has(:target) li:has(mark)').value || [...document.querySelectorAll('article:has(:target) .lines li')].findIndex(li => li.querySelector('mark')) + 1"), json!(4));
}

#[test]
fn deep_links_land() {
    let Some(shown) = open(&sample::page(&sample::small()), "#signalfd/burst-5") else { return };
    for (link, heading) in [
        ("#signalfd/burst-5", "burst-5"),
        ("#kqueue/sequence", "sequence"),
        ("#backend:self-pipe", "self-pipe"),
        ("#scenario:refusal", "refusal"),
        ("#requirement:burst-bounds", "burst-bounds"),
        ("#law:handled-at-yield", "handled-at-yield"),
    ] {
        shown.go(link);
        let seen = shown.eval("[...document.querySelectorAll('article')].filter(one => one.checkVisibility()).map(one => one.querySelector('h2').lastChild.textContent)");
        assert_eq!(seen, json!([heading]), "{link}");
    }
    // Every link of the page has a target in it.
    let lost = shown.eval("[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href')).filter(href => !document.getElementById(decodeURIComponent(href.slice(1))))");
    assert_eq!(lost, json!([]));
}

#[test]
fn filters_leave_what_was_asked_for() {
    let Some(shown) = open(&sample::page(&sample::small()), "") else { return };
    let rows = "[...document.querySelectorAll('.matrix tbody tr:not(.chapter)')].filter(row => row.checkVisibility()).map(row => row.cells[0].innerText)";
    let columns = "[...document.querySelectorAll('.matrix th.upright')].filter(one => one.checkVisibility()).map(one => one.innerText)";
    let all = shown.eval(rows).as_array().expect("rows").len();
    assert!(all > 6, "{all}");

    shown.click("input[name=requirement]");
    shown.tab.type_str("burst").expect("typed");
    assert_eq!(shown.eval(rows), json!(["burst-as-claimed", "burst-bounds"]));
    shown.click("input[name=backend]");
    shown.tab.type_str("broken").expect("typed");
    assert_eq!(shown.eval(columns), json!(["broken-doubles", "broken-drops-every-third"]));
    assert_eq!(
        shown.eval(
            "[...document.querySelectorAll('.overview tr[data-backend]')].filter(row => row.checkVisibility()).length"
        ),
        json!(2)
    );

    shown.click("button[type=reset]");
    shown.wait(&format!("{rows}.length === {all}"));
    shown.click("input[name=backend]");
    shown.tab.type_str("every-third").expect("typed");
    shown.click("input[name=verdict][value=fail]");
    let failing = shown.eval(rows).as_array().expect("rows").len();
    assert!(0 < failing && failing < all, "{failing} of {all}");
    let said = shown.eval("document.querySelector('output').value");
    assert_eq!(said, json!(format!("{failing} of {all} requirements")));
    shown.click("input[name=requirement]");
    shown.tab.type_str("no such thing").expect("typed");
    assert!(shown.sees("#nothing"));
    assert_eq!(shown.complaints(), Vec::<String>::new());
}

#[test]
fn the_keyboard_alone_suffices() {
    let Some(shown) = open(&sample::page(&sample::small()), "") else { return };
    shown.press("/");
    assert_eq!(shown.eval("document.activeElement.name"), json!("requirement"));
    shown.tab.type_str("once-per").expect("typed");
    // Tab goes on through the filters and the heads of the table to the first cell, which is one stop.
    let in_cell = "!!document.activeElement.closest('.matrix tbody td')";
    let mut presses = 0;
    while shown.eval(in_cell) != json!(true) {
        shown.press("Tab");
        presses += 1;
        assert!(
            presses < 40,
            "the matrix cannot be reached: {}",
            shown.eval("document.activeElement.outerHTML.slice(0, 200)")
        );
    }
    let href = "document.activeElement.getAttribute('href')";
    let first = shown.eval(href);
    shown.press("ArrowRight");
    let second = shown.eval(href);
    assert_ne!(first, second);
    shown.press("ArrowLeft");
    assert_eq!(shown.eval(href), first);
    shown.press("End");
    shown.press("Enter");
    shown.wait("document.activeElement.matches('article')");
    let opened = shown.eval("decodeURIComponent(location.hash)");
    assert!(opened.as_str().is_some_and(|hash| hash.contains('/')), "{opened}");
    shown.press("Tab");
    assert_eq!(shown.eval("document.activeElement.className"), json!("close"));
    shown.press("Escape");
    shown.wait("![...document.querySelectorAll('article')].some(one => one.checkVisibility())");
    assert_eq!(shown.eval(href), opened, "the focus is back at the cell");
    assert_eq!(shown.complaints(), Vec::<String>::new());
}

#[test]
fn it_can_be_read_without_its_script() {
    let Some(shown) = open(&sample::page(&sample::small()), "") else { return };
    shown.without_script();
    shown.go("#broken-doubles/sequence");
    assert!(shown.sees("article:has(:target) mark") && shown.sees("section:target svg"));
    shown.go("");
    assert!(shown.sees("table.matrix") && !shown.sees("#filters"), "filters that do nothing are shown");
}

#[test]
fn platforms_stand_side_by_side() {
    let here = sample::small();
    let there = sample::elsewhere(&here);
    let Some(shown) = open(&html::render(&[here, there]), "#self-pipe/sequence") else { return };
    let told = shown.eval("[...document.querySelectorAll('section:target .side > div')].map(one => one.innerText)");
    let told = told.as_array().expect("both");
    let [here, there] = told.as_slice() else { panic!("{told:?}") };
    assert!(here.as_str().is_some_and(|text| text.contains("✓ pass on Linux")), "{here}");
    assert!(
        there.as_str().is_some_and(|text| text.contains("✗ fail on macOS aarch64") && text.contains("stuck")),
        "{there}"
    );
    // What is the same on both is told once; what one has not played is said.
    shown.go("#self-pipe/burst-5");
    assert_eq!(
        shown.eval(
            "[...document.querySelectorAll('article:has(:target) pre')].filter(one => one.checkVisibility()).length"
        ),
        json!(1)
    );
    shown.go("#self-pipe/refusal");
    assert!(shown.eval("document.querySelector('section:target').innerText").to_string().contains("Not played"));
    let signs =
        shown.eval("document.querySelector('.matrix a[href=\"#self-pipe/sequence\"]').parentElement.children.length");
    assert_eq!(signs, json!(2), "a sign a platform");
    shown.screenshot("side-by-side");
}

#[test]
fn what_means_harm_does_none() {
    let (results, words) = sample::hostile();
    let page = sample::page(&results);
    assert!(page.len() < MOST_BYTES, "{} bytes", page.len());
    let Some(shown) = open_sized(&page, "#broken-doubles/sequence", (900, 800)) else { return };
    for cell in &results.results {
        shown.go(&format!("#{}/{}", cell.backend, cell.scenario));
        assert!(shown.sees("section:target"), "{} / {} is broken open", cell.backend, cell.scenario);
        assert_eq!(shown.eval("window.harmed ?? null"), json!(null));
        assert_eq!(shown.eval("document.querySelectorAll('img, article script').length"), json!(0));
        let wide = shown.eval("document.querySelector('article:has(:target)').scrollWidth - document.querySelector('article:has(:target)').clientWidth");
        assert!(wide.as_i64().is_some_and(|wide| wide <= 0), "{} / {} is {wide} too wide", cell.backend, cell.scenario);
    }
    let text = shown.eval("document.body.textContent");
    let text = text.as_str().expect("text");
    let acts = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{202c}\u{2066}\u{200f}".contains(c);
    // The script's own indentation and nothing else.
    assert_eq!(text.chars().find(|&c| acts(c)), None);
    assert!(words.contains('\u{202e}') && text.contains("\\u{202e}thgir") && text.contains("\\u{1b}[31mred"));
    let links =
        "[...document.links].map(link => link.protocol).filter(one => !['file:', 'https:', 'http:'].includes(one))";
    assert_eq!(shown.eval(links), json!([]), "a link that is no page's address");
    assert_eq!(shown.complaints(), Vec::<String>::new());
    shown.screenshot("hostile");
}

/// What slipped through every escape is still not run: the browser knows the page's own script and style, and no other.
#[test]
fn what_is_not_its_own_the_browser_refuses() {
    let mut results = sample::small();
    // A histogram has bars: the page must keep its own policy there too.
    let cell = results.results.iter_mut().find(|cell| cell.outcomes.len() == 1).expect("a cell that was played");
    (cell.runs, cell.outcomes[0].count) = (10, 9);
    cell.outcomes.push(sigconform::results::Outcome {
        transcript: "another\n".to_owned(),
        count: 1,
        ..cell.outcomes[0].clone()
    });
    let name = format!("#{}/{}", cell.backend, cell.scenario);
    let page = sample::page(&results);
    let Some(shown) = open(&page, &name) else { return };
    assert!(shown.sees("svg.bar path"), "no bar");
    let width = "document.querySelector('svg.bar path').getBoundingClientRect().width / document.querySelector('svg.bar').getBoundingClientRect().width";
    assert_eq!(shown.eval(&format!("Math.round(100 * {width})")), json!(90));
    assert_eq!(shown.complaints(), Vec::<String>::new());
    drop(shown);
    let injected = "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 2'><p id=p style='color: red'>\
                    <a id=a href='javascript:window.harmed = 3'>x</a><base href='https://localhost/'>";
    let Some(shown) = open(&page.replace("<span id=\"top\">", &format!("{injected}<span id=\"top\">")), "") else {
        return;
    };
    shown.eval("(document.getElementById('a').click(), 1)");
    shown.wait("document.readyState === 'complete'");
    assert_eq!(shown.eval("window.harmed ?? null"), json!(null));
    assert_ne!(shown.eval("getComputedStyle(document.getElementById('p')).color"), json!("rgb(255, 0, 0)"));
    assert!(shown.eval("document.baseURI").as_str().is_some_and(|base| base.starts_with("file:")));
    let complaints = shown.complaints().join("\n");
    assert!(complaints.contains("Content Security Policy"), "{complaints}");
    // The page's own script runs.
    assert!(shown.sees("#filters"));
}

/// What keeps a page small: a transcript that many cells share stands in it once.
#[test]
fn what_many_share_is_written_once() {
    let results = sample::large(6, 20);
    let page = sample::page(&results);
    let shared = results.results.iter().filter(|cell| cell.scenario == "burst-2").flat_map(|cell| &cell.outcomes);
    let different: std::collections::BTreeSet<_> = shared.map(|outcome| outcome.transcript.trim_end()).collect();
    assert!((1..3).contains(&different.len()), "{different:?}");
    for transcript in different {
        let shown = transcript.replace('\'', "&#39;");
        let times = page.matches(&format!("<pre>{transcript}</pre>")).count()
            + page.matches(&format!("<pre>{shown}</pre>")).count();
        assert!(times <= 2 && times > 0, "{times} times: {transcript}");
    }
}

/// What it costs to open is measured in processor time: how long it takes on a busy machine says nothing about the page.
#[test]
fn at_its_full_size_it_is_small_and_opens_at_once() {
    let results = sample::large(BACKENDS, SCENARIOS);
    assert_eq!(results.results.len(), BACKENDS * SCENARIOS);
    let page = sample::page(&results);
    assert!(page.len() < MOST_BYTES, "{} bytes", page.len());
    let Some(shown) = open(&page, "") else { return };
    for hash in ["", "#self-pipe-00/burst-5"] {
        let cost = shown.cost(hash);
        let took = shown.eval("performance.getEntriesByType('navigation')[0].loadEventEnd");
        eprintln!("{} bytes, opened at `{hash}` in {took} ms, {} ms of it at work", page.len(), cost.as_millis());
        assert!(cost > Duration::from_millis(1), "nothing was measured");
        assert!(cost < LONGEST, "{cost:?}");
    }
    shown.screenshot("full");
    assert_eq!(shown.complaints(), Vec::<String>::new());
}

/// Pictures for whoever changes the design, and a check that nothing is wider than a narrow screen but the tables.
#[test]
fn it_fits_narrow_and_wide_screens_in_light_and_dark() {
    let results = sample::small();
    for (width, height) in [(390, 844), (1400, 1000)] {
        let Some(shown) = open_sized(&sample::page(&results), "", (width, height)) else { return };
        for scheme in ["light", "dark"] {
            shown.prefer(scheme);
            for (hash, name) in [
                ("", "matrix"),
                ("#broken-drops-every-third/sequence", "fail"),
                ("#signalfd/burst-5", "pass"),
                ("#backend:signalfd", "backend"),
            ] {
                shown.go(hash);
                let wide = shown.eval("document.documentElement.scrollWidth - innerWidth");
                assert!(wide.as_i64().is_some_and(|wide| wide <= 0), "{name} at {width}: {wide} too wide");
                shown.screenshot(&format!("{name}-{scheme}-{width}"));
            }
            let ink = shown.eval("getComputedStyle(document.body).color");
            assert_eq!(ink == json!("rgb(34, 38, 43)"), scheme == "light", "{ink} in {scheme}");
        }
    }
}
