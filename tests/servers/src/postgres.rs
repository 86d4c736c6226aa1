use std::{
    net::{Ipv4Addr, TcpStream},
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use harness::{Failure, Folder, Install, Process, free_port};

/// How long a server may take to start, on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// A PostgreSQL server on a loopback port of its own, of the system's packages. It is ended when this is dropped, and
/// when the test process ends.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    user: Option<User>,
    port: u16,
    process: Mutex<Option<Process>>,
    folder: Folder,
}

/// Whom the server runs as where the tests run as root, which it does not.
#[derive(Clone, Copy, Debug)]
struct User {
    id: u32,
    group: u32,
}

impl Postgres {
    /// Installs it where it is not installed yet, and starts it with an empty database.
    ///
    /// # Panics
    /// When it cannot be installed or does not start.
    #[must_use]
    pub fn start() -> Self {
        let root = crate::server::root();
        let started = Self::new(&root).and_then(|server| {
            server.initialize();
            *server.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(server.run()?);
            Ok(server)
        });
        started.unwrap_or_else(|failure| panic!("{failure}"))
    }

    /// How `tokio-postgres` finds it.
    #[must_use]
    pub fn config(&self) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname=postgres connect_timeout=5", self.port)
    }

    /// Ends it as a power failure would, and starts it again with what its files hold.
    ///
    /// # Panics
    /// When it does not start.
    pub fn kill_and_restart(&self) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = process.take() {
            process.signal("KILL");
        }
        // Its children notice within moments that it is gone, and a new one waits for them to go.
        std::thread::sleep(Duration::from_secs(2));
        *process = Some(self.run().unwrap_or_else(|failure| panic!("{failure}")));
    }

    fn new(root: &Path) -> Result<Self, Failure> {
        Install::Apt("postgresql").run("postgresql", root)?;
        let programs = newest_programs().expect("the package brings `initdb` and `postgres`");
        let port = free_port();
        let folder = Folder::new(std::env::temp_dir().join(format!("postgres-{port}")));
        let folder = folder.expect("the folder of the data can be made");
        let user = user_to_run_as();
        if let Some(user) = user {
            chown(folder.path(), Some(user.id), Some(user.group)).expect("root may give it away");
        }
        Ok(Self { programs, user, port, process: Mutex::new(None), folder })
    }

    /// Makes the files of a database. Whoever reaches the port is let in: it is a loopback port.
    fn initialize(&self) {
        let mut command = self.command("initdb");
        command.args(["--username", "postgres", "--auth", "trust", "--encoding", "UTF8"]);
        command.args(["--locale", "C", "--pgdata"]).arg(self.data());
        let done = command.current_dir(self.folder.path()).output().expect("initdb can be run");
        let output = [done.stdout, done.stderr].concat();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&output));
    }

    fn run(&self) -> Result<Process, Failure> {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
        let log = crate::server::root().join(format!("postgresql-{}.log", self.port));
        let state = crate::server::root().join(format!("postgresql-{}-run", self.port));
        let port = self.port;
        Process::start("postgresql", &command, state, &log, READY_WITHIN, || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
        })
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program of the package, as a user who is not root.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let Some(User { id, group }) = self.user else { return Command::new(program) };
        let mut command = Command::new("setpriv");
        command.arg(format!("--reuid={id}")).arg(format!("--regid={group}"));
        command.arg("--clear-groups").arg(program);
        command
    }
}

/// Debian keeps them outside of the path, one folder a version.
fn newest_programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
    let folders = versions.map(|version| version.path().join("bin"));
    folders.filter(|folder| folder.join("initdb").is_file()).max()
}

/// `nobody`, if the tests run as root.
fn user_to_run_as() -> Option<User> {
    let id = |flags: &[&str]| {
        let output = Command::new("id").args(flags).output().expect("there is `id`");
        String::from_utf8_lossy(&output.stdout).trim().parse::<u32>().expect("an id is a number")
    };
    (id(&["-u"]) == 0).then(|| User { id: id(&["-u", "nobody"]), group: id(&["-g", "nobody"]) })
}
