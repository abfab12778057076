//! The index by which tasks and channels are listed: what is written to it, and how a stack from before it comes
//! to have it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, CreateGlobalSecondaryIndexAction,
    DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndex, GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType,
    Projection, ProjectionType, ScalarAttributeType,
};
use jiff::Timestamp;
use rushes_aws::{Clients, DynamoTable};
use rushes_core::channel::{Channel, ChannelConfig, ChannelName, Revision};
use rushes_core::ports::{ChannelStore, ClaimOutcome, Condition, TaskStore};
use rushes_core::task::{Stage, StageTimings, Status, Task, TaskError, TaskId};
use rushes_tests::LocalAws;

const LEASE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
const OLD: &str = "from-before";

fn task() -> Task {
    Task::queued(TaskId::generate(), "A title".to_owned(), Timestamp::now(), DAY)
}

fn key(partition: &str, sort: &str) -> HashMap<String, AttributeValue> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    HashMap::from([("pk".to_owned(), text(partition)), ("sk".to_owned(), text(sort))])
}

async fn item(client: &Client, table: &str, id: TaskId) -> HashMap<String, AttributeValue> {
    let asked = client.get_item().table_name(table).set_key(Some(key(&format!("TASK#{id}"), "META")));
    asked.consistent_read(true).send().await.unwrap().item.unwrap()
}

/// What each index of the table holds of an item; nothing where it has no place in it.
async fn entries(
    client: &Client,
    table: &str,
    item: &HashMap<String, AttributeValue>,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let described = client.describe_table().table_name(table).send().await.unwrap().table.unwrap();
    let mut entries = BTreeMap::new();
    for index in described.global_secondary_indexes() {
        let projection = index.projection().unwrap();
        assert_ne!(projection.projection_type(), Some(&ProjectionType::All), "every write would be one to the index");
        let keys = index.key_schema().iter().map(|element| element.attribute_name().to_owned());
        let keys: BTreeSet<String> = keys.chain(["pk".to_owned(), "sk".to_owned()]).collect();
        if keys.iter().all(|name| item.contains_key(name)) {
            let held = keys.iter().chain(projection.non_key_attributes());
            let held = held.filter_map(|name| Some((name.clone(), format!("{:?}", item.get(name)?))));
            entries.insert(index.index_name().unwrap().to_owned(), held.collect());
        }
    }
    entries
}

#[tokio::test]
async fn a_task_is_written_to_the_index_when_it_changes_its_state_and_at_no_heartbeat() {
    let aws = LocalAws::start().await.unwrap();
    let (client, table) = (Clients::local(&aws.endpoint).await.dynamodb, aws.table().await.unwrap());
    let name = aws.output("RUSHES_TABLE").unwrap();
    let task = task();
    let mut states = Vec::new();
    let mut look = async || {
        let entries = entries(&client, name, &item(&client, name, task.id).await).await;
        if states.last() != Some(&entries) {
            states.push(entries);
        }
    };
    TaskStore::create(&table, &task).await.unwrap();
    look().await;
    let ClaimOutcome::Claimed(claim) = table.claim(task.id, "worker", LEASE).await.unwrap() else { panic!() };
    look().await;
    for percent in 0..20 {
        table.extend(&claim, LEASE).await.unwrap();
        look().await;
        table.advance(&claim, Stage::Rendering, percent * 5, StageTimings::default()).await.unwrap();
        look().await;
    }
    let error = TaskError { code: "no".to_owned(), message: "no".to_owned() };
    table.fail(&claim, &error, StageTimings::default()).await.unwrap();
    look().await;
    assert_eq!(states.len(), 3, "{states:#?}");
    assert!(states.iter().all(|entries| entries.contains_key("by_state")), "{states:#?}");
}

fn attribute(name: &str) -> AttributeDefinition {
    let definition = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
    definition.build().unwrap()
}

fn keys(partition: &str, sort: &str) -> Vec<KeySchemaElement> {
    let element = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    vec![element(partition, KeyType::Hash), element(sort, KeyType::Range)]
}

/// A table as releases had it that knew `by_status` only.
async fn table_from_before(client: &Client) -> DynamoTable {
    let all = Projection::builder().projection_type(ProjectionType::All).build();
    let by_status = GlobalSecondaryIndex::builder()
        .index_name("by_status")
        .set_key_schema(Some(keys("gsi1pk", "gsi1sk")))
        .projection(all);
    let create = client
        .create_table()
        .table_name(OLD)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(["pk", "sk", "gsi1pk", "gsi1sk"].map(attribute).to_vec()))
        .set_key_schema(Some(keys("pk", "sk")))
        .global_secondary_indexes(by_status.build().unwrap());
    create.send().await.unwrap();
    DynamoTable::new(client.clone(), OLD.to_owned())
}

async fn remove(client: &Client, key: HashMap<String, AttributeValue>, attributes: &str) {
    let update = client.update_item().table_name(OLD).set_key(Some(key));
    update.update_expression(format!("REMOVE {attributes}")).send().await.unwrap();
}

async fn change_index(client: &Client, update: GlobalSecondaryIndexUpdate, attributes: &[&str]) {
    let attributes = attributes.iter().map(|name| attribute(name)).collect();
    let change = client.update_table().table_name(OLD).set_attribute_definitions(Some(attributes));
    change.global_secondary_index_updates(update).send().await.unwrap();
}

async fn add_by_state(client: &Client) {
    let projection = Projection::builder()
        .projection_type(ProjectionType::Include)
        .non_key_attributes("expires_at")
        .non_key_attributes("channel_updated_at");
    let add = CreateGlobalSecondaryIndexAction::builder()
        .index_name("by_state")
        .set_key_schema(Some(keys("gsi4pk", "gsi4sk")))
        .projection(projection.build());
    let add = GlobalSecondaryIndexUpdate::builder().create(add.build().unwrap()).build();
    change_index(client, add, &["pk", "sk", "gsi1pk", "gsi1sk", "gsi4pk", "gsi4sk"]).await;
}

async fn drop_by_status(client: &Client) {
    let drop = DeleteGlobalSecondaryIndexAction::builder().index_name("by_status").build().unwrap();
    let drop = GlobalSecondaryIndexUpdate::builder().delete(drop).build();
    change_index(client, drop, &["pk", "sk", "gsi4pk", "gsi4sk"]).await;
}

/// What the lists say of a table with three tasks, of which one is worked on, and a channel.
async fn assert_listed(table: &DynamoTable, tasks: &[Task], when: &str) {
    let mut ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
    ids.sort_by_key(|id| std::cmp::Reverse(*id));
    let listed = |page: rushes_core::ports::TaskPage| page.tasks.iter().map(|task| task.id).collect::<Vec<_>>();
    assert_eq!(listed(TaskStore::list(table, None, None, 10).await.unwrap()), ids, "{when}");
    let processing = TaskStore::list(table, Some(Status::Processing), None, 10).await.unwrap();
    assert_eq!(listed(processing), [tasks[0].id], "{when}");
    assert_eq!(table.count(Status::Queued).await.unwrap(), 2, "{when}");
    assert_eq!(table.count(Status::Processing).await.unwrap(), 1, "{when}");
    assert_eq!(ChannelStore::list(table).await.unwrap().len(), 1, "{when}");
}

#[tokio::test]
async fn a_stack_from_before_the_index_lists_everything_while_it_changes_over_and_after() {
    let aws = LocalAws::start().await.unwrap();
    let client = Clients::local(&aws.endpoint).await.dynamodb;
    let table = table_from_before(&client).await;
    let tasks: Vec<Task> = (0..3).map(|_| task()).collect();
    for task in &tasks {
        TaskStore::create(&table, task).await.unwrap();
    }
    let config = ChannelConfig::unchecked(br#"{"script": "Of a channel."}"#).unwrap();
    let name = "science".parse::<ChannelName>().unwrap();
    let channel = Channel { name, config, revision: Revision("1".to_owned()), updated_at: Timestamp::now() };
    ChannelStore::put(&table, &channel, &Condition::Any).await.unwrap();
    table.claim(tasks[0].id, "worker", LEASE).await.unwrap();
    // As the earlier release left them.
    for task in &tasks {
        remove(&client, key(&format!("TASK#{}", task.id), "META"), "gsi4pk, gsi4sk").await;
    }
    remove(&client, key("CHANNEL#science", "CONFIG"), "gsi4pk, gsi4sk, channel_updated_at").await;
    assert_listed(&table, &tasks, "before").await;

    add_by_state(&client).await;
    assert_listed(&table, &tasks, "with both indexes").await;
    // An earlier release that is still running, or is rolled back to, moves one on and knows nothing of the new index.
    table.claim(tasks[1].id, "worker", LEASE).await.unwrap();
    let back = client.update_item().table_name(OLD).set_key(Some(key(&format!("TASK#{}", tasks[1].id), "META")));
    let queued = AttributeValue::S("queued".to_owned());
    let partition = AttributeValue::S("STATUS#queued".to_owned());
    let back = back.update_expression("SET #status = :queued, gsi1pk = :partition");
    let back = back.expression_attribute_names("#status", "status").expression_attribute_values(":queued", queued);
    back.expression_attribute_values(":partition", partition).send().await.unwrap();
    assert_listed(&table, &tasks, "with an earlier release beside it").await;

    assert_eq!(table.fill_index().await.unwrap(), 4);
    assert_eq!(table.fill_index().await.unwrap(), 0);
    drop_by_status(&client).await;
    assert_listed(&table, &tasks, "after").await;
    assert_eq!(table.fill_index().await.unwrap(), 0);
    let fresh = DynamoTable::new(client.clone(), OLD.to_owned());
    assert_listed(&fresh, &tasks, "for who never saw the old index").await;
}

#[tokio::test]
async fn what_is_written_now_the_release_before_can_read_and_list() {
    let aws = LocalAws::start().await.unwrap();
    let client = Clients::local(&aws.endpoint).await.dynamodb;
    let table = table_from_before(&client).await;
    let task = task();
    TaskStore::create(&table, &task).await.unwrap();
    table.claim(task.id, "worker", LEASE).await.unwrap();
    let item = item(&client, OLD, task.id).await;
    let needed = "pk sk gsi1pk gsi1sk id status stage progress title attempts fence created_at updated_at expires_at";
    for name in needed.split(' ') {
        assert!(item.contains_key(name), "{name}: {item:#?}");
    }
    assert_eq!(item["gsi1pk"].as_s().unwrap(), "STATUS#processing");
}
