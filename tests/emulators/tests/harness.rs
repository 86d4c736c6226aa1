//! The harness itself: what fails says so, and what runs is stopped.

use std::{
    env, fs,
    net::TcpStream,
    path::PathBuf,
    process::{self, Command},
    thread,
    time::Duration,
};

use emulators::{Emulator, Install, Process, Signer, Site};

const READY_NEVER: Duration = Duration::from_millis(300);

/// A signer that runs this shell script, with the port in `$PORT`.
macro_rules! script {
    ($name:literal, $script:literal) => {
        Signer {
            name: $name,
            install: Install::Pip(&[]),
            start: |site: Site<'_>| {
                let mut command = Command::new("sh");
                command.args(["-c", $script]).env("PORT", site.port.to_string());
                command
            },
            ready: "/",
            authorization: None,
            sign_in_form: "",
            issuer: None,
            refresh_token_refusal: "",
        }
    };
}

/// A web server on `$PORT`.
macro_rules! web_server {
    ($name:literal) => {
        script!($name, "exec python3 -m http.server --bind 127.0.0.1 $PORT")
    };
}

fn root() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("harness");
    fs::create_dir_all(&root).expect("the folder can be made");
    root
}

fn start(signer: &Signer, bound: Duration) -> Result<Process, String> {
    Process::start_within(signer, &root(), &root(), bound).map_err(|failure| failure.to_string())
}

/// Whether nothing listens on this port within five seconds.
fn falls_silent(port: u16) -> bool {
    (0..100).any(|_| {
        thread::sleep(Duration::from_millis(50));
        TcpStream::connect(("127.0.0.1", port)).is_err()
    })
}

#[test]
fn a_signer_that_cannot_be_installed_fails_with_its_name_command_and_output() {
    static SIGNER: Signer = Signer {
        name: "not-installable",
        install: Install::Pip(&["./no-such-folder"]),
        ..script!("not-installable", "exit 0")
    };
    let failure = Emulator::start(&SIGNER, &root()).expect_err("there is no such package");
    let failure = failure.to_string();
    assert!(failure.contains("not-installable could not be installed"), "{failure}");
    assert!(failure.contains(r#""pip" "install""#), "{failure}");
    assert!(failure.contains("ERROR: "), "{failure}");
}

#[test]
fn a_signer_that_ends_fails_with_its_command_and_its_last_lines() {
    let signer = script!("ends", "echo the port is taken; exit 3");
    let failure = start(&signer, Duration::from_secs(10)).expect_err("it ends");
    assert!(failure.contains("ends ended before it was ready"), "{failure}");
    assert!(failure.contains(r#"command: PORT="#), "{failure}");
    assert!(failure.contains("the port is taken"), "{failure}");
    assert!(failure.contains("ended with status 3"), "{failure}");
}

#[test]
fn a_signer_that_is_never_ready_fails_within_the_bound() {
    let signer = script!("mute", "echo still thinking; exec sleep 1000");
    let failure = start(&signer, READY_NEVER).expect_err("it does not serve");
    assert!(failure.contains("mute was not ready within 300ms"), "{failure}");
    assert!(failure.contains("still thinking"), "{failure}");
}

#[test]
fn a_signer_is_stopped_with_its_children_when_it_is_dropped() {
    let signer = script!("parent", "python3 -m http.server --bind 127.0.0.1 $PORT & wait");
    let process = start(&signer, Duration::from_secs(10)).expect("it is ready");
    let port = process.port();
    drop(process);
    assert!(falls_silent(port));
}

#[test]
fn the_state_of_a_signer_is_gone_once_it_is_dropped() {
    let process = start(&web_server!("tidy"), Duration::from_secs(10)).expect("it is ready");
    let state = root().join(format!("tidy-{}", process.port()));
    assert!(state.exists());
    drop(process);
    assert!(!state.exists());
}

/// Set for a run of this program that leaves a signer running.
const ORPHAN: &str = "EMULATORS_LEAVE_AN_ORPHAN";

#[test]
fn a_signer_is_stopped_when_the_test_process_is_killed() {
    if env::var_os(ORPHAN).is_some() {
        leave_an_orphan();
    }
    let this = env::current_exe().expect("the test program has a path");
    let mut again = Command::new(this);
    again.args(["--exact", "--nocapture", "a_signer_is_stopped_when_the_test_process_is_killed"]);
    let output = again.env(ORPHAN, "1").output().expect("it runs again");
    let output = String::from_utf8(output.stdout).expect("its output is text");
    let port = output.split_once("port ").and_then(|(_, rest)| rest.lines().next());
    let port = port.and_then(|port| port.parse().ok()).expect("its signer was ready");
    assert!(falls_silent(port));
}

/// Says where a signer listens, and ends without dropping it.
fn leave_an_orphan() -> ! {
    let signer = start(&web_server!("orphan"), Duration::from_secs(10)).expect("it is ready");
    println!("port {}", signer.port());
    process::abort();
}
