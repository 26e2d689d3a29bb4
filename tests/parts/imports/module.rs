//! What a module has in it, and what it names of others.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::tokens;

/// The names of a module, from the root of the crate on.
pub type Name = Vec<String>;

/// A module, in a file of its own or in braces.
#[derive(Debug, Default)]
pub struct Module {
    pub file: String,
    /// What it defines.
    pub items: BTreeSet<String>,
    /// Modules in it, in files of their own or in braces.
    pub children: BTreeSet<String>,
    /// What its `use` declarations import.
    pub imports: Vec<Import>,
    /// Every other path in it.
    pub paths: Vec<Name>,
    /// The types of its `impl` blocks; no name for one that has none.
    pub impls: Vec<Name>,
    /// Whether there is a type, a trait or something that others can use in it.
    pub defines: bool,
}

/// One name out of a `use` declaration.
#[derive(Debug)]
pub struct Import {
    /// The name here; `None` for all names of a module.
    pub name: Option<String>,
    pub path: Name,
}

/// Reads a file, which is the module `name`; modules in braces are put beside it. Returns the names
/// of those that are in files of their own. Tests are left out.
pub fn read(
    modules: &mut BTreeMap<Name, Module>,
    name: &Name,
    file: &str,
    source: &str,
) -> Vec<Name> {
    let tokens = tokens(source);
    let mut files = Vec::new();
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        modules,
        file,
        files: &mut files,
    };
    reader.module(name);
    files
}

struct Reader<'r, 's> {
    tokens: &'r [&'s str],
    at: usize,
    modules: &'r mut BTreeMap<Name, Module>,
    file: &'r str,
    files: &'r mut Vec<Name>,
}

impl<'s> Reader<'_, 's> {
    fn peek(&self) -> &'s str {
        self.tokens.get(self.at).copied().unwrap_or_default()
    }

    fn next(&mut self) -> &'s str {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// Reads to the end of the file, or to the brace that closes the module.
    fn module(&mut self, name: &Name) {
        let mut module = Module {
            file: self.file.into(),
            ..Module::default()
        };
        let (mut depth, mut is_public) = (0, false);
        while self.at < self.tokens.len() {
            let token = self.peek();
            let is_item = depth == 0;
            match token {
                "#" => {
                    if self.attribute() {
                        self.skip_item();
                    }
                    continue;
                }
                "}" if is_item => break,
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                "pub" if is_item => is_public = true,
                "use" if self.tokens.get(self.at + 1) != Some(&"<") => {
                    self.next();
                    self.tree(&mut module, Vec::new());
                    is_public = false;
                    continue;
                }
                "mod" if is_item => {
                    self.next();
                    let child = self.next();
                    module.children.insert(child.into());
                    let child = [&name[..], &[child.into()]].concat();
                    if self.next() == "{" {
                        self.module(&child);
                        self.next();
                    } else {
                        self.files.push(child);
                    }
                    is_public = false;
                    continue;
                }
                "impl" if is_item => {
                    self.next();
                    let implemented = self.implemented(&mut module);
                    module.impls.push(implemented);
                    is_public = false;
                    continue;
                }
                "struct" | "enum" | "union" | "trait" | "type" | "fn" | "const" | "static"
                | "macro_rules"
                    if is_item =>
                {
                    self.next();
                    while ["fn", "mut", "unsafe", "extern", "async", "!"].contains(&self.peek()) {
                        self.next();
                    }
                    module.items.insert(self.peek().into());
                    let is_type = !["fn", "const", "static"].contains(&token);
                    module.defines |= is_type || is_public;
                    is_public = false;
                }
                _ => {}
            }
            match self.path() {
                Some(path) if path.len() > 1 => module.paths.push(path),
                Some(_) => {}
                None => _ = self.next(),
            }
        }
        self.modules.insert(name.clone(), module);
    }

    /// Reads an attribute; returns whether the item behind it is for tests only.
    fn attribute(&mut self) -> bool {
        let start = self.at;
        while self.peek() != "[" {
            self.next();
        }
        self.skip_group();
        let attribute = &self.tokens[start..self.at];
        attribute.contains(&"cfg") && attribute.contains(&"test") && !attribute.contains(&"not")
    }

    /// Reads from an opening bracket to the one that closes it.
    fn skip_group(&mut self) {
        let mut depth = 0;
        while self.at < self.tokens.len() {
            match self.next() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }

    fn skip_item(&mut self) {
        while self.at < self.tokens.len() {
            match self.peek() {
                "{" => return self.skip_group(),
                "(" | "[" => self.skip_group(),
                _ if self.next() == ";" => return,
                _ => {}
            }
        }
    }

    /// `a::b::c`, if there is a word here. Types in angle brackets are passed over: `a::<T>::b` is `a`.
    fn path(&mut self) -> Option<Name> {
        let is_word = |token: &str| token.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if !is_word(self.peek()) {
            return None;
        }
        let mut path = vec![self.next().to_owned()];
        while self.peek() == "::"
            && self
                .tokens
                .get(self.at + 1)
                .is_some_and(|next| is_word(next))
        {
            self.next();
            path.push(self.next().into());
        }
        Some(path)
    }

    /// The names of a `use` declaration, after `prefix`, to the sign behind it.
    fn tree(&mut self, module: &mut Module, prefix: Name) {
        let mut path = prefix;
        loop {
            match self.next() {
                "::" => continue,
                "{" => {
                    while self.peek() != "}" {
                        self.tree(module, path.clone());
                        if self.peek() == "," {
                            self.next();
                        }
                    }
                    self.next();
                    return;
                }
                "*" => return module.imports.push(Import { name: None, path }),
                "self" if !path.is_empty() => {}
                word => path.push(word.into()),
            }
            match self.peek() {
                "::" => {}
                "as" => {
                    self.next();
                    let name = Some(self.next().to_owned());
                    return module.imports.push(Import { name, path });
                }
                _ => {
                    let name = path.last().cloned();
                    return module.imports.push(Import { name, path });
                }
            }
        }
    }

    /// Reads the head of an `impl` block, to its brace; returns the type.
    fn implemented(&mut self, module: &mut Module) -> Name {
        let (mut depth, mut implemented) = (0, None);
        loop {
            match self.peek() {
                "<" => depth += 1,
                ">" => depth -= 1,
                "{" | "" | "where" if depth == 0 || self.at >= self.tokens.len() => {
                    return implemented.unwrap_or_default();
                }
                "for" if depth == 0 => implemented = None,
                "&" | "mut" | "dyn" => {}
                _ => {
                    if let Some(path) = self.path() {
                        if depth == 0 {
                            implemented.get_or_insert(path.clone());
                        }
                        if path.len() > 1 {
                            module.paths.push(path);
                        }
                        continue;
                    }
                    if depth == 0 {
                        implemented.get_or_insert_default();
                    }
                }
            }
            self.next();
        }
    }
}
