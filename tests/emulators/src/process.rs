use std::{
    fs::{self, File},
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{Failure, Signer, Site};

/// How long an emulator may take to become ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Runs the command behind it, and ends it with all its children when standard input closes.
///
/// Standard input is a pipe that the test process holds, so the emulator ends however that process
/// does: a static is never dropped, and a killed process drops nothing.
const LEASH: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
emulator=$!
{ read -r _ <&3; kill -KILL "$emulator"; } &
wait "$emulator"
echo "ended with status $?"
rm -rf "$EMULATOR_STATE"
kill -KILL 0
"#;

/// An emulator's process, which is ended when this is dropped, or when the test process ends.
#[derive(Debug)]
pub struct Process {
    port: u16,
    leash: Option<ChildStdin>,
    child: Child,
}

impl Process {
    /// Starts the signer that is installed in `installed`, and waits until it is ready.
    ///
    /// Its state lives below `root` while it runs; its log, `<name>.log`, stays there.
    ///
    /// # Errors
    /// A command that cannot be run, ends, or is not ready within a minute.
    pub fn start(signer: &Signer, installed: &Path, root: &Path) -> Result<Self, Failure> {
        Self::start_within(signer, installed, root, READY_WITHIN)
    }

    /// Like [`start`](Self::start), with another bound for becoming ready.
    ///
    /// # Errors
    /// A command that cannot be run, ends, or is not ready in time.
    pub fn start_within(
        signer: &Signer,
        installed: &Path,
        root: &Path,
        bound: Duration,
    ) -> Result<Self, Failure> {
        let port = free_port();
        let state = root.join(format!("{}-{port}", signer.name));
        fs::create_dir_all(&state).expect("the folder of the state can be made");
        let command = (signer.start)(Site { installed, state: &state, port });
        let log = root.join(format!("{}.log", signer.name));
        let failed = |cause: String| {
            let output = fs::read(&log).unwrap_or_default();
            Failure::new(signer.name, cause, &command, &String::from_utf8_lossy(&output))
        };
        let mut child = leashed(&command, &state, &log)
            .map_err(|error| failed(format!("could not be started ({error})")))?;
        let leash = child.stdin.take();
        let mut process = Self { port, leash, child };
        process.wait_until_ready(signer.ready, bound).map_err(failed)?;
        Ok(process)
    }

    /// The loopback port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    fn wait_until_ready(&mut self, path: &str, bound: Duration) -> Result<(), String> {
        let started = Instant::now();
        while started.elapsed() < bound {
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return Err("ended before it was ready".to_owned());
            }
            if answers(self.port, path).unwrap_or(false) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(format!("was not ready within {bound:?}: no 200 from GET {path}"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.leash.take());
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on now.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
    listener.local_addr().expect("a bound listener has an address").port()
}

/// The command on its leash: in a process group of its own, which `kill 0` means.
fn leashed(command: &Command, state: &Path, log: &PathBuf) -> io::Result<Child> {
    let log = File::create(log)?;
    let mut leashed = Command::new("sh");
    leashed.args(["-c", LEASH, "leash"]);
    leashed.arg(command.get_program()).args(command.get_args());
    leashed.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    leashed.env("EMULATOR_STATE", state).current_dir(state).process_group(0);
    leashed.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
    leashed.spawn()
}

/// Whether `GET path` answers 200 on this port.
fn answers(port: u16, path: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut status)?;
    Ok(status.ends_with(b" 200"))
}
