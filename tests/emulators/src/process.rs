use std::{
    fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    time::Duration,
};

use crate::{Failure, Signer, Site};

/// How long an emulator may take to become ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// An emulator's process, which is ended when this is dropped, or when the test process ends.
#[derive(Debug)]
pub struct Process {
    port: u16,
    _process: harness::Process,
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
        let port = harness::free_port();
        let state = root.join(format!("{}-{port}", signer.name));
        fs::create_dir_all(&state).expect("the folder of the state can be made");
        let command = (signer.start)(Site { installed, state: &state, port });
        let log = root.join(format!("{}.log", signer.name));
        let _ = fs::remove_file(&log);
        let is_ready = || answers(port, signer.ready).unwrap_or(false);
        let process = harness::Process::start(signer.name, &command, state, &log, bound, is_ready)?;
        Ok(Self { port, _process: process })
    }

    /// The loopback port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
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
