//! The list of rules in `tests/README.md`: every rule has a test, and every test that it names exists.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const RULES: u32 = 47;

/// The first column of each row of the tables, with the tests that the row names.
fn rows() -> BTreeMap<String, Vec<String>> {
    let list = fs::read_to_string(folder().join("README.md")).expect("the list of rules");
    let rows = list.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.map(|row| row.trim_end_matches(" |").split(" | ").collect::<Vec<_>>());
    let named = cells.filter(|cells| cells.len() == 3).map(|cells| {
        let tests = cells[2].split(", ").map(|test| test.trim_matches('`').to_owned());
        (cells[0].to_owned(), tests.filter(|test| test.contains("::")).collect())
    });
    named.collect()
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"))
}

/// Whether this file has a test of this name that runs.
fn exists(file: &str, test: &str) -> bool {
    let path = file.replace("::", "/");
    let places = [format!("it/{path}.rs"), format!("it/{path}/mod.rs"), format!("{path}.rs")];
    let read = |place: &String| fs::read_to_string(folder().join(place)).ok();
    let source = places.iter().find_map(read).unwrap_or_default();
    let Some((before, _)) = source.split_once(&format!("fn {test}(")) else { return false };
    let attributes = before.rsplit("\n\n").next().unwrap_or_default();
    attributes.contains("test]") || attributes.contains("test(")
}

#[test]
fn every_rule_has_a_test() {
    let rows = rows();
    for rule in 1..=RULES {
        let tests = rows.get(&rule.to_string());
        assert!(tests.is_some_and(|tests| !tests.is_empty()), "rule {rule} has no test");
    }
}

#[test]
fn every_published_attack_has_a_test() {
    let attacks: Vec<_> = rows().into_iter().filter(|(name, _)| name.starts_with("CVE-")).collect();
    let named: usize = attacks.iter().map(|(name, _)| name.split(", ").count()).sum();
    assert_eq!(named, 16);
    assert!(attacks.iter().all(|(_, tests)| !tests.is_empty()), "{attacks:?}");
}

#[test]
fn every_test_that_the_list_names_exists() {
    for (rule, tests) in rows() {
        for test in tests {
            let (file, name) = test.rsplit_once("::").expect("a file and a test");
            assert!(exists(file, name), "rule {rule} names {test}, which does not exist");
        }
    }
}

#[test]
fn every_test_that_the_security_policy_names_exists() {
    let policy = folder().parent().expect("the repository").join("SECURITY.md");
    let policy = fs::read_to_string(policy).expect("the security policy");
    let code = policy.split('`').skip(1).step_by(2);
    let tests: Vec<_> = code.filter_map(|code| code.rsplit_once("::")).collect();
    assert!(!tests.is_empty());
    for (file, name) in tests {
        assert!(exists(file, name), "SECURITY.md names {file}::{name}, which does not exist");
    }
}
