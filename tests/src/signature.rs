//! Signature Version 4, checked by its published rules and by no code of the product or the SDKs.

use axum::http::HeaderMap;
use sha2::{Digest, Sha256};

use crate::providers::Asked;

const BLOCK: usize = 64;

/// Why the signature of a `POST` request without a query is not the one that `secret` makes; `None` when it is.
#[must_use]
pub fn fault(asked: &Asked, service: &str, secret: &str) -> Option<String> {
    let (path, query) = asked.uri.split_once('?').unwrap_or((&asked.uri, ""));
    let authorization = header(&asked.headers, "authorization");
    let field = |name: &str| {
        let (_, rest) = authorization.split_once(name)?;
        rest.split(',').next()
    };
    let (Some(credential), Some(signed), Some(signature)) =
        (field("Credential="), field("SignedHeaders="), field("Signature="))
    else {
        return Some(format!("no signature: {authorization:?}"));
    };
    let scope: Vec<&str> = credential.split('/').collect();
    let [_, day, region, scoped, "aws4_request"] = scope[..] else { return Some(format!("the scope is {scope:?}")) };
    if scoped != service || !signed.split(';').any(|name| name == "host") {
        return Some(format!("signed for {scoped}, with {signed}"));
    }
    let headers: String =
        signed.split(';').map(|name| format!("{name}:{}\n", header(&asked.headers, name).trim())).collect();
    // Every service but S3 has each part of the path encoded once more.
    let path = path.replace('%', "%25");
    let body = hexadecimal(&Sha256::digest(&asked.bytes));
    let canonical = format!("POST\n{path}\n{query}\n{headers}\n{signed}\n{body}");
    let date = header(&asked.headers, "x-amz-date");
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hexadecimal(&Sha256::digest(&canonical)));
    let key = [day, region, service, "aws4_request"]
        .iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac(&key, part.as_bytes()));
    let wanted = hexadecimal(&hmac(&key, to_sign.as_bytes()));
    (wanted != signature || !date.starts_with(day)).then(|| format!("{signature} is not {wanted} of {canonical}"))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// RFC 2104 over SHA-256.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = if key.len() > BLOCK { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block.resize(BLOCK, 0);
    let padded = |pad: u8| block.iter().map(move |byte| byte ^ pad);
    let inner = Sha256::digest(padded(0x36).chain(message.iter().copied()).collect::<Vec<u8>>());
    Sha256::digest(padded(0x5c).chain(inner).collect::<Vec<u8>>()).to_vec()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
