use std::{fmt, process::Command};

/// How many lines of a program's output a failure shows.
const LINES: usize = 25;

/// Why a program could not be used: which one, the command, and what it wrote last.
#[derive(Debug)]
pub struct Failure {
    name: &'static str,
    cause: String,
    command: String,
    output: String,
}

impl Failure {
    pub(crate) fn new(
        name: &'static str,
        cause: impl Into<String>,
        command: &Command,
        output: &str,
    ) -> Self {
        Self {
            name,
            cause: cause.into(),
            command: format!("{command:?}"),
            output: last_lines(output),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, cause, command, output } = self;
        write!(f, "{name} {cause}\n  command: {command}\n  its last lines:\n{output}")
    }
}

impl std::error::Error for Failure {}

fn last_lines(output: &str) -> String {
    let lines: Vec<_> = output.lines().collect();
    let shown = &lines[lines.len().saturating_sub(LINES)..];
    if shown.is_empty() {
        return "    (nothing)".to_owned();
    }
    shown.iter().map(|line| format!("    {line}\n")).collect()
}
