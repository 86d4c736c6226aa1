//! The first lines of each example.

use std::fs;
use std::path::Path;

/// The folders of examples, with the words that run one.
const FOLDERS: [(&str, &str); 2] =
    [("examples", "--example"), ("examples/integrations/examples", "-p integrations --example")];

#[test]
fn every_example_begins_with_what_it_shows_and_how_to_run_it() {
    for (folder, command) in FOLDERS {
        let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
        for file in files.expect("the examples") {
            let path = file.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let name = path.file_stem().expect("a name").to_string_lossy();
            let source = fs::read_to_string(&path).expect("a source file");
            assert!(source.starts_with("//! "), "{name} does not say what it shows");
            let docs: Vec<_> = source.lines().take_while(|line| line.starts_with("//!")).collect();
            let command = format!("{command} {name}");
            assert!(docs.iter().any(|line| line.contains(&command)), "{name}: no {command}");
        }
    }
}
