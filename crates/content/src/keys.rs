//! Keys of providers: from the environment on a laptop, from a store of secrets where it is deployed.

use std::sync::Arc;

use reqwest::header::HeaderValue;
use rushes_core::ports::{CloudService, Source};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::http::Secret;
use crate::signed::{SignedCalls, SignedError};

const PARAMETERS: CloudService = CloudService { endpoint_name: "ssm", signing_name: "ssm" };
const SECRETS: CloudService = CloudService { endpoint_name: "secretsmanager", signing_name: "secretsmanager" };
const JSON_1_1: &str = "application/x-amz-json-1.1";

/// A key, at hand or in a store. Clones share what was fetched.
#[derive(Clone)]
pub struct Key(Arc<Origin>);

enum Origin {
    Given(Secret),
    Stored { store: Store, calls: SignedCalls, fetched: OnceCell<Secret> },
}

/// Where a key lies.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Store {
    /// A parameter of Systems Manager, by name.
    Parameter(String),
    /// A secret of Secrets Manager, by name or ARN; and the field, where it is JSON.
    Secret(String, Option<String>),
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It lies in a store of the cloud, and there is no way there from here.
    #[error("the key lies in a store that cannot be asked from here: give the key itself")]
    NoStore,
    /// The store did not hand it out.
    #[error("the key could not be fetched: {0}")]
    Store(#[from] SignedError),
    /// The store holds something else.
    #[error("what the store holds is no key")]
    NoKey,
    /// It holds what no header can.
    #[error("the key holds what cannot be sent")]
    Unsendable(#[source] Source),
}

impl KeyError {
    /// Whether trying again later can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::NoStore | Self::NoKey | Self::Unsendable(_) => false,
        }
    }
}

impl Key {
    /// Reads a setting: the key itself, `ssm:<parameter>`, or `secretsmanager:<secret>[#<field>]`.
    ///
    /// # Errors
    /// [`KeyError::NoStore`] when it lies in a store and `calls` leads to none.
    pub fn read(setting: &str, calls: Option<&SignedCalls>) -> Result<Self, KeyError> {
        let origin = match Store::read(setting) {
            None => Origin::Given(Secret::new(setting)),
            Some(store) => {
                Origin::Stored { store, calls: calls.ok_or(KeyError::NoStore)?.clone(), fetched: OnceCell::new() }
            }
        };
        Ok(Self(Arc::new(origin)))
    }

    /// The key; fetched once. A failure is not remembered.
    ///
    /// # Errors
    /// [`KeyError`] when the store does not hand it out.
    pub async fn get(&self) -> Result<&Secret, KeyError> {
        match self.0.as_ref() {
            Origin::Given(secret) => Ok(secret),
            Origin::Stored { store, calls, fetched } => fetched.get_or_try_init(|| store.fetch(calls)).await,
        }
    }

    /// The key behind `prefix` as the value of a header.
    ///
    /// # Errors
    /// [`KeyError`] when there is none, or it cannot be sent.
    pub async fn header(&self, prefix: &str) -> Result<HeaderValue, KeyError> {
        self.get().await?.header(prefix).map_err(|error| KeyError::Unsendable(error.into()))
    }
}

impl Store {
    fn read(setting: &str) -> Option<Self> {
        match setting.trim().split_once(':')? {
            ("ssm", name) => Some(Self::Parameter(name.to_owned())),
            ("secretsmanager", name) => Some(match name.rsplit_once('#') {
                Some((name, field)) => Self::Secret(name.to_owned(), Some(field.to_owned())),
                None => Self::Secret(name.to_owned(), None),
            }),
            _ => None,
        }
    }

    async fn fetch(&self, calls: &SignedCalls) -> Result<Secret, KeyError> {
        let (service, target, body) = match self {
            Self::Parameter(name) => {
                (PARAMETERS, "AmazonSSM.GetParameter", json!({"Name": name, "WithDecryption": true}))
            }
            Self::Secret(name, _) => (SECRETS, "secretsmanager.GetSecretValue", json!({"SecretId": name})),
        };
        let headers = [("content-type", JSON_1_1), ("x-amz-target", target)];
        let answer = calls.post_json(service, "/", &headers, body.to_string().into_bytes(), |call| call).await?;
        let answer: Value = answer.json().map_err(SignedError::from)?;
        let text = |place: &str| answer.pointer(place).and_then(Value::as_str).ok_or(KeyError::NoKey);
        let secret = match self {
            Self::Parameter(_) => Secret::new(text("/Parameter/Value")?),
            Self::Secret(_, None) => Secret::new(text("/SecretString")?),
            Self::Secret(_, Some(field)) => {
                let fields: Value = serde_json::from_str(text("/SecretString")?).map_err(|_| KeyError::NoKey)?;
                Secret::new(fields.get(field).and_then(Value::as_str).ok_or(KeyError::NoKey)?)
            }
        };
        if secret.expose().is_empty() { Err(KeyError::NoKey) } else { Ok(secret) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_a_key_or_says_where_one_lies() {
        assert_eq!(Store::read("sk-proj-1"), None);
        assert_eq!(Store::read("ssm:/rushes/openai"), Some(Store::Parameter("/rushes/openai".to_owned())));
        assert_eq!(Store::read("secretsmanager:rushes"), Some(Store::Secret("rushes".to_owned(), None)));
        let arn = "secretsmanager:arn:aws:secretsmanager:eu-west-1:1:secret:a-b#openai";
        let secret =
            Store::Secret("arn:aws:secretsmanager:eu-west-1:1:secret:a-b".to_owned(), Some("openai".to_owned()));
        assert_eq!(Store::read(arn), Some(secret));
        assert!(matches!(Key::read("ssm:/a", None), Err(KeyError::NoStore)));
    }
}
