use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::{Cmd, Pipeline, Value};

use super::connection::Connection;
use super::error::RedisError;
use super::server::{Node, Server};

/// How often a command is sent on: to the node of a slot, to the one that the slot moves to.
const HOPS: usize = 5;
/// The slots of a cluster.
const SLOTS: u16 = 16_384;

/// Sends commands to a server, or to the node of a cluster that holds their key.
///
/// It connects with the first command, and again after a failure: `call` and `send` fail for as long as the server does,
/// and work again by themselves, whatever runtime they are called in. Commands of concurrent calls share a connection and
/// never wait for each other's answers, so a command that blocks needs a `Client` of its own.
///
/// Every call ends: after connecting ([`Server::with_timeout`], once for each node that is tried) and `within`. A command
/// whose answer never came ([`RedisError::Lost`], [`RedisError::Timeout`]) may have been executed. It is not repeated
/// here: whoever sends one that may be executed twice repeats it.
///
/// ```text
/// let client = Client::new(Server::new([url])?);
/// let value = client.call(key, redis::cmd("GET").arg(key)).await?;           // Value::Nil or Value::BulkString
/// let value = client.call(key, redis::cmd("SET").arg(key).arg(bytes).arg("NX").arg("PX").arg(ms)).await?;
/// let value = client.call(key, redis::cmd("EVAL").arg(LUA).arg(1).arg(key).arg(…)).await?;
/// ```
///
/// An error reply is an `Err`. No reply is longer than 4 MiB. Keys of one `send` go to one node: use one key, or a
/// `{tag}` in all of them.
pub(crate) struct Client {
    server: Server,
    state: Mutex<State>,
    /// Held while connecting, so that a thousand callers open one connection.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    open: BTreeMap<Node, Connection>,
    /// Where a slot of a cluster was last.
    homes: BTreeMap<u16, Node>,
    /// Which of the server's nodes is asked for a slot that nobody has told the home of.
    seed: usize,
}

enum Redirection {
    Moved(Node),
    Ask(Node),
}

impl Client {
    /// Connects to nothing yet.
    pub(crate) fn new(server: Server) -> Self {
        Self { server, state: Mutex::default(), connecting: tokio::sync::Mutex::default() }
    }

    /// Sends one command that concerns `key`.
    ///
    /// # Errors
    /// No connection, no answer in time, or an error as the answer.
    pub(crate) async fn call(&self, key: &[u8], command: &Cmd) -> Result<Value, RedisError> {
        let mut commands = Pipeline::new();
        commands.add_command(command.clone());
        let replies = self.send(key, &commands, self.server.timeout).await?;
        match replies.into_iter().next() {
            Some(Value::ServerError(error)) => Err(RedisError::server(&error)),
            Some(value) => Ok(value),
            None => Err(RedisError::Protocol),
        }
    }

    /// Sends commands that concern `key` together, and returns as many replies, errors of the server among them.
    ///
    /// # Errors
    /// No connection, or no answer in time.
    pub(crate) async fn send(
        &self,
        key: &[u8],
        commands: &Pipeline,
        within: Duration,
    ) -> Result<Vec<Value>, RedisError> {
        let slot = slot(key);
        let mut node = self.home(slot);
        let mut asking = false;
        for _ in 0..HOPS {
            let replies = match self.send_to(&node, commands, asking, within).await {
                Ok(replies) => replies,
                Err(error) => {
                    self.forget_home(slot);
                    let next = self.home(slot);
                    // Nobody listens there, which took no time to learn.
                    if matches!(error, RedisError::Connect { .. }) && next != node {
                        (node, asking) = (next, false);
                        continue;
                    }
                    return Err(error);
                }
            };
            let redirection = replies.iter().find_map(|reply| redirection(reply, &node));
            (node, asking) = match redirection {
                None => return Ok(replies),
                Some(Redirection::Ask(next)) => (next, true),
                Some(Redirection::Moved(next)) => {
                    self.state().homes.insert(slot, next.clone());
                    (next, false)
                }
            };
        }
        self.forget_home(slot);
        Err(RedisError::Server("with no node that has the key".to_owned()))
    }

    /// How long an answer may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.server.timeout
    }

    /// Closes all connections.
    pub(crate) fn disconnect(&self) {
        let closed = std::mem::take(&mut self.state().open);
        drop(closed);
    }

    async fn send_to(
        &self,
        node: &Node,
        commands: &Pipeline,
        asking: bool,
        within: Duration,
    ) -> Result<Vec<Value>, RedisError> {
        let connection = self.connection(node).await?;
        let replies = if asking {
            send_asking(&connection, commands, within).await
        } else {
            connection.send(commands, within).await
        };
        if replies.is_err() {
            self.state().open.retain(|_, open| !open.is(&connection));
        }
        replies
    }

    async fn connection(&self, node: &Node) -> Result<Connection, RedisError> {
        if let Some(connection) = self.state().open(node) {
            return Ok(connection);
        }
        let _connecting = self.connecting.lock().await;
        if let Some(connection) = self.state().open(node) {
            return Ok(connection);
        }
        let connection = Connection::open(&self.server, node).await?;
        self.state().open.insert(node.clone(), connection.clone());
        Ok(connection)
    }

    fn home(&self, slot: u16) -> Node {
        let state = self.state();
        let seeds = self.server.nodes();
        let seed = seeds.iter().cycle().nth(state.seed).or(seeds.first());
        let home = state.homes.get(&slot).or(seed).cloned();
        home.unwrap_or_else(|| Node { host: "".into(), port: 0 })
    }

    /// The next command for this slot asks another of the nodes that the program named.
    fn forget_home(&self, slot: u16) {
        let mut state = self.state();
        if state.homes.remove(&slot).is_none() {
            state.seed = (state.seed + 1).checked_rem(self.server.nodes().len()).unwrap_or(0);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn open(&self, node: &Node) -> Option<Connection> {
        self.open.get(node).filter(|connection| connection.is_open()).cloned()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("server", &self.server).finish_non_exhaustive()
    }
}

/// Sends to a node that takes a slot over and has not got it yet: each command needs an `ASKING` of its own.
async fn send_asking(
    connection: &Connection,
    commands: &Pipeline,
    within: Duration,
) -> Result<Vec<Value>, RedisError> {
    let mut asked = Pipeline::new();
    for command in commands.cmd_iter() {
        asked.cmd("ASKING").add_command(command.clone());
    }
    let replies = connection.send(&asked, within).await?;
    Ok(replies.into_iter().skip(1).step_by(2).collect())
}

fn redirection(reply: &Value, from: &Node) -> Option<Redirection> {
    let Value::ServerError(error) = reply else { return None };
    let address = || Node::parse(error.details()?.split_ascii_whitespace().nth(1)?, from);
    match error.code() {
        "MOVED" => address().map(Redirection::Moved),
        "ASK" => address().map(Redirection::Ask),
        _ => None,
    }
}

/// The slot of a key: CRC-16/XMODEM of what stands in its first braces, or of all of it
/// (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>).
fn slot(key: &[u8]) -> u16 {
    let tag = || {
        let start = key.iter().position(|byte| *byte == b'{')?.checked_add(1)?;
        let behind = key.get(start..)?;
        behind.get(..behind.iter().position(|byte| *byte == b'}')?).filter(|tag| !tag.is_empty())
    };
    let crc = tag().unwrap_or(key).iter().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    });
    crc % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_slot_that_the_cluster_computes() {
        assert_eq!(slot(b"123456789"), 0x31C3);
        assert_eq!(slot(b"foo"), 12_182);
        assert_eq!(slot(b"{foo}.one"), slot(b"foo"));
        assert_eq!(slot(b"{}foo"), slot(b"{}foo"));
        assert_ne!(slot(b"{}foo"), slot(b""));
    }

    #[test]
    fn a_redirection_names_a_node_or_a_port_of_the_same_host() {
        let from = Node { host: "10.0.0.1".into(), port: 6379 };
        let node = |host: &str, port| Some(Node { host: host.into(), port });
        assert_eq!(Node::parse("10.0.0.2:6380", &from), node("10.0.0.2", 6380));
        assert_eq!(Node::parse(":6380", &from), node("10.0.0.1", 6380));
        assert_eq!(Node::parse("2001:db8::1:6380", &from), node("2001:db8::1", 6380));
        assert_eq!(Node::parse("nowhere", &from), None);
        assert_eq!(Node::parse("host:99999", &from), None);
    }
}
