//! Watchers: what each law does while the events go by, and where it says what they break.

use sigconform_fixture::{Claims, Happening};

use super::{Unjudgeable, Violation, scene::Scene, statement::Law};
use crate::transcript::one_line;

/// Enough to see what is wrong; the rest of a long transcript only repeats it.
const MOST_VIOLATIONS: usize = 20;

/// A law, or a family of laws that remember the same.
pub(super) trait Watcher<'a> {
    /// An event that has its place, in the scene as it is just before it.
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>);

    /// The coroutine leaves its script. What led it astray may be a broken law.
    fn strays(&mut self, _scene: &Scene<'a>, _what: &'a Happening, _say: &mut Breaches<'a>) {}

    /// The process has ended, and not in order. Once one watcher knows why, the others are not asked.
    fn ended(&mut self, _scene: &Scene<'a>, _say: &mut Breaches<'a>) -> Ended {
        Ended::Unexplained
    }
}

/// Whether a watcher knows why the process ended as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Explained,
    Unexplained,
}

/// The broken laws so far, and what keeps from judging.
pub(super) struct Breaches<'a> {
    claims: &'a Claims,
    line: usize,
    violations: Vec<Violation>,
    unjudgeable: Option<Unjudgeable>,
    /// What is not known, though a law depends on it.
    unknown: Option<Unjudgeable>,
}

impl<'a> Breaches<'a> {
    /// Nothing is broken yet.
    pub(super) fn none(claims: &'a Claims) -> Self {
        Self { claims, line: 0, violations: Vec::new(), unjudgeable: None, unknown: None }
    }

    /// What is said now is said of this line.
    pub(super) fn come_to(&mut self, line: usize) {
        self.line = line;
    }

    /// A law is broken here. One that rests on a claim cites the page that makes it.
    pub(super) fn breach(&mut self, law: &Law, message: impl Into<String>, allowed: impl Into<String>) {
        if self.is_full() {
            return;
        }
        let claims = self.claims.all();
        let page = law.claim().and_then(|name| claims.iter().find(|(claim, ..)| *claim == name));
        let source = match page {
            Some((_, value, page)) => format!("{} ({value}): {}", law.source, page.as_str()),
            None => law.source.to_owned(),
        };
        self.violations.push(Violation {
            law: law.slug.to_owned(),
            message: one_line(&message.into()),
            line: self.line,
            allowed: allowed.into(),
            source,
        });
    }

    /// Nothing can be said of the rest.
    pub(super) fn cannot_judge(&mut self, why: Unjudgeable) {
        self.unjudgeable.get_or_insert(why);
    }

    /// Something that a law depends on is not known: the walk shows no more than what breaks a law all the same.
    pub(super) fn is_unknown(&mut self, why: Unjudgeable) {
        self.unknown.get_or_insert(why);
    }

    /// What a report tells of this field. Where it tells nothing, nothing is known.
    pub(super) fn told<T>(&mut self, field: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.is_unknown(Unjudgeable::Untold { field: field.to_owned() });
        }
        value
    }

    pub(super) fn is_empty(&self) -> bool {
        self.violations.is_empty()
    }

    /// No law is broken, and nothing keeps from judging.
    pub(super) fn is_silent(&self) -> bool {
        self.is_empty() && self.unjudgeable.is_none()
    }

    pub(super) fn has(&self, law: &Law) -> bool {
        self.violations.iter().any(|violation| violation.law == law.slug)
    }

    fn is_full(&self) -> bool {
        self.violations.len() >= MOST_VIOLATIONS
    }

    /// What is broken, or why nothing can be said of it.
    pub(super) fn into_result(self) -> Result<Vec<Violation>, Unjudgeable> {
        match (self.unjudgeable, self.unknown) {
            (Some(why), _) => Err(why),
            (None, Some(why)) if self.violations.is_empty() => Err(why),
            (None, _) => Ok(self.violations),
        }
    }
}
