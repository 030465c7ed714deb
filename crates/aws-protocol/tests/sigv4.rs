//! Signature Version 4 against AWS's published vectors and against the signer of the AWS SDK.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials as SdkCredentials;
use aws_protocol::{
    ServiceError,
    sigv4::{self, Credentials, Error, Expected, Payload, Request, Scope, Verified},
};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings},
    sign::v4,
};
use http::{HeaderMap, HeaderName, HeaderValue};

const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// 2015-08-30T12:36:00Z.
const NOW: i64 = 1_440_938_160;

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        (HeaderName::from_bytes(name.as_bytes()).expect("a name"), HeaderValue::from_str(value).expect("a value"))
    };
    let mut map = HeaderMap::new();
    for (name, value) in pairs.iter().map(pair) {
        map.append(name, value);
    }
    map
}

fn credentials(session_token: Option<&str>) -> Credentials {
    Credentials {
        access_key_id: KEY_ID.into(),
        secret_access_key: SECRET.into(),
        session_token: session_token.map(str::to_owned),
    }
}

fn secret_of(id: &str, _token: Option<&str>) -> Result<String, Error> {
    if id == KEY_ID { Ok(SECRET.to_owned()) } else { Err(Error::UnrecognizedClient) }
}

#[test]
fn published_vectors() {
    // From the "AWS Signature Version 4 test suite" and the example of the General Reference.
    let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8"), ("host", "iam.amazonaws.com")];
    let plain = [("host", "example.amazonaws.com")];
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: [Case<'_>; 4] = [
        (
            "GET",
            "Action=ListUsers&Version=2010-05-08",
            &form,
            "iam",
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        ),
        ("GET", "", &plain, "service", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "", &plain, "service", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET",
            "Param2=value2&Param1=value1",
            &plain,
            "service",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ];
    for (method, query, pairs, service, signature) in cases {
        let headers = headers(pairs);
        let request = Request { method, path: "/", query, headers: &headers, payload: Payload::Bytes(b"") };
        let signed = sigv4::sign(&request, &credentials(None), Scope { region: "us-east-1", service }, NOW);
        let authorization = signed["authorization"].to_str().expect("text");
        assert!(authorization.ends_with(&format!("Signature={signature}")), "{method} {query}: {authorization}");
    }
}

/// A small deterministic generator, so that a failure names its case.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[usize::try_from(self.below(choices.len() as u64)).expect("small")]
    }
}

struct Generated {
    method: &'static str,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
    session_token: Option<&'static str>,
}

fn generate(seed: u64) -> Generated {
    let mut draw = Draw(seed);
    let segments = ["a", "b%20c", "%E1%88%B4", "..", ".", "", "x:y", "~", "x%2Fy", "execution:1"];
    let path = (0..=draw.below(4)).fold(String::new(), |path, _| path + "/" + draw.one_of(&segments));
    let pairs = ["a=1", "b=x%20y", "A=%C3%A9", "a=0", "flag", "z=%2F~", "e=", "p=a%2Bb"];
    let query: Vec<_> = (0..draw.below(5)).map(|_| draw.one_of(&pairs)).collect();
    let mut named = headers(&[("host", draw.one_of(&["localhost:4000", "example.amazonaws.com"]))]);
    let optional = [
        ("content-type", "application/json"),
        ("x-amz-target", "AWSStepFunctions.StartExecution"),
        ("x-custom", "  many   spaces  "),
        ("user-agent", "test/1.0"),
        ("x-amz-user-agent", "aws-amplify/6"),
    ];
    for (name, value) in optional {
        if draw.below(2) == 1 {
            named.insert(name, HeaderValue::from_static(value));
        }
    }
    Generated {
        method: ["GET", "POST", "PUT"][usize::try_from(draw.below(3)).expect("small")],
        path,
        query: query.join("&"),
        headers: named,
        body: (0..draw.below(200)).map(|_| u8::try_from(draw.below(256)).expect("a byte")).collect(),
        session_token: (draw.below(2) == 1).then_some("FwoGZXIvYXdzE+token/with=signs=="),
    }
}

type Pairs = Vec<(String, String)>;

/// Signs with the SDK's signer: headers and query parameters to add.
fn sign_with_sdk(case: &Generated, location: SignatureLocation) -> (Pairs, Pairs) {
    let token = case.session_token.map(str::to_owned);
    let identity = SdkCredentials::new(KEY_ID, SECRET, token, None, "test").into();
    let mut settings = SigningSettings::default();
    settings.expires_in = matches!(location, SignatureLocation::QueryParams).then_some(Duration::from_secs(600));
    settings.signature_location = location;
    let time = UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs());
    let params = v4::SigningParams::builder().identity(&identity).region("us-east-1").name("appsync").time(time);
    let params = params.settings(settings).build().expect("complete").into();
    let uri = match case.query.as_str() {
        "" => format!("http://host{}", case.path),
        query => format!("http://host{}?{query}", case.path),
    };
    let pairs = case.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
    let request = SignableRequest::new(case.method, uri, pairs, SignableBody::Bytes(&case.body)).expect("signable");
    let output = aws_sigv4::http_request::sign(request, &params).expect("signs").into_parts().0;
    let headers = output.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let query = output.params().iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect();
    (headers, query)
}

#[test]
fn published_vectors_of_s3() {
    // Amazon S3 API reference, "Signature calculations for the authorization header: single chunk".
    let credentials = Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
        session_token: None,
    };
    let host = ("host", "examplebucket.s3.amazonaws.com");
    let put = [host, ("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")];
    type Case<'a> = (&'a str, &'a str, &'a str, &'a [(&'a str, &'a str)], &'a [u8], &'a str);
    let cases: [Case<'_>; 3] = [
        (
            "GET",
            "/test.txt",
            "",
            &[host, ("range", "bytes=0-9")],
            b"",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test%24file.text",
            "",
            &put,
            b"Welcome to Amazon S3.",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET",
            "/",
            "max-keys=2&prefix=J",
            &[host],
            b"",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ];
    for (method, path, query, pairs, body, signature) in cases {
        let headers = headers(pairs);
        let request = Request { method, path, query, headers: &headers, payload: Payload::Bytes(body) };
        // 2013-05-24T00:00:00Z.
        let signed = sigv4::sign(&request, &credentials, Scope { region: "us-east-1", service: "s3" }, 1_369_353_600);
        let authorization = signed["authorization"].to_str().expect("text");
        assert!(authorization.ends_with(&format!("Signature={signature}")), "{method} {path}?{query}: {authorization}");
    }
}

#[test]
fn agrees_with_the_sdk_on_headers() {
    for seed in 0..2000 {
        let case = generate(seed);
        let scope = Scope { region: "us-east-1", service: "appsync" };
        let request = Request {
            method: case.method,
            path: &case.path,
            query: &case.query,
            headers: &case.headers,
            payload: Payload::Bytes(&case.body),
        };
        let ours = sigv4::sign(&request, &credentials(case.session_token), scope, NOW);
        let (theirs, _) = sign_with_sdk(&case, SignatureLocation::Headers);
        let mut signed = case.headers.clone();
        for (name, value) in theirs {
            assert_eq!(ours.get(&name).map(HeaderValue::as_bytes), Some(value.as_bytes()), "seed {seed}: {name}");
            signed.insert(HeaderName::from_bytes(name.as_bytes()).expect("a name"), value.parse().expect("a value"));
        }
        let request = Request { headers: &signed, ..request };
        let expected = Expected { region: Some("us-east-1"), service: Some("appsync") };
        let verified = sigv4::verify(&request, expected, NOW + 60, secret_of);
        let session_token = case.session_token.map(str::to_owned);
        let (region, service) = ("us-east-1".to_owned(), "appsync".to_owned());
        let access_key_id = KEY_ID.to_owned();
        let right = Verified { access_key_id, session_token, region, service, signed_at_seconds: NOW };
        assert_eq!(verified, Ok(right), "seed {seed}");

        let changed = [&case.body[..], b"!"].concat();
        let request = Request { payload: Payload::Bytes(&changed), ..request };
        assert_eq!(sigv4::verify(&request, expected, NOW, secret_of), Err(Error::Mismatch), "seed {seed}");
    }
}

#[test]
fn agrees_with_the_sdk_on_queries() {
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    for seed in 0..500 {
        let case = generate(seed);
        let (_, parameters) = sign_with_sdk(&case, SignatureLocation::QueryParams);
        let mut query = case.query.clone();
        for (name, value) in parameters {
            query.push_str(&format!("&{}={}", encode(&name), encode(&value)));
        }
        // The parameter names hold hyphens, which need no encoding and are not encoded on the wire.
        let query = query.replace("%2D", "-");
        let request = Request {
            method: case.method,
            path: &case.path,
            query: &query,
            headers: &case.headers,
            payload: Payload::Bytes(&case.body),
        };
        assert!(sigv4::is_signed(&request));
        let verify = |now| sigv4::verify(&request, Expected::default(), now, secret_of);
        assert_eq!(verify(NOW + 599).map(|verified| verified.access_key_id), Ok(KEY_ID.to_owned()), "seed {seed}");
        assert!(matches!(verify(NOW + 601), Err(Error::OutOfScope(_))), "seed {seed}");

        let unsigned = Request { query: &case.query, ..request };
        let scope = Scope { region: "us-east-1", service: "appsync" };
        let ours = sigv4::presign(&unsigned, &credentials(case.session_token), scope, NOW, 600);
        let request = Request { query: &ours, ..request };
        assert!(sigv4::verify(&request, Expected::default(), NOW, secret_of).is_ok(), "seed {seed}");
    }
}

/// A signed `POST /graphql` whose headers `change` may spoil, and what verifying it says.
fn verified_after(change: impl FnOnce(&mut HeaderMap), now: i64) -> Result<Verified, Error> {
    let mut named = headers(&[("host", "localhost"), ("content-type", "application/json")]);
    let body = br#"{"query":"{ a }"}"#;
    let request =
        Request { method: "POST", path: "/graphql", query: "", headers: &named, payload: Payload::Bytes(body) };
    let scope = Scope { region: "us-east-1", service: "appsync" };
    let signed = sigv4::sign(&request, &credentials(Some("token")), scope, NOW);
    named.extend(signed);
    change(&mut named);
    let request =
        Request { method: "POST", path: "/graphql", query: "", headers: &named, payload: Payload::Bytes(body) };
    sigv4::verify(&request, Expected { region: Some("us-east-1"), service: Some("appsync") }, now, secret_of)
}

fn replace(headers: &mut HeaderMap, name: &'static str, from: &str, to: &str) {
    let value = headers[name].to_str().expect("text").replace(from, to);
    headers.insert(name, value.parse().expect("a value"));
}

#[test]
fn refusals_have_the_codes_and_texts_of_aws() {
    type Change = fn(&mut HeaderMap);
    // The texts are AWS's as commonly seen; they have not been recorded anew for this table.
    let cases: [(Change, i64, &str, &str); 12] = [
        (
            |h| drop(h.remove("authorization")),
            0,
            "MissingAuthenticationTokenException",
            "Request is missing Authentication Token",
        ),
        (
            |h| replace(h, "authorization", "Signature=", "Sig="),
            0,
            "IncompleteSignatureException",
            "Authorization header requires 'Signature' parameter.",
        ),
        (
            |h| drop(h.remove("x-amz-date")),
            0,
            "IncompleteSignatureException",
            "Authorization header requires existence of either a 'X-Amz-Date'",
        ),
        (
            |h| replace(h, "authorization", "/aws4_request", ""),
            0,
            "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements",
        ),
        (
            |h| replace(h, "authorization", KEY_ID, "AKIDOTHER"),
            0,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (
            |h| replace(h, "authorization", "us-east-1", "eu-west-1"),
            0,
            "InvalidSignatureException",
            "Credential should be scoped to a valid region, not 'eu-west-1'.",
        ),
        (
            |h| replace(h, "authorization", "/appsync/", "/states/"),
            0,
            "InvalidSignatureException",
            "Credential should be scoped to correct service: 'appsync'.",
        ),
        (
            |h| replace(h, "authorization", "20150830", "20150829"),
            0,
            "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD",
        ),
        (
            |_| (),
            301,
            "InvalidSignatureException",
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)",
        ),
        (
            |_| (),
            -301,
            "InvalidSignatureException",
            "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)",
        ),
        (
            |h| replace(h, "content-type", "json", "xml"),
            0,
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
        ),
        (
            |h| replace(h, "authorization", "host;", ""),
            0,
            "InvalidSignatureException",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
    ];
    for (n, (change, later, code, text)) in cases.into_iter().enumerate() {
        let error = verified_after(change, NOW + later).expect_err("refused");
        assert_eq!(error.code(), code, "case {n}");
        let rendered = ServiceError::from(error);
        assert!(rendered.message.starts_with(text), "case {n}: {}", rendered.message);
    }
    for later in [300, -300, 0] {
        assert!(verified_after(|_| (), NOW + later).is_ok(), "{later} seconds are within the skew");
    }
}

#[test]
fn an_unsigned_payload_is_the_signers_choice_alone() {
    let mut named = headers(&[("host", "localhost")]);
    let scope = Scope { region: "us-east-1", service: "appsync" };
    fn request<'a>(headers: &'a HeaderMap, payload: Payload<'a>) -> Request<'a> {
        Request { method: "POST", path: "/", query: "", headers, payload }
    }
    let signed = sigv4::sign(&request(&named, Payload::Unsigned), &credentials(None), scope, NOW);
    named.extend(signed);
    let any_body = request(&named, Payload::Bytes(b"anything"));
    assert!(sigv4::verify(&any_body, Expected::default(), NOW, secret_of).is_ok());

    let mut named = headers(&[("host", "localhost")]);
    let signed = sigv4::sign(&request(&named, Payload::Bytes(b"this")), &credentials(None), scope, NOW);
    named.extend(signed);
    named.insert("x-amz-content-sha256", HeaderValue::from_static("UNSIGNED-PAYLOAD"));
    let forged = request(&named, Payload::Bytes(b"that"));
    assert_eq!(sigv4::verify(&forged, Expected::default(), NOW, secret_of), Err(Error::Mismatch));
}

#[test]
fn hostile_headers_are_refused_without_a_panic() {
    let long = "a;".repeat(5000);
    let cases = [
        "AWS4-HMAC-SHA256".to_owned(),
        "AWS4-HMAC-SHA256 Credential=////,SignedHeaders=,Signature=".to_owned(),
        format!("AWS4-HMAC-SHA256 Credential=A/b/c/d/aws4_request,SignedHeaders={long}host,Signature=00"),
        "AWS4-HMAC-SHA256 Credential=A/b/c/d/aws4_request,SignedHeaders=host,Signature=zz".to_owned(),
        "Basic abc".to_owned(),
    ];
    for date in ["", "é", "20150830T123600Z", "99999999T999999Z", "2015"] {
        for authorization in &cases {
            let named = headers(&[("host", "h"), ("x-amz-date", date), ("authorization", authorization)]);
            let request = Request {
                method: "GET",
                path: "/%zz/%",
                query: "%&=&%f",
                headers: &named,
                payload: Payload::Bytes(b""),
            };
            assert!(sigv4::verify(&request, Expected::default(), NOW, secret_of).is_err(), "{authorization} {date}");
        }
    }
}
