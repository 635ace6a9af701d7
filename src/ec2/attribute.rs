//! What the Modify…Attribute calls share: a call changes exactly one attribute.

use super::error::{Error, Result};
use crate::wire::shapes::AttributeBooleanValue;

/// The one attribute that a call gives; each stands with the name that EC2 calls it by.
pub fn single<T, const N: usize>(given: [(&str, Option<T>); N]) -> Result<T> {
    let mut given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let Some((first, value)) = given.next() else {
        return Err(Error::InvalidParameterCombination("No attributes specified.".to_owned()));
    };
    let others: Vec<&str> = given.map(|it| it.0).collect();
    if others.is_empty() {
        return Ok(value);
    }
    let names = [&[first], others.as_slice()].concat().join(", ");
    Err(Error::InvalidParameterCombination(format!("Fields for multiple attribute types specified: {names}")))
}

/// The value of an attribute that is on or off, if it is given.
pub fn flag(given: &Option<AttributeBooleanValue>) -> Option<bool> {
    given.as_ref().and_then(|it| it.value)
}

/// An attribute that is on or off, as the wire shows it.
pub fn shown(value: bool) -> Option<AttributeBooleanValue> {
    Some(AttributeBooleanValue { value: Some(value) })
}
