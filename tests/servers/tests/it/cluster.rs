//! A cluster: one node has the stream, and whichever is asked leads there.

use axum_cognito::{OnLoss, RedisLog};
use servers::{Cluster, Fleet, Program, Verdict};

use crate::common::{LIMIT, SOON, with_each_server};

with_each_server!(
    any_node_leads_to_the_list,
    a_node_that_is_down_is_passed_over,
    a_node_that_comes_back_is_heard_again
);

const KEY: &str = "axum-cognito:revocations";

async fn any_node_leads_to_the_list(program: Program) {
    let cluster = tokio::task::block_in_place(|| Cluster::start(program));
    let mut fleet = Fleet::new(0, unreachable, OnLoss::Accept);
    for node in cluster.nodes() {
        let log = RedisLog::new(node.url()).expect("the URL is right");
        fleet.join(log, OnLoss::RefuseAfter(LIMIT));
    }
    fleet.ready().await;
    for member in 0..3 {
        let (ended, other) = (fleet.token("alice"), fleet.token("alice"));
        fleet.end(member, &ended).await.expect("the server acknowledges it");
        fleet.all_become(Verdict::Ended, &ended, SOON).await;
        fleet.all_become(Verdict::Accepted, &other, SOON).await;
    }
}

async fn a_node_that_is_down_is_passed_over(program: Program) {
    let cluster = tokio::task::block_in_place(|| Cluster::start(program));
    let home = cluster.node_of(KEY).port();
    let down = cluster.nodes().iter().find(|node| node.port() != home).expect("there are three");
    let mut urls = vec![down.url()];
    urls.extend(cluster.nodes().iter().map(|node| node.url()));
    for node in cluster.nodes() {
        // Else a cluster that lacks a node answers nothing.
        node.call(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]);
    }
    down.kill();
    let log = || RedisLog::cluster(&urls).expect("the URLs are right");
    let fleet = Fleet::new(2, log, OnLoss::RefuseAfter(LIMIT));
    fleet.ready().await;
    let ended = fleet.token("alice");
    while fleet.end(0, &ended).await.is_err() {}
    fleet.all_become(Verdict::Ended, &ended, SOON).await;
}

async fn a_node_that_comes_back_is_heard_again(program: Program) {
    let cluster = tokio::task::block_in_place(|| Cluster::start(program));
    let urls: Vec<_> = cluster.nodes().iter().map(|node| node.url()).collect();
    let log = || RedisLog::cluster(&urls).expect("the URLs are right");
    let fleet = Fleet::new(2, log, OnLoss::RefuseAfter(LIMIT));
    fleet.ready().await;
    let (ended, other) = (fleet.token("alice"), fleet.token("alice"));
    fleet.end(0, &ended).await.expect("the server acknowledges it");
    fleet.all_become(Verdict::Ended, &ended, SOON).await;
    let home = cluster.node_of(KEY);
    home.kill();
    fleet.all_become(Verdict::Unavailable, &other, SOON).await;
    tokio::task::block_in_place(|| home.restart());
    fleet.all_become(Verdict::Accepted, &other, 2 * SOON).await;
    fleet.all_become(Verdict::Ended, &ended, SOON).await;
}

/// The log of a fleet of nobody.
fn unreachable() -> RedisLog {
    RedisLog::new("redis://127.0.0.1:1").expect("the URL is right")
}
