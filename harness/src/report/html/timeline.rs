//! A timeline as SVG: the sender's lane, what is sent and not yet handled, and the handler's lane.
//!
//! Moments stand as far apart as their times say, and never closer than they can be told apart. The picture is written
//! tersely, few paths for many marks: a page holds thousands.

use std::fmt::Write;

use maud::{Markup, PreEscaped, html};

use crate::results::{Mark, Moment, Timeline};

/// The room for the names of the lanes, the whole width, and the least distance between two moments.
const LEFT: u64 = 66;
const WIDTH: u64 = 640;
const APART: u64 = 11;
/// Most moments of one picture.
const MOST: usize = 22;
/// Where the sender's lane runs, the first row of what is on its way, and how far the next is.
const SENDER: u64 = 12;
const FIRST_ROW: u64 = 34;
const ROW: u64 = 13;
/// Most rows; signals beyond them share the last.
pub(super) const ROWS: usize = 5;
/// Room that a letter takes.
const LETTER: u64 = 6;

/// The lanes behind a picture of so many rows, for `<use>`.
pub(super) fn lanes() -> Markup {
    html! {
        svg class="defs" aria-hidden="true" {
            defs {
                @for rows in 1..=ROWS {
                    g id=(format!("l{rows}")) {
                        path class="lane" d=(format!("M{LEFT} {SENDER}H{WIDTH}M{LEFT} {0}H{WIDTH}", handler(rows))) {}
                        text class="lane-name" y=(SENDER + 3) { "sender" }
                        text class="lane-name" y=(FIRST_ROW + 3) { "on its way" }
                        text class="lane-name" y=(handler(rows) + 3) { "handler" }
                    }
                }
            }
        }
    }
}

/// The height of the handler's lane below so many rows.
fn handler(rows: usize) -> u64 {
    FIRST_ROW + ROW * rows as u64 + 4
}

/// The picture of a timeline. What is still on its way at a broken-off end stands out, unless the run was `allowed`: a
/// signal may end its process.
pub(super) fn draw(timeline: &Timeline, allowed: bool) -> Markup {
    let moments = &timeline.moments[..timeline.moments.len().min(MOST)];
    let Some(last) = moments.iter().filter_map(|moment| moment.at).next_back() else { return html! {} };
    let mut picture = Picture::default();
    let mut before = 0;
    for (at, moment) in moments.iter().enumerate() {
        before = moment.at.unwrap_or(before);
        picture.add(moment, place(at, before, moments.len(), last));
    }
    picture.finish(allowed);
    let rows = picture.rows.len().max(1);
    let bottom = handler(rows) + 18;
    let more = (timeline.moments.len() - moments.len()).saturating_add(timeline.left_out);
    let span = if more > 0 { format!("{}, and {more} moments more", time(last)) } else { time(last) };
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {bottom}\"><use href=\"#l{rows}\"/>");
    for (class, d) in picture.paths() {
        if !d.is_empty() {
            let _ = write!(svg, "<path class={class} d=\"{d}\"/>");
        }
    }
    let _ = write!(svg, "{}<text x={WIDTH} y={}>{span}</text></svg>", picture.labels, bottom - 1);
    PreEscaped(svg)
}

/// Where a moment stands: its time, and room for those before it.
fn place(at: usize, time: u64, moments: usize, last: u64) -> u64 {
    let most = WIDTH - LEFT - 2 * APART;
    let kept_apart = APART * moments.saturating_sub(1) as u64;
    let by_time = u128::from(most.saturating_sub(kept_apart)) * u128::from(time.min(last)) / u128::from(last.max(1));
    LEFT + APART + APART * at as u64 + u64::try_from(by_time).unwrap_or(0)
}

/// Nanoseconds for people.
pub(super) fn time(nanoseconds: u64) -> String {
    let in_units = |unit: u64, name: &str| {
        let (whole, tenth) = (nanoseconds / unit, nanoseconds % unit * 10 / unit);
        if whole < 10 { format!("{whole}.{tenth} {name}") } else { format!("{whole} {name}") }
    };
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => in_units(1_000, "µs"),
        1_000_000..1_000_000_000 => in_units(1_000_000, "ms"),
        _ => in_units(1_000_000_000, "s"),
    }
}

/// The marks as they grow, one path a kind.
#[derive(Default)]
struct Picture {
    yields: String,
    sends: String,
    outside: String,
    bars: String,
    never: String,
    dots: String,
    ticks: String,
    end: String,
    labels: String,
    rows: Vec<Row>,
    yielding_since: Option<u64>,
    at: u64,
    broken_off: bool,
}

/// A row of what is on its way: one signal at a time.
#[derive(Default)]
struct Row {
    pending: Option<(String, u64)>,
    last: String,
    /// Up to where its last bar and label reach.
    taken: u64,
}

impl Picture {
    /// Each kind's class and path, in the order of drawing.
    fn paths(&self) -> [(char, &str); 8] {
        [
            ('y', &self.yields),
            ('b', &self.bars),
            ('n', &self.never),
            ('s', &self.sends),
            ('o', &self.outside),
            ('d', &self.dots),
            ('t', &self.ticks),
            ('e', &self.end),
        ]
    }

    fn add(&mut self, Moment { what, signal, times, .. }: &Moment, x: u64) {
        self.at = x;
        let signal = signal.as_deref().map(|signal| signal.strip_prefix("SIG").unwrap_or(signal));
        match (what, signal) {
            (Mark::Send | Mark::Outside, Some(signal)) => {
                let y = self.pending(signal, x, *times);
                if *what == Mark::Send {
                    let _ = write!(self.sends, "M{x} {SENDER}V{y}");
                } else {
                    let _ = write!(self.outside, "M{x} 0V{y}");
                }
            }
            (Mark::Handle, Some(signal)) => self.handled(signal, x, *times),
            (Mark::Yield, _) => self.yielding_since = Some(x),
            (Mark::Resume, _) => self.resumed(x),
            (Mark::Tick, _) => {
                let _ = write!(self.ticks, "M{x} {}v8", SENDER - 4);
            }
            (Mark::Hold | Mark::Release, _) => {
                let (x, toward) = (x.saturating_sub(2), if *what == Mark::Hold { 4 } else { -4 });
                let _ = write!(self.end, "M{} {}h{toward}m{} 0v10h{toward}", x + 2, SENDER - 5, -toward);
            }
            (Mark::End, _) => {
                self.broken_off = true;
                let _ = write!(self.end, "M{} {}l8 8m0-8l-8 8", x - 4, SENDER - 4);
            }
            _ => {}
        }
    }

    fn resumed(&mut self, x: u64) {
        if let Some(since) = self.yielding_since.take() {
            let _ = write!(self.yields, "M{since} {SENDER}H{x}");
        }
    }

    /// A signal is on its way from here on; its row's height.
    fn pending(&mut self, signal: &str, x: u64, times: u64) -> u64 {
        let is_its = |row: &Row| row.pending.as_ref().is_some_and(|(pending, _)| pending == signal);
        let at = self.rows.iter().position(is_its).unwrap_or_else(|| self.free_row(signal, x));
        let y = FIRST_ROW + ROW * at as u64;
        let row = &mut self.rows[at];
        if row.pending.is_none() {
            row.pending = Some((signal.to_owned(), x));
            let label = if times > 1 { format!("{signal} ×{times}") } else { signal.to_owned() };
            if row.taken <= x || row.last != signal {
                let _ = write!(self.labels, "<text x={} y={}>{}</text>", x + 3, y + 3, escaped(&label));
                row.taken = x + LETTER * (label.chars().count() as u64 + 1);
            }
            signal.clone_into(&mut row.last);
        }
        y
    }

    fn free_row(&mut self, signal: &str, x: u64) -> usize {
        let is_free = |row: &Row| row.pending.is_none() && (row.taken <= x || row.last == signal);
        let free = self.rows.iter().position(is_free);
        free.unwrap_or_else(|| {
            if self.rows.len() < ROWS {
                self.rows.push(Row::default());
            } else {
                self.close(ROWS - 1, x, false);
            }
            self.rows.len() - 1
        })
    }

    fn handled(&mut self, signal: &str, x: u64, times: u64) {
        let is_its = |row: &Row| row.pending.as_ref().is_some_and(|(pending, _)| pending == signal);
        if let Some(at) = self.rows.iter().position(is_its) {
            self.close(at, x, false);
            let _ = write!(self.sends, "M{x} {}V?", FIRST_ROW + ROW * at as u64);
        } else {
            // Nobody sent it, or it was handled before.
            let _ = write!(self.sends, "M{x} {FIRST_ROW}V?");
        }
        // The lane's height is known when all rows are.
        let _ = write!(self.dots, "M{x} ?h0");
        if times > 1 {
            let _ = write!(self.labels, "<text x={} y=?>×{times}</text>", x + 6);
        }
    }

    /// What is on its way in a row ends here, handled or never.
    fn close(&mut self, at: usize, x: u64, never: bool) {
        let y = FIRST_ROW + ROW * at as u64;
        let row = &mut self.rows[at];
        if let Some((_, since)) = row.pending.take() {
            let bars = if never { &mut self.never } else { &mut self.bars };
            let _ = write!(bars, "M{since} {y}H{x}");
            row.taken = row.taken.max(x + 4);
        }
    }

    fn finish(&mut self, allowed: bool) {
        let end = if self.broken_off { WIDTH } else { self.at };
        self.resumed(end);
        for at in 0..self.rows.len() {
            self.close(at, end, self.broken_off && !allowed);
        }
        let lane = handler(self.rows.len().max(1));
        self.sends = self.sends.replace('?', &lane.to_string());
        self.dots = self.dots.replace('?', &lane.to_string());
        self.labels = self.labels.replace("y=?", &format!("y={}", lane + 3));
    }
}

/// A signal's name comes from the results, which anyone may have written.
fn escaped(text: &str) -> String {
    html! { (text) }.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_anyone_make_a_picture() {
        let at = |at, times| Moment { at: Some(at), what: Mark::Send, signal: Some("a longer name".to_owned()), times };
        // Times that go back, by as much as there is.
        for moments in [
            vec![at(u64::MAX, u64::MAX), at(1, 1)],
            vec![at(u64::MAX / (WIDTH - LEFT - 3 * APART), u64::MAX), at(1, 1)],
        ] {
            let drawn = draw(&Timeline { moments, left_out: usize::MAX }, true).into_string();
            assert!(drawn.contains(&format!("and {} moments more", usize::MAX)), "{drawn}");
        }
        let many = Timeline { moments: vec![at(1, 1); MOST + 1], left_out: usize::MAX };
        assert!(draw(&many, false).into_string().starts_with("<svg"));
    }
}
