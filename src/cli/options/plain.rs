//! A plain command line, read at once: known options, their values, operands.
//!
//! Building clap's table takes longer than a host next door takes to answer. So this reads what leaves no doubt, and
//! says `None` to everything else: whatever is wrong, unknown, empty, not UTF-8, help. What it reads it reads as clap
//! does; a test holds the two against each other.

use std::ffi::OsString;

use super::{Name, Slot, Table};

/// Reads the words behind a command's own name; `None` where clap must.
pub(super) fn read<A: Table + Default>(words: &[OsString]) -> Option<A> {
    let mut args = A::default();
    let mut words = Words { words: words.iter() };
    let (mut operands, mut only_operands, mut overriding) = (0u32, false, 0u32);
    while let Some(word) = words.next() {
        let word = word?;
        if word == "--" && !only_operands {
            only_operands = true;
        } else if only_operands || word == "-" || !word.starts_with('-') {
            let (Slot::Many(slot), _) = args.operands()? else { return None };
            slot.push(word.to_owned());
            operands += 1;
        } else if let Some(long) = word.strip_prefix("--") {
            let (long, value) = long.split_once('=').map_or((long, None), |(long, value)| (long, Some(value)));
            let (slot, overrides) = args.slot(Name::Long(long))?;
            overriding += u32::from(overrides);
            match (slot, value) {
                (Slot::Flag(flag), None) => *flag = true,
                (slot, value) => put(slot, value, &mut words)?,
            }
        } else {
            let mut letters = word.get(1..)?.chars();
            while let Some(letter) = letters.next() {
                let (slot, overrides) = args.slot(Name::Short(letter))?;
                overriding += u32::from(overrides);
                if let Slot::Flag(flag) = slot {
                    *flag = true;
                    continue;
                }
                let rest = letters.as_str();
                // `-w=5`: the sign is no part of the value.
                let rest = rest.strip_prefix('=').unwrap_or(rest);
                put(slot, Some(rest).filter(|_| !letters.as_str().is_empty()), &mut words)?;
                break;
            }
        }
    }
    let is_complete = operands > 0 || args.operands().is_none_or(|(_, required)| !required);
    // Which of two options that take each other back counts is clap's to say.
    (is_complete && overriding < 2).then_some(args)
}

/// The words that are left.
struct Words<'a> {
    words: std::slice::Iter<'a, OsString>,
}

impl<'a> Words<'a> {
    /// The next word; `Some(None)` if it is one that is left to clap.
    fn next(&mut self) -> Option<Option<&'a str>> {
        self.words.next().map(|word| word.to_str().filter(|word| !word.is_empty()))
    }
}

/// Puts an option's value, or the next word if it came with none.
fn put(slot: Slot<'_>, value: Option<&str>, words: &mut Words<'_>) -> Option<()> {
    let value = match value {
        Some(value) => value,
        None => words.next()??,
    };
    if value.is_empty() || value == "--" {
        return None;
    }
    match slot {
        Slot::One(slot) => *slot = Some(value.to_owned()),
        Slot::Many(slot) => slot.push(value.to_owned()),
        Slot::Flag(_) | Slot::Answered => return None,
    }
    Some(())
}
