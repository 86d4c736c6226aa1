//! The app client against a server that answers as the test says. Against a user pool that rotates
//! its refresh tokens: `pool`.

mod api;
mod cognito;
mod config;
mod domain;
mod from_env;
mod kinds;
mod lost;
mod pace;
mod pool;
mod secrecy;
mod shared;
mod verified;
