//! Who signed a request: the signature is checked on every call, whatever it asks.

use std::collections::HashMap;
use std::sync::Mutex;

use http::request::Parts;
use subtle::ConstantTimeEq;

use super::vault::Vault;
use crate::ec2::scope::Caller;
use crate::state::account::AccessKey;
use crate::state::{Moment, State};
use crate::wire::Timestamp;
use crate::wire::sigv4::{Claim, Refusal, SigningKey};

/// The services that share this endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Ec2,
    Sts,
    /// Culvert's own: accounts, plans.
    Culvert,
}

impl Service {
    const NAMES: [&str; 3] = ["ec2", "sts", "culvert"];

    fn named(name: &str) -> Service {
        match name {
            "sts" => Service::Sts,
            "culvert" => Service::Culvert,
            _ => Service::Ec2,
        }
    }
}

/// How many derived keys are kept: each is good for one key, day, region and service.
const KEYS_MAX: usize = 10_000;

/// Checks signatures.
pub(crate) struct Authority {
    regions: Vec<String>,
    vault: Vault,
    /// Opening a secret and deriving its key costs more than all else of a check.
    keys: Mutex<HashMap<(String, String, String, String), SigningKey>>,
}

/// A request of a known caller, for one of the services.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) caller: Caller,
    pub(crate) service: Service,
}

impl Authority {
    pub(crate) fn new(regions: &[String], vault: Vault) -> Authority {
        Authority { regions: regions.to_vec(), vault, keys: Mutex::new(HashMap::new()) }
    }

    /// Which service a request is for, as far as it says so; its errors are written that service's way.
    pub(crate) fn service(claim: Option<&Claim>, version: Option<&str>) -> Service {
        match (claim, version) {
            (Some(claim), _) => Service::named(&claim.service),
            (None, Some("2011-06-15")) => Service::Sts,
            (None, _) => Service::Ec2,
        }
    }

    /// The caller who signed the request.
    pub(crate) fn check(&self, claim: &Claim, state: &State, now: Moment, body: &[u8]) -> Result<Signed, Refusal> {
        let regions: Vec<&str> = self.regions.iter().map(String::as_str).collect();
        claim.expect_scope(&Service::NAMES, &regions)?;
        let key = state.access_keys.get(&claim.access_key_id).ok_or(Refusal::UnknownKey)?;
        claim.verify(&self.signing_key(claim, key)?, Timestamp(now.0), body)?;
        token(claim, key, now)?;
        let caller =
            Caller { account: key.account, region: claim.region.clone(), access_key: claim.access_key_id.clone() };
        Ok(Signed { caller, service: Service::named(&claim.service) })
    }

    fn signing_key(&self, claim: &Claim, key: &AccessKey) -> Result<SigningKey, Refusal> {
        let name = (claim.access_key_id.clone(), claim.date.clone(), claim.region.clone(), claim.service.clone());
        let mut keys = self.keys.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if keys.len() >= KEYS_MAX {
            keys.clear();
        }
        // A key id never gets another secret, so that a derived key stays good while its row is there.
        if let Some(known) = keys.get(&name) {
            return Ok(known.clone());
        }
        let secret = self.vault.unseal(&key.secret).map_err(|error| {
            tracing::error!(key = key.id, %error, "an access key cannot be used");
            Refusal::UnknownKey
        })?;
        let derived = claim.signing_key(&secret);
        keys.insert(name, derived.clone());
        Ok(derived)
    }
}

/// Checks the session token against the key's.
fn token(claim: &Claim, key: &AccessKey, now: Moment) -> Result<(), Refusal> {
    match (&claim.session_token, &key.session_token) {
        (None, None) => {}
        (Some(given), Some(expected)) if bool::from(given.as_bytes().ct_eq(expected.as_bytes())) => {}
        _ => return Err(Refusal::InvalidToken),
    }
    if key.expires.is_some_and(|expires| expires <= now) { Err(Refusal::ExpiredToken) } else { Ok(()) }
}

/// Reads the signature of a request.
pub(crate) fn claim(parts: &Parts) -> Result<Claim, Refusal> {
    Claim::parse(parts)
}
