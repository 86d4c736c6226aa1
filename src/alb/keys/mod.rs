//! The keys of load balancers: each at an address of its own, named by a UUID, and never changed.

mod denied;
mod flight;
mod key;
mod key_id;
mod pem;
mod shelf;
mod signer;
mod state;
mod wanted;

pub(crate) use self::key::AlbKey;
pub(crate) use self::key_id::KeyId;
pub(crate) use self::signer::SignerKeys;
