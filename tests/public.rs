//! What is public: whose types are in the API, and that each type of ours has an example.

mod sources;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use self::sources::sources;

const README: &str = include_str!("../README.md");
const MANIFEST: &str = include_str!("../Cargo.toml");

#[test]
fn the_readme_names_every_crate_whose_types_are_public_with_its_version() {
    let dependencies = dependencies();
    let mut found = BTreeSet::new();
    for source in without_tests() {
        let imported = imported(&source, &dependencies);
        for signature in signatures(&source) {
            found.extend(crates_of(&signature, &imported, &dependencies));
        }
    }
    let found: BTreeMap<_, _> =
        found.into_iter().map(|name| (name.clone(), dependencies[&name].clone())).collect();
    assert_eq!(found, listed(), "what the source names, and what README.md lists");
}

#[test]
fn every_public_type_has_an_example_or_a_link_to_one() {
    let public = exported();
    let mut without = public.clone();
    for source in without_tests() {
        for (name, docs) in documented(&source) {
            let words = ["```", "Example: ", "Examples: ", "The future of [", "The service of ["];
            if words.iter().any(|word| docs.contains(word)) {
                without.remove(&name);
            }
        }
    }
    assert!(public.contains("CognitoVerifier") && public.contains("TestToken"), "{public:?}");
    assert!(without.is_empty(), "{without:?}");
}

/// The crates that README.md lists as part of the API, with their versions.
fn listed() -> BTreeMap<String, String> {
    let (_, list) = README.split_once("Types of these crates").expect("the list");
    let (list, _) = list.split_once("\n\n").expect("the end of its paragraph");
    let (list, _) = list.split_once("Without a type").expect("the end of the list");
    let mut words = list.split_whitespace();
    let mut listed = BTreeMap::new();
    while let Some(word) = words.next() {
        if let Some(name) = word.strip_prefix('`').and_then(|word| word.strip_suffix('`')) {
            let version = words.next().expect("a version behind the name");
            listed.insert(
                name.replace('-', "_"),
                version.trim_end_matches([',', ';', '.']).to_owned(),
            );
        }
    }
    listed
}

/// The dependencies of the library, as code names them, with their versions.
fn dependencies() -> HashMap<String, String> {
    let (_, table) = MANIFEST.split_once("\n[dependencies]\n").expect("a table of dependencies");
    let lines = table.lines().take_while(|line| !line.starts_with('['));
    let entries = lines.filter_map(|line| line.split_once(" = "));
    entries
        .map(|(name, rest)| {
            let version = rest.split('"').nth(1).expect("a version");
            (name.replace('-', "_"), version.to_owned())
        })
        .collect()
}

/// The text of every source file, without its tests.
fn without_tests() -> impl Iterator<Item = String> {
    sources().into_iter().map(|(_, source)| {
        source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
    })
}

/// The names that `lib.rs` and `testing` export.
fn exported() -> BTreeSet<String> {
    let sources = sources();
    let roots = sources
        .iter()
        .filter(|(path, _)| path.ends_with("src/lib.rs") || path.ends_with("src/testing/mod.rs"));
    let code: String = roots.map(|(_, source)| source.replace('\n', " ")).collect();
    let exports = code.split("pub use ").skip(1).filter_map(|export| export.split(';').next());
    let names = exports.flat_map(|export| export.split(|char: char| !char.is_alphanumeric()));
    names.filter(|name| name.starts_with(char::is_uppercase)).map(str::to_owned).collect()
}

/// Each public type or trait of a file, with its documentation.
fn documented(source: &str) -> Vec<(String, String)> {
    let (mut docs, mut found) = (String::new(), Vec::new());
    for line in source.lines().map(str::trim) {
        let words: Vec<_> = line.split_whitespace().collect();
        if line.starts_with("///") {
            docs.push_str(line);
        } else if let ["pub", "struct" | "enum" | "trait", name, ..] = words[..] {
            found.push((first_word(name), std::mem::take(&mut docs)));
        } else if !line.starts_with("#[") && !line.is_empty() {
            docs.clear();
        }
    }
    found
}

/// Each name that a file imports of a dependency, with the dependency.
fn imported(source: &str, dependencies: &HashMap<String, String>) -> HashMap<String, String> {
    let mut imported = HashMap::new();
    let code = code(source);
    for import in code.split("\nuse ").skip(1) {
        let import = import.split(';').next().unwrap_or_default();
        let root = first_word(import);
        if dependencies.contains_key(&root) {
            for member in import.split(['{', '}', ',']) {
                let name = member.rsplit("::").next().unwrap_or_default();
                let name = name.rsplit(" as ").next().unwrap_or_default().trim();
                imported.insert(name.to_owned(), root.clone());
            }
        }
    }
    imported.remove("");
    imported
}

fn code(source: &str) -> String {
    let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("\n{line}")).collect()
}

/// What a user of the crate can see of a file: signatures, traits and enums as a whole, derived
/// and implemented traits of public types.
fn signatures(source: &str) -> Vec<String> {
    let code = code(source);
    let public = exported();
    let lines: Vec<_> = code.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().map(|line| line.trim()).enumerate() {
        let rest = || lines[index..].join("\n");
        if line.starts_with("pub fn ") || line.starts_with("pub async fn ") {
            found.push(up_to(&rest(), &["{", ";"]));
        } else if line.starts_with("pub trait ") || line.starts_with("pub enum ") {
            found.push(up_to(&rest(), &["\n}"]));
        } else if let Some(traits) = line.strip_prefix("#[derive(") {
            let item = lines[index..].iter().find(|line| !line.trim().starts_with("#["));
            let name = item.and_then(|item| item.split_whitespace().nth(2)).map(first_word);
            // A derive by its path, like `thiserror::Error`, implements a trait of another crate.
            let traits = traits.split(',').filter(|name| !name.contains("::"));
            if name.is_some_and(|name| public.contains(&name)) {
                found.push(traits.collect());
            }
        } else if line.starts_with("impl") {
            let header = up_to(&rest(), &["{"]);
            let target = header.split(" for ").last().unwrap_or_default();
            if target.starts_with('$') || public.contains(&first_word(target)) {
                found.push(header);
            }
        }
    }
    found
}

fn up_to(text: &str, ends: &[&str]) -> String {
    let end = ends.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    text[..end].to_owned()
}

/// The dependencies that a signature names, by an imported name or by a path.
fn crates_of(
    signature: &str,
    imported: &HashMap<String, String>,
    dependencies: &HashMap<String, String>,
) -> BTreeSet<String> {
    let is_name = |char: char| char.is_alphanumeric() || char == '_';
    let mut found = BTreeSet::new();
    let mut before = ' ';
    for word in signature.split_inclusive(|char: char| !is_name(char)) {
        let name = word.trim_end_matches(|char: char| !is_name(char));
        let after = word.chars().last().filter(|char| !is_name(*char)).unwrap_or(' ');
        if before != ':' || !dependencies.contains_key(name) {
            found.extend(imported.get(name).cloned());
        }
        if before != ':' && after == ':' && dependencies.contains_key(name) {
            found.insert(name.to_owned());
        }
        before = after;
    }
    found
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect()
}
