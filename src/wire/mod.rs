//! The EC2 protocol as values: Query parameters in, XML out, signatures checked; nothing here does I/O.
//!
//! What a request means is not known here; `ec2` gives the shapes their meaning. The shapes are generated, see
//! `api-models/shapes.rs`.

#[macro_use]
mod tables;

pub(crate) mod query;
#[rustfmt::skip]
pub(crate) mod shapes;
pub(crate) mod sigv4;
pub(crate) mod xml;

mod decode;
mod error;
mod timestamp;

pub(crate) use decode::Decode;
pub(crate) use error::Error;
pub(crate) use query::{Filter, Paging, Params};
pub(crate) use tables::{Facts, Operation};
pub(crate) use timestamp::{Blob, Timestamp};
pub(crate) use xml::Encode;
