//! Which source file imports which, as a graph.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{code, sources};

/// The path of a module, from the root of the crate: `["keys", "store"]`.
pub(crate) type Module = Vec<String>;

/// Each module with what its `use` declarations name, as absolute paths.
pub(crate) struct Imports {
    uses: BTreeMap<Module, Vec<Module>>,
    /// The files that stand before a folder: `mod.rs`, and `lib.rs`.
    fronts: BTreeSet<Module>,
}

impl Imports {
    pub(crate) fn read() -> Self {
        let mut imports = Self { uses: BTreeMap::new(), fronts: BTreeSet::new() };
        for (path, source) in sources() {
            let (module, is_front) = module_of(&path);
            let uses = uses(&source).iter().filter_map(|path| absolute(&module, path)).collect();
            if is_front {
                imports.fronts.insert(module.clone());
            }
            imports.uses.insert(module, uses);
        }
        imports
    }

    /// The files that each file imports from. Not the one before its folder, which names all of its
    /// files anyway: what that one re-exports counts for the file that it comes from.
    pub(crate) fn graph(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let files = self.uses.iter().filter(|(module, _)| !self.fronts.contains(*module));
        let targets = |module: &Module, uses: &[Module]| {
            let targets = uses.iter().map(|path| self.resolve(path, 0));
            targets.filter(|target| target != module && !self.fronts.contains(target)).collect()
        };
        files.map(|(module, uses)| (module.clone(), targets(module, uses))).collect()
    }

    /// The module that a path leads to, through re-exports.
    fn resolve(&self, path: &[String], depth: usize) -> Module {
        assert!(depth < 8, "re-exports in a circle: {path:?}");
        let length = (0..=path.len()).rev().find(|length| self.uses.contains_key(&path[..*length]));
        let length = length.expect("the root is there");
        let Some(name) = path.get(length) else { return path.to_vec() };
        let exported = self.uses[&path[..length]].iter().find(|export| {
            export.last() == Some(name) && export.as_slice() != path && export.len() > length
        });
        exported.map_or(path[..length].to_vec(), |export| self.resolve(export, depth + 1))
    }
}

/// A circle of imports, if there is one: each file imports from the next, and the last from the first.
pub(crate) fn circle(graph: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    // Files that nothing is left to be imported by are taken away until only circles remain.
    let mut left = graph.clone();
    loop {
        let before = left.len();
        let imported: BTreeSet<_> = left.values().flatten().cloned().collect();
        left.retain(|module, targets| imported.contains(module) && !targets.is_empty());
        let files: BTreeSet<_> = left.keys().cloned().collect();
        left.values_mut().for_each(|targets| targets.retain(|target| files.contains(target)));
        if left.len() == before {
            break;
        }
    }
    let mut way = vec![left.keys().next()?.clone()];
    loop {
        let next = left[way.last().expect("it has a start")].first().expect("not empty").clone();
        if let Some(start) = way.iter().position(|module| *module == next) {
            return Some(way.split_off(start));
        }
        way.push(next);
    }
}

/// The module of a file, and whether the file stands before a folder.
fn module_of(path: &Path) -> (Module, bool) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let path = path.strip_prefix(root).expect("a source file").with_extension("");
    let mut module: Module =
        path.iter().map(|part| part.to_str().expect("text").to_owned()).collect();
    let is_front = module.last().is_some_and(|name| name == "mod" || module == ["lib"]);
    if is_front {
        module.pop();
    }
    (module, is_front)
}

/// The paths that the `use` declarations at the top of a file name, groups taken apart.
fn uses(source: &str) -> Vec<String> {
    let code: Vec<_> = code(source).collect();
    let code = format!("\n{}", code.join("\n"));
    let declarations = code.match_indices("\nuse ").chain(code.match_indices(" use "));
    declarations
        .filter_map(|(start, keyword)| code[start + keyword.len()..].split(';').next())
        .flat_map(|declaration| expand(declaration.trim()))
        .collect()
}

/// The members of an import group, each with what stands before the group.
fn expand(path: &str) -> Vec<String> {
    let Some((prefix, group)) = path.split_once('{') else {
        return vec![path.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let group = group.trim_end().trim_end_matches('}');
    let (mut depth, mut members) = (0, vec![String::new()]);
    for char in group.chars() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if char == ',' && depth == 0 {
            members.push(String::new());
        } else {
            members.last_mut().expect("never empty").push(char);
        }
    }
    let members = members.iter().map(|member| member.trim()).filter(|member| !member.is_empty());
    members.flat_map(|member| expand(&format!("{prefix}{member}"))).collect()
}

/// A path from the root of the crate; none for one that leads out of it.
fn absolute(module: &[String], path: &str) -> Option<Module> {
    let mut parts: Vec<_> = path.split("::").map(str::to_owned).collect();
    let up = parts.iter().take_while(|part| *part == "super").count();
    let base = match parts.first()?.as_str() {
        "crate" => &[],
        "self" => module,
        "super" => &module[..module.len().checked_sub(up)?],
        _ => return None,
    };
    let rest = parts.split_off(up.max(1));
    Some([base, &rest].concat())
}
