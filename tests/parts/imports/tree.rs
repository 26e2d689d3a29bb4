//! All modules of a crate, and which file needs which.

use std::collections::{BTreeMap, BTreeSet};

use super::module::{self, Module, Name};

/// The modules of a crate, read from its root on.
pub struct Tree {
    modules: BTreeMap<Name, Module>,
}

/// For each file, those that it imports something of, and one such name.
pub type Needs = BTreeMap<String, BTreeMap<String, String>>;

/// A path that is not resolved after this number of steps leads to itself, and is given up.
const MOST_STEPS: usize = 32;

impl Tree {
    /// Reads `root` and all that it names by `mod`; `source` gives what is in a file, if it exists.
    pub fn read(root: &str, source: impl Fn(&str) -> Option<String>) -> Self {
        let mut modules = BTreeMap::new();
        let mut left = vec![(Name::new(), vec![root.to_owned()])];
        while let Some((name, candidates)) = left.pop() {
            let found = candidates
                .iter()
                .find_map(|file| Some((file, source(file)?)));
            let (file, text) = found.unwrap_or_else(|| panic!("no file of {candidates:?}"));
            for child in module::read(&mut modules, &name, file, &text) {
                let path = child.join("/");
                left.push((child, vec![format!("{path}.rs"), format!("{path}/mod.rs")]));
            }
        }
        Self { modules }
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        let files: BTreeSet<_> = self.modules.values().map(|module| &module.file).collect();
        files.len()
    }

    /// Which file needs which. A file's use of the modules in it does not count, as each root of a
    /// module passes on what is in it; nor do names that lead out of the crate.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::new();
        for (name, module) in &self.modules {
            let globs = module.imports.iter().filter(|import| import.name.is_none());
            let owners = globs.filter_map(|import| Some((self.module(name, &import.path)?, "all")));
            let named = module.imports.iter().filter(|import| import.name.is_some());
            let paths = named.map(|import| &import.path).chain(&module.paths);
            let named =
                paths.filter_map(|path| Some((self.owner(name, path, 0)?, &**path.last()?)));
            for (owner, item) in owners.chain(named) {
                let file = &self.modules[&owner].file;
                if *file != module.file && !owner.starts_with(name) {
                    let needed = needs.entry(module.file.clone()).or_default();
                    needed.entry(file.clone()).or_insert(item.to_owned());
                }
            }
        }
        needs
    }

    /// Files in which there are only methods of another file's type.
    pub fn only_methods(&self) -> Vec<&str> {
        let is_foreign = |name: &Name, module: &Module, path: &Name| {
            let owner = self.owner(name, path, 0);
            owner.is_some_and(|owner| self.modules[&owner].file != module.file)
        };
        let only_methods = self.modules.iter().filter(|(name, module)| {
            let mut impls = module.impls.iter();
            !module.defines
                && !module.impls.is_empty()
                && impls.all(|path| is_foreign(name, module, path))
        });
        only_methods.map(|(_, module)| &*module.file).collect()
    }

    /// The module that defines what a path leads to. `None` if that is a module by itself, of which
    /// other paths say what is used, or is in another crate.
    fn owner(&self, from: &Name, path: &[String], steps: usize) -> Option<Name> {
        let (first, rest) = path.split_first()?;
        match &**first {
            "crate" => self.item(&Name::new(), rest, steps),
            "self" => self.item(from, rest, steps),
            "super" => self.owner_above(from, rest, steps),
            _ => {
                let module = &self.modules[from];
                let is_known = module.children.contains(first)
                    || module.items.contains(first)
                    || module
                        .imports
                        .iter()
                        .any(|import| import.name.as_ref() == Some(first));
                if is_known {
                    self.item(from, path, steps)
                } else {
                    self.by_glob(from, path, steps)
                }
            }
        }
    }

    fn owner_above(&self, from: &Name, rest: &[String], steps: usize) -> Option<Name> {
        let above = from[..from.len().checked_sub(1)?].to_vec();
        match rest.split_first() {
            Some((first, rest)) if first == "super" => self.owner_above(&above, rest, steps),
            _ => self.item(&above, rest, steps),
        }
    }

    /// The module that defines what a path leads to that begins in the module `from`.
    fn item(&self, from: &Name, path: &[String], steps: usize) -> Option<Name> {
        let (first, rest) = path.split_first()?;
        let module = &self.modules[from];
        let child = [&from[..], std::slice::from_ref(first)].concat();
        if steps > MOST_STEPS {
            return None;
        }
        if module.children.contains(first) && self.modules.contains_key(&child) {
            return self.item(&child, rest, steps + 1);
        }
        if module.items.contains(first) {
            return Some(from.clone());
        }
        let mut imports = module.imports.iter();
        if let Some(import) = imports.find(|import| import.name.as_ref() == Some(first)) {
            // `use log::log`, for instance, is of another crate.
            let path = [&import.path[..], rest].concat();
            return self.imported(from, first, &path, steps + 1);
        }
        self.by_glob(from, path, steps)
            .or_else(|| Some(from.clone()))
    }

    fn imported(&self, from: &Name, name: &String, path: &[String], steps: usize) -> Option<Name> {
        match path.first() {
            // A crate that has the same name as what is imported from it.
            Some(first) if first == name && !self.modules[from].children.contains(first) => None,
            _ => self.owner(from, path, steps),
        }
    }

    /// The same, for a name that `use module::*` may have brought.
    fn by_glob(&self, from: &Name, path: &[String], steps: usize) -> Option<Name> {
        if steps > MOST_STEPS {
            return None;
        }
        let globs = self.modules[from]
            .imports
            .iter()
            .filter(|import| import.name.is_none());
        globs
            .filter_map(|import| self.module(from, &import.path))
            .find_map(|module| {
                let known = &self.modules[&module];
                let first = path.first()?;
                let is_there = known.items.contains(first)
                    || known
                        .imports
                        .iter()
                        .any(|import| import.name.as_ref() == Some(first));
                is_there
                    .then(|| self.item(&module, path, steps + 1))
                    .flatten()
            })
    }

    /// The module that a path names.
    fn module(&self, from: &Name, path: &[String]) -> Option<Name> {
        let (first, rest) = path.split_first()?;
        let (mut name, rest) = match &**first {
            "crate" => (Name::new(), rest),
            "self" => (from.clone(), rest),
            "super" => (from[..from.len().checked_sub(1)?].to_vec(), rest),
            _ => (from.clone(), path),
        };
        for part in rest {
            match &**part {
                "super" => _ = name.pop(),
                part => name.push(part.into()),
            }
        }
        self.modules.contains_key(&name).then_some(name)
    }
}

/// Files that need each other, by way of others or not.
pub fn circles(needs: &Needs) -> Vec<BTreeSet<&str>> {
    let mut circles: Vec<BTreeSet<&str>> = Vec::new();
    for file in needs.keys() {
        if circles.iter().any(|circle| circle.contains(&**file)) {
            continue;
        }
        let reached = reached(needs, file);
        let is_mutual = |other: &&str| self::reached(needs, other).contains(&**file);
        let circle: BTreeSet<_> = reached.into_iter().filter(is_mutual).collect();
        if !circle.is_empty() {
            circles.push(circle);
        }
    }
    circles
}

/// What a file needs, and what that needs, and so on.
fn reached<'n>(needs: &'n Needs, file: &str) -> BTreeSet<&'n str> {
    let mut reached = BTreeSet::new();
    let mut left = vec![file];
    while let Some(file) = left.pop() {
        for needed in needs.get(file).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(&**needed) {
                left.push(needed);
            }
        }
    }
    reached
}

/// Says of each file of a circle what it imports of the others.
pub fn explain(needs: &Needs, circle: &BTreeSet<&str>) -> String {
    let lines = circle.iter().flat_map(|file| {
        let needed = needs[*file]
            .iter()
            .filter(|(other, _)| circle.contains(&***other));
        needed.map(move |(other, item)| format!("  {file} imports {item} of {other}\n"))
    });
    lines.collect()
}
