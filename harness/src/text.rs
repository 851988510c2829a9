//! Text that somebody else wrote: a fixture, a library, the sender of results, who named a file. Whoever shows it, or says it in
//! an error, shows it through here, so that no terminal, no document and no CI service acts upon it.
//!
//! ```
//! use sigconform::text::{cut, one_line, printable};
//!
//! assert_eq!(printable("\x1b[2J"), "\\u{1b}[2J", "a terminal would clear itself");
//! assert!(printable("::error::forged").starts_with("\\u{3a}"), "a CI service would obey");
//! assert_eq!(one_line("a\nb"), "a\\nb");
//! assert!(cut(&"long".repeat(100), 100).contains(" … 348 letters left out … "));
//! ```

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

/// What says that something is left out takes at most this many letters.
const MARK: usize = 48;

/// Whether a character is only shown: a terminal acts upon controls, some reorder the text around them, end a line where
/// nobody looks for an end, or are not to be seen, and some are none at all, which no document may hold.
///
/// Source: the Unicode Standard, 23 (Special Areas and Format Characters); Unicode Technical Report 36, 2.5 and 3.
///
/// ```
/// use sigconform::text::is_harmless;
///
/// assert!(is_harmless('é'));
/// assert!(!is_harmless('\x1b'), "a terminal would act upon it");
/// assert!(!is_harmless('\u{202e}'), "it turns the text around that follows");
/// ```
#[must_use]
pub fn is_harmless(character: char) -> bool {
    let reorders =
        matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}');
    let ends_a_line = matches!(character, '\u{2028}' | '\u{2029}');
    let hides = matches!(character, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    let is_none = matches!(character, '\u{fdd0}'..='\u{fdef}') || u32::from(character) & 0xfffe == 0xfffe;
    !(character.is_control() || reorders || ends_a_line || hides || is_none)
}

/// A text on one line that acts on nobody who shows it.
#[must_use]
pub fn one_line(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    text.chars().flat_map(|c| if is_harmless(c) { vec![c] } else { c.escape_default().collect() }).collect()
}

/// Text without anything that a terminal would act upon, and without what a CI service would take for one of its commands:
/// `::` at the beginning of a line, `##[` and its relatives anywhere. Lines stay lines. What is printable stays as it is.
///
/// Source: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>; `TryParse` and
/// `TryParseV2` of <https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>;
/// <https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands>.
#[must_use]
pub fn printable(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n'));
    if is_plain && !text.contains("::") && !text.contains("##") {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    let mut is_start = true;
    for (at, character) in text.char_indices() {
        let rest = &text[at..];
        let is_command = (is_start && rest.starts_with("::")) || is_marker(rest);
        if character == '\n' || (is_harmless(character) && !is_command) {
            shown.push(character);
        } else {
            shown.extend(character.escape_unicode());
        }
        is_start = character == '\n' || (is_start && character.is_whitespace());
    }
    shown
}

/// `##[error]`, `##vso[task]`, `##teamcity[message]`.
fn is_marker(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("##") else { return false };
    rest.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()).starts_with('[')
}

/// At most this many letters of a text, of which at least 100 are asked for: its beginning and its end, and between them how
/// much is left out.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let letters = text.chars().count();
    if letters <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(MARK);
    let tail = kept / 3;
    let head = kept - tail;
    let left = letters - kept;
    let skipped = |count: usize| text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    format!("{} … {left} letters left out … {}", &text[..skipped(head)], &text[skipped(letters - tail)..])
}

/// What somebody said, as a sentence of ours holds it: one line, at most a thousand letters.
#[must_use]
pub fn sentence(text: &str) -> String {
    cut(&printable(&one_line(text)), 1000)
}

/// A name: one line, at most a hundred letters.
#[must_use]
pub fn name(text: &str) -> String {
    cut(&printable(&one_line(text)), 100)
}

/// A file's name for people: one line, whatever it is called.
#[must_use]
pub fn path(path: &Path) -> String {
    one_line(&path.to_string_lossy())
}

/// A word as a shell takes it, whatever its bytes: nothing in it acts upon who looks at it.
///
/// Source: POSIX.1-2024, Shell Command Language, 2.2.2 and 2.2.4 (single quotes, and those after a dollar sign).
///
/// ```
/// use sigconform::text::quoted;
///
/// assert_eq!(quoted("./fixture".as_ref()), "./fixture");
/// assert_eq!(quoted("it's".as_ref()), r"'it'\''s'");
/// assert_eq!(quoted("a\nb".as_ref()), r"$'a\012b'");
/// ```
#[must_use]
pub fn quoted(word: &OsStr) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:@%+,".contains(letter);
    match word.to_str() {
        Some(text) if !text.is_empty() && text.chars().all(is_plain) => text.to_owned(),
        Some(text) if text.chars().all(is_harmless) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let byte = |&byte: &u8| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(byte)),
                b' '..=b'~' => char::from(byte).to_string(),
                _ => format!("\\{byte:03o}"),
            };
            format!("$'{}'", word.as_bytes().iter().map(byte).collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_acts_on_somebody_is_shown_by_its_number() {
        for (text, shown) in [
            ("plain text: a::b ## [x]\n", "plain text: a::b ## [x]\n"),
            ("a\u{7f}\u{9b}1m\r", "a\\u{7f}\\u{9b}1m\\u{d}"),
            ("\u{2068}a\u{2028}b\u{feff}\u{e0041}", "\\u{2068}a\\u{2028}b\\u{feff}\\u{e0041}"),
            ("x\n \u{a0}::stop-commands::y", "x\n \u{a0}\\u{3a}:stop-commands::y"),
            ("x ##[error]y ##vso[task.complete]", "x \\u{23}#[error]y \\u{23}#vso[task.complete]"),
            ("###[x]", "#\\u{23}#[x]"),
        ] {
            assert_eq!(printable(text), shown);
        }
        assert_eq!(one_line("a\n\tb\u{202e}"), "a\\n\\tb\\u{202e}");
        assert_eq!(path(Path::new("a\nb")), "a\\nb");
    }

    #[test]
    fn a_cut_says_how_much_is_left_out() {
        let text = "a".repeat(60) + &"é".repeat(1000);
        let shown = cut(&text, 100);
        assert!(shown.starts_with(&"a".repeat(35)) && shown.ends_with(&"é".repeat(17)), "{shown}");
        assert!(shown.contains(" … 1008 letters left out … "), "{shown}");
        assert_eq!(cut(&"é".repeat(100), 100), "é".repeat(100));
    }

    proptest! {
        #[test]
        fn what_is_shown_once_is_shown_so_again(text in any::<String>(), times in 1..200_usize) {
            let shown = cut(&printable(&one_line(&text.repeat(times))), 100);
            prop_assert!(shown.chars().count() <= 100);
            prop_assert_eq!(cut(&printable(&one_line(&shown)), 100), shown);
        }
    }
}
