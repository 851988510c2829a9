//! The latencies as a picture: one bar a backend from the median to the 99th percentile, on a logarithmic scale.

use std::time::Duration;

use crate::latency::Latency;

const LEFT: f64 = 230.0;
const WIDTH: f64 = 560.0;
const ROW: f64 = 26.0;
const TOP: f64 = 44.0;

/// A whole SVG document. Black on white, so that it reads anywhere.
pub(crate) fn svg(latencies: &[Latency]) -> String {
    let ends = latencies.iter().flat_map(|latency| [latency.percentile(50), latency.percentile(99)]);
    let decade = |time: Duration| time.as_secs_f64().max(1e-9).log10();
    let (first, last) = ends.map(decade).fold((f64::MAX, f64::MIN), |(low, high), at| (low.min(at), high.max(at)));
    let (first, last) = (first.floor(), last.ceil().max(first.floor() + 1.0));
    let across = |time: Duration| LEFT + WIDTH * (decade(time) - first) / (last - first);
    #[expect(clippy::cast_precision_loss, reason = "a few backends")]
    let bottom = TOP + ROW * latencies.len() as f64;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"16\">from a signal to its handler: median (dot) to 99 in 100 (bar), logarithmic</text>\n",
        LEFT + WIDTH + 40.0,
        bottom + 10.0
    );
    let mut tick = first;
    while tick <= last {
        let x = LEFT + WIDTH * (tick - first) / (last - first);
        let label = label(tick);
        text += &format!(
            "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"lightgrey\"/>\n\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"dimgrey\">{label}</text>\n",
            TOP - 8.0
        );
        tick += 1.0;
    }
    let mut y = TOP + ROW / 2.0;
    for latency in latencies {
        let (median, most) = (across(latency.percentile(50)), across(latency.percentile(99)));
        text += &format!(
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n\
             <line x1=\"{median:.1}\" y1=\"{y:.1}\" x2=\"{most:.1}\" y2=\"{y:.1}\" stroke=\"steelblue\" stroke-width=\"6\"/>\n\
             <circle cx=\"{median:.1}\" cy=\"{y:.1}\" r=\"5\"/>\n",
            LEFT - 12.0,
            y + 4.0,
            escaped(&latency.backend)
        );
        y += ROW;
    }
    text + "</svg>\n"
}

/// A power of ten seconds.
fn label(exponent: f64) -> String {
    let micros = 10_f64.powf(exponent + 6.0);
    match micros {
        ..1.0 => format!("{:.0} ns", micros * 1e3),
        ..1000.0 => format!("{micros:.0} µs"),
        ..1e6 => format!("{:.0} ms", micros / 1e3),
        _ => format!("{:.0} s", micros / 1e6),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_waits_stand_further_right() {
        let latency = |backend: &str, micros| Latency {
            backend: backend.to_owned(),
            waits: vec![Duration::from_micros(micros)],
            throughput: 1.0,
        };
        let text = svg(&[latency("a", 10), latency("<b>", 100)]);
        assert!(text.contains("cx=\"230.0\"") && text.contains("cx=\"790.0\""), "{text}");
        assert!(text.contains("&lt;b>") && text.contains(">10 µs<") && text.contains(">100 µs<"), "{text}");
    }
}
