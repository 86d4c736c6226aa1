use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::{Browser, Failure};

const READY_WITHIN: Duration = Duration::from_secs(60);

/// Chromium's driver, on a port that the system chose. It ends when this is dropped.
#[derive(Debug)]
pub struct Driver {
    url: String,
    _child: Child,
}

impl Driver {
    /// Starts the driver that is installed.
    ///
    /// # Errors
    /// There is none, or it is not ready within a minute.
    pub async fn start() -> Result<Self, Failure> {
        let program = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        let child = Command::new(&program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let mut child = child.map_err(|error| {
            Failure::new(format_args!(
                "cannot run {program}: {error}. Install Debian's chromium and chromium-driver, or \
                 name both by CHROMIUM and CHROMEDRIVER"
            ))
        })?;
        let output = child.stdout.take().ok_or_else(|| Failure::new("the driver has no output"))?;
        let port = timeout(READY_WITHIN, port(BufReader::new(output))).await;
        let port = port.map_err(|_| Failure::new("the driver is not ready within a minute"))??;
        Ok(Self { url: format!("http://127.0.0.1:{port}"), _child: child })
    }

    /// Opens a browser without a window, with a profile of its own.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn open(&self) -> Result<Browser, Failure> {
        Browser::open(&self.url).await
    }
}

/// The port that the driver says it has.
async fn port(output: BufReader<tokio::process::ChildStdout>) -> Result<u16, Failure> {
    let mut lines = output.lines();
    while let Some(line) = lines.next_line().await? {
        let Some((_, behind)) = line.split_once("successfully on port ") else { continue };
        let port = behind.trim_end_matches('.').parse();
        // Whatever else it says has to go somewhere.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        return port.map_err(|_| Failure::new(format_args!("no port in {line:?}")));
    }
    Err(Failure::new("the driver ended before it was ready"))
}
