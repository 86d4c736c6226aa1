use std::{
    fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Waits until standard input closes, and removes the folder then.
const BROOM: &str = r#"read -r _; rm -rf "$0""#;

/// A folder that is removed when this is dropped, or when the test process ends.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    broom: Child,
}

impl Folder {
    /// Makes the folder, empty.
    ///
    /// # Errors
    /// A folder that cannot be made, or no shell to remove it again.
    pub fn new(path: PathBuf) -> io::Result<Self> {
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        let mut broom = Command::new("sh");
        broom.args(["-c", BROOM]).arg(&path).stdin(Stdio::piped());
        // Ctrl-C means the tests, and the broom ends behind them.
        let broom = broom.process_group(0).spawn()?;
        Ok(Self { path, broom })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.broom.stdin.take());
        let _ = self.broom.wait();
    }
}
