//! What a law is: its name, what it says, and what that rests on. Each is declared where its watcher stands.

/// One law.
#[derive(Debug, PartialEq, Eq)]
pub struct Law {
    /// Its stable name.
    pub slug: &'static str,
    /// What it says.
    pub statement: &'static str,
    /// What it rests on.
    pub source: &'static str,
}

/// Declares laws where their watcher stands: slug, statement, source.
macro_rules! laws {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $statement:literal, $source:literal;)*) => {
        $($(#[$doc])* pub static $name: $crate::judge::statement::Law =
            $crate::judge::statement::Law { slug: $slug, statement: $statement, source: $source };)*
    };
}
pub(super) use laws;

impl Law {
    /// The claim that it rests on, if it does.
    #[must_use]
    pub fn claim(&self) -> Option<&'static str> {
        self.source.strip_prefix("the backend's claim `")?.strip_suffix('`')
    }
}
