//! Key pairs: made here or imported. The private half of one that is made is answered and nowhere remembered.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ssh_key::public::KeyData;
use ssh_key::{LineEnding, PrivateKey, PublicKey};

use super::error::{Error, Kind, Result, refuse_unless};
use super::list::{Ways, list, named_or_found};
use super::scope::{Call, Scope, View, parse_id};
use super::tag;
use crate::state::Tx;
use crate::state::id::KeyPairId;
use crate::state::key_pair as stored;
use crate::state::key_pair::KeyKind;
use crate::wire::Timestamp;
use crate::wire::shapes::*;

mod encoding;

#[cfg(test)]
mod tests;

const NAME_CHARS_MAX: usize = 255;
/// The length of RSA keys that are made here.
const RSA_BITS: usize = 2048;
/// The lengths of RSA keys that may be imported.
const RSA_BITS_IMPORTED: std::ops::RangeInclusive<usize> = 1024..=4096;

/// `CreateKeyPair`: makes a key, and answers its private half to the one who asked. The call has no client token, so
/// that no answer is kept.
pub fn create(call: &mut Call<'_>, input: CreateKeyPairRequest) -> Result<KeyPair> {
    refuse_unless("KeyFormat", &input.key_format, "pem")?;
    let name = new_name(call, &input.key_name)?;
    let made = match input.key_type.as_deref() {
        Some("ed25519") => Made::ed25519(call),
        // The decoder lets no other name through than these.
        _ => Made::rsa(call)?,
    };
    let row = put(call, name, made.kind, made.fingerprint, &made.public, &input.tag_specifications)?;
    Ok(KeyPair {
        key_fingerprint: Some(row.fingerprint.clone()),
        key_material: Some(made.secret),
        key_name: Some(row.name.clone()),
        key_pair_id: Some(row.id.to_string()),
        tags: call.tags(row.id),
    })
}

/// A key that has just been made.
struct Made {
    kind: KeyKind,
    fingerprint: String,
    public: KeyData,
    /// The private key in the form that clients write to a file.
    secret: String,
}

impl Made {
    fn rsa(call: &mut Call<'_>) -> Result<Made> {
        let pair = ssh_key::private::RsaKeypair::random(&mut Chance(call.tx), RSA_BITS);
        let pair = pair.map_err(|_| Error::UnsupportedOperation("No RSA key could be made.".to_owned()))?;
        Ok(Made {
            kind: KeyKind::Rsa,
            fingerprint: encoding::fingerprint_of_made(&pair),
            secret: encoding::pem(&pair),
            public: KeyData::Rsa(pair.public),
        })
    }

    fn ed25519(call: &mut Call<'_>) -> Made {
        let pair = ssh_key::private::Ed25519Keypair::from_seed(&call.tx.entropy());
        let public = KeyData::Ed25519(pair.public);
        let secret = PrivateKey::from(pair).to_openssh(LineEnding::LF).expect("a key without a passphrase has a form");
        Made { kind: KeyKind::Ed25519, fingerprint: fingerprint(&public), public, secret: secret.to_string() }
    }
}

/// The call's own entropy, for a library that makes keys.
struct Chance<'a>(&'a mut Tx);

impl ssh_key::rand_core::RngCore for Chance<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.0.entropy())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.0.entropy())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            chunk.copy_from_slice(&self.0.entropy::<32>()[..chunk.len()]);
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> std::result::Result<(), ssh_key::rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl ssh_key::rand_core::CryptoRng for Chance<'_> {}

/// `ImportKeyPair`: remembers a public key that was made elsewhere.
pub fn import(call: &mut Call<'_>, input: ImportKeyPairRequest) -> Result<ImportKeyPairResult> {
    let name = new_name(call, &input.key_name)?;
    let public = read(&input.public_key_material.0).ok_or(Error::KeyFormat)?;
    let kind = match &public {
        KeyData::Ed25519(_) => KeyKind::Ed25519,
        KeyData::Rsa(key) if RSA_BITS_IMPORTED.contains(&encoding::bits(key)) => KeyKind::Rsa,
        _ => return Err(Error::KeyFormat),
    };
    let row = put(call, name, kind, fingerprint(&public), &public, &input.tag_specifications)?;
    Ok(ImportKeyPairResult {
        key_fingerprint: Some(row.fingerprint.clone()),
        key_name: Some(row.name.clone()),
        key_pair_id: Some(row.id.to_string()),
        tags: call.tags(row.id),
    })
}

/// A public key as OpenSSH writes it, or as RFC 4716 does.
fn read(material: &[u8]) -> Option<KeyData> {
    let text = str::from_utf8(material).ok()?.trim();
    let Some(body) = text.strip_prefix("---- BEGIN SSH2 PUBLIC KEY ----") else {
        return Some(text.parse::<PublicKey>().ok()?.key_data().clone());
    };
    let body = body.trim_end().strip_suffix("---- END SSH2 PUBLIC KEY ----")?;
    // A header is `Name: value`, and goes on in the next line after a backslash.
    let mut in_header = false;
    let lines = body.lines().filter(|line| {
        let header = in_header || line.contains(':');
        in_header = header && line.ends_with('\\');
        !header
    });
    let blob = STANDARD.decode(lines.map(str::trim).collect::<String>()).ok()?;
    Some(PublicKey::from_bytes(&blob).ok()?.key_data().clone())
}

/// The fingerprint of a key whose private half EC2 has not made: of an Ed25519 key, it is the same for both.
fn fingerprint(public: &KeyData) -> String {
    match public {
        KeyData::Rsa(key) => encoding::fingerprint_of_imported(key),
        // What OpenSSH shows, but for its prefix, and padded.
        other => match other.fingerprint(ssh_key::HashAlg::Sha256) {
            ssh_key::Fingerprint::Sha256(digest) => STANDARD.encode(digest),
            _ => unreachable!("it was asked for with this digest"),
        },
    }
}

/// A name that no pair of the caller has.
fn new_name(scope: &impl Scope, given: &str) -> Result<String> {
    if given.chars().nth(NAME_CHARS_MAX).is_some() || !given.chars().all(|it| it.is_ascii() && !it.is_ascii_control()) {
        let text = format!("Value ({given}) for parameter keyName is invalid. It has up to 255 ASCII characters.");
        return Err(Error::InvalidParameterValue(text));
    }
    match named(scope, given) {
        Some(_) => Err(Error::KeyPairDuplicate),
        None => Ok(given.to_owned()),
    }
}

/// The caller's pair of this name.
pub fn named<'a>(scope: &'a impl Scope, name: &str) -> Option<&'a Arc<stored::KeyPair>> {
    let id = scope.state().indexes.key_pair_of_name.get(&(scope.caller().owner(), name.to_owned()))?;
    scope.state().key_pairs.get(id)
}

fn put(
    call: &mut Call<'_>,
    name: String,
    kind: KeyKind,
    fingerprint: String,
    public: &KeyData,
    tags: &[TagSpecification],
) -> Result<stored::KeyPair> {
    let (account, region) = call.caller().owner();
    let (id, created) = (call.tx.mint(), call.now());
    let public_key = PublicKey::new(public.clone(), name.clone()).to_openssh().map_err(|_| Error::KeyFormat)?;
    let row = stored::KeyPair { id, account, region, name, kind, fingerprint, public_key, created };
    call.tx.put(row.clone());
    tag::specified(call, "key-pair", id, tags)?;
    Ok(row)
}

/// `DeleteKeyPair`: one that is not there is no error. Instances keep what they were launched with.
pub fn delete(call: &mut Call<'_>, input: DeleteKeyPairRequest) -> Result<DeleteKeyPairResult> {
    let row = match (&input.key_name, &input.key_pair_id) {
        (Some(_), Some(_)) => {
            let text = "The parameter keyName cannot be used with the parameter keyPairId";
            return Err(Error::InvalidParameterCombination(text.to_owned()));
        }
        (Some(name), None) => named(call, name).map(|it| it.id),
        (None, Some(id)) => {
            parse_id::<KeyPairId>(Kind::KeyPair, id)?;
            call.key_pair(id).ok().map(|it| it.id)
        }
        (None, None) => return Err(Error::Missing("The request must contain the parameter keyName or keyPairId")),
    };
    if let Some(id) = row {
        tag::forget(call, id);
        call.tx.remove::<stored::KeyPair>(id);
    }
    Ok(DeleteKeyPairResult { key_pair_id: row.map(|it| it.to_string()), r#return: Some(true) })
}

/// `DescribeKeyPairs`.
pub fn describe(view: &View<'_>, input: DescribeKeyPairsRequest) -> Result<DescribeKeyPairsResult> {
    let by_name = input.key_names.iter().map(|name| {
        let found = named(view, name).cloned();
        found.ok_or_else(|| Error::KeyPairNotFound(name.clone()))
    });
    let by_id = input.key_pair_ids.iter().map(|id| view.key_pair(id));
    let mut rows: Vec<_> = by_name.chain(by_id).collect::<Result<_>>()?;
    if input.key_names.is_empty() && input.key_pair_ids.is_empty() {
        let of_name =
            move |name: String| view.state.indexes.key_pair_of_name.get(&(view.caller.owner(), name)).copied();
        let found = Ways::of(&view.query).by("key-pair-id", Some).by("key-name", of_name);
        rows = named_or_found(view, &[], "KeyPairId", |id| view.key_pair(id), found)?.collect();
    }
    rows.sort_by_key(|it| it.id);
    rows.dedup_by_key(|it| it.id);
    let with_key = input.include_public_key.unwrap_or(false);
    let (key_pairs, _) = list(view, rows.iter(), values, |row| show(view, row, with_key))?;
    Ok(DescribeKeyPairsResult { key_pairs })
}

/// What a pair holds for a filter.
fn values(row: &stored::KeyPair, filter: &str) -> Option<Vec<String>> {
    Some(vec![match filter {
        "fingerprint" => row.fingerprint.clone(),
        "key-name" => row.name.clone(),
        "key-pair-id" => row.id.to_string(),
        _ => return None,
    }])
}

fn show(scope: &impl Scope, row: &stored::KeyPair, with_key: bool) -> KeyPairInfo {
    let kind = match row.kind {
        KeyKind::Rsa => "rsa",
        KeyKind::Ed25519 => "ed25519",
    };
    KeyPairInfo {
        create_time: Some(Timestamp(row.created.0)),
        key_fingerprint: Some(row.fingerprint.clone()),
        key_name: Some(row.name.clone()),
        key_pair_id: Some(row.id.to_string()),
        key_type: Some(kind.to_owned()),
        public_key: with_key.then(|| row.public_key.clone()),
        tags: scope.tags(row.id),
    }
}
