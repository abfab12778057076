//! A remembered result as it lies in the table.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use rushes_core::ports::{Entry, EntryFacts, MemoError, MemoKey, MemoKind};
use rushes_core::task::TaskId;

use super::{corrupt, number};
use crate::record::{Item, primary_key};

const SORT_KEY: &str = "MEMO";
/// How long a right that was never given back stays in the table.
const PENDING_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Whether there is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Somebody computes it, or did.
    Pending,
    /// There is.
    Ready,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
        }
    }
}

/// Every attribute of a result's item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoRecord {
    pub key: MemoKey,
    pub state: State,
    /// Which claim made it, or will.
    pub token: String,
    /// Epoch milliseconds.
    pub lease_until_ms: Option<i64>,
    pub expires_at: Timestamp,
    pub used_at: Timestamp,
    pub size_bytes: u64,
    pub is_in_bucket: bool,
    value: Option<Bytes>,
    task: Option<TaskId>,
}

impl MemoRecord {
    /// Somebody computes the result.
    pub fn pending(key: MemoKey, token: &str, lease_until_ms: i64, now: Timestamp) -> Self {
        Self {
            key,
            state: State::Pending,
            token: token.to_owned(),
            lease_until_ms: Some(lease_until_ms),
            expires_at: now.saturating_add(PENDING_KEPT).unwrap_or(Timestamp::MAX),
            used_at: now,
            size_bytes: 0,
            is_in_bucket: false,
            value: None,
            task: None,
        }
    }

    /// The result is there.
    pub fn ready(
        key: MemoKey,
        token: &str,
        entry: &Entry,
        task: Option<TaskId>,
        is_in_bucket: bool,
        now: Timestamp,
    ) -> Self {
        Self {
            key,
            state: State::Ready,
            token: token.to_owned(),
            lease_until_ms: None,
            expires_at: entry.expires_at,
            used_at: now,
            size_bytes: entry.value.len() as u64,
            is_in_bucket,
            value: (!is_in_bucket).then(|| entry.value.clone()),
            task,
        }
    }

    /// Whether there is a value that may be served.
    pub fn is_served(&self, now: Timestamp) -> bool {
        // DynamoDB deletes what has expired up to two days late.
        self.state == State::Ready && self.expires_at.as_second() > now.as_second()
    }

    /// The value, where it lies in the table.
    pub fn into_value(self) -> Option<Bytes> {
        self.value
    }

    pub fn lease_until(&self) -> Timestamp {
        self.lease_until_ms.and_then(|until| Timestamp::from_millisecond(until).ok()).unwrap_or_default()
    }

    pub fn facts(&self) -> EntryFacts {
        let Self { key, size_bytes, used_at, expires_at, .. } = *self;
        EntryFacts { key, size_bytes, used_at, expires_at }
    }

    pub fn into_item(self) -> Result<Item, MemoError> {
        let text = |text: String| AttributeValue::S(text);
        let integer = |integer: i64| AttributeValue::N(integer.to_string());
        let mut item = item_key(self.key);
        let mut set = |name: &str, value| item.insert(name.to_owned(), value);
        set("state", text(self.state.as_str().to_owned()));
        set("token", text(self.token));
        set("expires_at", integer(self.expires_at.as_second()));
        if let Some(until) = self.lease_until_ms {
            set("lease_until", integer(until));
        }
        if self.state == State::Ready {
            set("used_at", integer(self.used_at.as_second()));
            set("size_bytes", integer(i64::try_from(self.size_bytes).map_err(corrupt)?));
            set("in_bucket", AttributeValue::Bool(self.is_in_bucket));
            set("gsi3pk", text(kind_partition(self.key.kind)));
            set("gsi3sk", text(used_sort_key(self.key, self.used_at)));
        }
        if let Some(value) = self.value {
            set("value", AttributeValue::B(Blob::new(Vec::from(value))));
        }
        if let Some(task) = self.task {
            set("gsi2pk", text(task_partition(task)));
            set("gsi2sk", text(self.key.to_string()));
        }
        Ok(item)
    }

    pub fn from_item(mut item: Item) -> Result<Self, MemoError> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str);
        let missing = |name: &str| corrupt(format!("a remembered result has no readable {name}"));
        let moment = |name: &str| number(&item, name).and_then(|second| Timestamp::from_second(second).ok());
        let key = text("pk").and_then(|pk| pk.strip_prefix("MEMO#")).ok_or_else(|| missing("key"))?;
        let state = match text("state") {
            Some("pending") => State::Pending,
            Some("ready") => State::Ready,
            _ => return Err(missing("state")),
        };
        let mut record = Self {
            key: key.replacen('#', "/", 1).parse().map_err(corrupt)?,
            state,
            token: text("token").ok_or_else(|| missing("token"))?.to_owned(),
            lease_until_ms: number(&item, "lease_until"),
            expires_at: moment("expires_at").ok_or_else(|| missing("expires_at"))?,
            used_at: moment("used_at").unwrap_or_default(),
            size_bytes: number(&item, "size_bytes").and_then(|size| size.try_into().ok()).unwrap_or_default(),
            is_in_bucket: item.get("in_bucket").and_then(|value| value.as_bool().ok()).copied().unwrap_or_default(),
            value: None,
            task: text("gsi2pk").and_then(|task| task.strip_prefix("MADE#")?.parse().ok()),
        };
        if let Some(AttributeValue::B(value)) = item.remove("value") {
            record.value = Some(Bytes::from(value.into_inner()));
        }
        Ok(record)
    }
}

/// Of the index by which results are found in the order of their use.
pub fn kind_partition(kind: MemoKind) -> String {
    format!("MEMO#{}", kind.as_str())
}

/// Sorts by the moment of the last use, to the second.
pub fn used_sort_key(key: MemoKey, used_at: Timestamp) -> String {
    format!("{:012}#{}", used_at.as_second(), key.hash_hex())
}

/// Of the index by which the results are found that were made for a task.
pub fn task_partition(task: TaskId) -> String {
    format!("MADE#{task}")
}

pub fn item_key(key: MemoKey) -> Item {
    primary_key(format!("MEMO#{}#{}", key.kind.as_str(), key.hash_hex()), SORT_KEY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_from_its_item_as_it_was() {
        let key = MemoKey::of_fields(MemoKind::Script, ["a"]);
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let entry = Entry { value: Bytes::from_static(b"value"), expires_at: now + SignedDuration::from_hours(1) };
        let (pending, task) = (MemoRecord::pending(key, "mine", 1_790_000_030_000, now), TaskId::generate());
        let small = MemoRecord::ready(key, "mine", &entry, Some(task), false, now);
        let large = MemoRecord::ready(key, "", &entry, None, true, now);
        for record in [small.clone(), large] {
            assert_eq!(MemoRecord::from_item(record.clone().into_item().unwrap()).unwrap(), record);
        }
        let read = MemoRecord::from_item(pending.clone().into_item().unwrap()).unwrap();
        assert_eq!(
            (read.state, read.token.as_str(), read.lease_until_ms),
            (State::Pending, "mine", pending.lease_until_ms)
        );
        assert!(!read.is_served(now) && small.is_served(now) && !small.is_served(entry.expires_at));
        let item = small.into_item().unwrap();
        assert_eq!(item["pk"].as_s().unwrap(), &format!("MEMO#script#{}", key.hash_hex()));
        assert_eq!(item["gsi3pk"].as_s().unwrap(), "MEMO#script");
        assert_eq!(item["gsi3sk"].as_s().unwrap(), &format!("001790000000#{}", key.hash_hex()));
        assert_eq!(item["gsi2pk"].as_s().unwrap(), &format!("MADE#{task}"));
    }

    #[test]
    fn what_is_no_result_is_named() {
        let mut item =
            MemoRecord::pending(MemoKey::of_fields(MemoKind::Voice, []), "t", 1, Timestamp::now()).into_item().unwrap();
        item.insert("state".to_owned(), AttributeValue::S("asleep".to_owned()));
        assert!(MemoRecord::from_item(item).unwrap_err().0.to_string().contains("state"));
        assert!(MemoRecord::from_item(Item::new()).is_err());
    }
}
