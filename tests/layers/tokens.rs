//! Where a token of Rust ends: words, punctuation, comments, strings with or without hashes, characters and lifetimes.

/// Words and punctuation; not space, comments or literals.
pub(crate) fn is_code(piece: &str) -> bool {
    let literal = piece.contains(['"', '\'']);
    !(literal || piece.starts_with("//") || piece.starts_with("/*") || piece.trim().is_empty())
}

/// The end of the token that begins at `at`.
pub(crate) fn token_end(chars: &[char], at: usize) -> usize {
    let get = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let find =
        |from: usize, stop: &dyn Fn(usize) -> bool| (from..chars.len()).find(|&i| stop(i)).unwrap_or(chars.len());
    match (get(at), get(at + 1)) {
        ('/', '/') => find(at, &|i| chars[i] == '\n'),
        ('/', '*') => block_comment_end(chars, at),
        ('"', _) => string_end(chars, at),
        // A character ends with a quote one or more places on; a lifetime never does.
        ('\'', '\\') => find(at + 3, &|i| chars[i] == '\'') + 1,
        ('\'', _) if get(at + 2) == '\'' => at + 3,
        ('\'', _) => find(at + 1, &|i| !is_word(chars[i])),
        (':', ':') => at + 2,
        (c, _) if is_word(c) => {
            let end = find(at, &|i| !is_word(chars[i]));
            let word: String = chars[at..end].iter().collect();
            match (word.as_str(), get(end)) {
                ("r" | "br" | "cr", '"' | '#') if raw_string_end(chars, end).is_some() => {
                    raw_string_end(chars, end).unwrap_or(end)
                }
                ("b" | "c", '"') => string_end(chars, end),
                ("b", '\'') => token_end(chars, end),
                _ => end,
            }
        }
        _ => at + 1,
    }
    .min(chars.len())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0, at);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn string_end(chars: &[char], at: usize) -> usize {
    let mut i = at + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// `#"…"#` with any number of hashes; `None` for a raw identifier (`r#type`).
fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at..].iter().take_while(|&&c| c == '#').count();
    if chars.get(at + hashes) != Some(&'"') {
        return None;
    }
    let close = |i: &usize| chars[*i] == '"' && chars[*i + 1..].iter().take_while(|&&c| c == '#').count() >= hashes;
    (at + hashes + 1..chars.len()).find(close).map(|i| i + 1 + hashes)
}
