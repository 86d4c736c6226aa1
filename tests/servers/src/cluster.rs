use std::time::{Duration, Instant};

use crate::{Options, Program, Server};

const SLOTS: u16 = 16_384;
const NODES: u16 = 3;

/// A cluster of three primaries.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Server>,
}

impl Cluster {
    /// Starts three nodes, and waits until each knows all slots.
    ///
    /// # Panics
    /// When that takes more than a minute.
    #[must_use]
    pub fn start(program: Program) -> Self {
        let nodes: Vec<_> = (0..NODES).map(|_| Options::of(program).cluster().start()).collect();
        for (number, node) in (0..NODES).zip(&nodes) {
            let first = SLOTS / NODES * number;
            let last = if number == NODES - 1 { SLOTS } else { first + SLOTS / NODES } - 1;
            node.call(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()]);
            // Whom everybody meets, everybody gets to know.
            node.call(&["CLUSTER", "MEET", "127.0.0.1", &nodes[0].port().to_string()]);
        }
        let started = Instant::now();
        let cluster = Self { nodes };
        while !cluster.nodes.iter().all(is_whole) {
            assert!(started.elapsed() < Duration::from_secs(60), "the nodes found each other");
            std::thread::sleep(Duration::from_millis(50));
        }
        cluster
    }

    /// Its nodes.
    #[must_use]
    pub fn nodes(&self) -> &[Server] {
        &self.nodes
    }

    /// The node that holds this key.
    ///
    /// # Panics
    /// When none does.
    #[must_use]
    pub fn node_of(&self, key: &str) -> &Server {
        let exists = |node: &&Server| {
            let mut connection = node.connect();
            redis::cmd("EXISTS").arg(key).query::<i64>(&mut connection).is_ok()
        };
        self.nodes.iter().find(exists).expect("a node holds the key")
    }
}

fn is_whole(node: &Server) -> bool {
    let info = redis::from_redis_value::<String>(node.call(&["CLUSTER", "INFO"]));
    info.is_ok_and(|info| {
        info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
    })
}
