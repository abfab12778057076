//! Conditional updates of a task's item, and the two conditions that keep
//! workers apart: who may begin, and who may go on.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rushes_core::ports::Claim;
use rushes_core::task::{Status, TaskId};

use crate::index::{Index, state_partition, status_partition};

/// Update expression, condition, names and values, as DynamoDB wants them.
pub type Parts = (String, String, HashMap<String, String>, HashMap<String, AttributeValue>);

/// An update that is being put together. Every attribute goes by a
/// placeholder, since many of their names are reserved words.
#[derive(Debug, Default)]
pub struct Update {
    sets: Vec<String>,
    removes: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Update {
    pub fn new() -> Self {
        Self::default()
    }

    /// The task's state, in the item and in the indexes.
    pub fn status(self, id: TaskId, status: Status) -> Self {
        self.set("status", status.as_str().to_owned())
            .set(Index::ByStatus.partition_key(), status_partition(status))
            .set(Index::ByState.partition_key(), state_partition(status, id))
            .set(Index::ByState.sort_key(), id.to_string())
    }

    pub fn set(self, name: &str, text: String) -> Self {
        self.set_value(name, AttributeValue::S(text))
    }

    pub fn set_number(self, name: &str, number: i64) -> Self {
        self.set_value(name, AttributeValue::N(number.to_string()))
    }

    pub fn set_value(mut self, name: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(name), self.value(name, value));
        self.sets.push(format!("{name} = {value}"));
        self
    }

    /// Sets what has no value yet.
    pub fn set_once(mut self, name: &str, text: String) -> Self {
        let (name, value) = (self.name(name), self.value(name, AttributeValue::S(text)));
        self.sets.push(format!("{name} = if_not_exists({name}, {value})"));
        self
    }

    pub fn increment(mut self, name: &str) -> Self {
        let (name, one) = (self.name(name), self.value("one", AttributeValue::N("1".to_owned())));
        self.sets.push(format!("{name} = {name} + {one}"));
        self
    }

    pub fn remove(mut self, name: &str) -> Self {
        let name = self.name(name);
        self.removes.push(name);
        self
    }

    /// Anyone may begin what is queued, or what a worker began whose lease has
    /// run out; nobody what has ended or expired.
    pub fn only_if_claimable(mut self, now: Timestamp) -> Self {
        let (status, lease_until, expires_at) =
            (self.name("status"), self.name("lease_until"), self.name("expires_at"));
        let queued = self.value("is_queued", AttributeValue::S(Status::Queued.as_str().to_owned()));
        let processing = self.value("is_processing", AttributeValue::S(Status::Processing.as_str().to_owned()));
        let now_ms = self.value("now_ms", AttributeValue::N(now.as_millisecond().to_string()));
        let now_s = self.value("now_s", AttributeValue::N(now.as_second().to_string()));
        self.conditions.push(format!(
            "{expires_at} > {now_s} AND ({status} = {queued} OR ({status} = {processing} AND {lease_until} <= {now_ms}))"
        ));
        self
    }

    /// Only what stands in one of these states and has not expired.
    pub fn only_if_live_and(mut self, states: &[Status], now: Timestamp) -> Self {
        let (status, expires_at) = (self.name("status"), self.name("expires_at"));
        let now_s = self.value("now_s", AttributeValue::N(now.as_second().to_string()));
        let one_of: Vec<String> = states
            .iter()
            .map(|state| {
                let name = format!("is_{}", state.as_str());
                format!("{status} = {}", self.value(&name, AttributeValue::S(state.as_str().to_owned())))
            })
            .collect();
        self.conditions.push(format!("{expires_at} > {now_s} AND ({})", one_of.join(" OR ")));
        self
    }

    /// Only the worker with the last claim may go on, and only while the task has not ended.
    pub fn only_as(mut self, claim: &Claim) -> Self {
        let (status, fence, owner) = (self.name("status"), self.name("fence"), self.name("owner"));
        let processing = self.value("is_processing", AttributeValue::S(Status::Processing.as_str().to_owned()));
        let my_fence = self.value("my_fence", AttributeValue::N(claim.fence.to_string()));
        let me = self.value("me", AttributeValue::S(claim.owner.clone()));
        self.conditions.push(format!("{status} = {processing} AND {fence} = {my_fence} AND {owner} = {me}"));
        self
    }

    /// Only if a number would not go down.
    pub fn only_if_not_above(mut self, name: &str, number: i64) -> Self {
        let (name, limit) = (self.name(name), self.value("limit", AttributeValue::N(number.to_string())));
        self.conditions.push(format!("{name} <= {limit}"));
        self
    }

    pub fn into_parts(self) -> Parts {
        let mut expression = format!("SET {}", self.sets.join(", "));
        if !self.removes.is_empty() {
            expression.push_str(&format!(" REMOVE {}", self.removes.join(", ")));
        }
        (expression, self.conditions.join(" AND "), self.names, self.values)
    }

    fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#{name}");
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    fn value(&mut self, name: &str, value: AttributeValue) -> String {
        let placeholder = format!(":{name}");
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}

#[cfg(test)]
mod tests {
    use rushes_core::task::TaskId;

    use super::*;

    #[test]
    fn a_write_of_a_worker_names_its_claim_in_the_condition() {
        let claim = Claim { task_id: TaskId::generate(), owner: "a".to_owned(), fence: 3, attempt: 3, hand_backs: 0 };
        let update = Update::new().status(claim.task_id, Status::Queued).remove("owner").only_as(&claim);
        let (expression, condition, names, values) = update.into_parts();
        assert_eq!(
            expression,
            "SET #status = :status, #gsi1pk = :gsi1pk, #gsi4pk = :gsi4pk, #gsi4sk = :gsi4sk REMOVE #owner"
        );
        assert_eq!(condition, "#status = :is_processing AND #fence = :my_fence AND #owner = :me");
        assert_eq!(names["#owner"], "owner");
        assert_eq!(values[":my_fence"], AttributeValue::N("3".to_owned()));
        assert_eq!(values[":is_processing"], AttributeValue::S("processing".to_owned()));
    }
}
