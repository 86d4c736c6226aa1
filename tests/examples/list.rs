//! The list of examples in `README.md`, and the first lines of each example.

use std::fs;
use std::path::{Path, PathBuf};

/// Each example's name and source: a file, or a folder's `main.rs`.
fn examples() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = fs::read_dir(folder).expect("the examples");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let example = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let source = if path.is_dir() { path.join("main.rs") } else { path };
        (name, fs::read_to_string(source).expect("a source file"))
    };
    paths.map(example).collect()
}

/// The first cell of each row of the list.
fn listed() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).expect("README.md");
    let (_, behind) = readme.split_once("\n## Examples\n").expect("the list");
    let section = behind.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).map(str::to_owned).collect()
}

#[test]
fn every_example_is_in_the_list_once_and_nothing_else() {
    let mut names: Vec<_> = examples().into_iter().map(|(name, _)| name).collect();
    let mut listed = listed();
    names.sort();
    listed.sort();
    assert_eq!(listed, names);
}

#[test]
fn every_example_has_its_place_in_the_guide() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide");
    let pages =
        fs::read_dir(guide).expect("the guide").map(|entry| entry.expect("an entry").path());
    let pages: String = pages.map(|page| fs::read_to_string(page).expect("a page")).collect();
    for (name, _) in examples() {
        let named = [format!("`examples/{name}.rs`"), format!("`examples/{name}`")];
        assert!(named.iter().any(|path| pages.contains(path)), "{name} is on no page");
    }
}

#[test]
fn every_example_begins_with_what_it_shows_and_how_to_run_it() {
    for (name, source) in examples() {
        assert!(source.starts_with("//! "), "{name} does not say what it shows");
        let docs: Vec<_> = source.lines().take_while(|line| line.starts_with("//!")).collect();
        let command = format!("--example {name}");
        assert!(docs.iter().any(|line| line.contains(&command)), "{name}: no {command}");
    }
}
