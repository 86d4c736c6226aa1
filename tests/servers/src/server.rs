use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use harness::{Failure, Folder, Process, free_port};
use redis::Value;

use crate::{Certificates, Program};

/// How long a server may take to start: it may have a million entries to read, on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// How long an answer to the tests themselves may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A server on a loopback port of its own, which is ended when this is dropped, and when the test process ends.
///
/// It has a password, and keeps what it acknowledges: every command is in a file before it is answered.
#[derive(Debug)]
pub struct Server {
    options: Options,
    program: PathBuf,
    port: u16,
    /// Of a second port without TLS, for the tests themselves.
    plain_port: u16,
    certificates: Option<Certificates>,
    process: Mutex<Option<Process>>,
    folder: Folder,
}

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Options {
    program: Program,
    password: String,
    tls: Option<String>,
    cluster: bool,
    is_durable: bool,
    more: Vec<String>,
}

impl Server {
    /// Starts a Redis server.
    #[must_use]
    pub fn redis() -> Self {
        Options::of(Program::Redis).start()
    }

    /// Starts a Valkey server.
    #[must_use]
    pub fn valkey() -> Self {
        Options::of(Program::Valkey).start()
    }

    /// Where it is, with its password.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.options.tls.is_some() { "rediss" } else { "redis" };
        let Options { password, tls, .. } = &self.options;
        let host = if tls.as_deref() == Some("localhost") { "localhost" } else { "127.0.0.1" };
        format!("{scheme}://:{password}@{host}:{}", self.port)
    }

    /// Its port on the loopback address.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of the authority that signed its own, as PEM.
    ///
    /// # Panics
    /// When it has no TLS.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.certificates.as_ref().expect("the server has TLS").authority()
    }

    /// Ends it as a power failure would: it writes nothing more.
    pub fn kill(&self) {
        let mut process = self.process();
        if let Some(process) = process.take() {
            process.signal("KILL");
        }
    }

    /// Starts it again on the same port, with what its files hold.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        self.kill();
        let process = self.run().unwrap_or_else(|failure| panic!("{failure}"));
        *self.process() = Some(process);
    }

    /// Stops it without closing its connections, as an overloaded machine would (`SIGSTOP`).
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Deletes all that it knows (`FLUSHALL`).
    pub fn flush(&self) {
        self.call(&["FLUSHALL"]);
    }

    /// Lets all other commands wait for so long (`CLIENT PAUSE`).
    pub fn pause(&self, duration: Duration) {
        self.call(&["CLIENT", "PAUSE", &duration.as_millis().to_string(), "ALL"]);
    }

    /// Sends it a command.
    ///
    /// # Panics
    /// When the answer is an error, or there is none.
    pub fn call<T: redis::ToRedisArgs>(&self, command: &[T]) -> Value {
        let mut connection = self.connect();
        let mut all = redis::Cmd::new();
        all.arg(command);
        all.query(&mut connection).expect("the server answers")
    }

    /// A connection of the test's own.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    pub fn connect(&self) -> redis::Connection {
        let url = format!("redis://:{}@127.0.0.1:{}", self.options.password, self.plain_port);
        let client = redis::Client::open(url).expect("the URL is right");
        let connection = client
            .get_connection_with_timeout(ANSWER_WITHIN)
            .expect("the server takes connections");
        connection.set_read_timeout(Some(ANSWER_WITHIN)).expect("the timeout can be set");
        connection
    }

    /// Starts a replica of it, which has all that this one has now.
    ///
    /// # Panics
    /// When it does not get there within a minute.
    #[must_use]
    pub fn replica(&self) -> Self {
        let port = self.plain_port.to_string();
        let replica = self
            .options
            .clone()
            .with(["--replicaof", "127.0.0.1", &port, "--masterauth", &self.options.password])
            .start();
        let started = Instant::now();
        while replica.info("master_link_status") != "up" || replica.offset() < self.offset() {
            assert!(started.elapsed() < ANSWER_WITHIN, "the replica is in sync");
            std::thread::sleep(Duration::from_millis(20));
        }
        replica
    }

    /// Makes a primary of a replica.
    pub fn promote(&self) {
        self.call(&["REPLICAOF", "NO", "ONE"]);
    }

    /// A value of `INFO`.
    ///
    /// # Panics
    /// When there is none of this name.
    #[must_use]
    pub fn info(&self, name: &str) -> String {
        let info: String = redis::from_redis_value(self.call(&["INFO"])).expect("it is text");
        let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_else(|| panic!("INFO has {name}")).to_owned()
    }

    fn offset(&self) -> u64 {
        self.info("master_repl_offset").parse().expect("it is a number")
    }

    fn signal(&self, name: &str) {
        if let Some(process) = &*self.process() {
            process.signal(name);
        }
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) -> Result<Process, Failure> {
        let data = self.folder.path().join("data");
        std::fs::create_dir_all(&data).expect("the folder of the data can be made");
        let mut command = Command::new(&self.program);
        let mut set = |name: &str, value: &str| {
            command.arg(format!("--{name}")).arg(value);
        };
        set("bind", "127.0.0.1");
        set("port", &self.plain_port.to_string());
        set("dir", &data.display().to_string());
        set("save", "");
        set("requirepass", &self.options.password);
        set("masterauth", &self.options.password);
        set("repl-diskless-sync-delay", "0");
        if self.options.is_durable {
            set("appendonly", "yes");
            set("appendfsync", "always");
        }
        if self.options.tls.is_some() {
            set("tls-port", &self.port.to_string());
            set("tls-cert-file", &self.folder.path().join("server.crt").display().to_string());
            set("tls-key-file", &self.folder.path().join("server.key").display().to_string());
            set("tls-auth-clients", "no");
            set("tls-ca-cert-file", &self.folder.path().join("server.crt").display().to_string());
        }
        if self.options.cluster {
            set("cluster-enabled", "yes");
            set("cluster-node-timeout", "2000");
            set("cluster-config-file", "nodes.conf");
        }
        command.args(&self.options.more);
        let name = self.options.program.name();
        let log = root().join(format!("{name}-{}.log", self.port));
        let state = self.folder.path().join("run");
        Process::start(name, &command, state, &log, READY_WITHIN, || is_ready(self.plain_port))
    }
}

impl Options {
    /// Of a server with a password and without TLS, that keeps what it acknowledges.
    #[must_use]
    pub fn of(program: Program) -> Self {
        let password = "pass-word".to_owned();
        Self { program, password, tls: None, cluster: false, is_durable: true, more: Vec::new() }
    }

    /// With TLS, and a certificate for this host name or address.
    #[must_use]
    pub fn tls(mut self, host: &str) -> Self {
        self.tls = Some(host.to_owned());
        self
    }

    /// Keeps nothing in a file: a restart is a loss of everything.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.is_durable = false;
        self
    }

    /// As a node of a cluster.
    #[must_use]
    pub fn cluster(mut self) -> Self {
        self.cluster = true;
        self
    }

    /// With more arguments on the command line.
    #[must_use]
    pub fn with<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.more.extend(arguments.into_iter().map(ToOwned::to_owned));
        self
    }

    /// Installs the program where it is not installed yet, and starts it.
    ///
    /// # Panics
    /// When it cannot be installed or does not start.
    #[must_use]
    pub fn start(self) -> Server {
        let program = self.program.install(&root()).unwrap_or_else(|failure| panic!("{failure}"));
        let port = free_port();
        let plain_port = if self.tls.is_some() { free_port() } else { port };
        let folder = root().join(format!("{}-{port}", self.program.name()));
        let folder = Folder::new(folder).expect("the folder of the server can be made");
        let certificates = self.tls.as_deref().map(|host| Certificates::write(folder.path(), host));
        let process = Mutex::new(None);
        let server =
            Server { options: self, program, port, plain_port, certificates, process, folder };
        let _ = std::fs::remove_file(
            root().join(format!("{}-{port}.log", server.options.program.name())),
        );
        server.restart();
        server
    }
}

/// Where programs are installed and run: `target/servers`.
pub(crate) fn root() -> PathBuf {
    let executable = std::env::current_exe().expect("this program has a path");
    let target = executable.ancestors().find(|path| path.join("CACHEDIR.TAG").is_file());
    let target = target.unwrap_or(Path::new(env!("CARGO_MANIFEST_DIR")));
    let root = target.join("servers");
    std::fs::create_dir_all(&root).expect("the folder of the servers can be made");
    root
}

/// Whether a server answers on this port, and has read its files.
fn is_ready(port: u16) -> bool {
    let answer = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"AUTH pass-word\r\nPING\r\n")?;
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    answer().is_ok_and(|answer| answer.ends_with(b"+PONG\r\n"))
}
