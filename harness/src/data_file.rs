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
    fs, io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

/// A data file that cannot be used.
///
/// ```
/// use sigconform::data_file::{self, DataFileError};
///
/// let error = data_file::read::<std::collections::BTreeMap<String, String>>("no/such/file.toml".as_ref()).unwrap_err();
/// assert!(matches!(error, DataFileError::Unreadable { .. }));
/// assert!(error.to_string().starts_with("cannot read no/such/file.toml: "));
/// ```
#[derive(Debug, thiserror::Error)]
pub enum DataFileError {
    /// It could not be read.
    #[error("cannot read {}: {source}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its text is not what it should be; the message names line and column.
    #[error("malformed data file {}: {message}", .file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong, where, and what to write instead.
        message: String,
    },
}

impl DataFileError {
    /// A file whose content breaks a rule that the syntax cannot show.
    ///
    /// ```
    /// use sigconform::data_file::DataFileError;
    ///
    /// let error = DataFileError::malformed("mine.toml".as_ref(), "`times` is 0: write 1 or more");
    /// assert_eq!(error.to_string(), "malformed data file mine.toml: `times` is 0: write 1 or more");
    /// ```
    pub fn malformed(file: &Path, message: impl Into<String>) -> Self {
        Self::Malformed { file: file.to_owned(), message: message.into() }
    }
}

/// Reads a data file.
///
/// ```
/// use std::{collections::BTreeMap, fs};
///
/// use sigconform::data_file;
///
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("mine.toml");
/// fs::write(&file, "times = 3")?;
/// assert_eq!(data_file::read::<BTreeMap<String, u32>>(&file)?["times"], 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read<T: DeserializeOwned>(file: &Path) -> Result<T, DataFileError> {
    parse(file, &text(file)?)
}

/// The text of a data file.
///
/// ```
/// use sigconform::data_file;
///
/// let error = data_file::text("no/such/file.toml".as_ref()).unwrap_err();
/// assert!(error.to_string().contains("no/such/file.toml"));
/// ```
pub fn text(file: &Path) -> Result<String, DataFileError> {
    fs::read_to_string(file).map_err(|source| DataFileError::Unreadable { file: file.to_owned(), source })
}

/// Reads the text of a data file; `file` is for messages.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use sigconform::data_file;
///
/// // What is wrong is said with its line.
/// let error = data_file::parse::<BTreeMap<String, u32>>("mine.toml".as_ref(), "one = 1\ntwo = ?").unwrap_err();
/// assert!(error.to_string().contains("line 2"), "{error}");
/// ```
pub fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, DataFileError> {
    toml::from_str(text).map_err(|error| DataFileError::malformed(file, error.to_string().trim_end()))
}
