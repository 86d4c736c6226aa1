use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use crate::Failure;

/// How a program is installed.
#[derive(Clone, Copy, Debug)]
pub enum Install {
    /// These requirements, by pip, into a virtual environment.
    Pip(&'static [&'static str]),
    /// These packages, by npm, without their install scripts.
    Npm(&'static [&'static str]),
    /// This package, by apt-get as root, unless its program of the same name is on the path already.
    Apt(&'static str),
}

impl Install {
    /// Installs into `root/name` what is not yet there, and says where that is.
    ///
    /// A stamp in the folder tells what is installed, and where (a virtual environment cannot be
    /// moved): anything else is replaced. A lock lets one process install while the others wait.
    ///
    /// # Errors
    /// A command that cannot be run, or ends with an error.
    pub fn run(self, name: &'static str, root: &Path) -> Result<PathBuf, Failure> {
        let folder = root.join(name);
        let stamp = folder.join("installed");
        let wanted = format!("{self:?} in {}", folder.display());
        fs::create_dir_all(root).expect("the folder of the programs can be made");
        let lock = File::create(root.join(format!("{name}.lock"))).expect("the lock can be made");
        lock.lock().expect("the lock can be taken");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(folder);
        }
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("an outdated installation can be removed");
        }
        fs::create_dir_all(&folder).expect("the folder of the installation can be made");
        for mut command in self.commands(&folder) {
            succeed(name, &mut command)?;
        }
        fs::write(&stamp, wanted).expect("the stamp can be written");
        Ok(folder)
    }

    fn commands(self, folder: &Path) -> Vec<Command> {
        match self {
            Self::Pip(requirements) => {
                let mut venv = Command::new("python3");
                venv.args(["-m", "venv"]).arg(folder);
                let mut pip = Command::new(folder.join("bin/python"));
                pip.args(["-m", "pip", "install", "--quiet"]).args(requirements);
                vec![venv, pip]
            }
            Self::Npm(packages) => {
                let mut npm = Command::new("npm");
                npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]);
                npm.arg(folder).args(packages);
                vec![npm]
            }
            Self::Apt(program) if is_on_path(program) => Vec::new(),
            Self::Apt(package) => {
                let mut update = Command::new("apt-get");
                update.args(["-qq", "update"]);
                let mut install = Command::new("apt-get");
                install.args(["-qq", "install", "--yes", "--no-install-recommends", package]);
                install.env("DEBIAN_FRONTEND", "noninteractive");
                vec![update, install]
            }
        }
    }
}

fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Runs a command of the installation to its end.
fn succeed(name: &'static str, command: &mut Command) -> Result<(), Failure> {
    let (cause, output) = match command.output() {
        Ok(done) if done.status.success() => return Ok(()),
        Ok(done) => (done.status.to_string(), [done.stdout, done.stderr].concat()),
        Err(error) => (error.to_string(), Vec::new()),
    };
    let cause = format!("could not be installed ({cause})");
    Err(Failure::new(name, cause, command, &String::from_utf8_lossy(&output)))
}
