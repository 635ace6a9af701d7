//! From one line of the operations list to the whole way of a call: decode, carry out, encode.
//!
//! What is the same for every operation is done here once: DryRun, client tokens, filters and pages.

use sha2::{Digest, Sha256};

use super::error::{Error, Result};
use super::list::Query;
use super::realised::Realised;
use super::scope::{Call, Caller, Scope, View};
use crate::state::client_token::ClientToken;
use crate::state::{Moment, State};
use crate::wire::{self, Facts, Params};

/// An operation that is served.
pub struct Operation {
    pub facts: &'static Facts,
    pub kind: Kind,
}

/// Whether an operation changes State, and the function that carries it out.
///
/// Each answers the content of its response document, without the root element and the request id.
pub enum Kind {
    Read(fn(&View<'_>, &Params) -> Result<String>),
    Write(fn(&mut Call<'_>, &Params) -> Result<String>),
}

/// Makes the list of operations: a lookup by action, and the handlers' types checked against the model's shapes.
macro_rules! operations {
    ($($kind:ident $action:ident => $module:ident :: $function:ident;)*) => {
        /// The operation of this name, if it is served.
        pub fn operation(action: &str) -> Option<$crate::ec2::operation::Operation> {
            match action {
                $(stringify!($action) => Some($crate::ec2::operation::Operation {
                    facts: &<$crate::wire::shapes::$action as $crate::wire::Operation>::FACTS,
                    kind: operations!(@$kind $action $module $function),
                }),)*
                _ => None,
            }
        }
    };
    (@read $action:ident $module:ident $function:ident) => {
        $crate::ec2::operation::Kind::Read(|view, params| {
            let input = <$crate::wire::shapes::$action as $crate::wire::Operation>::input(params)?;
            let output = $crate::ec2::$module::$function(view, input)?;
            Ok($crate::ec2::operation::content::<$crate::wire::shapes::$action>(&output))
        })
    };
    (@write $action:ident $module:ident $function:ident) => {
        $crate::ec2::operation::Kind::Write(|call, params| {
            let input = <$crate::wire::shapes::$action as $crate::wire::Operation>::input(params)?;
            let output = $crate::ec2::$module::$function(call, input)?;
            Ok($crate::ec2::operation::content::<$crate::wire::shapes::$action>(&output))
        })
    };
}
pub(super) use operations;

/// The content of the answer document.
pub fn content<O: wire::Operation>(output: &O::Output) -> String {
    wire::xml::content(output)
}

/// Carries out a read on a state.
pub fn read(
    operation: &Operation,
    params: &Params,
    state: &State,
    realised: &Realised,
    caller: &Caller,
    now: Moment,
) -> Result<String> {
    let Kind::Read(carry_out) = operation.kind else { unreachable!("the caller looked at the kind") };
    let dry_run = params.dry_run()?;
    let query = Query {
        filters: params.filters()?,
        paging: params.paging()?,
        documented: wire::shapes::documented_filters(operation.facts.action),
    };
    let view = View { state, caller, now, realised, query };
    let answer = carry_out(&view, params)?;
    if dry_run { Err(Error::DryRun) } else { Ok(answer) }
}

/// Carries out a write on a working copy of the state; the caller drops the copy when this fails.
pub fn write(operation: &Operation, params: &Params, call: &mut Call<'_>) -> Result<String> {
    let Kind::Write(carry_out) = operation.kind else { unreachable!("the caller looked at the kind") };
    let dry_run = params.dry_run()?;
    let Some(token) = params.client_token()? else {
        let answer = carry_out(call, params)?;
        return if dry_run { Err(Error::DryRun) } else { Ok(answer) };
    };

    let key = (call.caller.account, call.caller.region.clone(), operation.facts.action.to_owned(), token.clone());
    let parameters: [u8; 32] = Sha256::digest(params.encode()).into();
    if let Some(earlier) = call.tx.get::<ClientToken>(&key) {
        return if earlier.parameters == parameters {
            Ok(earlier.answer.clone())
        } else {
            Err(Error::IdempotentParameterMismatch(token.to_owned()))
        };
    }
    call.token = Some(token.clone());
    let answer = carry_out(call, params)?;
    if dry_run {
        return Err(Error::DryRun);
    }
    let (account, region, action, token) = key;
    let created = call.now();
    call.tx.put(ClientToken { account, region, action, token, parameters, answer: answer.clone(), created });
    Ok(answer)
}
