//! What every session store must do, and what the one in memory does besides.

use std::time::Duration;

use axum_cognito::{MemorySessions, SessionKey, SessionStore};

const MINUTE: Duration = Duration::from_secs(60);

fn key(byte: u8) -> SessionKey {
    SessionKey::from_bytes([byte; 32])
}

/// The record and its version.
async fn read(store: &impl SessionStore, byte: u8) -> Option<(Vec<u8>, u64)> {
    let stored = store.load(key(byte)).await.expect("a store");
    stored.map(|stored| (stored.record, stored.version))
}

/// A record that was written is read, replaced by its version alone, and deleted.
async fn keeps_records(store: &impl SessionStore) {
    assert_eq!(read(store, 1).await, None);
    assert!(store.create(key(1), b"one".to_vec(), MINUTE).await.expect("a store"));
    let (record, version) = read(store, 1).await.expect("a session");
    assert_eq!(record, b"one");
    assert!(!store.create(key(1), b"two".to_vec(), MINUTE).await.expect("a store"));
    assert_eq!(read(store, 2).await, None);
    let set =
        |version, record: &[u8]| store.compare_and_set(key(1), version, record.to_vec(), MINUTE);
    assert!(!set(version.wrapping_add(1), b"late").await.expect("a store"));
    assert!(set(version, b"two").await.expect("a store"));
    let (record, newer) = read(store, 1).await.expect("a session");
    assert_eq!(record, b"two");
    assert_ne!(newer, version);
    // A slow writer, who read before.
    assert!(!set(version, b"late").await.expect("a store"));
    store.delete(key(1)).await.expect("a store");
    store.delete(key(1)).await.expect("a store");
    assert_eq!(read(store, 1).await, None);
    assert!(!set(newer, b"late").await.expect("a store"));
    assert_eq!(read(store, 1).await, None);
    // Any bytes, of any length that a record has.
    let bytes: Vec<u8> = (0..=255).cycle().take(60_000).collect();
    assert!(store.create(key(1), bytes.clone(), MINUTE).await.expect("a store"));
    let (record, again) = read(store, 1).await.expect("a session");
    assert!(record == bytes);
    // A session of the same key is another one.
    assert!(again != newer && again != version);
    store.delete(key(1)).await.expect("a store");
}

/// One holder at a time has the lease.
async fn leases(store: &impl SessionStore) {
    assert!(store.create(key(3), b"a".to_vec(), MINUTE).await.expect("a store"));
    let lease = |holder| store.lease(key(3), holder, Duration::from_secs(10));
    assert!(lease(1).await.expect("a store"));
    assert!(lease(1).await.expect("a store"));
    assert!(!lease(2).await.expect("a store"));
    // Somebody else's is not given back.
    store.release(key(3), 2).await.expect("a store");
    assert!(!lease(2).await.expect("a store"));
    // A write does not end it.
    let (_, version) = read(store, 3).await.expect("a session");
    assert!(store.compare_and_set(key(3), version, b"b".to_vec(), MINUTE).await.expect("a store"));
    assert!(!lease(2).await.expect("a store"));
    store.release(key(3), 1).await.expect("a store");
    assert!(lease(2).await.expect("a store"));
    assert!(lease(u128::MAX).await.is_ok_and(|taken| !taken));
    store.delete(key(3)).await.expect("a store");
}

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
