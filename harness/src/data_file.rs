//! Data files: TOML that people write. What is wrong in one is said with file, line and remedy, and nothing runs half.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use sigconform::data_file;
//!
//! let read: BTreeMap<String, u32> = data_file::parse("numbers.toml".as_ref(), "one = 1")?;
//! assert_eq!(read["one"], 1);
//! # Ok::<(), data_file::DataFileError>(())
//! ```

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

use crate::{regular_file, text};

/// A data file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFileError {
    /// It could not be read.
    #[error("cannot read {}: {source}", text::path(.file))]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its text is not what it should be; the message names line and column.
    #[error("malformed data file {}: {message}", text::path(.file))]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong, where, and what to write instead.
        message: String,
    },
}

impl DataFileError {
    /// A file whose content breaks a rule that the syntax cannot show.
    pub fn malformed(file: &Path, message: impl Into<String>) -> Self {
        Self::Malformed { file: file.to_owned(), message: message.into() }
    }
}

/// Reads a data file.
pub fn read<T: DeserializeOwned>(file: &Path) -> Result<T, DataFileError> {
    parse(file, &text(file)?)
}

/// The text of a data file.
pub fn text(file: &Path) -> Result<String, DataFileError> {
    regular_file::text(file, regular_file::DATA)
        .map_err(|source| DataFileError::Unreadable { file: file.to_owned(), source })
}

/// Reads the text of a data file; `file` is for messages.
pub fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, DataFileError> {
    toml::from_str(text).map_err(|error| DataFileError::malformed(file, error.to_string().trim_end()))
}
