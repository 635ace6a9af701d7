//! RSA keys in the encodings of PKCS #1 and #8 (RFC 8017, RFC 5958), of which EC2's fingerprints are digests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::{Digest, Sha1};
use ssh_key::Mpint;
use ssh_key::private::RsaKeypair;
use ssh_key::public::RsaPublicKey;
use zeroize::Zeroizing;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
/// `rsaEncryption` (1.2.840.113549.1.1.1) with its parameters, which are none.
const RSA: [u8; 13] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
const PEM_COLUMNS: usize = 64;

/// How many bits the modulus has.
pub fn bits(key: &RsaPublicKey) -> usize {
    let bytes = key.n.as_positive_bytes().unwrap_or_default();
    bytes.first().map_or(0, |first| bytes.len() * 8 - first.leading_zeros() as usize)
}

/// The fingerprint of an imported key: the MD5 digest of the public key, as in
/// `ssh-keygen -ef FILE -m PEM | openssl rsa -RSAPublicKey_in -outform DER | openssl md5 -c`.
pub fn fingerprint_of_imported(key: &RsaPublicKey) -> String {
    let numbers = element(SEQUENCE, &[integer(&key.n), integer(&key.e)]);
    // No bit of the last byte is unused.
    let numbers = element(BIT_STRING, &[&[0][..], &numbers]);
    colons(&Md5::digest(element(SEQUENCE, &[element(SEQUENCE, &[RSA]), numbers])))
}

/// The fingerprint of a key that EC2 has made: the SHA-1 digest of the private key, as in
/// `openssl pkcs8 -in FILE -inform PEM -outform DER -topk8 -nocrypt | openssl sha1 -c`.
pub fn fingerprint_of_made(pair: &RsaKeypair) -> String {
    let version = element(INTEGER, &[[0]]);
    let key = Zeroizing::new(element(OCTET_STRING, &[private(pair).as_slice()]));
    let whole = Zeroizing::new(element(SEQUENCE, &[version.as_slice(), &element(SEQUENCE, &[RSA]), &key]));
    colons(&Sha1::digest(&*whole))
}

/// The private key as OpenSSL writes it.
pub fn pem(pair: &RsaKeypair) -> String {
    let text = Zeroizing::new(STANDARD.encode(private(pair).as_slice()));
    let lines = text.as_bytes().chunks(PEM_COLUMNS).map(|it| str::from_utf8(it).expect("base64 is ASCII"));
    let lines: Vec<&str> = lines.collect();
    format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----", lines.join("\n"))
}

/// An `RSAPrivateKey`: n, e, d, p, q, d mod (p-1), d mod (q-1), and the inverse of q mod p.
fn private(pair: &RsaKeypair) -> Zeroizing<Vec<u8>> {
    let (public, secret) = (&pair.public, &pair.private);
    let [p, q] = [&secret.p, &secret.q].map(|it| Zeroizing::new(less_one(it)));
    let numbers = [
        element(INTEGER, &[[0]]),
        integer(&public.n),
        integer(&public.e),
        integer(&secret.d),
        integer(&secret.p),
        integer(&secret.q),
        positive(&remainder(secret.d.as_bytes(), &p)),
        positive(&remainder(secret.d.as_bytes(), &q)),
        integer(&secret.iqmp),
    ]
    .map(Zeroizing::new);
    let numbers: Vec<&[u8]> = numbers.iter().map(|it| it.as_slice()).collect();
    Zeroizing::new(element(SEQUENCE, &numbers))
}

/// An odd number less one.
fn less_one(number: &Mpint) -> Vec<u8> {
    let mut bytes = number.as_bytes().to_vec();
    if let Some(last) = bytes.last_mut() {
        *last &= 0xfe;
    }
    bytes
}

/// The remainder of a division, bit by bit.
fn remainder(number: &[u8], by: &[u8]) -> Zeroizing<Vec<u8>> {
    // One byte more than the divisor, so that doubling does not overflow.
    let mut rest = Zeroizing::new(vec![0; by.len() + 1]);
    let by: Zeroizing<Vec<u8>> = Zeroizing::new([&[0], by].concat());
    for bit in number.iter().flat_map(|byte| (0..8).rev().map(move |it| byte >> it & 1)) {
        let mut carry = bit;
        for byte in rest.iter_mut().rev() {
            let doubled = u16::from(*byte) << 1 | u16::from(carry);
            *byte = (doubled & 0xff) as u8;
            carry = (doubled >> 8) as u8;
        }
        if rest.as_slice() >= by.as_slice() {
            let mut borrow = 0;
            for (byte, other) in rest.iter_mut().zip(by.iter()).rev() {
                let (less, first) = byte.overflowing_sub(*other);
                let (less, second) = less.overflowing_sub(borrow);
                *byte = less;
                borrow = u8::from(first || second);
            }
        }
    }
    rest
}

/// A number as SSH has it is in the form of DER already.
fn integer(number: &Mpint) -> Vec<u8> {
    element(INTEGER, &[number.as_bytes()])
}

/// A number that is not negative, without leading zeros but for the one that says so.
fn positive(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|it| *it != 0).unwrap_or(bytes.len());
    let digits = &bytes[start..];
    let sign: &[u8] = if digits.first().is_none_or(|it| *it >= 0x80) { &[0] } else { &[] };
    element(INTEGER, &[sign, digits])
}

/// One element of DER: its kind, its length, and its content in pieces.
fn element(kind: u8, pieces: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let len: usize = pieces.iter().map(|it| it.as_ref().len()).sum();
    let mut bytes = Vec::with_capacity(len + 6);
    bytes.push(kind);
    let digits = len.to_be_bytes();
    let digits = &digits[digits.iter().position(|it| *it != 0).unwrap_or(digits.len() - 1)..];
    if len >= 0x80 {
        bytes.push(0x80 | digits.len() as u8);
    }
    bytes.extend_from_slice(digits);
    for piece in pieces {
        bytes.extend_from_slice(piece.as_ref());
    }
    bytes
}

fn colons(digest: &[u8]) -> String {
    let bytes: Vec<String> = digest.iter().map(|it| format!("{it:02x}")).collect();
    bytes.join(":")
}
