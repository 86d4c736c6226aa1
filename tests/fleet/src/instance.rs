//! One instance of the fleet: a verifier with a cache of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum_cognito::{CognitoVerifier, FetchJwks, JwksCache, JwksError, JwksRequest, JwksResponse};

use super::day::{DAY, EVENTS, FLOOD, REMOVAL, ROTATION};
use super::dice::Dice;
use super::endpoint::Endpoint;
use super::keys::Keys;
use super::{CLIENT_ID, Failure};

/// A token comes to each instance this often, in seconds.
const TOKEN_EVERY: usize = 2;

/// How one instance reaches the endpoint.
struct Fetcher {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) dice: Mutex<Dice>,
    pub(crate) next: Arc<AtomicUsize>,
}

impl FetchJwks for Fetcher {
    async fn fetch(&self, request: JwksRequest) -> Result<JwksResponse, JwksError> {
        let answer = self.endpoint.answer(request.etag());
        let mut dice = self.dice.lock().map_err(|error| JwksError::Fetch(error.to_string()))?;
        let seconds = dice.roll(answer.is_ok()).ceil() as usize;
        self.next.store(self.endpoint.second() + seconds, Ordering::Relaxed);
        answer
    }
}

pub(crate) struct Instance {
    verifier: CognitoVerifier,
    /// From which second on a token starts a fetch.
    pub(crate) next: Arc<AtomicUsize>,
    /// In which of the `TOKEN_EVERY` seconds its tokens come.
    phase: usize,
    pub(crate) asked_for_new: Option<usize>,
    pub(crate) accepted_new: Option<usize>,
    pub(crate) refused_removed: Option<usize>,
}

impl Instance {
    pub(crate) fn new(endpoint: &Arc<Endpoint>, mut dice: Dice) -> Result<Self, Failure> {
        let phase = dice.seeds.usize(0..TOKEN_EVERY);
        let (next, dice) = (Arc::default(), Mutex::new(dice));
        let fetcher = Fetcher { endpoint: Arc::clone(endpoint), dice, next: Arc::clone(&next) };
        let keys = JwksCache::builder(endpoint.keys.pool.user_pool()).fetcher(fetcher).build()?;
        let verifier = CognitoVerifier::builder().trust(keys, CLIENT_ID).build()?;
        let (asked_for_new, accepted_new, refused_removed) = (None, None, None);
        Ok(Self { verifier, next, phase, asked_for_new, accepted_new, refused_removed })
    }

    /// The tokens of this second. Before the rotation the keys at hand answer, and what comes of
    /// it, a refresh behind, is for the next token.
    pub(crate) async fn serve(&mut self, keys: &Keys, second: usize) {
        let good = if second < ROTATION { &keys.old } else { &keys.new };
        let accepted = self.verifier.verify(good).await.is_ok();
        if second >= ROTATION {
            self.asked_for_new.get_or_insert(second);
        }
        if second >= ROTATION && accepted {
            self.accepted_new.get_or_insert(second);
        }
        if FLOOD.contains(&second) {
            // Nobody has this key; what it costs is counted at the endpoint.
            let _ = self.verifier.verify(&keys.unknown).await;
        }
    }

    /// Looks whether the removed key is refused, and gives the second of the next token that can
    /// change anything.
    pub(crate) fn look(&mut self, keys: &Keys, second: usize) -> usize {
        let refused = || self.verifier.verify_cached(&keys.removed).is_err();
        if second >= REMOVAL && self.refused_removed.is_none() && refused() {
            self.refused_removed = Some(second);
        }
        let waits_for_new = second >= ROTATION && self.accepted_new.is_none();
        let event = EVENTS.into_iter().find(|event| *event > second).unwrap_or(DAY);
        // While each token may cause a fetch, none is left out.
        let wanted = if waits_for_new || FLOOD.contains(&second) {
            second
        } else {
            self.next.load(Ordering::Relaxed).min(event)
        };
        let wanted = wanted.max(second + 1);
        wanted + (self.phase + TOKEN_EVERY - wanted % TOKEN_EVERY) % TOKEN_EVERY
    }
}
