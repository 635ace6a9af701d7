//! AWS's published signatures, captured requests of botocore, and what must be refused.

use super::*;
use http::Request;
use proptest::prelude::*;

const HOST_NAME: &str = "127.0.0.1:4566";
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "session/token+with=signs";

/// One case of AWS's suite: method and path, headers, body, names of the signed headers, signature.
type Published = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// The cases of AWS's signature test suite that are distinct and that HTTP can carry; the host is
/// `example.amazonaws.com`, the date 20150830T123600Z, the scope us-east-1/service.
#[rustfmt::skip]
const PUBLISHED: &[Published] = &[
    // get-header-key-duplicate
    ("GET /", "My-Header1:value2\nMy-Header1:value2\nMy-Header1:value1", "",
     "host;my-header1;x-amz-date",
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
    // get-header-value-order
    ("GET /", "My-Header1:value4\nMy-Header1:value1\nMy-Header1:value3\nMy-Header1:value2", "",
     "host;my-header1;x-amz-date",
     "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"),
    // get-header-value-trim
    ("GET /", "My-Header1: value1\nMy-Header2: \"a   b   c\"", "",
     "host;my-header1;my-header2;x-amz-date",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
    // get-relative-normalized
    ("GET /example/..", "", "",
     "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    // get-relative-relative-normalized
    ("GET /example1/example2/../..", "", "",
     "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    // get-slash-dot-slash-normalized
    ("GET /./", "", "",
     "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    // get-slash-normalized
    ("GET //", "", "",
     "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    // get-slash-pointless-dot-normalized
    ("GET /./example", "", "",
     "host;x-amz-date",
     "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"),
    // get-slashes-normalized
    ("GET //example//", "", "",
     "host;x-amz-date",
     "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
    // get-unreserved
    ("GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "", "",
     "host;x-amz-date",
     "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
    // get-utf8
    ("GET /ሴ", "", "",
     "host;x-amz-date",
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    // get-vanilla
    ("GET /", "", "",
     "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    // get-vanilla-empty-query-key
    ("GET /?Param1=value1", "", "",
     "host;x-amz-date",
     "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
    // get-vanilla-query-order-encoded
    ("GET /?Param-3=Value3&Param=Value2&%E1%88%B4=Value1", "", "",
     "host;x-amz-date",
     "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"),
    // get-vanilla-query-order-key-case
    ("GET /?Param2=value2&Param1=value1", "", "",
     "host;x-amz-date",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    // get-vanilla-query-unreserved
    ("GET /?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "", "",
     "host;x-amz-date",
     "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
    // get-vanilla-utf8-query
    ("GET /?ሴ=bar", "", "",
     "host;x-amz-date",
     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
    // get-vanilla-with-session-token
    ("GET /", "X-Amz-Security-Token:6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267", "",
     "host;x-amz-date;x-amz-security-token",
     "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"),
    // post-header-key-sort
    ("POST /", "My-Header1:value1", "",
     "host;my-header1;x-amz-date",
     "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
    // post-header-value-case
    ("POST /", "My-Header1:VALUE1", "",
     "host;my-header1;x-amz-date",
     "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"),
    // post-sts-header-before
    ("POST /", "X-Amz-Security-Token:AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==", "",
     "host;x-amz-date;x-amz-security-token",
     "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"),
    // post-vanilla
    ("POST /", "", "",
     "host;x-amz-date",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    // post-x-www-form-urlencoded
    ("POST /", "Content-Type:application/x-www-form-urlencoded\nContent-Length:13\nx-amz-content-sha256:9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e", "Param1=value1",
     "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
     "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"),
    // post-x-www-form-urlencoded-parameters
    ("POST /", "Content-Type:application/x-www-form-urlencoded; charset=utf-8\nContent-Length:13\nx-amz-content-sha256:9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e", "Param1=value1",
     "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
     "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"),];

/// The head of a request of which the first line and the headers are given as text.
fn parts(first: &str, headers: &str) -> Parts {
    let (method, uri) = first.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers.lines().filter_map(|it| it.split_once(':')) {
        request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    request.body(()).unwrap().into_parts().0
}

fn seconds(basic: &str) -> Timestamp {
    canonical::parse_basic(basic).unwrap()
}

#[test]
fn the_published_signatures_are_accepted_and_no_others() {
    for (first, headers, body, signed, signature) in PUBLISHED {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders={signed}, Signature={signature}"
        );
        let host = "Host:example.amazonaws.com\nX-Amz-Date:20150830T123600Z";
        let parts = parts(first, &format!("{host}\n{headers}\nAuthorization:{authorization}"));
        let claim = Claim::parse(&parts).unwrap();
        let now = seconds("20150830T123600Z");
        let key = claim.signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        assert_eq!(claim.verify(&key, now, body.as_bytes()), Ok(()), "{first} {headers}");
        let other = claim.signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEZ");
        assert_eq!(claim.verify(&other, now, body.as_bytes()), Err(Refusal::WrongSignature));
        assert_eq!(claim.verify(&key, now, b"other"), Err(Refusal::WrongSignature));
    }
}

#[test]
fn paths_are_cleaned_and_escaped_once_more() {
    let check = |path: &str, expect: &str| assert_eq!(canonical::canonical_path(path), expect, "{path}");
    check("", "/");
    check("/example space/", "/example%20space/");
    check("/a/../../..", "/");
    check("/2015-03-31/functions/arn%3Aaws/invocations", "/2015-03-31/functions/arn%253Aaws/invocations");
    check("/test/@connections/JBDvjfGEIAMCERw%3D", "/test/%40connections/JBDvjfGEIAMCERw%253D");
}

#[test]
fn queries_are_sorted_after_escaping_and_a_plus_is_a_space() {
    let check = |query: &str, expect: Option<&str>| {
        assert_eq!(canonical::canonical_query(query).as_deref(), expect, "{query}");
    };
    check("", Some(""));
    check("b=2&a=1&&a", Some("a=&a=1&b=2"));
    check("a=x+y&A=%7e", Some("A=~&a=x%20y"));
    check("a=%2B&a=%2b", Some("a=%2B&a=%2B"));
    check("a-b=1&a=2", Some("a=2&a-b=1"));
    check("X-Amz-Signature=00&X-Amz-Date=1", Some("X-Amz-Date=1"));
    check("a=%2", None);
    check("a=%zz", None);
}

/// The header form as botocore sends it: service, signed headers, headers beyond the usual ones, signature, body.
const CAPTURED: &[(&str, &str, &str, &str, &str)] = &[
    (
        "ec2",
        "content-type;host;x-amz-date",
        "",
        "bc38c31ae4b6821072f7097595a8a641ae82f6cdda9b4530301d2d0dd9144ceb",
        "Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=tag%3AName&Filter.1.Value.1=a+b&Filter.1.Value.2=%2A",
    ),
    (
        "ec2",
        "content-type;host;x-amz-date;x-amz-security-token",
        "X-Amz-Security-Token:session/token+with=signs\n",
        "7e30dbf2a5b620872a2f44ef310c47613448e4a9ac672e58bdc57da46e14108c",
        "Action=CreateSubnet&Version=2016-11-15&VpcId=vpc-0a1b&CidrBlock=10.0.0.0%2F24",
    ),
    (
        "sts",
        "content-type;host;x-amz-date",
        "",
        "4b6f9816387620c23f4a11102bf73230c0b5391b44d7bd894c3ae0ad8d0309c6",
        "Action=GetCallerIdentity&Version=2011-06-15",
    ),
];

/// A presigned link as botocore makes it.
const PRESIGNED: &str = "/?Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=tag%3AName&Filter.1.Value.1=a%20b\
    &X-Amz-Algorithm=AWS4-HMAC-SHA256\
    &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261122%2Fus-east-1%2Fec2%2Faws4_request\
    &X-Amz-Date=20261122T030152Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
    &X-Amz-Security-Token=session%2Ftoken%2Bwith%3Dsigns\
    &X-Amz-Signature=36ec256a6bb5fbacc2388c5eecb372ced7a644ba30e10113484bc3dcee3b95f5";

#[test]
fn botocores_requests_are_accepted_and_our_client_signs_the_same() {
    for (service, signed, more, signature, body) in CAPTURED {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={KEY_ID}/20261122/us-east-1/{service}/aws4_request, \
             SignedHeaders={signed}, Signature={signature}"
        );
        let plain = "Content-Type: application/x-www-form-urlencoded; charset=utf-8";
        let headers = format!("Host:{HOST_NAME}\n{plain}\n{more}X-Amz-Date:20261122T030152Z");
        let parsed = parts("POST /", &format!("{headers}\nAuthorization:{authorization}"));
        let claim = Claim::parse(&parsed).unwrap();
        assert_eq!((claim.access_key_id.as_str(), claim.service.as_str()), (KEY_ID, *service));
        assert_eq!(claim.session_token.as_deref(), (!more.is_empty()).then_some(TOKEN));
        let verdict = claim.verify(&claim.signing_key(SECRET), seconds("20261122T030200Z"), body.as_bytes());
        assert_eq!(verdict, Ok(()), "{body}");

        let mut ours = parts("POST /", &format!("Host:{HOST_NAME}\n{plain}"));
        let session_token = claim.session_token.as_deref();
        let credentials = Credentials { access_key_id: KEY_ID, secret_access_key: SECRET, session_token };
        let now = seconds("20261122T030152Z");
        sign(&mut ours, body.as_bytes(), &credentials, "us-east-1", service, now).unwrap();
        assert_eq!(ours.headers[AUTHORIZATION], parsed.headers[AUTHORIZATION]);
    }
}

/// The verdict on a presigned link at a time.
fn presigned(link: &str, headers: &str, now: &str, body: &[u8]) -> Result<(), Refusal> {
    let claim = Claim::parse(&parts(&format!("GET {link}"), headers))?;
    assert_eq!(claim.session_token.as_deref(), Some(TOKEN));
    claim.verify(&claim.signing_key(SECRET), seconds(now), body)
}

#[test]
fn a_presigned_link_holds_until_it_expires_and_carries_no_body() {
    let host = "Host:127.0.0.1:4566";
    let now = "20261122T030200Z";
    assert_eq!(presigned(PRESIGNED, host, now, b""), Ok(()));
    assert_eq!(presigned(PRESIGNED, host, "20261122T031652Z", b""), Ok(()));
    let expired = presigned(PRESIGNED, host, "20261122T031653Z", b"");
    assert!(matches!(expired, Err(Refusal::Expired { .. })), "{expired:?}");
    assert_eq!(presigned(PRESIGNED, host, now, b"Action=DeleteVpc"), Err(Refusal::WrongSignature));
    assert_eq!(presigned(PRESIGNED, "Host:127.0.0.1:4567", now, b""), Err(Refusal::WrongSignature));
    let longer = PRESIGNED.replace("Expires=900", "Expires=9000");
    assert_eq!(presigned(&longer, host, now, b""), Err(Refusal::WrongSignature));
    for expires in ["0", "-1", "604801", "x", ""] {
        let link = PRESIGNED.replace("Expires=900", &format!("Expires={expires}"));
        let verdict = presigned(&link, host, now, b"");
        assert!(matches!(verdict, Err(Refusal::Incomplete(_))), "{expires}: {verdict:?}");
    }
    let twice = format!("{PRESIGNED}&X-Amz-Expires=900");
    assert!(matches!(presigned(&twice, host, now, b""), Err(Refusal::Incomplete(_))));
    let both = parts(&format!("GET {PRESIGNED}"), "Host:127.0.0.1:4566\nAuthorization:AWS4-HMAC-SHA256 Credential=a");
    assert!(matches!(Claim::parse(&both), Err(Refusal::Incomplete(_))));
}

#[test]
fn an_unsigned_body_is_accepted_only_in_a_link_and_only_if_it_is_empty() {
    let link = PRESIGNED.replace("&X-Amz-Expires", "&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Expires");
    let claim = Claim::parse(&parts(&format!("GET {link}"), "Host:127.0.0.1:4566")).unwrap();
    let key = claim.signing_key(SECRET);
    let now = seconds("20261122T030200Z");
    let scope = "20261122/us-east-1/ec2/aws4_request";
    let text = canonical::string_to_sign(claim.signed_at, scope, &claim.head, UNSIGNED);
    let claim = Claim { signature: calculate_signature(key.0.as_slice(), text.as_bytes()), ..claim };
    assert_eq!(claim.verify(&key, now, b""), Ok(()));
    assert_eq!(claim.verify(&key, now, b"Action=DeleteVpc"), Err(Refusal::UnsupportedPayload));

    let mut parts = parts("POST /", "Host:a\nX-Amz-Content-Sha256:UNSIGNED-PAYLOAD");
    let credentials = Credentials { access_key_id: KEY_ID, secret_access_key: SECRET, session_token: None };
    sign(&mut parts, b"", &credentials, "us-east-1", "ec2", now).unwrap();
    assert_eq!(Claim::parse(&parts).unwrap_err(), Refusal::UnsupportedPayload);
}

/// What becomes of a request of our own that someone changes before it arrives.
fn check(change: impl Fn(&mut Parts), now: &str, expect: &str) {
    let mut parts = parts("POST /", "Host:a\nContent-Type:text/plain");
    let credentials = Credentials { access_key_id: KEY_ID, secret_access_key: SECRET, session_token: Some(TOKEN) };
    let signed_at = seconds("20261122T030000Z");
    sign(&mut parts, b"body", &credentials, "us-east-1", "ec2", signed_at).unwrap();
    change(&mut parts);
    let verdict = Claim::parse(&parts).and_then(|claim| {
        claim.expect_scope(&["ec2", "sts"], &["us-east-1"])?;
        claim.verify(&claim.signing_key(SECRET), seconds(now), b"body")
    });
    let answer = match verdict {
        Ok(()) => "accepted".to_owned(),
        Err(refusal) => {
            let (ec2, sts) = (refusal.for_ec2(), refusal.for_sts());
            assert!(!ec2.message.is_empty() && !sts.message.is_empty());
            format!("{} {} / {} {}", ec2.status, ec2.code, sts.status, sts.code)
        }
    };
    assert_eq!(answer, expect);
}

/// Replaces a piece of the Authorization header.
fn authorization(from: &'static str, to: &'static str) -> impl Fn(&mut Parts) {
    move |parts| {
        let text = parts.headers[AUTHORIZATION].to_str().unwrap().replace(from, to);
        parts.headers.insert(AUTHORIZATION, HeaderValue::from_str(&text).unwrap());
    }
}

/// Sets a header, or removes it if the value is empty.
fn header(name: &'static str, value: &'static str) -> impl Fn(&mut Parts) {
    move |parts| match value {
        "" => drop(parts.headers.remove(name)),
        _ => drop(parts.headers.insert(name, HeaderValue::from_static(value))),
    }
}

const NOW: &str = "20261122T030100Z";
const INCOMPLETE: &str = "400 IncompleteSignature / 400 IncompleteSignature";
const ALTERED: &str = "401 AuthFailure / 403 SignatureDoesNotMatch";

#[test]
fn a_request_is_accepted_for_five_minutes_around_its_date() {
    let untouched = |_: &mut Parts| ();
    check(untouched, NOW, "accepted");
    check(untouched, "20261122T030500Z", "accepted");
    check(untouched, "20261122T025500Z", "accepted");
    check(untouched, "20261122T030501Z", "400 RequestExpired / 403 SignatureDoesNotMatch");
    check(untouched, "20261122T025459Z", "400 RequestExpired / 403 SignatureDoesNotMatch");
}

#[test]
fn a_request_that_was_altered_is_refused() {
    check(header("host", "b"), NOW, ALTERED);
    check(header("content-type", "text/html"), NOW, ALTERED);
    check(header("x-amz-security-token", "other"), NOW, ALTERED);
    check(header("x-amz-date", "20261122T030001Z"), NOW, ALTERED);
    check(|parts| parts.method = http::Method::GET, NOW, ALTERED);
    check(|parts| parts.uri = "/?Action=DeleteVpc".parse().unwrap(), NOW, ALTERED);
    check(header("accept", "text/xml"), NOW, "accepted");
}

#[test]
fn a_request_whose_signature_leaves_something_out_is_refused() {
    check(header("authorization", ""), NOW, "403 MissingAuthenticationToken / 403 MissingAuthenticationToken");
    check(header("x-amz-meta", "unsigned"), NOW, INCOMPLETE);
    check(header("host", ""), NOW, INCOMPLETE);
    check(header("x-amz-date", ""), NOW, INCOMPLETE);
    check(header("x-amz-date", "yesterday"), NOW, INCOMPLETE);
    check(header("x-amz-security-token", ""), NOW, INCOMPLETE);
    check(header("authorization", "Basic YTpi"), NOW, INCOMPLETE);
    check(header("authorization", "AWS4-HMAC-SHA256"), NOW, INCOMPLETE);
    check(authorization("x-amz-security-token", "x-amz-date"), NOW, INCOMPLETE);
    check(authorization(";x-amz-security-token", ""), NOW, INCOMPLETE);
    check(authorization("content-type;host;", "content-type;"), NOW, INCOMPLETE);
    check(authorization("content-type", "Content-Type"), NOW, INCOMPLETE);
    check(authorization("aws4_request", "aws5_request"), NOW, INCOMPLETE);
    check(authorization("AKIAIOSFODNN7EXAMPLE", ""), NOW, INCOMPLETE);
    check(authorization("Signature=", "Signature=0"), NOW, INCOMPLETE);
    check(authorization("Signature=", "Signature=,Signature="), NOW, INCOMPLETE);
    check(authorization(", ", ","), NOW, "accepted");
    check(authorization("HMAC-SHA256", "ECDSA-P256-SHA256"), NOW, INCOMPLETE);
    check(|it| assert!(it.headers.append("x-amz-date", HeaderValue::from_static("x"))), NOW, INCOMPLETE);
    check(header("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), NOW, INCOMPLETE);
}

#[test]
fn a_request_for_another_day_service_or_region_is_refused() {
    check(authorization("/us-east-1/", "/us-west-9/"), NOW, ALTERED);
    check(authorization("/ec2/", "/s3/"), NOW, ALTERED);
    check(authorization("/20261122/", "/20261121/"), NOW, ALTERED);
    check(authorization("/20261122/", "/2026112/"), NOW, ALTERED);
}

/// A signature made with yesterday's key would hold; the day of the key must still be that of the request.
#[test]
fn the_day_of_the_key_is_the_day_of_the_request() {
    for day in ["20261121", "2026112", "20261122T", "202611220"] {
        let mut signed = parts("POST /", "Host:a");
        let credentials = Credentials { access_key_id: KEY_ID, secret_access_key: SECRET, session_token: None };
        sign(&mut signed, b"", &credentials, "us-east-1", "ec2", seconds(NOW)).unwrap();
        let text = signed.headers[AUTHORIZATION].to_str().unwrap().replace("/20261122/", &format!("/{day}/"));
        signed.headers.insert(AUTHORIZATION, HeaderValue::from_str(&text).unwrap());
        assert!(matches!(Claim::parse(&signed), Err(Refusal::WrongScope(_))), "{day}");
    }
}

#[test]
fn the_host_of_http_2_is_the_authority() {
    let mut signed = parts("POST /", "Host:a.example:8443");
    let credentials = Credentials { access_key_id: KEY_ID, secret_access_key: SECRET, session_token: None };
    let now = seconds(NOW);
    sign(&mut signed, b"", &credentials, "us-east-1", "ec2", now).unwrap();
    signed.headers.remove(HOST);
    signed.uri = "https://a.example:8443/".parse().unwrap();
    let claim = Claim::parse(&signed).unwrap();
    assert_eq!(claim.verify(&claim.signing_key(SECRET), now, b""), Ok(()));
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let key = signing_key(SECRET, seconds(NOW), "us-east-1", "ec2");
    assert_eq!(format!("{key:?}"), "SigningKey(…)");
}

proptest! {
    #[test]
    fn no_header_or_query_makes_the_parser_panic(
        tail in "[ -~]{0,80}",
        field in "(Credential|SignedHeaders|Signature)?=[ -~]{0,60}",
        query in "(X-Amz-(Algorithm|Date|Expires|Signature|SignedHeaders|Credential)=[A-Za-z0-9%/;+-]{0,30}&?){0,9}",
        date in "[0-9TZ]{14,17}",
    ) {
        let mut parts = parts("POST /", "Host:a");
        if let Ok(uri) = format!("/?{query}").parse() {
            parts.uri = uri;
        }
        let _ = Claim::parse(&parts);
        let header = format!("AWS4-HMAC-SHA256 Credential=a/20261122/b/c/aws4_request,{field},{tail}");
        parts.headers.insert("x-amz-date", HeaderValue::from_str(&date).unwrap());
        parts.headers.insert(AUTHORIZATION, HeaderValue::from_str(&header).unwrap());
        let _ = Claim::parse(&parts);
        let _ = canonical::parse_basic(&tail);
    }

    #[test]
    fn what_we_sign_we_accept(body in proptest::collection::vec(any::<u8>(), 0..200), secret in "[!-~]{1,60}",
                              path in "(/[a-z.%0-9]{0,5}){1,4}", query in "([a-zA-Z]{1,3}=[a-z+]{0,5}&?){0,5}") {
        let mut parts = parts(&format!("POST {path}?{query}"), "Host:a");
        let credentials = Credentials { access_key_id: KEY_ID, secret_access_key: &secret, session_token: None };
        let now = seconds(NOW);
        sign(&mut parts, &body, &credentials, "us-east-1", "ec2", now).unwrap();
        let claim = Claim::parse(&parts).unwrap();
        prop_assert_eq!(claim.verify(&claim.signing_key(&secret), now, &body), Ok(()));
    }
}
