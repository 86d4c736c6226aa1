//! What the store in memory does besides what every one must do.

use std::time::Duration;

use axum_cognito::{MemorySessions, SessionStore as _};

use super::conformance::{MINUTE, keeps_records, key, leases, read};

#[tokio::test]
async fn memory_keeps_records_and_leases() {
    let store = MemorySessions::default();
    keeps_records(&store).await;
    leases(&store).await;
    let debug = format!("{store:?}");
    assert!(debug.contains("sessions: 0"), "{debug}");
}

#[tokio::test(start_paused = true)]
async fn memory_forgets_what_has_ended() {
    let store = MemorySessions::default();
    assert!(store.create(key(1), b"a".to_vec(), MINUTE).await.expect("a store"));
    tokio::time::advance(MINUTE - Duration::from_millis(1)).await;
    let (_, version) = read(&store, 1).await.expect("a session");
    assert!(store.compare_and_set(key(1), version, b"b".to_vec(), MINUTE).await.expect("a store"));
    tokio::time::advance(MINUTE - Duration::from_millis(1)).await;
    assert!(read(&store, 1).await.is_some());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(read(&store, 1).await, None);
    assert!(store.create(key(1), b"c".to_vec(), Duration::MAX).await.expect("a store"));
    tokio::time::advance(Duration::from_secs(86_400 * 365)).await;
    assert!(read(&store, 1).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_lease_ends_by_itself() {
    let store = MemorySessions::default();
    assert!(store.create(key(1), b"a".to_vec(), Duration::MAX).await.expect("a store"));
    assert!(store.lease(key(1), 1, Duration::from_secs(10)).await.expect("a store"));
    tokio::time::advance(Duration::from_secs(10)).await;
    assert!(store.lease(key(1), 2, Duration::from_secs(10)).await.expect("a store"));
    // Whoever had it before does not give back what is another's by now.
    store.release(key(1), 1).await.expect("a store");
    assert!(!store.lease(key(1), 3, Duration::from_secs(10)).await.expect("a store"));
}

#[tokio::test(start_paused = true)]
async fn memory_drops_the_session_that_would_end_first_when_it_is_full() {
    let store = MemorySessions::with_capacity(2.try_into().expect("two"));
    let create = |byte, minutes| store.create(key(byte), vec![byte], MINUTE * minutes);
    assert!(create(1, 3).await.expect("a store"));
    assert!(create(2, 1).await.expect("a store"));
    assert!(create(3, 2).await.expect("a store"));
    assert_eq!(read(&store, 2).await, None);
    assert!(read(&store, 1).await.is_some() && read(&store, 3).await.is_some());
    tokio::time::advance(MINUTE * 2).await;
    assert!(create(4, 1).await.expect("a store"));
    assert!(read(&store, 1).await.is_some() && read(&store, 4).await.is_some());
    assert!(format!("{store:?}").contains("sessions: 2"), "{store:?}");
}
