use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::Failure;

/// Runs the command behind it, and ends it with all its children when standard input closes.
///
/// Standard input is a pipe that the test process holds, so the program ends however that process
/// does: a static is never dropped, and a killed process drops nothing.
const LEASH: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
echo "$program" > "$HARNESS_STATE/pid"
{ read -r _ <&3; kill -KILL "$program"; } &
wait "$program"
echo "ended with status $?"
rm -rf "$HARNESS_STATE"
kill -KILL 0
"#;

/// A program's process, which is ended when this is dropped, or when the test process ends.
#[derive(Debug)]
pub struct Process {
    state: PathBuf,
    leash: Option<ChildStdin>,
    child: Child,
}

impl Process {
    /// Starts the command, and waits until it is ready.
    ///
    /// Its working directory is `state`, an empty folder that is removed when it ends. What it writes to standard output and
    /// standard error is in `log`.
    ///
    /// # Errors
    /// A command that cannot be run, ends, or is not ready in time.
    pub fn start(
        name: &'static str,
        command: &Command,
        state: PathBuf,
        log: &Path,
        bound: Duration,
        mut is_ready: impl FnMut() -> bool,
    ) -> Result<Self, Failure> {
        fs::create_dir_all(&state).expect("the folder of the state can be made");
        let failed = |cause: String| {
            let output = fs::read(log).unwrap_or_default();
            Failure::new(name, cause, command, &String::from_utf8_lossy(&output))
        };
        let mut child = leashed(command, &state, log)
            .map_err(|error| failed(format!("could not be started ({error})")))?;
        let leash = child.stdin.take();
        let mut process = Self { state, leash, child };
        let started = Instant::now();
        while started.elapsed() < bound {
            if !process.is_running() {
                return Err(failed("ended before it was ready".to_owned()));
            }
            if is_ready() {
                return Ok(process);
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(failed(format!("was not ready within {bound:?}")))
    }

    /// The id of the program's process.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn pid(&self) -> u32 {
        let pid = fs::read_to_string(self.state.join("pid")).expect("the program runs");
        pid.trim().parse().expect("a process id is a number")
    }

    /// Sends the program a signal, by its name: `KILL`, `STOP`, `CONT`.
    ///
    /// # Panics
    /// When it has ended.
    pub fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        let sent = kill.args(["-s", name, &self.pid().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the program gets the signal {name}");
    }

    fn is_running(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.leash.take());
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on now, and that no outgoing connection is given meanwhile.
///
/// Systems give outgoing connections ports from 32768 or 49152 on. One that is tried again and again while its server is
/// down would sooner or later be given that very port, and be connected to itself.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 10_000;
    const COUNT: u16 = 10_000;
    let process = std::process::id().wrapping_mul(2_654_435_761) >> 16;
    let offset = u16::try_from(process % u32::from(COUNT)).expect("it is less than the count");
    (0..COUNT)
        .map(|_| FIRST + offset.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT)
        // The bus of a Redis cluster listens 10,000 higher.
        .find(|port| is_free(*port) && is_free(*port + COUNT))
        .expect("a loopback port is free")
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// The command on its leash: in a process group of its own, which `kill 0` means.
fn leashed(command: &Command, state: &Path, log: &Path) -> io::Result<Child> {
    let log = File::options().create(true).append(true).open(log)?;
    let mut leashed = Command::new("sh");
    leashed.args(["-c", LEASH, "leash"]);
    leashed.arg(command.get_program()).args(command.get_args());
    leashed.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    leashed.env("HARNESS_STATE", state).current_dir(state).process_group(0);
    leashed.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
    leashed.spawn()
}
