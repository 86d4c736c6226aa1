//! The task that reads the log, and those that append to it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use super::entry::Revocation;
use super::log::DynRevocationLog;
use super::state::{Next, State};
use crate::{RevocationError, telemetry};

/// How long the log may take to acknowledge what is appended.
const APPEND_LIMIT: Duration = Duration::from_secs(3);
/// How many entries are appended at a time.
const CHUNK: usize = 500;

/// Starts to read the log, unless it is being read. Without a runtime it waits for the next call.
pub(super) fn ensure(state: &Arc<State>) {
    let Some(shared) = &state.shared else { return };
    let now = state.now();
    if shared.is_running(now) {
        return;
    }
    let Ok(runtime) = Handle::try_current() else { return };
    let Some(number) = shared.begin(now) else { return };
    let log = Arc::clone(&shared.log);
    let reader = Reader { state: Arc::downgrade(state), log, number };
    let task = runtime.spawn(reader.run());
    shared.keep(number, task.abort_handle());
}

/// Appends to the log on a task of its own, so that a dropped request does not lose a sign-out.
pub(super) async fn append(
    state: &Arc<State>,
    entries: Vec<Revocation>,
) -> Result<(), RevocationError> {
    let Some(shared) = &state.shared else { return Ok(()) };
    let runtime = Handle::try_current().map_err(|_| RevocationError::NoRuntime)?;
    let log = Arc::clone(&shared.log);
    let task = runtime.spawn({
        let state = Arc::clone(state);
        async move {
            let appended = append_all(&*log, &entries).await;
            telemetry::revocations_appended(appended.is_ok());
            if let (Err(error), Some(shared)) = (&appended, &state.shared) {
                tracing::warn!(%error, "a revocation was not appended to the log");
                shared.not_appended(error.clone(), state.now());
            }
            appended
        }
    });
    let outcome = task.await.unwrap_or(Err(RevocationError::Interrupted));
    if let Err(error @ RevocationError::Interrupted) = &outcome {
        shared.not_appended(error.clone(), state.now());
    }
    outcome
}

async fn append_all(
    log: &dyn DynRevocationLog,
    entries: &[Revocation],
) -> Result<(), RevocationError> {
    for chunk in entries.chunks(CHUNK) {
        let appending = timeout(APPEND_LIMIT, log.append_boxed(chunk.to_vec()));
        appending.await.unwrap_or(Err(RevocationError::Timeout(APPEND_LIMIT)))?;
    }
    Ok(())
}

/// Reads the log as long as the list is there. Between calls it holds nothing of the list.
struct Reader {
    state: Weak<State>,
    log: Arc<dyn DynRevocationLog>,
    number: u64,
}

impl Reader {
    async fn run(self) {
        while let Some(next) = self.step().await {
            if let Some(reading) = next.heal {
                let healer = Healer { state: self.state.clone(), log: Arc::clone(&self.log) };
                drop(tokio::spawn(healer.run(reading)));
            }
            if next.pause.is_zero() {
                // A log that always has an answer would keep its thread from everything else.
                tokio::task::yield_now().await;
            } else {
                sleep(next.pause).await;
            }
        }
    }

    /// Calls the log once; `None` when there is nothing to read for any more.
    async fn step(&self) -> Option<Next> {
        let call = {
            let state = self.state.upgrade()?;
            state.shared.as_ref()?.call(self.number, state.now())?
        };
        let reading = timeout(call.limit, self.log.read_boxed(call.cursor.clone(), call.wait));
        let outcome = reading.await.unwrap_or(Err(RevocationError::Timeout(call.limit)));
        let state = self.state.upgrade()?;
        let shared = state.shared.as_ref()?;
        Some(match outcome {
            Ok(batch) => state.take(shared, self.number, &call, batch),
            Err(error) => shared.failed(self.number, error, state.now()),
        })
    }
}

impl Drop for Reader {
    /// Also when its runtime ends, or the log panics: the next use starts another.
    fn drop(&mut self) {
        if let Some(shared) = self.state.upgrade().as_ref().and_then(|state| state.shared.as_ref())
        {
            shared.end(self.number);
        }
    }
}

/// Appends what the list has and the log lacks, one shard after the other: what another process
/// has appended meanwhile was read meanwhile.
struct Healer {
    state: Weak<State>,
    log: Arc<dyn DynRevocationLog>,
}

impl Healer {
    async fn run(self, reading: u8) {
        let mut appended: usize = 0;
        for shard in 0.. {
            let unseen = {
                let Some(state) = self.state.upgrade() else { return };
                state.list.unseen(shard, reading, state.times(state.now()))
            };
            let Some(unseen) = unseen else { break };
            if let Err(error) = append_all(&*self.log, &unseen).await {
                if let Some(state) = self.state.upgrade()
                    && let Some(shared) = &state.shared
                {
                    shared.not_appended(error, state.now());
                }
                return;
            }
            appended = appended.saturating_add(unseen.len());
        }
        if appended > 0 {
            tracing::info!(appended, "appended the entries that the revocation log lacked");
        }
    }
}

impl Drop for Healer {
    fn drop(&mut self) {
        if let Some(shared) = self.state.upgrade().as_ref().and_then(|state| state.shared.as_ref())
        {
            shared.healed();
        }
    }
}
