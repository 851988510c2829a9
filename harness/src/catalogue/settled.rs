//! What the spelled value of a claim says of it: two of the words of the protocol are of one meaning in every claim.

use sigconform_fixture::Claims;

/// A documented "does not support".
const UNSUPPORTED: &str = "unsupported";

/// It is left open, also where a page says just that.
const OPEN: &str = "unspecified";

/// Whether a documented value of a claim says what happens. One that leaves it open is documented too, and what then happens is
/// observed as where no page says anything.
#[must_use]
pub fn is_settled_by(value: &str) -> bool {
    value != OPEN
}

/// Whether a page says what happens.
pub(crate) fn is_settled(claims: &Claims, claim: &str) -> bool {
    let all = claims.all();
    all.iter().any(|(name, value, source)| *name == claim && source.is_documented() && is_settled_by(value))
}

/// Whether the claim's value is that what it is about is not supported.
pub(super) fn is_unsupported(claims: &Claims, claim: &str) -> bool {
    claims.all().iter().any(|(name, value, _)| *name == claim && value == UNSUPPORTED)
}
