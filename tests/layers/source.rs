//! A Rust source as tokens: enough of the language to find every path that starts at the crate root, and `unsafe`.
//!
//! It is a reader for one purpose, not a parser: it knows comments, strings, characters and lifetimes, the nesting of
//! inline modules, and use trees. What it cannot resolve it reports as the whole crate root, so that it errs loudly.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::tokens::{is_code, token_end};

/// A word, or one character of punctuation (`::` is one token), and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    line: usize,
}

/// A source file, read.
pub(crate) struct Source {
    tokens: Vec<Token>,
    lines: Vec<String>,
}

/// Stands for a path that takes in everything the crate root holds.
const EVERYTHING: &str = "the whole crate root";

impl Source {
    /// Splits a text into tokens; comments and the insides of literals are dropped.
    pub(crate) fn read(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut tokens = Vec::new();
        let (mut at, mut line) = (0, 1);
        while at < chars.len() {
            let end = token_end(&chars, at);
            let piece: String = chars[at..end].iter().collect();
            if is_code(&piece) {
                tokens.push(Token { text: piece.clone(), line });
            }
            line += piece.matches('\n').count();
            at = end;
        }
        Source { tokens, lines: text.lines().map(str::to_owned).collect() }
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }

    /// The lines on which a word stands.
    pub(crate) fn lines_of(&self, word: &str) -> Vec<usize> {
        self.tokens.iter().filter(|token| token.text == word).map(|token| token.line).collect()
    }

    /// The names of `mod name;` at the top of the file.
    pub(crate) fn declared_modules(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for at in 0..self.tokens.len() {
            if self.text(at) == "mod" && self.text(at + 2) == ";" {
                found.insert(self.text(at + 1).to_owned());
            }
        }
        found
    }

    /// The lines of `unsafe` blocks and impls that no `SAFETY:` comment precedes: directly, or above the statement.
    pub(crate) fn unsafe_without_reason(&self) -> Vec<usize> {
        let mut found = Vec::new();
        for at in 0..self.tokens.len() {
            if self.text(at) == "unsafe" && matches!(self.text(at + 1), "{" | "impl") {
                let line = self.tokens[at].line;
                if !self.reason_above(line) {
                    found.push(line);
                }
            }
        }
        found
    }

    fn reason_above(&self, line: usize) -> bool {
        let mut comment = false;
        for text in self.lines[..line - 1].iter().rev().map(|text| text.trim()) {
            if text.starts_with("//") {
                comment = true;
                if text.contains("SAFETY:") {
                    return true;
                }
            } else if comment || text.is_empty() || text.ends_with([';', '{', '}', ',']) && !text.starts_with("#[") {
                return false;
            }
        }
        false
    }

    /// Every top-level module that a path in this file reaches, with the line, where the file is `module`. Paths that
    /// stay below the crate root are left out.
    pub(crate) fn reached(&self, module: &[String]) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let mut inline = InlineModules::default();
        for at in 0..self.tokens.len() {
            inline.step(self, at);
            let starts = matches!(self.text(at), "crate" | "super" | "rprobe") && !self.continues_a_path(at);
            if starts {
                let mut here: Vec<String> = module.to_vec();
                here.extend(inline.names.iter().map(|(name, _)| name.clone()));
                self.follow(at, &here, &mut found);
            }
        }
        found
    }

    /// Whether a path segment stands before this one. A leading `::` does not count.
    fn continues_a_path(&self, at: usize) -> bool {
        let is_word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_') && !text.is_empty();
        at >= 2
            && self.text(at - 1) == "::"
            && (is_word(self.text(at - 2)) && self.text(at - 2) != "use" || self.text(at - 2) == ">")
    }

    /// Reads the path (or use tree) at a token, from inside the module `here`; returns the first token after it.
    fn follow(&self, mut at: usize, here: &[String], found: &mut Vec<(usize, String)>) -> usize {
        let mut place = here.to_vec();
        let mut at_root = false;
        loop {
            let line = self.tokens.get(at).map_or(0, |token| token.line);
            match self.text(at) {
                // Visibility, `pub(crate)`, is no path; `use crate as x` is one.
                "crate" | "rprobe" if self.text(at + 1) != "::" => {
                    if self.text(at + 1) == "as" {
                        found.push((line, EVERYTHING.to_owned()));
                    }
                    return at + 1;
                }
                "crate" | "rprobe" => (place, at_root) = (Vec::new(), true),
                "super" => {
                    place.pop();
                    at_root = place.is_empty();
                }
                "self" => at_root = place.is_empty() && at_root,
                "{" => {
                    at += 1;
                    while !matches!(self.text(at), "}" | "") {
                        at = self.branch(at, &place, at_root, found);
                    }
                    return at + 1;
                }
                "*" if at_root => {
                    found.push((line, EVERYTHING.to_owned()));
                    return at + 1;
                }
                name => {
                    if at_root {
                        found.push((line, name.to_owned()));
                    }
                    // Whatever follows stays inside that module, whose own paths cannot climb out.
                    return self.skip_tree(at);
                }
            }
            if self.text(at + 1) != "::" {
                if at_root {
                    found.push((line, EVERYTHING.to_owned()));
                }
                return at + 1;
            }
            at += 2;
        }
    }

    /// One branch of a group `{a, super::b, c::{…}}`, and the comma after it.
    fn branch(&self, at: usize, place: &[String], at_root: bool, found: &mut Vec<(usize, String)>) -> usize {
        let line = self.tokens.get(at).map_or(0, |token| token.line);
        let end = match self.text(at) {
            "super" => self.follow(at, place, found),
            "self" | "*" => {
                if at_root {
                    found.push((line, EVERYTHING.to_owned()));
                }
                at + 1
            }
            name => {
                if at_root {
                    found.push((line, name.to_owned()));
                }
                self.skip_tree(at)
            }
        };
        // An alias, and the comma.
        let mut end = end.max(at + 1);
        while !matches!(self.text(end), "," | "}" | "") {
            end += 1;
        }
        if self.text(end) == "," { end + 1 } else { end }
    }

    /// The first token after a path or use tree whose segments no longer matter.
    fn skip_tree(&self, mut at: usize) -> usize {
        at += 1;
        while self.text(at) == "::" {
            at += 1;
            if self.text(at) == "{" {
                let mut open = 0;
                loop {
                    match self.text(at) {
                        "{" => open += 1,
                        "}" => open -= 1,
                        "" => return at,
                        _ => {}
                    }
                    at += 1;
                    if open == 0 {
                        return at;
                    }
                }
            }
            at += 1;
        }
        at
    }
}

/// Which `mod name { … }` blocks are open.
#[derive(Default)]
struct InlineModules {
    names: Vec<(String, usize)>,
    braces: usize,
}

impl InlineModules {
    fn step(&mut self, source: &Source, at: usize) {
        match source.text(at) {
            "{" => {
                self.braces += 1;
                if at >= 2 && source.text(at - 2) == "mod" {
                    self.names.push((source.text(at - 1).to_owned(), self.braces));
                }
            }
            "}" => {
                if self.names.last().is_some_and(|(_, depth)| *depth == self.braces) {
                    self.names.pop();
                }
                self.braces = self.braces.saturating_sub(1);
            }
            _ => {}
        }
    }
}

/// All Rust files below some folders of the package, sorted, relative to it; a nested package is not entered.
pub(crate) fn find_sources(root: &Path, folders: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = todo.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.map(|entry| entry.expect("a folder can be read").path()) {
            if entry.is_dir() {
                if !entry.join("Cargo.toml").exists() {
                    todo.push(entry);
                }
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                found.push(entry.strip_prefix(root).expect("it was found below").to_owned());
            }
        }
    }
    found.sort();
    found
}
