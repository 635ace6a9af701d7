//! What can be wrong with a request before anyone asks what it means.
//!
//! Each variant is one of EC2's own codes; the sentence is EC2's where it is known.

use std::fmt;

/// Why a request is refused by the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("The query string is malformed: {0}.")]
    Malformed(&'static str),
    #[error("The parameter {0} is given more than once.")]
    Duplicate(String),
    #[error("The request is missing an action or a required parameter.")]
    MissingAction,
    #[error("The requested version ({0}) of service AmazonEC2 does not exist.")]
    NoSuchVersion(Shown),
    #[error("The request must contain the parameter {0}")]
    MissingParameter(String),
    #[error("The parameter {0} is not recognized")]
    UnknownParameter(Shown),
    #[error("Value ({value}) for parameter {name} is invalid. {why}")]
    InvalidValue { name: String, value: Shown, why: String },
    #[error("The maximum number of {what} specified on a single call is {max}")]
    TooMany { what: &'static str, max: usize },
    #[error("The maximum length for a filter value is {0} characters")]
    LongFilter(usize),
}

impl Error {
    /// The code that SDKs and Terraform match on.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Error::Malformed(_) | Error::Duplicate(_) => "MalformedQueryString",
            Error::MissingAction => "MissingAction",
            Error::NoSuchVersion(_) => "NoSuchVersion",
            Error::MissingParameter(_) => "MissingParameter",
            Error::UnknownParameter(_) => "UnknownParameter",
            Error::InvalidValue { .. } => "InvalidParameterValue",
            Error::TooMany { .. } | Error::LongFilter(_) => "FilterLimitExceeded",
        }
    }
}

/// A caller's text as it is repeated in an error: cut at 256 characters.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Shown(String);

const SHOWN_CHARS_MAX: usize = 256;

impl From<&str> for Shown {
    fn from(text: &str) -> Shown {
        match text.char_indices().nth(SHOWN_CHARS_MAX) {
            Some((end, _)) => Shown(format!("{}…", &text[..end])),
            None => Shown(text.to_owned()),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
