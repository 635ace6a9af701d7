//! Tokens with which an instance shows that it can do more than fetch a URL for somebody else.
//!
//! A token is the time at which it ends, sealed with a key that nobody else knows: none has to be remembered. After a
//! restart of the agent no earlier one is good any more, and whoever holds one asks for another.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};

use crate::state::id::{Id, InstanceId};

const NONCE_BYTES: usize = 12;

/// Gives out tokens and knows them again.
pub struct Tokens {
    cipher: ChaCha20Poly1305,
    began: Instant,
}

impl Tokens {
    pub fn new() -> Tokens {
        let key: [u8; 32] = rand::random();
        Tokens { cipher: ChaCha20Poly1305::new(Key::from_slice(&key)), began: Instant::now() }
    }

    /// A token of this instance for so many seconds.
    pub fn issue(&self, instance: InstanceId, seconds: u32) -> String {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let end = self.began.elapsed().as_secs() + u64::from(seconds);
        let payload = Payload { msg: &end.to_be_bytes(), aad: &instance.number().to_be_bytes() };
        let sealed = self.cipher.encrypt(Nonce::from_slice(&nonce), payload).expect("eight bytes are not too many");
        URL_SAFE.encode([&nonce[..], &sealed].concat())
    }

    /// Whether the token is of this instance and has not ended.
    pub fn accepts(&self, token: &[u8], instance: InstanceId) -> bool {
        let end = || -> Option<u64> {
            let bytes = URL_SAFE.decode(token).ok()?;
            let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
            let payload = Payload { msg: sealed, aad: &instance.number().to_be_bytes() };
            let end = self.cipher.decrypt(Nonce::from_slice(nonce), payload).ok()?;
            Some(u64::from_be_bytes(end.try_into().ok()?))
        };
        end().is_some_and(|end| self.began.elapsed().as_secs() < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_instance_and_its_time_and_its_agent() {
        let (one, other) = (InstanceId::from_number(1), InstanceId::from_number(2));
        let tokens = Tokens::new();
        let token = tokens.issue(one, 21_600);
        assert!(tokens.accepts(token.as_bytes(), one));
        assert!(!tokens.accepts(token.as_bytes(), other));
        assert!(!Tokens::new().accepts(token.as_bytes(), one));
        assert!(!tokens.accepts(tokens.issue(one, 0).as_bytes(), one), "its time is over");
        let mut changed = token.clone().into_bytes();
        changed[20] = if changed[20] == b'A' { b'B' } else { b'A' };
        for wrong in [&b""[..], b"AAAA", b"no token", &changed, &token.as_bytes()[..40]] {
            assert!(!tokens.accepts(wrong, one), "{wrong:?}");
        }
        assert_ne!(tokens.issue(one, 21_600), token);
    }
}
