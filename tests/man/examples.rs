//! The examples of a manual page, as a reader would type them: each block between `.nf` and `.fi`, with what the comment
//! above it calls it.

use std::fs;

/// The blocks of `man/PAGE`, each with the words of the comment that stands right above it, if there is one.
pub(crate) fn blocks(page: &str) -> Vec<(Option<String>, String)> {
    let path = format!("{}/man/{page}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut found = Vec::new();
    let mut called = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        match line {
            ".nf" => {
                let block: Vec<&str> = lines.by_ref().take_while(|line| *line != ".fi").collect();
                found.push((called.take(), typed(&block.join("\n"))));
            }
            _ if line.starts_with(".\\\" ") => called = Some(line[4..].to_owned()),
            ".in +4n" => {}
            _ => called = None,
        }
    }
    found
}

/// The block with this comment.
pub(crate) fn block(page: &str, called: &str) -> String {
    let mut all = blocks(page).into_iter().filter(|(name, _)| name.as_deref() == Some(called));
    let (_, text) = all.next().unwrap_or_else(|| panic!("{page} has no example that is called {called}"));
    assert!(all.next().is_none(), "{page} has several examples that are called {called}");
    text
}

/// Without the escapes of man(7).
fn typed(text: &str) -> String {
    text.replace("\\-", "-").replace("\\(aq", "'").replace("\\(dq", "\"").replace("\\e", "\\")
}
