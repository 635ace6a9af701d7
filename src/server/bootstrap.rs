//! What a first start makes: the root account with its key, default VPCs, this node; and the credentials file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::RngExt;
use tokio::sync::watch;

use super::admin::{access_key_id, secret_access_key};
use super::file::write_whole;
use super::options::Options;
use super::vault::Vault;
use super::writer::{WriteError, Writer};
use crate::ec2;
use crate::ec2::scope::{Call, Caller};
use crate::state::account::{AccessKey, Account, Sealed};
use crate::state::id::{AccountId, Id, NodeId};
use crate::state::node::Node;
use crate::state::settings::Settings;
use crate::state::{State, Tx};

/// What the rest of a start needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Bootstrapped {
    /// The node of this machine.
    pub(crate) node: NodeId,
    pub(crate) credentials: PathBuf,
}

/// Why a start cannot make what it must.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BootstrapError {
    #[error("cannot write {path}")]
    File { path: PathBuf, source: io::Error },
    #[error("{path} does not hold a node's id")]
    NodeFile { path: PathBuf },
    #[error("cannot record the root account and this node")]
    Write(#[source] WriteError),
}

pub(crate) async fn bootstrap(
    options: &Options,
    writer: &Writer,
    states: &watch::Receiver<Arc<State>>,
    vault: &Vault,
) -> Result<Bootstrapped, BootstrapError> {
    let node = node_id(&options.data_dir.join("node"))?;
    let chosen = options.root_key.as_ref().map(|it| (it.id.clone(), vault.seal(&it.secret)));
    let root = chosen.unwrap_or_else(|| (access_key_id(), vault.seal(&secret_access_key())));
    let (name, zones, regions) = (options.node_name.clone(), options.zones.clone(), options.regions.clone());
    let egress = options.egress;
    let settings = Settings { public_pools: options.public_pools.clone(), quotas: options.quotas };
    let caller =
        Caller { account: AccountId::from_number(0), region: options.regions[0].clone(), access_key: String::new() };
    let change = move |tx: &mut Tx| {
        if !tx.state().accounts.iter().any(|it| it.root) {
            make_account(tx, "root", true, (&root.0, &root.1), &regions)?;
        }
        let created = tx.get::<Node>(&node).map_or(tx.now(), |it| it.created);
        tx.put(Node { id: node, name: name.clone(), zones: zones.clone(), egress, created });
        tx.put(settings.clone());
        Ok(String::new())
    };
    let request = uuid::Uuid::new_v4().to_string();
    writer.change("Bootstrap", caller, request, change).await.map_err(BootstrapError::Write)?;

    let credentials = options.data_dir.join("credentials");
    let state = states.borrow().clone();
    if options.root_key.as_ref().is_some_and(|it| state.access_keys.get(&it.id).is_none()) {
        tracing::warn!("the root account has its key already; the one in CULVERT_ROOT_ACCESS_KEY_ID is not taken");
    }
    write_credentials(&credentials, &state, vault)
        .map_err(|source| BootstrapError::File { path: credentials.clone(), source })?;
    Ok(Bootstrapped { node, credentials })
}

/// Makes an account with its key and, in every region, its default VPC.
pub(crate) fn make_account(
    tx: &mut Tx,
    name: &str,
    root: bool,
    key: (&str, &Sealed),
    regions: &[String],
) -> Result<AccountId, ec2::Error> {
    let created = tx.now();
    let account = loop {
        let id = AccountId::from_number(u64::from_le_bytes(tx.entropy()));
        if tx.get::<Account>(&id).is_none() {
            break id;
        }
    };
    tx.put(Account { id: account, name: name.to_owned(), root, created });
    let (id, secret) = (key.0.to_owned(), key.1.clone());
    tx.put(AccessKey { id, account, secret, session_token: None, expires: None, created });
    for region in regions {
        let caller = Caller { account, region: region.clone(), access_key: String::new() };
        ec2::vpc::make_default(&mut Call { tx: &mut *tx, caller: &caller, token: None })?;
    }
    Ok(account)
}

/// The id of this machine's node, drawn once and kept in the data directory.
fn node_id(path: &Path) -> Result<NodeId, BootstrapError> {
    let file = |source| BootstrapError::File { path: path.to_owned(), source };
    match fs::read_to_string(path) {
        Ok(text) => text.trim().parse().map_err(|_| BootstrapError::NodeFile { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let id = NodeId::from_number(rand::rng().random());
            write_whole(path, 0o644, format!("{id}\n").as_bytes()).map_err(file)?;
            Ok(id)
        }
        Err(error) => Err(file(error)),
    }
}

/// Writes the root account's key as an AWS shared credentials file, unless it stands there already.
fn write_credentials(path: &Path, state: &State, vault: &Vault) -> io::Result<()> {
    let root = state.accounts.iter().find(|it| it.root);
    let key = root.and_then(|root| state.access_keys.iter().find(|it| it.account == root.id));
    let Some(key) = key else { return Ok(()) };
    let secret = vault.unseal(&key.secret).map_err(io::Error::other)?;
    let text = format!("[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n", key.id, *secret);
    if fs::read_to_string(path).is_ok_and(|it| it == text) {
        return Ok(());
    }
    write_whole(path, 0o600, text.as_bytes())
}
