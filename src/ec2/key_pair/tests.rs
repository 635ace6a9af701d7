//! Key pairs as clients meet them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ssh_key::{PrivateKey, PublicKey};

use super::encoding;
use crate::ec2::fixture::{World, text, texts};

/// A key that OpenSSL has made for these tests, as OpenSSH keeps it and as OpenSSL does, and its public half.
const RSA_OPENSSH: &str = "\
-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAlwAAAAdzc2gtcn
NhAAAAAwEAAQAAAIEAx3G29VxF+oArQh2/oaCXej3OQo8EQhLGLiK2+SFII70idc0U7DPS
9z5XqQXqtzpFlgtFkTRMHCVfUuUh853LzxxYEYfy1HB6cHB6eEoM2cJG34PScCMJSbz+M5
BHwMHCusGwcnOhLWwMxDcE7WCCvDysCzVPPOqYJ7pKuk3y7vsAAAH4UvdsRlL3bEYAAAAH
c3NoLXJzYQAAAIEAx3G29VxF+oArQh2/oaCXej3OQo8EQhLGLiK2+SFII70idc0U7DPS9z
5XqQXqtzpFlgtFkTRMHCVfUuUh853LzxxYEYfy1HB6cHB6eEoM2cJG34PScCMJSbz+M5BH
wMHCusGwcnOhLWwMxDcE7WCCvDysCzVPPOqYJ7pKuk3y7vsAAAADAQABAAAAgQCqjHkxs6
g7n+Jd9WZrZhJie/unOvkfL0K9LP5eZ7FyrkeLiMW9fkuHFY6MgPzHllLvDdB9bMUwxFyR
XFL+Kg+fFqVK298qIoSfI69EkkeXUWVowW4CTy1mvUHh+CEvPW6xXZeaSSMJmpp1ai5OSn
RtmMx0iIT9w2O7+X+qU/Sw8QAAAEBMlSMLFXQCSoztmNx4BbyhmSh0897kKvT3UwcEU3ax
AV6UkchuTOcaDyUjsjFFi4lod5CrAsun95XnsWFxSknqAAAAQQDwShxwJLu7rOg4CNsz3I
r9Ot9qJNmNPZAeuerkZeNHNJJyWvawqcU+ef7xNkE9pG3C6MiOUzLv11eKZzNuNYmPAAAA
QQDUe/KxrG4oIeCVIHBlOTntDNTBWQIeoIfJljptptTHR5+1AQyOBGnJoAk22AQx1smRjX
rQ5MAA52zFxpW0FVXVAAAAAAEC
-----END OPENSSH PRIVATE KEY-----
";
const RSA_PEM: &str = "\
-----BEGIN RSA PRIVATE KEY-----
MIICXAIBAAKBgQDHcbb1XEX6gCtCHb+hoJd6Pc5CjwRCEsYuIrb5IUgjvSJ1zRTs
M9L3PlepBeq3OkWWC0WRNEwcJV9S5SHzncvPHFgRh/LUcHpwcHp4SgzZwkbfg9Jw
IwlJvP4zkEfAwcK6wbByc6EtbAzENwTtYIK8PKwLNU886pgnukq6TfLu+wIDAQAB
AoGBAKqMeTGzqDuf4l31ZmtmEmJ7+6c6+R8vQr0s/l5nsXKuR4uIxb1+S4cVjoyA
/MeWUu8N0H1sxTDEXJFcUv4qD58WpUrb3yoihJ8jr0SSR5dRZWjBbgJPLWa9QeH4
IS89brFdl5pJIwmamnVqLk5KdG2YzHSIhP3DY7v5f6pT9LDxAkEA8EoccCS7u6zo
OAjbM9yK/TrfaiTZjT2QHrnq5GXjRzSSclr2sKnFPnn+8TZBPaRtwujIjlMy79dX
imczbjWJjwJBANR78rGsbigh4JUgcGU5Oe0M1MFZAh6gh8mWOm2m1MdHn7UBDI4E
acmgCTbYBDHWyZGNetDkwADnbMXGlbQVVdUCQCXSxJ8yaQqlsPgBDOAg+w/ZUImY
u1XsNt9fTIYfM6NltxehEevFDXNEKMk3TRWy6EQh+E/O8Nmn//OdQw86BikCQEr/
pN4JmqgXrQl19bYEyOleygmkvRbKWqNQnzbs19Wu9jQRNrk53Y0JK7dr768XvPXf
FiZ9Vzf6d24nddemYDECQEyVIwsVdAJKjO2Y3HgFvKGZKHTz3uQq9PdTBwRTdrEB
XpSRyG5M5xoPJSOyMUWLiWh3kKsCy6f3leexYXFKSeo=
-----END RSA PRIVATE KEY-----";
const RSA: &str = "AAAAB3NzaC1yc2EAAAADAQABAAAAgQDHcbb1XEX6gCtCHb+hoJd6Pc5CjwRCEsYuIrb5IUgjvSJ1zRTsM9L3PlepBeq3OkWWC0WRNEwcJV9S5SHzncvPHFgRh/LUcHpwcHp4SgzZwkbfg9JwIwlJvP4zkEfAwcK6wbByc6EtbAzENwTtYIK8PKwLNU886pgnukq6TfLu+w==";
/// What `openssl md5 -c` says of the public half, and `openssl sha1 -c` of the private one.
const RSA_MD5: &str = "80:56:a2:c0:02:7b:cb:9f:e9:a4:7d:7b:ee:ff:8d:b3";
const RSA_SHA1: &str = "e0:8e:f9:9a:99:12:97:8c:83:1c:44:44:7f:00:9c:c6:85:ea:5a:4c";
/// A key that `ssh-keygen` has made, and what `ssh-keygen -l` says of it, padded.
const ED25519: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIMv8H34QpfkhRVZIrHBJ8zq61YAlvgOtIsFEz+F7cKaf";
const ED25519_SHA256: &str = "mO4Mhg1khmu3bQYii1xPq75jVf3NV7VK5sJeiA+49Rs=";

/// Imports a key and says how that fares: the fingerprint, or the code.
fn import(world: &mut World, name: &str, material: &str) -> String {
    let material = STANDARD.encode(material);
    match world.call("ImportKeyPair", &[("KeyName", name), ("PublicKeyMaterial", &material)]) {
        Ok(answer) => text(&answer, "keyFingerprint").to_owned(),
        Err(error) => error.code(),
    }
}

fn describe(world: &mut World, parameters: &[(&str, &str)]) -> Vec<String> {
    let answer = world.ok("DescribeKeyPairs", parameters);
    texts(&answer, "keyName").into_iter().map(str::to_owned).collect()
}

#[test]
fn an_rsa_key_is_encoded_as_openssl_does() {
    let key = PrivateKey::from_openssh(RSA_OPENSSH).expect("a key");
    let pair = key.key_data().rsa().expect("an RSA key");
    assert_eq!(encoding::pem(pair), RSA_PEM);
    assert_eq!(encoding::fingerprint_of_made(pair), RSA_SHA1);
    assert_eq!(encoding::fingerprint_of_imported(&pair.public), RSA_MD5);
    assert_eq!(encoding::bits(&pair.public), 1024);
}

#[test]
fn a_key_is_imported_with_the_fingerprint_that_ec2_shows() {
    let mut world = World::new();
    assert_eq!(import(&mut world, "rsa", &format!("ssh-rsa {RSA}")), RSA_MD5);
    assert_eq!(import(&mut world, "commented", &format!("ssh-rsa {RSA} me@home\n")), RSA_MD5);
    let (one, other) = RSA.split_at(70);
    let headers = "Comment: \"a key \\\nof two lines\"\nx-mine: y";
    let ssh2 = format!("---- BEGIN SSH2 PUBLIC KEY ----\n{headers}\n{one}\n{other}\n---- END SSH2 PUBLIC KEY ----\n");
    assert_eq!(import(&mut world, "ssh2", &ssh2), RSA_MD5);
    assert_eq!(import(&mut world, "ed25519", &format!("ssh-ed25519 {ED25519} me")), ED25519_SHA256);

    let answer = world.ok("DescribeKeyPairs", &[("KeyName.1", "ed25519"), ("IncludePublicKey", "true")]);
    assert_eq!([text(&answer, "keyType"), text(&answer, "keyFingerprint")], ["ed25519", ED25519_SHA256]);
    assert_eq!(text(&answer, "publicKey"), format!("ssh-ed25519 {ED25519} ed25519"));
    assert!(text(&answer, "keyPairId").starts_with("key-") && answer.contains("<createTime>"), "{answer}");
    let answer = world.ok("DescribeKeyPairs", &[("KeyName.1", "commented")]);
    assert_eq!(text(&answer, "keyType"), "rsa");
    assert!(!answer.contains("publicKey"), "nobody asked for it");
}

#[test]
fn what_is_no_key_is_refused() {
    let mut world = World::new();
    let short = "AAAAB3NzaC1yc2EAAAADAQABAAAAIQC7";
    let ecdsa = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBA==";
    for wrong in [
        "",
        "ssh-rsa",
        &format!("ssh-rsa {short}"),
        &format!("ssh-ed25519 {RSA}"),
        &format!("ssh-rsa {}", RSA.replace('A', "!")),
        &format!("command=\"id\" ssh-ed25519 {ED25519}"),
        &format!("---- BEGIN SSH2 PUBLIC KEY ----\n{RSA}"),
        RSA_PEM,
        ecdsa,
    ] {
        let code = import(&mut world, "wrong", wrong);
        assert!(["InvalidKey.Format", "MissingParameter"].contains(&code.as_str()), "{wrong}: {code}");
    }
    let error = world.call("ImportKeyPair", &[("KeyName", "x"), ("PublicKeyMaterial", "eA==")]).expect_err("no key");
    assert_eq!(error.to_string(), "Key is not in valid OpenSSH public key format");
    // A small key, of 768 bits.
    let small = {
        let key = PublicKey::from_openssh(&format!("ssh-rsa {RSA}")).expect("a key");
        let mut key = key.key_data().rsa().expect("an RSA key").clone();
        key.n = ssh_key::Mpint::from_positive_bytes(&[0x91; 96]).expect("a number");
        PublicKey::from(key).to_openssh().expect("a key")
    };
    assert_eq!(import(&mut world, "small", &small), "InvalidKey.Format");

    let fine = format!("ssh-ed25519 {ED25519}");
    assert_eq!(import(&mut world, &"x".repeat(256), &fine), "InvalidParameterValue");
    assert_eq!(import(&mut world, "caf\u{e9}", &fine), "InvalidParameterValue");
    assert_eq!(import(&mut world, "mine", &fine), ED25519_SHA256);
    assert_eq!(import(&mut world, "mine", &fine), "InvalidKeyPair.Duplicate");
    assert_eq!(world.code("CreateKeyPair", &[("KeyName", "mine")]), "InvalidKeyPair.Duplicate");
    assert_eq!(world.code("CreateKeyPair", &[("KeyName", "k"), ("KeyFormat", "ppk")]), "UnsupportedOperation");
    assert_eq!(world.code("CreateKeyPair", &[("KeyName", "k"), ("KeyType", "dsa")]), "InvalidParameterValue");
    assert_eq!(world.code("CreateKeyPair", &[]), "MissingParameter");
    let dry = [("KeyName", "k"), ("KeyType", "ed25519"), ("DryRun", "true")];
    assert_eq!(world.code("CreateKeyPair", &dry), "DryRunOperation");
}

#[test]
fn the_secret_of_a_key_that_is_made_is_answered_and_not_kept() {
    let mut world = World::new();
    let asked = [("KeyName", "mine"), ("KeyType", "ed25519")];
    let with_token = [asked[0], asked[1], ("ClientToken", "t")];
    assert_eq!(world.code("CreateKeyPair", &with_token), "UnknownParameter", "its answer would be kept");
    let answer = world.ok("CreateKeyPair", &asked);
    let secret = text(&answer, "keyMaterial").to_owned();
    let key = PrivateKey::from_openssh(&secret).expect("a key");
    let shown = world.ok("DescribeKeyPairs", &[("IncludePublicKey", "true")]);
    let mut public = key.public_key().clone();
    public.set_comment("mine");
    assert_eq!(text(&shown, "publicKey"), public.to_openssh().expect("a key"));
    let fingerprint = key.fingerprint(ssh_key::HashAlg::Sha256).to_string();
    assert_eq!(format!("SHA256:{}", text(&answer, "keyFingerprint").trim_end_matches('=')), fingerprint);
    assert_eq!(text(&shown, "keyFingerprint"), text(&answer, "keyFingerprint"));

    let seed = key.key_data().ed25519().expect("such a key").private.to_bytes();
    let lines: Vec<&str> = secret.lines().collect();
    for effect in world.state.effects() {
        let row = format!("{effect:?}");
        assert!(!lines.iter().any(|it| row.contains(it)) && !row.contains(&format!("{seed:?}")), "{row}");
    }
    let other = world.ok("CreateKeyPair", &[("KeyName", "other"), ("KeyType", "ed25519")]);
    assert_ne!(text(&other, "keyMaterial"), secret);
}

#[test]
fn an_rsa_key_is_made_where_none_is_asked_for() {
    let mut world = World::new();
    let answer = world.ok("CreateKeyPair", &[("KeyName", "mine")]);
    let secret = text(&answer, "keyMaterial");
    assert!(secret.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"), "{secret}");
    assert!(secret.ends_with("\n-----END RSA PRIVATE KEY-----"), "{secret}");
    assert_eq!(text(&answer, "keyFingerprint").split(':').count(), 20, "of SHA-1");
    let shown = world.ok("DescribeKeyPairs", &[("IncludePublicKey", "true")]);
    assert_eq!(text(&shown, "keyType"), "rsa");
    let public = PublicKey::from_openssh(text(&shown, "publicKey")).expect("a key");
    assert_eq!(encoding::bits(public.key_data().rsa().expect("an RSA key")), 2048);
}

#[test]
fn pairs_are_found_and_deleted_by_name_and_id() {
    let mut world = World::new();
    let tags = [
        ("TagSpecification.1.ResourceType", "key-pair"),
        ("TagSpecification.1.Tag.1.Key", "team"),
        ("TagSpecification.1.Tag.1.Value", "x"),
    ];
    let made = world.ok("CreateKeyPair", &[&[("KeyName", "a"), ("KeyType", "ed25519")], &tags[..]].concat());
    let (id, print) = (text(&made, "keyPairId").to_owned(), text(&made, "keyFingerprint").to_owned());
    assert_eq!(text(&made, "key"), "team");
    import(&mut world, "b", &format!("ssh-rsa {RSA}"));
    let mut check = |parameters: &[(&str, &str)], expected: &[&str]| {
        let mut names = describe(&mut world, parameters);
        names.sort();
        assert_eq!(names, expected, "{parameters:?}");
    };
    check(&[], &["a", "b"]);
    check(&[("KeyName.1", "b"), ("KeyPairId.1", &id)], &["a", "b"]);
    for (name, value) in [("key-name", "a"), ("key-pair-id", &id), ("fingerprint", &print), ("tag:team", "*")] {
        check(&[("Filter.1.Name", name), ("Filter.1.Value.1", value)], &["a"]);
    }
    world.assert_filters("DescribeKeyPairs");
    assert_eq!(world.code("DescribeKeyPairs", &[("KeyName.1", "c")]), "InvalidKeyPair.NotFound");
    let unknown = [("KeyPairId.1", "key-12345678901234567")];
    assert_eq!(world.code("DescribeKeyPairs", &unknown), "InvalidKeyPair.NotFound");

    world.become_account(2);
    assert_eq!(describe(&mut world, &[]), Vec::<String>::new());
    assert_eq!(world.code("DescribeKeyPairs", &[("KeyPairId.1", &id)]), "InvalidKeyPair.NotFound");
    assert_eq!(world.code("CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", "k")]), "InvalidKeyPair.NotFound");
    world.ok("DeleteKeyPair", &[("KeyPairId", &id)]);
    import(&mut world, "a", &format!("ssh-rsa {RSA}"));
    world.become_account(1);
    let both = [("KeyName", "a"), ("KeyPairId", id.as_str())];
    assert_eq!(world.code("DeleteKeyPair", &both), "InvalidParameterCombination");
    assert_eq!(world.code("DeleteKeyPair", &[]), "MissingParameter");
    let gone = world.ok("DeleteKeyPair", &[("KeyName", "nobody's")]);
    assert!(gone.contains("<return>true</return>") && !gone.contains("keyPairId"), "{gone}");
    assert_eq!(text(&world.ok("DeleteKeyPair", &[("KeyPairId", &id)]), "keyPairId"), id);
    assert_eq!(describe(&mut world, &[]), ["b"]);
    world.ok("DeleteKeyPair", &[("KeyName", "b")]);
    assert_eq!((world.state.key_pairs.len(), world.state.tags.len()), (1, 0), "the other account has one");
}
