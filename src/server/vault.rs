//! Secrets at rest: sealed with a key that is not in the store, so that a copy of the log, a snapshot or a backup gives
//! nobody a way to sign.

use std::fs;
use std::io;
use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::RngExt;
use zeroize::Zeroizing;

use super::file::write_whole;
use crate::state::account::Sealed;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// Seals and opens secrets.
#[derive(Clone)]
pub(crate) struct Vault {
    cipher: XChaCha20Poly1305,
}

/// The key that secrets were sealed with is not the one at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret in the store was sealed with another key than that in this data directory")]
pub(crate) struct WrongKey;

impl Vault {
    /// Reads the key from a file that only its owner may read; makes it on the first start.
    pub(crate) fn open(path: &Path) -> io::Result<Vault> {
        let key = match fs::read(path) {
            Ok(key) => Zeroizing::new(key),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = Zeroizing::new(rand::rng().random::<[u8; KEY_BYTES]>().to_vec());
                write_whole(path, 0o600, &key)?;
                key
            }
            Err(error) => return Err(error),
        };
        let cipher = XChaCha20Poly1305::new_from_slice(&key);
        let wrong = |_| io::Error::new(io::ErrorKind::InvalidData, "it does not hold a key of 32 bytes");
        Ok(Vault { cipher: cipher.map_err(wrong)? })
    }

    /// Seals a secret for the store.
    pub(crate) fn seal(&self, secret: &str) -> Sealed {
        let nonce: [u8; NONCE_BYTES] = rand::rng().random();
        let mut bytes = nonce.to_vec();
        let sealed = self.cipher.encrypt(XNonce::from_slice(&nonce), secret.as_bytes());
        bytes.extend(sealed.expect("a secret is far shorter than the cipher's limit"));
        Sealed(bytes)
    }

    /// Opens a secret of the store.
    pub(crate) fn unseal(&self, sealed: &Sealed) -> Result<Zeroizing<String>, WrongKey> {
        let (nonce, bytes) = sealed.0.split_at_checked(NONCE_BYTES).ok_or(WrongKey)?;
        let secret = self.cipher.decrypt(XNonce::from_slice(nonce), bytes).map_err(|_| WrongKey)?;
        String::from_utf8(secret).map(Zeroizing::new).map_err(|_| WrongKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_with_its_own_key_only() {
        let dir = std::env::temp_dir().join(format!("culvert-vault-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("a directory for the test");
        let one = Vault::open(&dir.join("one")).expect("a new key");
        let other = Vault::open(&dir.join("other")).expect("a new key");
        let sealed = one.seal("wJalrXUtnFEMI");
        assert_ne!(sealed, one.seal("wJalrXUtnFEMI"), "the same secret never looks the same");
        assert!(!sealed.0.windows(6).any(|it| it == b"wJalrX"));
        let again = Vault::open(&dir.join("one")).expect("the key of before");
        assert_eq!(again.unseal(&sealed).as_deref().map(String::as_str), Ok("wJalrXUtnFEMI"));
        assert_eq!(other.unseal(&sealed), Err(WrongKey));
        assert_eq!(other.unseal(&Sealed(vec![1])), Err(WrongKey));
        fs::remove_dir_all(&dir).expect("it was made above");
    }
}
