//! A clock that jumps by hours, back and forth, between requests and inside of them: nothing is lost or doubled, versions
//! grow, and cursors and keys keep their promise.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use enaction::{
    Clock, Time,
    stores::{SqliteSettings, SqliteStore},
    testkit::Answer,
};

use crate::{
    repeats::{is_replayed, same},
    shop::{Shop, service},
};

/// 2026-11-22T12:00:00Z.
const NOON_MS: i64 = 1_795_348_800_000;
/// How many are made.
const MADE: usize = 100;
const HOUR_MS: u64 = 3_600_000;

/// Jumps once in a few looks at it, by up to 30 hours from noon: two times are less than the 72 hours apart for which the
/// answer under a key is kept.
#[derive(Debug, Default)]
struct Jumping {
    looks: AtomicU64,
    offset_ms: AtomicU64,
}

impl Clock for Jumping {
    fn now(&self) -> Time {
        // splitmix64 of the number of the look.
        let mut drawn = self.looks.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        drawn = (drawn ^ drawn >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        drawn ^= drawn >> 31;
        if drawn.is_multiple_of(8) {
            self.offset_ms.store((drawn >> 3) % (60 * HOUR_MS), Ordering::SeqCst);
        }
        let offset = self.offset_ms.load(Ordering::SeqCst).cast_signed();
        Time::from_millis(NOON_MS - 30 * HOUR_MS.cast_signed() + offset)
    }
}

/// Asks until the clock did not jump between the making of the tokens and their check.
fn ask(shop: &Shop, method: &str, path: &str, body: &str, fields: &[(&str, &str)]) -> Answer {
    loop {
        let answer = shop.ask(method, path, body, fields);
        if answer.status != 401 {
            assert!(answer.status < 500, "{method} {path}: {} {}", answer.status, answer.json());
            return answer;
        }
    }
}

/// Ends what runs in the background, also when an expectation is broken.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn version(answer: &Answer) -> u64 {
    let tag = answer.header("etag").expect("a tag").trim_matches('"').to_owned();
    tag.split('-').next().and_then(|version| version.parse().ok()).expect("a version")
}

#[test]
fn when_the_clock_jumps_nothing_is_lost_or_doubled_and_keys_and_cursors_hold() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(&directory.path().join("store.db"), SqliteSettings::default()).expect("a store");
    let service = service().store(Arc::new(store)).clock(Arc::new(Jumping::default()) as _).start();
    let (shop, ends) = (Shop::of(service), AtomicBool::new(false));
    std::thread::scope(|scope| {
        // What is purged and built in the background looks at the same clock.
        scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
            while !ends.load(Ordering::SeqCst) {
                runtime.block_on(shop.service.application().maintain()).expect("it is maintained");
            }
        });
        let _ends = Ends(&ends);
        let (mut made, mut last) = (BTreeSet::new(), 0);
        for number in 0..MADE {
            let key = format!("key-{number}");
            let create = || ask(&shop, "POST", "/plains", "{}", &[("idempotency-key", &key)]);
            let first = create();
            assert_eq!((first.status, is_replayed(&first)), (201, false), "{number}: {}", first.json());
            assert!(version(&first) > last, "{number}");
            let again = create();
            assert_eq!((same(&again), is_replayed(&again)), (same(&first), true), "{number}");
            let path = first.header("location").expect("a location").to_owned();
            let id = first.json()["id"].as_str().expect("an id").to_owned();
            let changed = ask(&shop, "PATCH", &path, &format!(r#"{{"code":"c{number}"}}"#), &[]);
            assert_eq!(changed.status, 200, "{number}: {}", changed.json());
            assert!(version(&changed) > version(&first), "{number}");
            last = version(&changed);
            assert!(made.insert(id), "{number}: an id comes twice");
        }
        let (mut next, mut seen) = (Some("/plains?limit=7".to_owned()), Vec::new());
        while let Some(page) = next {
            let answer = ask(&shop, "GET", &page, "", &[]).json();
            let items = answer["items"].as_array().unwrap_or_else(|| panic!("a page: {answer}"));
            seen.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
            next = answer["next"].as_str().map(str::to_owned);
        }
        assert_eq!(seen.len(), MADE);
        assert_eq!(BTreeSet::from_iter(seen), made, "each is on one page");
    });
}
