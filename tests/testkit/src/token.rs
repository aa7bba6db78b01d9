//! Tokens of real providers, as a program that calls an app would have them; and what an attacker makes of them.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::{App, Browser, Provider, Reply, Request, Signer, http, place};

/// What a provider's token endpoint gave for a login.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The ID token.
    pub id_token: String,
    /// The access token.
    pub access_token: String,
}

impl Provider {
    /// The tokens of a user who signs in for the provider's client, by a client of the test's own.
    #[must_use]
    pub fn tokens(&self, user: &str, password: &str) -> Tokens {
        self.tokens_for((self.client_id(), self.client_secret()), user, password)
    }

    /// The same for another of its clients, by id and secret.
    #[must_use]
    pub fn tokens_for(&self, (id, secret): (&str, &str), user: &str, password: &str) -> Tokens {
        let catcher = App::with(|_| Reply::Text(200, Vec::new(), "caught".to_owned()));
        let callback = format!("{}oauth2/callback", catcher.upstream());
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let metadata = self.document("/.well-known/openid-configuration");
        let endpoint = |name: &str| metadata[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
        let url = format!(
            "{}?response_type=code&client_id={}&scope={}&state=x&nonce=n&redirect_uri={}",
            endpoint("authorization_endpoint"),
            encoded(id),
            encoded(self.scope()),
            encoded(&callback)
        );
        let page = Browser::new().sign_in_at(&url, user, password);
        let code = page.url.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned());
        let code = code.unwrap_or_else(|| panic!("no code: {page}"));
        let credentials = format!("{}:{}", encoded(id), encoded(secret));
        let body = format!("grant_type=authorization_code&code={code}&redirect_uri={}", encoded(&callback));
        let request = Request::post_form(path_of(&endpoint("token_endpoint")), &body)
            .header("Authorization", &format!("Basic {}", STANDARD.encode(credentials)));
        let answer = http::ask(place::loopback(self.port()), &request);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let text = |name: &str| answer.json()[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
        Tokens { id_token: text("id_token"), access_token: text("access_token") }
    }

    /// The provider's keys.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let metadata = self.document("/.well-known/openid-configuration");
        let uri = metadata["jwks_uri"].as_str().expect("a jwks_uri");
        http::ask(place::loopback(self.port()), &Request::get(path_of(uri))).json()
    }

    fn document(&self, path: &str) -> Value {
        let target = format!("{}{path}", path_of(self.issuer()).trim_end_matches('/'));
        http::ask(place::loopback(self.port()), &Request::get(&target)).json()
    }
}

/// The path and query of `http://127.0.0.1:PORT/…`.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("/", |slash| &rest[slash..])
}

/// A token that differs from a good one in one thing.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// What is different.
    pub name: String,
    /// The token, which is to be refused.
    pub token: String,
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

/// What somebody without the issuer's key makes of a token: broken signatures, other algorithms and keys, other claims
/// under the old signature. `jwks` are the issuer's public keys,
/// `words` what a shared secret might be.
#[must_use]
pub fn without_the_key(token: &str, jwks: &Value, words: &[&str]) -> Vec<Mutation> {
    let mut all = Vec::new();
    let mut add = |name: &str, token: String| all.push(Mutation { name: name.to_owned(), token });
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { panic!("three parts") };
    let json_header = decoded(header);
    broken_signatures(header, payload, signature, &mut add);
    for alg in ["none", "None", "NONE", "nOnE", "", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "HS256"] {
        let mut other = json_header.clone();
        other["alg"] = json!(alg);
        if other == json_header {
            continue;
        }
        for (how, signature) in [("without a signature", ""), ("with the old signature", signature)] {
            add(&format!("alg {alg:?} {how}"), format!("{}.{payload}.{signature}", encode(other.to_string())));
        }
    }
    for key in jwks["keys"].as_array().expect("keys") {
        for (kind, secret) in
            secrets_from(key, jwks).into_iter().chain(words.iter().map(|word| ("a word", word.as_bytes().to_vec())))
        {
            for (alg, algorithm) in
                [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
            {
                let header = encode(json!({"alg": alg, "typ": "JWT", "kid": key["kid"]}).to_string());
                let mac = hmac::sign(&hmac::Key::new(algorithm, &secret), format!("{header}.{payload}").as_bytes());
                add(&format!("{alg} with {kind} as key"), format!("{header}.{payload}.{}", encode(mac)));
            }
        }
    }
    own_keys(&json_header, &decoded(payload), &mut add);
    for (name, value) in [
        ("sub", json!("root")),
        ("email", json!("root@example.com")),
        ("aud", json!("another")),
        ("exp", json!(9_999_999_999_u64)),
        ("groups", json!(["admins", "root"])),
    ] {
        let mut claims = decoded(payload);
        claims[name] = value;
        add(
            &format!("{name} changed under the old signature"),
            format!("{header}.{}.{signature}", encode(claims.to_string())),
        );
    }
    all
}

fn broken_signatures(header: &str, payload: &str, signature: &str, add: &mut impl FnMut(&str, String)) {
    let bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    for at in (0..bytes.len()).step_by(bytes.len() / 16) {
        for bit in [0, 7] {
            let mut other = bytes.clone();
            other[at] ^= 1 << bit;
            add(&format!("bit {bit} of byte {at} of the signature"), format!("{header}.{payload}.{}", encode(other)));
        }
    }
    for (name, other) in [
        ("no byte", Vec::new()),
        ("one byte too few", bytes[1..].to_vec()),
        ("one byte too many", [&[0], bytes.as_slice()].concat()),
        ("all zero", vec![0; bytes.len()]),
        ("all ones", vec![0xff; bytes.len()]),
    ] {
        add(&format!("a signature of {name}"), format!("{header}.{payload}.{}", encode(other)));
    }
    for (name, token) in [
        ("padding", format!("{header}.{payload}.{signature}==")),
        ("no signature part", format!("{header}.{payload}")),
        ("four parts", format!("{header}.{payload}.{signature}.{signature}")),
        ("five parts", format!("{header}.{payload}.{signature}..")),
        ("payload as header", format!("{payload}.{payload}.{signature}")),
        ("header as payload", format!("{header}.{header}.{signature}")),
        ("a letter before it", format!("e{header}.{payload}.{signature}")),
        ("a letter behind it", format!("{header}.{payload}.{signature}A")),
        ("standard base64", format!("{header}.{payload}.{}", signature.replace('-', "+").replace('_', "/") + "+/")),
    ] {
        add(name, token);
    }
}

/// What a program that confuses keys might take for a shared secret: the public key in all its forms.
fn secrets_from(key: &Value, jwks: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(text(name)).unwrap_or_default();
    let mut secrets = vec![
        ("the key set", jwks.to_string().into_bytes()),
        ("the JWK", key.to_string().into_bytes()),
        ("the modulus", number("n")),
        ("the modulus as text", text("n").into_bytes()),
        ("the point", number("x")),
        ("the kid", text("kid").into_bytes()),
        ("nothing", Vec::new()),
    ];
    if key["kty"] == "RSA" {
        let der = spki(&number("n"), &number("e"));
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        for line in STANDARD.encode(&der).as_bytes().chunks(64) {
            let _ = writeln!(pem, "{}", String::from_utf8_lossy(line));
        }
        pem.push_str("-----END PUBLIC KEY-----");
        secrets.push(("the PEM with a newline", format!("{pem}\n").into_bytes()));
        secrets.push(("the PEM", pem.into_bytes()));
        secrets.push(("the DER", der));
    }
    secrets
}

/// An RSA key as `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7).
fn spki(n: &[u8], e: &[u8]) -> Vec<u8> {
    let item = |tag: u8, content: &[u8]| {
        let length = content.len();
        let mut der = vec![tag];
        if length < 128 {
            der.push(u8::try_from(length).expect("short"));
        } else {
            der.push(0x82);
            der.extend(u16::try_from(length).expect("a key").to_be_bytes());
        }
        der.extend_from_slice(content);
        der
    };
    let integer = |bytes: &[u8]| item(0x02, &[&[0], bytes].concat());
    let key = item(0x30, &[integer(n), integer(e)].concat());
    let rsa = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    item(0x30, &[item(0x30, &rsa), item(0x03, &[&[0], key.as_slice()].concat())].concat())
}

/// Signed well, by a key of the attacker's own that the token itself brings.
fn own_keys(header: &Value, claims: &Value, add: &mut impl FnMut(&str, String)) {
    let kid = header["kid"].as_str().unwrap_or_default();
    let attacker = Signer::new(kid);
    let jwk = attacker.jwks()["keys"][0].clone();
    for (name, more) in [
        ("the same kid", json!({})),
        ("jwk", json!({ "jwk": jwk })),
        ("jku", json!({ "jku": "http://127.0.0.1:9/jwks" })),
        ("x5u", json!({ "x5u": "http://127.0.0.1:9/x5u" })),
        ("x5c", json!({ "x5c": ["AAAA"] })),
        ("no kid", json!({ "kid": null })),
        ("a kid that is a path", json!({ "kid": "../../dev/null" })),
        ("a kid that is SQL", json!({ "kid": "' OR 1=1 --" })),
        ("a kid that is a URL", json!({ "kid": "http://127.0.0.1:9/jwks" })),
        ("a long kid", json!({ "kid": "k".repeat(20_000) })),
        ("a kid that is a number", json!({ "kid": 7 })),
        ("a kid that is a list", json!({ "kid": [kid] })),
        ("a kid that is a prototype", json!({ "kid": "__proto__" })),
    ] {
        let mut header = json!({"alg": "RS256", "typ": "JWT", "kid": kid});
        header.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        add(
            &format!("a key of the attacker's own, {name}"),
            attacker.sign_text(&header.to_string(), &claims.to_string()),
        );
    }
}

/// What the issuer might sign and must not be taken: one claim or header changed in each. `good` are the
/// claims of a token that passes.
#[must_use]
pub fn with_the_key(signer: &Signer, good: &Value) -> Vec<Mutation> {
    let mut all = Vec::new();
    for (name, values) in other_claims(good) {
        for value in values {
            let mut claims = good.clone();
            claims[name] = value.clone();
            all.push(Mutation { name: format!("{name} {value:.60}"), token: signer.sign(&claims) });
        }
        let mut claims = good.clone();
        if claims.as_object_mut().expect("an object").remove(name).is_some() {
            all.push(Mutation { name: format!("no {name}"), token: signer.sign(&claims) });
        }
    }
    all.extend(other_headers(signer, good));
    all.extend(other_payloads(signer, good));
    all
}

/// Values of claims that are not to be taken.
fn other_claims(good: &Value) -> Vec<(&'static str, Vec<Value>)> {
    let issuer = good["iss"].as_str().expect("iss").to_owned();
    let audience = good["aud"].as_str().expect("aud").to_owned();
    let now = good["iat"].as_u64().expect("iat");
    let evil = format!("{issuer}.evil");
    let upper = issuer.to_uppercase();
    let prefix = issuer[..issuer.len() - 1].to_owned();
    vec![
        (
            "iss",
            vec![
                json!(null),
                json!(""),
                json!("https://another.example"),
                json!(format!("{issuer}/")),
                json!([issuer]),
                json!(evil),
                json!(upper),
                json!(prefix),
                json!(issuer.replace("http:", "https:")),
                json!(issuer.replace("127", "%31%32%37")),
                json!(format!(" {issuer}")),
                json!({"iss": issuer}),
                json!(7),
            ],
        ),
        (
            "aud",
            vec![
                json!(null),
                json!(""),
                json!([]),
                json!("another"),
                json!(["another"]),
                json!(format!("{audience},another")),
                json!(&audience[..1]),
                json!(format!("{audience} ")),
                json!(audience.to_uppercase()),
                json!(7),
                json!({ "aud": audience }),
                json!([7]),
                json!([audience, 7]),
                json!([[audience]]),
            ],
        ),
        (
            "exp",
            vec![
                json!(null),
                json!(now - 1),
                json!(0),
                json!(-1),
                json!("9999999999"),
                json!("never"),
                json!(1e300),
                json!(true),
                json!([9_999_999_999_u64]),
                json!({}),
            ],
        ),
        ("nbf", vec![json!(now + 3600), json!("0"), json!(true), json!([])]),
        ("iat", vec![json!(null), json!(now + 3600), json!("now"), json!(1e300), json!([])]),
        ("sub", vec![json!(null), json!(""), json!(" "), json!(7), json!(["root"]), json!({}), json!(true)]),
        ("email", vec![json!(7), json!(["a@b.c"]), json!({}), json!(true)]),
        ("email_verified", vec![json!(false), json!("false"), json!(0), json!([]), json!({})]),
        ("azp", vec![json!(7), json!(["another"]), json!({})]),
        ("events", vec![json!({"http://schemas.openid.net/event/backchannel-logout": {}})]),
        ("_claim_names", vec![json!({"groups": "missing"}), json!({"groups": 7})]),
    ]
}

/// The header of a token that passes, with more members.
fn header(signer: &Signer, more: &Value) -> String {
    let mut header = json!({"alg": "RS256", "typ": "JWT", "kid": signer.kid()});
    header.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    header.to_string()
}

/// Headers that are not to be taken.
fn other_headers(signer: &Signer, good: &Value) -> Vec<Mutation> {
    let mut all = Vec::new();
    for more in [
        json!({"typ": "logout+jwt"}),
        json!({"typ": "dpop+jwt"}),
        json!({"typ": "oauth-authz-req+jwt"}),
        json!({"typ": "secevent+jwt"}),
        json!({"typ": 7}),
        json!({"crit": ["x"], "x": 1}),
        json!({"crit": []}),
        json!({"b64": false}),
        json!({"b64": false, "crit": ["b64"]}),
        json!({"alg": "PS256"}),
        json!({"alg": "RS512"}),
        json!({"kid": "another"}),
    ] {
        all.push(Mutation {
            name: format!("header {more}"),
            token: signer.sign_text(&header(signer, &more), &good.to_string()),
        });
    }
    let twice = format!("{{\"alg\":\"none\",{}", &header(signer, &json!({}))[1..]);
    all.push(Mutation { name: "alg twice".to_owned(), token: signer.sign_text(&twice, &good.to_string()) });
    all
}

/// Payloads that are not to be taken.
fn other_payloads(signer: &Signer, good: &Value) -> Vec<Mutation> {
    let mut all = Vec::new();
    let text = good.to_string();
    let body = &text[1..];
    for (name, payload) in [
        ("text behind the claims", format!("{text} x")),
        ("two objects", format!("{text}{text}")),
        ("a list", format!("[{text}]")),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("no JSON", "eyJ".to_owned()),
        ("a number that is none", format!("{{\"x\":NaN,{body}")),
        ("depth", format!("{{\"x\":{}{},{body}", "[".repeat(10_000), "]".repeat(10_000))),
        ("another sub behind it that is empty", format!("{},\"sub\":\"\"}}", &text[..text.len() - 1])),
        ("another aud behind it", format!("{},\"aud\":\"another\"}}", &text[..text.len() - 1])),
        ("another exp behind it, escaped", format!("{},\"\\u0065xp\":1}}", &text[..text.len() - 1])),
    ] {
        all.push(Mutation { name: name.to_owned(), token: signer.sign_text(&header(signer, &json!({})), &payload) });
    }
    all
}
