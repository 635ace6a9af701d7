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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::id::AccountId;

    #[test]
    fn an_unknown_action_is_repeated_as_it_was_sent() {
        let params = Params::parse(b"", b"Action=%3CA%3E&Version=2011-06-15").expect("two parameters");
        let caller =
            Caller { account: AccountId::from_number(1), region: "us-east-1".to_owned(), access_key: String::new() };
        let answer = answer(&params, &caller, "r");
        assert!(answer.body.contains("Could not find operation &lt;A&gt; for version"), "{}", answer.body);
    }
}
