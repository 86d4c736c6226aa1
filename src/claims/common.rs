use std::fmt;

use serde::Deserialize;

use super::date::NumericDate;
use super::inform;
use super::payload::Payload;
use super::times::Times;
use crate::json::Text;

/// Where a token comes from: the issuer, and the pool that it belongs to.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) issuer: String,
    pub(crate) user_pool_id: String,
}

/// The claims that both kinds of token have.
pub(super) struct Common {
    pub(super) raw: Box<str>,
    pub(super) origin: std::sync::Arc<Origin>,
    pub(super) times: Times,
    pub(super) sub: String,
    pub(super) client_id: String,
    pub(super) username: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) auth_time: Option<NumericDate>,
    pub(super) jti: Option<String>,
    pub(super) origin_jti: Option<String>,
    pub(super) event_id: Option<String>,
    pub(super) acr: Option<String>,
    pub(super) amr: Vec<String>,
    pub(super) actor: Option<String>,
}

/// The claim `act` (RFC 8693 §4.1), as far as it is read.
#[derive(Deserialize)]
struct Actor {
    sub: String,
}

impl Common {
    pub(super) fn new(
        payload: &Payload<'_>,
        times: Times,
        raw: &str,
        origin: std::sync::Arc<Origin>,
        client_id: &str,
        username: Option<&str>,
    ) -> Self {
        let owned = |text: &Option<Text<'_>>| text.as_deref().map(str::to_owned);
        let groups = payload.groups.iter().flatten();
        Self {
            raw: raw.into(),
            origin,
            times,
            sub: owned(&payload.sub).unwrap_or_default(),
            client_id: client_id.to_owned(),
            username: username.map(str::to_owned),
            groups: groups.map(|group| (**group).to_owned()).collect(),
            auth_time: payload.auth_time,
            jti: owned(&payload.jti),
            origin_jti: owned(&payload.origin_jti),
            event_id: owned(&inform::text(payload.event_id)),
            acr: owned(&inform::text(payload.acr)),
            amr: inform::texts(payload.amr),
            actor: payload.act.and_then(inform::read).map(|actor: Actor| actor.sub),
        }
    }
}

impl fmt::Debug for Common {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Common")
            .field("sub", &self.sub)
            .field("issuer", &self.origin.issuer)
            .field("client_id", &self.client_id)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}
