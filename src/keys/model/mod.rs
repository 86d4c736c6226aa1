//! The schedule of fetches in thousands of random interleavings, with [shuttle].
//!
//! ```sh
//! RUSTFLAGS="--cfg shuttle" cargo test --lib keys::model
//! ```
//!
//! The code is the real one; only its lock, its flag and its tasks are shuttle's. A failure prints
//! the schedule that leads to it, for `shuttle::replay`. Time moves when a test says so, and when
//! somebody sleeps until the spacing of fetches is over.
//!
//! [shuttle]: https://docs.rs/shuttle

mod rig;

use std::sync::Arc;
use std::time::Duration;

use shuttle::future::{spawn, yield_now};
use shuttle::sync::atomic::Ordering;

use self::rig::{Rig, check};
use super::snapshot::NoKey;

#[test]
fn a_cold_start_makes_one_fetch_for_all() {
    check(|| async {
        let rig = Rig::empty(0);
        assert_eq!(rig.ask_together(["0"; 3]).await, [Ok(()); 3]);
        assert_eq!(rig.fetches(), 1);
    });
}

#[test]
fn a_new_key_is_not_refused_while_its_fetch_lands() {
    check(|| async {
        let rig = Rig::rotated();
        assert_eq!(rig.ask_together(["1"; 3]).await, [Ok(()); 3]);
        assert_eq!(rig.fetches(), 1);
    });
}

#[test]
fn a_key_that_nobody_has_is_unknown_to_all_after_two_fetches_at_most() {
    check(|| async {
        let rig = Rig::rotated();
        assert_eq!(rig.ask_together(["nobody's"; 3]).await, [Err(NoKey::Unknown); 3]);
        // Whoever came after the first fetch began shares the second.
        assert!(rig.fetches() <= 2, "{} fetches", rig.fetches());
    });
}

#[test]
fn a_failed_fetch_never_makes_a_key_unknown() {
    check(|| async {
        let rig = Rig::rotated();
        rig.endpoint.out.store(true, Ordering::SeqCst);
        for answer in rig.ask_together(["1"; 3]).await {
            assert!(matches!(answer, Err(NoKey::Unavailable { .. })), "{answer:?}");
        }
        assert_eq!(rig.fetches(), 1);
    });
}

#[test]
fn a_dropped_request_neither_loses_nor_repeats_the_fetch() {
    check(|| async {
        let rig = Rig::empty(0);
        let dropped = spawn(rig.clone().ask("0"));
        let kept = spawn(rig.clone().ask("0"));
        yield_now().await;
        dropped.abort();
        assert_eq!(kept.await.unwrap(), Ok(()));
        assert_eq!(rig.fetches(), 1);
    });
}

#[test]
fn a_refresh_by_the_program_runs_beside_no_other_fetch() {
    check(|| async {
        let rig = Rig::rotated();
        let refreshes = [rig.clone().refresh(), rig.clone().refresh()].map(spawn);
        assert_eq!(rig.ask_together(["1"; 2]).await, [Ok(()); 2]);
        for refresh in refreshes {
            refresh.await.unwrap().unwrap();
        }
    });
}

#[test]
fn a_refresh_is_answered_by_a_fetch_that_began_after_it() {
    check(|| async {
        let rig = Rig::rotated();
        let asked = spawn(rig.clone().ask("1"));
        yield_now().await;
        rig.endpoint.set.store(2, Ordering::SeqCst);
        rig.keys.refresh().await.unwrap();
        assert_eq!(newest_of(&rig, 2), 2);
        asked.await.unwrap().ok();
    });
}

#[test]
fn a_key_that_comes_while_others_wait_for_the_spacing_is_refused_to_nobody() {
    check(|| async {
        let rig = Rig::rotated();
        let early = spawn(rig.clone().ask("2"));
        yield_now().await;
        rig.endpoint.set.store(2, Ordering::SeqCst);
        // These come after the rotation, whatever a fetch before it says.
        assert_eq!(rig.ask_together(["2"; 2]).await, [Ok(()); 2]);
        early.await.unwrap().ok();
    });
}

#[test]
fn a_removed_key_is_refused_once_a_refresh_has_ended() {
    check(|| async {
        let rig = Rig::rotated();
        let asked = spawn(rig.clone().ask("0"));
        rig.keys.refresh().await.unwrap();
        assert_eq!(rig.clone().ask("0").await, Err(NoKey::Unknown));
        asked.await.unwrap().ok();
    });
}

#[test]
fn keys_never_go_back_to_an_older_set() {
    check(|| async {
        let rig = Rig::rotated();
        let first = spawn(rig.clone().refresh());
        let endpoint = Arc::clone(&rig.endpoint);
        let rotating = spawn(async move { endpoint.set.store(2, Ordering::SeqCst) });
        let second = spawn(rig.clone().refresh());
        let mut newest = 0;
        for _ in 0..6 {
            newest = newest_of(&rig, newest);
            yield_now().await;
        }
        first.await.unwrap().unwrap();
        rotating.await.unwrap();
        second.await.unwrap().unwrap();
        rig.keys.refresh().await.unwrap();
        assert_eq!(newest_of(&rig, newest), 2);
    });
}

/// The number of the set in use, once it is seen that it is not older than this one.
fn newest_of(rig: &Rig, seen: usize) -> usize {
    let snapshot = rig.keys.snapshot(rig.keys.clock().now());
    let in_use = ["0", "1", "2"].iter().position(|kid| snapshot.key(kid).is_some()).unwrap();
    assert!(in_use >= seen, "back from set {seen} to {in_use}");
    in_use
}

#[test]
fn a_fetch_that_is_given_up_never_undoes_the_one_in_its_place() {
    check(|| async {
        let rig = Rig::empty(0);
        rig.endpoint.at_a_time.store(2, Ordering::SeqCst);
        let first = spawn(rig.clone().ask("0"));
        while rig.fetches() == 0 {
            yield_now().await;
        }
        rig.clock.advance(Duration::from_secs(7));
        rig.endpoint.set.store(1, Ordering::SeqCst);
        assert_eq!(rig.clone().ask("1").await, Ok(()));
        let _ = first.await.unwrap();
        while rig.endpoint.under_way.load(Ordering::SeqCst) > 0 {
            yield_now().await;
        }
        // Enough turns for a late one to land.
        for _ in 0..8 {
            yield_now().await;
        }
        let snapshot = rig.keys.snapshot(rig.keys.clock().now());
        assert!(snapshot.key("1").is_some() && snapshot.key("0").is_none());
    });
}
