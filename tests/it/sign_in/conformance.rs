//! What every session store must do. Also run with real servers, by `tests/servers`.

use std::time::Duration;

use axum_cognito::{SessionKey, SessionStore};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn key(byte: u8) -> SessionKey {
    SessionKey::from_bytes([byte; 32])
}

/// The record and its version.
pub(crate) async fn read(store: &impl SessionStore, byte: u8) -> Option<(Vec<u8>, u64)> {
    let stored = store.load(key(byte)).await.expect("a store");
    stored.map(|stored| (stored.record, stored.version))
}

/// A record that was written is read, replaced by its version alone, and deleted.
pub(crate) async fn keeps_records(store: &impl SessionStore) {
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
pub(crate) async fn leases(store: &impl SessionStore) {
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
