//! Readers of what reporters write. Each returns how the document is built, or what in it somebody would act upon.

use std::collections::BTreeSet;

use html5gum::{Token, Tokenizer};
use quick_xml::{Reader, events::Event};

/// The elements, with their attributes' names.
pub fn xml(text: &str) -> Result<Vec<String>, String> {
    let mut reader = Reader::from_str(text);
    let mut built = Vec::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) | Event::Empty(tag) => {
                let mut element = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                for attribute in tag.attributes() {
                    let attribute = attribute.map_err(|error| error.to_string())?;
                    attribute
                        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                        .map_err(|error| error.to_string())?;
                    element = format!("{element} {}", String::from_utf8_lossy(attribute.key.as_ref()));
                }
                built.push(element);
            }
            Event::Text(text) => {
                text.decode().map_err(|error| error.to_string())?;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    // The production `Char` of XML 1.0.
    let is_char = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    match text.chars().find(|&character| !is_char(character)) {
        Some(character) => Err(format!("{character:?} is no character of XML")),
        None => Ok(built),
    }
}

/// Which elements with which attributes there are. How many depends on how many lines a text has.
pub fn html(text: &str) -> Result<Vec<String>, String> {
    harmless(text, "\n\t")?;
    let mut built = BTreeSet::new();
    for Ok(token) in Tokenizer::new(text) {
        match token {
            Token::StartTag(tag) => {
                let address =
                    tag.attributes.get(b"href".as_slice()).map(|value| String::from_utf8_lossy(value).into_owned());
                let leads =
                    |address: &String| ["#", "https://", "http://"].iter().any(|begin| address.starts_with(begin));
                if let Some(address) = address.filter(|address| !leads(address)) {
                    return Err(format!("a link to {address:?}"));
                }
                if let Some(name) = tag.attributes.keys().find(|name| name.starts_with(b"on") || ***name == *b"style") {
                    return Err(format!("an attribute {name:?} that acts"));
                }
                let names = tag.attributes.keys().map(|name| String::from_utf8_lossy(name).into_owned());
                built.insert(format!("{} {}", String::from_utf8_lossy(&tag.name), names.collect::<Vec<_>>().join(" ")));
            }
            Token::Comment(comment) => {
                built.insert(format!("comment {}", String::from_utf8_lossy(&comment)));
            }
            Token::Error(error) => return Err(format!("{error:?}")),
            _ => {}
        }
    }
    Ok(built.into_iter().collect())
}

/// The keys at every depth.
pub fn json(text: &str) -> Result<Vec<String>, String> {
    fn keys(value: &serde_json::Value, path: &str, built: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => {
                map.iter().for_each(|(key, value)| keys(value, &format!("{path}.{key}"), built));
            }
            serde_json::Value::Array(list) => list.iter().for_each(|value| keys(value, &format!("{path}[]"), built)),
            _ => built.push(path.to_owned()),
        }
    }
    let mut built = Vec::new();
    keys(&serde_json::from_str(text).map_err(|error| error.to_string())?, "", &mut built);
    Ok(built)
}

/// Headings, rows with their number of cells, fences, items: by the first characters of each line outside of fences.
pub fn markdown(text: &str) -> Result<Vec<String>, String> {
    harmless(text, "\n")?;
    let mut built = Vec::new();
    let mut fence: Option<String> = None;
    for line in text.lines() {
        if let Some(open) = &fence {
            if line.trim_end() == open {
                fence = None;
            }
            continue;
        }
        let ticks: String = line.chars().take_while(|&character| character == '`').collect();
        if ticks.len() >= 3 {
            fence = Some(ticks);
            built.push("fence".to_owned());
            continue;
        }
        let mut cells = 0;
        let mut characters = line.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => drop(characters.next()),
                '|' => cells += 1,
                '<' => return Err(format!("an element: {line:?}")),
                _ => {}
            }
        }
        let is_row = line.starts_with('|') && line.contains(|character: char| !"|-: ".contains(character));
        let kind: String = line.chars().take_while(|character| "#-|> ".contains(*character)).collect();
        built.push(format!("{} {cells}", if is_row { "|" } else { kind.trim_end() }));
    }
    match fence {
        Some(open) => Err(format!("{open} is not closed")),
        None => Ok(built),
    }
}

/// Nothing but our own colours.
pub fn terminal(text: &str) -> Result<Vec<String>, String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain += before;
        let end = after.find(|character: char| !character.is_ascii_digit() && character != ';' && character != ':');
        match end.and_then(|end| after[end..].strip_prefix('m')) {
            Some(after) => rest = after,
            None => return Err(format!("an escape that is no colour: {:?}", &after[..after.len().min(20)])),
        }
    }
    log(&(plain + rest))
}

/// Every line is a command with properties that have a value, and nothing else.
///
/// Source: <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>.
pub fn commands(text: &str) -> Result<Vec<String>, String> {
    harmless(text, "\n")?;
    let command = |line: &str| {
        let (head, _) = line.strip_prefix("::")?.split_once("::")?;
        let (name, properties) = head.split_once(' ')?;
        let names = properties.split(',').map(|property| Some(property.split_once('=')?.0.to_owned()));
        Some(format!("{name} {}", names.collect::<Option<Vec<_>>>()?.join(" ")))
    };
    text.lines().map(|line| command(line).ok_or_else(|| format!("not a command: {line:?}"))).collect()
}

/// No line begins a command of a CI service.
///
/// Source: <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>.
pub fn log(text: &str) -> Result<Vec<String>, String> {
    harmless(text, "\n")?;
    let is_command =
        |line: &&str| line.trim_start().starts_with("::") || line.contains("##[") || line.contains("##vso[");
    match text.lines().find(is_command) {
        Some(line) => Err(format!("a workflow command: {line:?}")),
        None => Ok(Vec::new()),
    }
}

/// Workflow commands, each a whole line: its name and the names of its properties.
pub fn github(text: &str) -> Result<Vec<String>, String> {
    harmless(text, "\n")?;
    let command = |line: &str| {
        let (head, _) = line.strip_prefix("::")?.split_once("::")?;
        let (name, properties) = head.split_once(' ')?;
        let names: Option<Vec<_>> = properties.split(',').map(|property| Some(property.split_once('=')?.0)).collect();
        Some(format!("{name} {}", names?.join(",")))
    };
    text.lines().map(|line| command(line).ok_or_else(|| format!("no workflow command: {line:?}"))).collect()
}

/// No control characters but these, and none that reorders the text around it.
fn harmless(text: &str, allowed: &str) -> Result<(), String> {
    let reorders = |character: char| matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let harmful = |&character: &char| (character.is_control() && !allowed.contains(character)) || reorders(character);
    match text.chars().find(harmful) {
        Some(character) => Err(format!("{character:?} is passed on")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_see_what_somebody_would_act_upon() {
        assert!(xml("<a b=\"1\"><c></a>").is_err() && xml("<a>\u{1}</a>").is_err());
        assert_ne!(html("<p>x</p>"), html("<p><b>x</b></p>"));
        assert!(html("<p>\u{202e}</p>").is_err());
        assert_ne!(markdown("| a |"), markdown("| a | b |"));
        assert_eq!(markdown("| a |"), markdown("| a\\|b |"));
        assert!(markdown("<b>").is_err() && markdown("```\nx").is_err());
        assert!(
            terminal("\u{1b}[31mred\u{1b}[0m").is_ok() && terminal("\u{1b}[2J").is_err() && terminal("\u{7}").is_err()
        );
        assert!(commands("x").is_err() && commands("::error title=a%3Ab::c").is_ok());
        assert_ne!(commands("::error title=a::c"), commands("::error title=a,b=c::c"));
        assert!(html("<a href='javascript:x'>").is_err() && html("<a href='#x' onclick=y>").is_err());
        assert!(log("x ##[error]y").is_err());
        assert!(log("x\n ::error::y").is_err() && log("x ::error::y").is_ok());
    }
}
