//! The house: who imports whom. Imports point down the path of a request, and never back up.

mod sources;

use std::collections::HashMap;
use std::path::Path;

use self::sources::imports::{Imports, circle};
use self::sources::{code, sources};

/// The modules of the crate, from the outside in. Each may import from those after it.
const ORDER: [&str; 26] = [
    "guide",
    "redis",
    "alb",
    "sign_in",
    "testing",
    "openapi",
    "resource",
    "extract",
    "layer",
    "require",
    "rejection",
    "token",
    "app_client",
    "verifier",
    "jws",
    "revocation",
    "claims",
    "keys",
    "fetch",
    "telemetry",
    "pool",
    "crypto",
    "json",
    "clock",
    "error",
    // What errors name of the claims.
    "claims/token_use",
];

#[test]
fn imports_point_down_the_path_of_a_request() {
    let exports = exports();
    for (path, source) in sources() {
        let Some(own) = module(&path) else { continue };
        if path.ends_with("src/testing/mod.rs") {
            // It exports what each capability has for tests, as `lib.rs` does for the rest.
            continue;
        }
        if path.ends_with("src/revocation/model.rs") {
            // A test, for all that it stands among the sources.
            continue;
        }
        for name in imports(&source) {
            let target = exports.get(&name).unwrap_or(&name);
            let rank = |module: &str| ORDER.iter().position(|name| *name == module);
            assert!(
                rank(target).is_some(),
                "{}: no module `{target}` in the order",
                path.display()
            );
            assert!(
                rank(&own) <= rank(target),
                "{} imports `{name}` of `{target}`, above it",
                path.display()
            );
        }
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut graph = Imports::read().graph();
    // A test pool makes tokens, and a token is made for a test pool.
    graph.retain(|module, _| module[0] != "testing");
    graph.values_mut().for_each(|targets| targets.retain(|module| module[0] != "testing"));
    assert!(graph.len() > 100, "only {} files were seen", graph.len());
    let circle: Vec<_> =
        circle(&graph).unwrap_or_default().iter().map(|module| module.join("/")).collect();
    assert!(circle.is_empty(), "{}", circle.join(" imports "));
}

#[test]
fn only_one_folder_names_the_crypto_library() {
    for (path, source) in sources() {
        let names_it = code(&source).any(|line| line.contains("aws_lc_rs"));
        assert!(!names_it || module(&path).as_deref() == Some("crypto"), "{}", path.display());
    }
}

#[test]
fn verification_knows_nothing_of_http_requests() {
    let inside = ["verifier", "jws", "claims", "keys", "crypto"];
    for (path, source) in sources() {
        let Some(own) = module(&path) else { continue };
        let names_it =
            |line: &str| ["http::", "axum", "tower"].iter().any(|name| line.contains(name));
        // A gate names a feature, which is no import.
        let names_it = |line: &&str| names_it(line) && !line.contains("feature = ");
        let found = code(&source)
            .find(|line| names_it(line) && !line.contains("https://") && !line.contains("http::H"));
        assert!(
            !inside.contains(&own.as_str()) || found.is_none(),
            "{}: {found:?}",
            path.display()
        );
    }
}

/// The top-level module that a file belongs to; none for `lib.rs`.
fn module(path: &Path) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let first = path.strip_prefix(root).ok()?.iter().next()?.to_str()?;
    let name = first.trim_end_matches(".rs");
    (name != "lib").then(|| name.to_owned())
}

/// What a file names of the crate: the first segment behind each `crate::`.
fn imports(source: &str) -> Vec<String> {
    let code: String = code(source).collect::<Vec<_>>().join(" ");
    let behind = code.split("crate::").skip(1);
    behind
        .flat_map(|rest| {
            if let Some(group) = rest.strip_prefix('{') {
                group_names(group)
            } else {
                vec![first_name(rest)]
            }
        })
        .collect()
}

/// The first segments of the members of an import group, up to its closing brace.
fn group_names(group: &str) -> Vec<String> {
    let (mut depth, mut members) = (0, vec![String::new()]);
    for char in group.chars() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(String::new()),
            other if depth == 0 => members.last_mut().expect("never empty").push(other),
            _ => {}
        }
    }
    members.iter().map(|member| first_name(member.trim())).filter(|name| !name.is_empty()).collect()
}

fn first_name(path: &str) -> String {
    path.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect()
}

/// Each name that `lib.rs` exports, with the module that it comes from.
fn exports() -> HashMap<String, String> {
    let (_, lib) =
        sources().into_iter().find(|(path, _)| path.ends_with("src/lib.rs")).expect("lib.rs");
    let code: String = code(&lib).collect::<Vec<_>>().join(" ");
    let mut exports = HashMap::new();
    for export in code.split("pub use self::").skip(1) {
        let (module, names) = export.split_once("::").expect("a path");
        let names = names.split(';').next().unwrap_or_default();
        for name in
            names.split(|char: char| !char.is_alphanumeric()).filter(|name| !name.is_empty())
        {
            exports.insert(name.to_owned(), module.to_owned());
        }
    }
    exports.insert("TokenUse".to_owned(), "claims/token_use".to_owned());
    exports
}
