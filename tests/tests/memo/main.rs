//! The memo over the real table and bucket: levels, rights, forgetting, sweeping.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod sharing;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use rushes_aws::DynamoMemo;
use rushes_core::keys::ObjectKey;
use rushes_core::memo::{
    Budget, Counts, Desk, Fresh, Json, Level, LeveledMemo, Limits, Memorable, Recalled, Scope, Sweeper, Whole,
    made_for, once, once_each,
};
use rushes_core::ports::{Begin, Bucket, Entry, Memo, MemoCatalog, MemoClaim, MemoKey, MemoKind, MemoStore, Source};
use rushes_core::seal::{open, seal};
use rushes_core::task::TaskId;
use rushes_tests::LocalAws;

const SECOND: Duration = Duration::from_secs(1);
/// Larger than what lies in the table.
const LARGE: usize = 100_000;

async fn results(aws: &LocalAws) -> Arc<DynamoMemo> {
    Arc::new(DynamoMemo::new(aws.table().await.unwrap(), aws.bucket().await.unwrap()))
}

/// What another process would have: nothing in common but what lies in AWS.
async fn process(aws: &LocalAws, lease: Duration) -> LeveledMemo {
    LeveledMemo::new(results(aws).await, Limits { lease, ..Limits::default() })
}

fn key(name: &str) -> MemoKey {
    MemoKey::of_fields(MemoKind::Script, [name])
}

fn entry(size: usize, lasting_s: i64) -> Entry {
    Entry { value: Bytes::from(vec![7; size]), expires_at: Timestamp::now() + SignedDuration::from_secs(lasting_s) }
}

fn fresh(value: &str) -> Fresh<Json<String>> {
    Json(value.to_owned()).lasting(60 * SECOND)
}

async fn computed(memo: &dyn Memo, key: MemoKey, value: &str) -> Recalled<Json<String>> {
    once(memo, key, async { Ok::<_, ()>(fresh(value)) }).await.unwrap()
}

/// A value that is too large for the table.
#[derive(Debug, PartialEq)]
struct Large(Vec<u8>);

impl Memorable for Large {
    fn close(&self) -> Result<Bytes, Source> {
        Ok(seal(&[&self.0]))
    }

    fn open(sealed: &[u8]) -> Option<Self> {
        open(sealed).map(|content| Self(content.to_vec()))
    }
}

#[tokio::test]
async fn small_results_lie_in_the_table_and_large_ones_in_the_bucket() {
    let aws = LocalAws::start().await.unwrap();
    let (results, bucket) = (results(&aws).await, aws.bucket().await.unwrap());
    for (name, size, level) in
        [("small", 10, Level::Table), ("edge", 65_536, Level::Table), ("large", LARGE, Level::Bucket)]
    {
        assert_eq!(results.get(key(name)).await.unwrap(), None);
        let entry = entry(size, 60);
        results.put(key(name), &entry, None).await.unwrap();
        let found = results.get(key(name)).await.unwrap().unwrap();
        assert_eq!((found.entry.value, found.level), (entry.value, level), "{name}");
        let in_bucket = bucket.get(ObjectKey::Memo(key(name))).await.unwrap();
        assert_eq!(in_bucket.is_some(), level == Level::Bucket, "{name}");
        assert!(results.forget(key(name)).await.unwrap() && !results.forget(key(name)).await.unwrap());
        assert_eq!(bucket.get(ObjectKey::Memo(key(name))).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn what_has_expired_is_not_served_though_the_table_still_has_it() {
    let aws = LocalAws::start().await.unwrap();
    let results = results(&aws).await;
    results.put(key("old"), &entry(10, 0), None).await.unwrap();
    assert!(results.facts(key("old")).await.unwrap().is_some());
    assert_eq!(results.get(key("old")).await.unwrap(), None);
    let desk = Desk { store: results.clone(), catalog: results.clone(), budget: Budget::default() };
    assert_eq!(desk.look(key("old")).await.unwrap(), None);
    assert_eq!(results.claim(key("old"), "mine", SECOND).await.unwrap(), MemoClaim::Yours);
    // Near, too.
    let memo = process(&aws, SECOND).await;
    let brief = Json("brief".to_owned()).lasting(SECOND);
    once(&memo, key("brief"), async { Ok::<_, ()>(brief) }).await.unwrap();
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(memo.get(key("brief")).await.unwrap(), None);
}

#[tokio::test]
async fn a_hundred_who_ask_at_once_in_two_processes_make_one_call() {
    let aws = LocalAws::start().await.unwrap();
    let processes = [process(&aws, 30 * SECOND).await, process(&aws, 30 * SECOND).await];
    let calls = AtomicUsize::new(0);
    let ask = |memo| {
        let calls = &calls;
        async move {
            let call = async {
                calls.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(SECOND / 2).await;
                Ok::<_, ()>(fresh("answer"))
            };
            once::<Json<String>, _, _>(memo, key("asked"), call).await.unwrap()
        }
    };
    let answers = join_all((0..100).map(|number| ask(&processes[number % 2]))).await;
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert!(answers.iter().all(|answer| answer.value.0 == "answer"));
    assert_eq!(answers.iter().filter(|answer| !answer.is_remembered).count(), 1);
    // Where they found it is counted, over both.
    for process in &processes {
        process.hand_in_counts().await;
        process.hand_in_counts().await;
    }
    let kinds = results(&aws).await.kinds().await.unwrap();
    assert_eq!(kinds.keys().collect::<Vec<_>>(), [&MemoKind::Script]);
    let Counts { memory_hits, table_hits, misses, stored, .. } = kinds[&MemoKind::Script].counts;
    assert_eq!((misses, stored, memory_hits + table_hits), (1, 1, 99));
    assert!(table_hits >= 1 && memory_hits >= 90, "{memory_hits} near, {table_hits} far");
}

#[tokio::test]
async fn whoever_dies_is_followed_by_another_and_comes_too_late() {
    let aws = LocalAws::start().await.unwrap();
    let (dead, alive) = (process(&aws, 3 * SECOND).await, process(&aws, 3 * SECOND).await);
    let Begin::Yours(ticket) = dead.begin(key("taken")).await.unwrap() else { panic!("nobody else asked") };
    assert!(matches!(alive.begin(key("taken")).await.unwrap(), Begin::Held(_)));
    // The first keeps its right for a while, then is heard of no more.
    tokio::time::sleep(2 * SECOND).await;
    dead.keep(&ticket).await.unwrap();
    tokio::time::sleep(2 * SECOND).await;
    assert!(matches!(alive.begin(key("taken")).await.unwrap(), Begin::Held(_)));
    assert_eq!(
        computed(&alive, key("taken"), "second").await,
        Recalled { value: Json("second".to_owned()), is_remembered: false }
    );
    // It wakes up. What it says is not stored.
    dead.keep(&ticket).await.unwrap();
    dead.finish(ticket, seal(&[b"\"first\""]), 60 * SECOND).await.unwrap();
    assert_eq!(computed(&dead, key("taken"), "third").await.value.0, "second");
}

#[tokio::test]
async fn many_results_are_computed_once_though_two_ask_for_them_in_another_order() {
    let aws = LocalAws::start().await.unwrap();
    let processes = [process(&aws, 30 * SECOND).await, process(&aws, 30 * SECOND).await];
    let keys: Vec<MemoKey> = (0..40).map(|number| key(&number.to_string())).collect();
    let backwards: Vec<MemoKey> = keys.iter().copied().rev().collect();
    let computed = Mutex::new(Vec::new());
    let ask = async |memo: &LeveledMemo, keys: &[MemoKey]| {
        let compute = |places: Vec<usize>| {
            let names: Vec<String> = places.iter().map(|place| keys[*place].to_string()).collect();
            computed.lock().unwrap().extend(names.clone());
            async move {
                tokio::time::sleep(SECOND / 20).await;
                Ok::<_, ()>(names.into_iter().map(Json).collect())
            }
        };
        let storage = Whole::<Json<String>>::default();
        once_each(memo, keys, &storage, NonZeroUsize::new(3).unwrap(), compute).await.unwrap()
    };
    let (forwards, back) = tokio::join!(ask(&processes[0], &keys), ask(&processes[1], &backwards));
    let names = |keys: &[MemoKey]| keys.iter().map(|key| Some(Json(key.to_string()))).collect::<Vec<_>>();
    assert_eq!((forwards, back), (names(&keys), names(&backwards)));
    let computed = computed.into_inner().unwrap();
    assert_eq!((computed.len(), computed.iter().collect::<HashSet<_>>().len()), (40, 40));
}

#[tokio::test]
async fn what_a_group_made_is_remembered_though_the_next_fails_and_its_rights_go_back() {
    let aws = LocalAws::start().await.unwrap();
    let (one, other) = (process(&aws, 60 * SECOND).await, process(&aws, 60 * SECOND).await);
    let keys = [key("a"), key("b"), key("c"), key("d")];
    let storage = Whole::<Json<String>>::default();
    let pairs = NonZeroUsize::new(2).unwrap();
    let fail = |places: Vec<usize>| async move {
        if places.contains(&2) { Err("no") } else { Ok(vec![Json("first".to_owned()); places.len()]) }
    };
    assert_eq!(once_each(&one, &keys, &storage, pairs, fail).await, Err("no"));
    let work = |places: Vec<usize>| async move { Ok::<_, ()>(vec![Json("second".to_owned()); places.len()]) };
    let results = tokio::time::timeout(10 * SECOND, once_each(&other, &keys, &storage, pairs, work)).await;
    let texts: Vec<String> =
        results.expect("rights were given back").unwrap().into_iter().map(|it| it.unwrap().0).collect();
    assert_eq!(texts, ["first", "first", "second", "second"]);
}

#[tokio::test]
async fn failures_are_not_remembered_and_a_dropped_right_goes_back() {
    let aws = LocalAws::start().await.unwrap();
    let (one, other) = (process(&aws, 60 * SECOND).await, process(&aws, 60 * SECOND).await);
    let failed = once::<Json<String>, _, _>(&one, key("failed"), async { Err("no") }).await;
    assert_eq!(failed, Err("no"));
    assert_eq!(computed(&other, key("failed"), "yes").await.value.0, "yes");
    // A caller that is cancelled in the middle.
    let never = once::<Json<String>, (), _>(&one, key("dropped"), std::future::pending());
    assert!(tokio::time::timeout(SECOND / 2, never).await.is_err());
    let value = tokio::time::timeout(10 * SECOND, computed(&other, key("dropped"), "yes")).await;
    assert_eq!(value.expect("the right was given back").value.0, "yes");
}

#[tokio::test]
async fn what_is_damaged_or_lost_is_made_again() {
    let aws = LocalAws::start().await.unwrap();
    let bucket = aws.bucket().await.unwrap();
    let make = |content: u8| async move {
        Ok::<_, ()>(Fresh { value: Large(vec![content; LARGE]), time_to_live: 60 * SECOND })
    };
    once(&process(&aws, SECOND).await, key("large"), make(1)).await.unwrap();
    let blob = ObjectKey::Memo(key("large"));
    bucket.put(blob, Bytes::from_static(b"damaged")).await.unwrap();
    let again = once(&process(&aws, SECOND).await, key("large"), make(2)).await.unwrap();
    assert_eq!((again.value.0[0], again.is_remembered), (2, false));
    // Gone by a rule of the bucket, while the table still names it.
    bucket.delete(blob).await.unwrap();
    let again = once(&process(&aws, SECOND).await, key("large"), make(3)).await.unwrap();
    assert_eq!((again.value.0[0], again.is_remembered), (3, false));
    let found = once(&process(&aws, SECOND).await, key("large"), make(4)).await.unwrap();
    assert_eq!((found.value.0[0], found.is_remembered), (3, true));
}

#[tokio::test]
async fn one_result_a_kind_or_what_was_made_for_a_task_is_forgotten() {
    let aws = LocalAws::start().await.unwrap();
    let results = results(&aws).await;
    let desk = Desk { store: results.clone(), catalog: results.clone(), budget: Budget::default() };
    let memo = process(&aws, SECOND).await;
    let (first, second) = (TaskId::generate(), TaskId::generate());
    let keys = |kind| (0..30).map(move |number| MemoKey::of_fields(kind, ["many"]).part(number));
    for key in keys(MemoKind::Voice) {
        let task = if key.hash[0] % 2 == 0 { first } else { second };
        made_for(task, memo.put(key, Bytes::from_static(b"voice"))).await.unwrap();
    }
    for key in keys(MemoKind::Segment) {
        memo.put(key, Bytes::from(vec![0; LARGE])).await.unwrap();
    }
    let of_first: HashSet<MemoKey> = keys(MemoKind::Voice).filter(|key| key.hash[0] % 2 == 0).collect();
    assert_eq!(results.made_for(first).await.unwrap().into_iter().collect::<HashSet<_>>(), of_first);
    assert_eq!(desk.forget_all(Scope::Task(first)).await.unwrap().forgotten, of_first.len() as u64);
    assert_eq!(results.made_for(first).await.unwrap(), []);
    assert_eq!(results.made_for(second).await.unwrap().len(), 30 - of_first.len());

    let one = keys(MemoKind::Segment).next().unwrap();
    assert!(desk.look(one).await.unwrap().is_some_and(|facts| facts.size_bytes == LARGE as u64));
    assert!(desk.forget(one).await.unwrap() && !desk.forget(one).await.unwrap());
    let forgotten = desk.forget_all(Scope::Kind(MemoKind::Segment)).await.unwrap();
    assert_eq!((forgotten.forgotten, forgotten.has_more), (29, false));
    assert_eq!(results.list(MemoKind::Segment, None).await.unwrap().entries, []);
    assert_eq!(results.list(MemoKind::Voice, None).await.unwrap().entries.len(), 30 - of_first.len());
}

#[tokio::test]
async fn a_sweep_removes_what_has_expired_then_what_was_not_used_for_the_longest_time() {
    let aws = LocalAws::start().await.unwrap();
    let (results, bucket) = (results(&aws).await, aws.bucket().await.unwrap());
    results.put(key("expired"), &entry(LARGE, 0), None).await.unwrap();
    // Uses are told apart by seconds.
    for name in ["oldest", "older", "newer"] {
        results.put(key(name), &entry(LARGE, 600), None).await.unwrap();
        tokio::time::sleep(SECOND + SECOND / 10).await;
    }
    results.put(MemoKey::of_fields(MemoKind::Footage, ["newest"]), &entry(10, 600), None).await.unwrap();
    let sweeper = |limit_bytes| Sweeper {
        store: results.clone(),
        catalog: results.clone(),
        budget: Budget { limit_bytes, kept_percent: 50 },
    };
    let roomy = sweeper(1_000_000).sweep().await.unwrap();
    assert_eq!((roomy.expired, roomy.evicted, roomy.entries, roomy.size_bytes), (1, 0, 4, 3 * LARGE as u64 + 10));
    assert_eq!(bucket.get(ObjectKey::Memo(key("expired"))).await.unwrap(), None);
    // More than 250,000: down to 125,000, which is one of them and the small one.
    let tight = sweeper(250_000).sweep().await.unwrap();
    assert_eq!((tight.expired, tight.evicted, tight.failed, tight.entries), (0, 2, 0, 2));
    for (name, stays) in [("oldest", false), ("older", false), ("newer", true)] {
        assert_eq!(results.get(key(name)).await.unwrap().is_some(), stays, "{name}");
        assert_eq!(bucket.get(ObjectKey::Memo(key(name))).await.unwrap().is_some(), stays, "{name}");
    }
    let desk = Desk { store: results.clone(), catalog: results.clone(), budget: Budget::default() };
    let view = desk.measure().await.unwrap();
    let stock: Vec<_> = view.kinds.iter().map(|kind| (kind.kind, kind.entries, kind.size_bytes)).collect();
    assert!(stock.contains(&("script", Some(1), Some(LARGE as u64))), "{stock:?}");
    assert!(stock.contains(&("footage", Some(1), Some(10))), "{stock:?}");
    assert!(stock.contains(&("voice", Some(0), Some(0))), "{stock:?}");
}
