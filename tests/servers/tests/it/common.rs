use std::time::Duration;

use axum_cognito::{OnLoss, RedisLog};
use servers::{Fleet, Server};

/// How soon a program knows what another one has appended, and how soon it hears a server that is back.
pub(crate) const SOON: Duration = Duration::from_secs(15);
/// How long a program accepts tokens without hearing the server.
pub(crate) const LIMIT: Duration = Duration::from_secs(4);

/// Makes a test with Redis and one with Valkey of each of these functions.
macro_rules! with_each_server {
    ($($name:ident),* $(,)?) => {
        mod redis {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    super::$name(servers::Program::Redis).await;
                }
            )*
        }
        mod valkey {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    super::$name(servers::Program::Valkey).await;
                }
            )*
        }
    };
}
pub(crate) use with_each_server;

pub(crate) fn log(server: &Server) -> RedisLog {
    RedisLog::new(server.url()).expect("the URL is right")
}

/// So many programs that have read the list on this server, and accept tokens for [`LIMIT`] without it.
pub(crate) async fn strict_fleet(count: usize, server: &Server) -> Fleet {
    let fleet = Fleet::new(count, || log(server), OnLoss::RefuseAfter(LIMIT));
    fleet.ready().await;
    fleet
}
