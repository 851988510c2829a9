//! What is to be done for one cell.

use std::sync::Arc;

use sigconform_fixture::Claims;

use crate::{
    catalogue::{NotFor, Part},
    fault::Failure,
};

#[derive(Debug)]
pub(super) enum Task {
    Skip(NotFor),
    Error(Failure),
    Play(Arc<Play>),
}

/// What one cell plays.
#[derive(Debug)]
pub(super) struct Play {
    /// Of the library: a known failure may have been mended in a later one.
    pub(super) version: String,
    pub(super) claims: Claims,
    pub(super) part: Part,
}

impl Task {
    pub(super) fn version(&self) -> &str {
        match self {
            Self::Play(play) => &play.version,
            Self::Skip(_) | Self::Error(_) => "",
        }
    }
}
