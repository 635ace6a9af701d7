//! Culvert's own service: accounts, and what a node should hold, for the root account only; and for every account
//! whether a packet passes. Signed like every other call.

use std::collections::BTreeMap;

use http::StatusCode;
use rand::RngExt;
use rand::distr::Alphanumeric;
use serde_json::{Value, json};

use super::api::{Answer, Api, enforced};
use super::auth::Service;
use super::bootstrap;
use super::explain::explain;
use crate::ec2::scope::{Call, Caller};
use crate::ec2::{self, internet_gateway, subnet, vpc};
use crate::plan::Planner;
use crate::state::account::{AccessKey, Account};
use crate::state::block_public_access::BlockPublicAccess;
use crate::state::id::{AccountId, SubnetId};
use crate::state::metadata::MetadataDefaults;
use crate::state::{State, Tx};
use crate::wire::Params;
use crate::wire::shapes::{DeleteSubnetRequest, DeleteVpcRequest};

/// Answers an action of the service in JSON.
pub(crate) async fn answer(api: &Api, params: &Params, caller: &Caller, id: &str) -> Answer {
    let state = api.states.borrow().clone();
    let is_root = state.accounts.get(&caller.account).is_some_and(|it| it.root);
    let outcome = match params.action() {
        Ok("Explain") => {
            let asker = (!is_root).then_some(caller.account);
            let explained = explain(&state, asker, params).map(|it| (it, None));
            explained.map_err(|error| Answer::error(Service::Culvert, id, &error))
        }
        _ if !is_root => Err(Answer::error(Service::Culvert, id, &ec2::Error::Unauthorized)),
        Ok("CreateAccount") => create_account(api, params, caller, id).await,
        Ok("ListAccounts") => Ok((list_accounts(&state), None)),
        Ok("DeleteAccount") => delete_account(api, params, caller, id).await,
        Ok("GetPlan") => Ok((plan(&state), None)),
        Ok(other) => Err(Answer::error(Service::Culvert, id, &ec2::Error::InvalidAction(other.to_owned()))),
        Err(error) => Err(Answer::error(Service::Culvert, id, &error.into())),
    };
    match outcome {
        Ok((body, revision)) => Answer {
            status: StatusCode::OK,
            body: body.to_string(),
            content_type: "application/json",
            code: String::new(),
            revision,
            stale: false,
        },
        Err(answer) => answer,
    }
}

type Outcome = Result<(Value, Option<(u64, bool)>), Answer>;

async fn create_account(api: &Api, params: &Params, caller: &Caller, id: &str) -> Outcome {
    let refuse = |error: ec2::Error| Answer::error(Service::Culvert, id, &error);
    let name = params.text("Name").ok_or_else(|| refuse(ec2::Error::MissingParameter("Name")))?.to_owned();
    if name.chars().count() > 128 {
        return Err(refuse(ec2::Error::InvalidParameterValue("A name has at most 128 characters.".to_owned())));
    }
    let (key, secret) = (access_key_id(), secret_access_key());
    let regions = api.regions.clone();
    let (change_key, change_secret) = (key.clone(), api.vault.seal(&secret));
    let change = move |tx: &mut Tx| {
        let id = bootstrap::make_account(tx, &name, false, (&change_key, &change_secret), &regions)?;
        Ok(id.to_string())
    };
    let written = api.writer.change("CreateAccount", caller.clone(), id.to_owned(), change).await;
    let (account, revision) = written.map_err(|error| Answer::write_error(Service::Culvert, id, &error))?;
    let enforced = enforced(api, revision).await;
    let body = json!({ "AccountId": account, "AccessKeyId": key, "SecretAccessKey": secret });
    Ok((body, Some((revision, enforced))))
}

fn list_accounts(state: &State) -> Value {
    let mut keys = BTreeMap::<AccountId, Vec<&String>>::new();
    for key in state.access_keys.iter() {
        keys.entry(key.account).or_default().push(&key.id);
    }
    let accounts = state.accounts.iter().map(|it| {
        let keys = keys.get(&it.id).map(Vec::as_slice).unwrap_or_default();
        json!({ "AccountId": it.id, "Name": it.name, "Root": it.root, "AccessKeyIds": keys })
    });
    json!({ "Accounts": accounts.collect::<Vec<_>>() })
}

async fn delete_account(api: &Api, params: &Params, caller: &Caller, id: &str) -> Outcome {
    let refuse = |error: ec2::Error| Answer::error(Service::Culvert, id, &error);
    let text = params.text("AccountId").ok_or_else(|| refuse(ec2::Error::MissingParameter("AccountId")))?;
    let unknown = || ec2::Error::InvalidParameterValue(format!("The account '{text}' does not exist"));
    let account: AccountId = text.parse().map_err(|_| refuse(unknown()))?;
    let missing = unknown();
    let change = move |tx: &mut Tx| {
        let row = tx.get::<Account>(&account).ok_or_else(|| missing.clone())?;
        remove_account(tx, &row)?;
        Ok(String::new())
    };
    let written = api.writer.change("DeleteAccount", caller.clone(), id.to_owned(), change).await;
    let (_, revision) = written.map_err(|error| Answer::write_error(Service::Culvert, id, &error))?;
    let enforced = enforced(api, revision).await;
    Ok((json!({ "AccountId": account }), Some((revision, enforced))))
}

/// Removes an account that owns nothing but empty default VPCs and their internet gateways.
fn remove_account(tx: &mut Tx, account: &Account) -> Result<(), ec2::Error> {
    let used = |what: &str| ec2::Error::Dependency(format!("The account '{}' {what}", account.id));
    if account.root {
        return Err(used("is the root account and cannot be deleted."));
    }
    let vpcs: Vec<_> = tx.state().vpcs.iter().filter(|it| it.account == account.id).cloned().collect();
    for vpc in vpcs {
        if !vpc.default {
            return Err(used("has dependencies and cannot be deleted."));
        }
        let caller = Caller { account: account.id, region: vpc.region.clone(), access_key: String::new() };
        let subnets: Vec<_> = tx.state().indexes.subnets_of_vpc.of(vpc.id).collect();
        let mut call = Call { tx: &mut *tx, caller: &caller, token: None };
        internet_gateway::remove_attached(&mut call, vpc.id);
        let delete = |id: SubnetId| subnet::delete(&mut call, DeleteSubnetRequest { subnet_id: id.to_string() });
        let emptied = subnets.into_iter().map(delete);
        emptied
            .collect::<Result<Vec<()>, _>>()
            .and_then(|_| vpc::delete(&mut call, DeleteVpcRequest { vpc_id: vpc.id.to_string() }))
            .map_err(|_| used("has dependencies and cannot be deleted."))?;
    }
    let state = tx.state();
    if state.internet_gateways.iter().any(|it| it.account == account.id)
        || state.prefix_lists.iter().any(|it| it.account == account.id)
        || state.key_pairs.iter().any(|it| it.account == account.id)
    {
        return Err(used("has dependencies and cannot be deleted."));
    }
    let keys: Vec<_> =
        tx.state().access_keys.iter().filter(|it| it.account == account.id).map(|it| it.id.clone()).collect();
    for key in keys {
        tx.remove::<AccessKey>(key);
    }
    // What the account has said of its regions.
    let blocked: Vec<_> = tx.state().block_public_access.iter().map(|it| (it.account, it.region.clone())).collect();
    for region in blocked.into_iter().filter(|it| it.0 == account.id) {
        tx.remove::<BlockPublicAccess>(region);
    }
    let defaults: Vec<_> = tx.state().metadata_defaults.iter().map(|it| (it.account, it.region.clone())).collect();
    for region in defaults.into_iter().filter(|it| it.0 == account.id) {
        tx.remove::<MetadataDefaults>(region);
    }
    tx.remove::<Account>(account.id);
    Ok(())
}

/// What every node's kernel should hold.
fn plan(state: &State) -> Value {
    let nodes = state.nodes.iter().map(|node| {
        let config = Planner::new(node.id).plan(state);
        (node.id.to_string(), serde_json::to_value(config).expect("every part of a plan has a form in JSON"))
    });
    json!({ "Revision": state.revision, "Nodes": nodes.collect::<serde_json::Map<_, _>>() })
}

/// A fresh access key id, in AWS's form.
pub(crate) fn access_key_id() -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut random = rand::rng();
    let tail: String = (0..16).map(|_| char::from(alphabet[random.random_range(0..alphabet.len())])).collect();
    format!("AKIA{tail}")
}

/// A fresh secret of 40 characters.
pub(crate) fn secret_access_key() -> String {
    rand::rng().sample_iter(Alphanumeric).take(40).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::account::Sealed;
    use crate::state::vpc::Vpc;
    use crate::state::{Moment, Stamp};

    #[test]
    fn an_account_goes_with_its_default_vpcs_and_not_with_one_that_it_made() {
        let mut tx = Tx::new(State::default(), Stamp { now: Moment(1), seed: [7; 32] });
        let regions = ["us-east-1".to_owned(), "eu-west-1".to_owned()];
        let made = bootstrap::make_account(&mut tx, "one", false, ("AKIA1", &Sealed(vec![1])), &regions);
        let account = tx.get::<Account>(&made.expect("nothing is in the way")).expect("it was made");
        let vpcs: Vec<_> = tx.state().vpcs.iter().cloned().collect();
        assert_eq!(vpcs.len(), 2);

        let default = vpcs[0].as_ref().clone();
        let caller = Caller { account: account.id, region: default.region.clone(), access_key: String::new() };
        for subnet in tx.state().indexes.subnets_of_vpc.of(default.id).collect::<Vec<_>>() {
            let mut call = Call { tx: &mut tx, caller: &caller, token: None };
            subnet::delete(&mut call, DeleteSubnetRequest { subnet_id: subnet.to_string() }).expect("it is empty");
        }
        tx.put(Vpc { default: false, ..default.clone() });
        let refused = remove_account(&mut tx, &account).expect_err("it is empty, but somebody made it");
        assert_eq!(refused.code(), "DependencyViolation");

        tx.put(default);
        remove_account(&mut tx, &account).expect("only default VPCs are left");
        assert_eq!(tx.state().effects().count(), 0, "a row is left");
    }
}
