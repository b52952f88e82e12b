//! Foreign text made harmless: what a stranger's PTR record, interface name or payload may do to a terminal.
//!
//! Control characters move the cursor, set titles, and on some terminals type. Bidirectional marks make a line read
//! otherwise than it is; invisible ones make two names look alike. None of them belongs in a host name, so they are taken
//! out and nothing is put in their place. In JSON they are escaped instead (`lines`).

use std::borrow::Cow;

/// Without control characters (C0, DEL, C1), line and paragraph separators, bidirectional and invisible marks.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unfit) {
        Cow::Owned(text.chars().filter(|&c| !is_unfit(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The same of bytes that claim to be UTF-8; what is not is taken out, too.
#[must_use]
pub fn clean_bytes(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|&c| !is_unfit(c) && c != char::REPLACEMENT_CHARACTER).collect()
}

/// Clean text that no spreadsheet takes for a formula, in the wide characters of East Asia either.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    let text = clean(text);
    if text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{text}"))
    } else {
        text
    }
}

/// Whether a character has no place in text that a terminal shows.
#[must_use]
#[inline]
pub fn is_unfit(c: char) -> bool {
    // Nearly all text is plain, and the tables of the rest need not be fetched for it.
    !matches!(c, ' '..='~') && is_unfit_beyond_plain(c)
}

fn is_unfit_beyond_plain(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' // soft hyphen, Arabic letter mark, vowel separator
            | '\u{200b}'..='\u{200f}' // zero width, directional marks
            | '\u{2028}'..='\u{202e}' // separators, embeddings, overrides
            | '\u{2060}'..='\u{206f}' // joiners, isolates
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' // byte order mark, annotations
            | '\u{e0000}'..='\u{e007f}' // tags
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_names_are_left_as_they_are() {
        for name in ["router1.example.net", "bücher.example", "例え.テスト", "_srv.a-b"] {
            assert!(matches!(clean(name), Cow::Borrowed(same) if same == name));
        }
    }

    #[test]
    fn escapes_marks_and_breaks_are_taken_out() {
        assert_eq!(clean("a\x1b[31mb\x07\r\nc\x7f"), "a[31mbc");
        assert_eq!(clean("a\u{9b}31mb\u{85}"), "a31mb");
        assert_eq!(clean("moc\u{202e}live\u{2066}.\u{200b}x\u{feff}\u{2028}"), "moclive.x");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\u{200b}=1", "＝1", "\u{1b}=1"] {
            assert!(harmless(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(harmless("\t\ra.example"), "a.example");
        assert!(matches!(harmless("192.0.2.1"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_not_utf8_is_taken_out() {
        assert_eq!(clean_bytes(b"a\xff\xfeb\xc3\x28\x9b31m"), "ab(31m");
        assert_eq!(clean_bytes("é\u{9b}".as_bytes()), "é");
    }

    proptest! {
        #[test]
        fn nothing_unfit_comes_through(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = clean_bytes(&bytes);
            // Outside of the macro, which takes the braces of an escape for a placeholder.
            let is_fit = text.chars().all(|c| !c.is_control() && !('\u{202a}'..='\u{202e}').contains(&c));
            prop_assert!(is_fit);
            prop_assert_eq!(clean(&text), text.as_str());
        }
    }
}
