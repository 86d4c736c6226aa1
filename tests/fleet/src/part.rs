//! A part of the fleet, and its day.

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::yield_now;
use tokio::time::advance;

use super::day::DAY;
use super::dice::Dice;
use super::endpoint::Endpoint;
use super::instance::Instance;
use super::keys::Keys;
use super::{Failure, Scenario};

/// Instances share nothing, so each part of the fleet lives its day alone, small enough for a
/// processor's cache.
pub(crate) const PART: usize = 100;

/// A part of a fleet, and its day.
pub(crate) struct Part {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) instances: Vec<Instance>,
    /// In which second an instance gets a token.
    due: BTreeSet<(usize, usize)>,
}

impl Part {
    pub(crate) fn new(scenario: Scenario, keys: Arc<Keys>, number: usize) -> Result<Self, Failure> {
        let requests = (0..DAY).map(|_| AtomicU32::new(0)).collect();
        let endpoint = Arc::new(Endpoint { keys, second: AtomicUsize::new(0), requests });
        let mut seeds = fastrand::Rng::with_seed(u64::try_from(number)?);
        let (mut instances, mut due) = (Vec::new(), BTreeSet::new());
        for index in 0..PART {
            let dice = Dice { seeds: seeds.fork(), jitter: scenario.jitter, failures: 0 };
            instances.push(Instance::new(&endpoint, dice)?);
            due.insert((seeds.usize(0..scenario.started_over), index));
        }
        Ok(Self { endpoint, instances, due })
    }

    /// Goes through the seconds in which an instance gets a token.
    pub(crate) async fn run(&mut self) -> Result<(), Failure> {
        let mut now = 0;
        while let Some((second, _)) = self.due.first().copied().filter(|(second, _)| *second < DAY)
        {
            advance(Duration::from_secs(u64::try_from(second - now)?)).await;
            now = second;
            self.endpoint.second.store(second, Ordering::Relaxed);
            let later = self.due.split_off(&(second + 1, 0));
            let due = mem::replace(&mut self.due, later);
            for (_, index) in &due {
                self.instances[*index].serve(&self.endpoint.keys, second).await;
            }
            // Fetches that were started behind tokens end in the second in which they began.
            yield_now().await;
            for (_, index) in due {
                let next = self.instances[index].look(&self.endpoint.keys, second);
                self.due.insert((next, index));
            }
        }
        Ok(())
    }
}

/// The day of one part.
pub(crate) fn live(scenario: Scenario, keys: Arc<Keys>, number: usize) -> Result<Part, Failure> {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(async {
        let mut part = Part::new(scenario, keys, number)?;
        part.run().await?;
        Ok(part)
    })
}
