//! The part of STS that clients ask before anything else.

use super::api::Answer;
use super::auth::Service;
use crate::ec2::scope::Caller;
use crate::wire::Params;

/// Answers `GetCallerIdentity`; refuses everything else.
pub(crate) fn answer(params: &Params, caller: &Caller, request: &str) -> Answer {
    match params.action() {
        Ok("GetCallerIdentity") => Answer::xml(200, identity(caller, request), ""),
        Ok(other) => {
            let text = format!("Could not find operation {other} for version 2011-06-15");
            Answer::failure(Service::Sts, request, 400, "InvalidAction", &text)
        }
        Err(error) => Answer::error(Service::Sts, request, &error.into()),
    }
}

fn identity(caller: &Caller, request: &str) -> String {
    let account = caller.account;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult><Arn>arn:aws:iam::{account}:root</Arn><UserId>{account}</UserId>\
         <Account>{account}</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>{request}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
}
