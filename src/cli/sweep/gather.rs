//! Targets as they come in: from the command line, a file or standard input, as blocks of addresses and names to look up.
//!
//! Nothing is expanded here: sixteen million addresses of one prefix stay one block. Lists to leave out and to keep to are
//! read here, too, and say which file and line is wrong.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::IpAddr;

use super::Failure;
use super::plan::Input;
use crate::cli::Refusal;
use crate::cli::operand::{Host, Operand};
use crate::cli::refusal::shown;
use crate::net::Peer;
use crate::report::clean;
use crate::sweep::targets::{BadList, BadTarget, Block, Ranges, Target, read, read_list};
use crate::sys::errno::Errno;
use crate::sys::interfaces;
use crate::units::Family;

/// A target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Addresses, called by what they are.
    Block(Block),
    /// One address that was written otherwise than we write it.
    Written(Peer, String),
    /// A name.
    Name(Operand),
    /// Nothing that could be either, and why.
    Nonsense(String, String),
}

/// All that was given.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    pub(super) entries: Vec<Entry>,
    pub(super) exclude: Ranges,
    /// `None`: everything is allowed.
    pub(super) allow: Option<Ranges>,
}

/// Reads everything that the input names. Standard input is read to its end.
///
/// # Errors
/// One line on the first target or list that cannot be read.
pub(super) fn gather(input: &Input) -> Result<Gathered, Failure> {
    let mut entries = Vec::new();
    match &input.file {
        Some(file) => list("-f", file, &mut |line, text| {
            let entry = entry(text, input.blocks).map_err(|why| in_list("-f", file, line, text, &why))?;
            push(&mut entries, entry);
            Ok(())
        })?,
        None if input.generate => push(&mut entries, Entry::Block(generated(&input.operands)?)),
        None => {
            for text in &input.operands {
                let entry = entry(text, input.blocks).map_err(|why| Refusal::new(format!("{}: {why}", shown(text))))?;
                push(&mut entries, entry);
            }
        }
    }
    let exclude = set("--exclude", &input.exclude, "--exclude-file", &input.exclude_files)?;
    let allow =
        if input.allow_files.is_empty() { None } else { Some(set("", &[], "--allow-file", &input.allow_files)?) };
    Ok(Gathered { entries, exclude, allow })
}

/// Keeps a sorted list of single addresses as one block.
fn push(entries: &mut Vec<Entry>, entry: Entry) {
    if let (Some(Entry::Block(last)), Entry::Block(block)) = (entries.last_mut(), &entry) {
        if let Some(joined) = last.joined(block) {
            *last = joined;
            return;
        }
    }
    entries.push(entry);
}

fn interface(name: &str) -> Option<u32> {
    interfaces::index_of(name).or_else(|| name.parse().ok().filter(|index| interfaces::name_of(*index).is_some()))
}

/// What one word stands for.
fn entry(text: &str, blocks: bool) -> Result<Entry, BadTarget> {
    if blocks {
        match read(text, &interface)? {
            Target::Block(block) if block.count() == Some(1) && !text.contains(['/', '-']) => {
                return Ok(single(block, text));
            }
            Target::Block(block) => return Ok(Entry::Block(block)),
            Target::Name(_) => {}
        }
    }
    Ok(match Operand::read(text) {
        Err(refusal) => Entry::Nonsense(text.to_owned(), refusal.to_string()),
        Ok(operand) => match &operand.host {
            Host::Name => Entry::Name(operand),
            Host::Address { addr, zone } => {
                let scope = match zone {
                    None => 0,
                    Some(zone) => interface(zone).ok_or_else(|| BadTarget::NoInterface(zone.clone()))?,
                };
                single(Block::one(Peer { addr: *addr, scope }), text)
            }
        },
    })
}

/// One address, by its own text where that is not ours.
fn single(block: Block, text: &str) -> Entry {
    let zone = if block.scope() == 0 { None } else { interfaces::name_of(block.scope()) };
    let ours = match zone {
        None => block.first().to_string(),
        Some(zone) => format!("{}%{zone}", block.first()),
    };
    if ours == text {
        return Entry::Block(block);
    }
    Entry::Written(Peer { addr: block.first(), scope: block.scope() }, text.to_owned())
}

/// `-g`: a network, of which IPv4's name and broadcast address are left out, or the two ends of a range.
fn generated(operands: &[String]) -> Result<Block, Refusal> {
    let read_one = |text: &String| match read(text, &interface) {
        Ok(Target::Block(block)) => Ok(block),
        Ok(Target::Name(_)) => Err(Refusal::of("-g", text, "not an address; names have no networks")),
        Err(why) => Err(Refusal::of("-g", text, why)),
    };
    match operands {
        [network] => {
            let block = read_one(network)?;
            if !network.contains('/') {
                return Err(Refusal::of("-g", network, "a single target needs a prefix length, as in 192.0.2.0/24"));
            }
            let keeps_ends = block.family() == Family::V6;
            Ok(if keeps_ends { block } else { block.inner().unwrap_or(block) })
        }
        [first, last] => {
            let ends = [read_one(first)?, read_one(last)?];
            let one = |block: &Block| block.count() == Some(1);
            let [first_block, last_block] = &ends;
            if !ends.iter().all(one) {
                return Err(Refusal::new("-g: of two targets each is one address, the first and the last"));
            }
            if first_block.scope() != last_block.scope() {
                return Err(Refusal::of("-g", last, BadTarget::Zones));
            }
            if first_block.family() != last_block.family() {
                return Err(Refusal::of("-g", last, BadTarget::Families));
            }
            let range = Block::range(first_block.first(), last_block.first(), first_block.scope());
            range.ok_or_else(|| Refusal::of("-g", last, BadTarget::Backwards))
        }
        _ => Err(Refusal::new("-g takes a network (192.0.2.0/24) or two addresses, the first and the last")),
    }
}

/// A set of addresses from options and lists.
fn set(option: &str, texts: &[String], file_option: &str, files: &[String]) -> Result<Ranges, Failure> {
    let mut blocks = Vec::new();
    let block = |text: &str| match read(text, &interface) {
        Ok(Target::Block(block)) => Ok(block),
        Ok(Target::Name(_)) => Err("not an address, a block or a range".to_owned()),
        Err(why) => Err(why.to_string()),
    };
    for text in texts {
        blocks.push(block(text).map_err(|why| Refusal::of(option, text, why))?);
    }
    for file in files {
        list(file_option, file, &mut |line, text| {
            let block = block(text).map_err(|why| in_list(file_option, file, line, text, &why))?;
            blocks.push(block);
            Ok(())
        })?;
    }
    Ok(Ranges::new(blocks))
}

/// Why a list cannot be used.
enum ListError {
    Bad(BadList),
    Refused(Refusal),
}

impl From<BadList> for ListError {
    fn from(bad: BadList) -> Self {
        ListError::Bad(bad)
    }
}

fn list(option: &str, path: &str, each: &mut dyn FnMut(u64, &str) -> Result<(), Refusal>) -> Result<(), Failure> {
    let source: Box<dyn BufRead> = if path == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(path).map_err(|error| Failure::system(Refusal::of(option, path, Errno::from(error))))?;
        Box::new(BufReader::new(file))
    };
    let read = read_list(source, &mut |line, text| each(line, text).map_err(ListError::Refused));
    read.map_err(|error| match error {
        ListError::Bad(bad) => Refusal::of(option, path, bad).into(),
        ListError::Refused(refusal) => refusal.into(),
    })
}

fn in_list(option: &str, path: &str, line: u64, text: &str, why: &impl ToString) -> Refusal {
    Refusal::of(option, path, format!("line {line}: {}: {}", shown(&clean(text)), why.to_string()))
}

/// Whether an address is one that only an interface gives a meaning.
pub(super) fn needs_zone(addr: IpAddr) -> bool {
    crate::cli::operand::is_link_local(addr) && !addr.is_multicast()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn gathered(operands: &[&str], generate: bool, blocks: bool) -> Result<Vec<Entry>, String> {
        let operands = operands.iter().map(|text| (*text).to_owned()).collect();
        let input = Input { operands, generate, blocks, ..Input::default() };
        gather(&input).map(|gathered| gathered.entries).map_err(|failure| failure.refusal.to_string())
    }

    fn range(first: &str, last: &str) -> Entry {
        Entry::Block(Block::range(first.parse().unwrap(), last.parse().unwrap(), 0).unwrap())
    }

    #[test]
    fn blocks_stay_blocks_and_neighbours_join() {
        let all = gathered(&["192.0.2.0/30", "192.0.2.4", "192.0.2.9-12"], false, true).unwrap();
        assert_eq!(all, [range("192.0.2.0", "192.0.2.4"), range("192.0.2.9", "192.0.2.12")]);
    }

    #[test]
    fn what_was_written_is_kept() {
        let all = gathered(&["127.1", "::0001", "host", "bad name"], false, true).unwrap();
        assert_eq!(all[0], Entry::Written("127.0.0.1".parse::<IpAddr>().unwrap().into(), "127.1".into()));
        assert_eq!(all[1], Entry::Written("::1".parse::<IpAddr>().unwrap().into(), "::0001".into()));
        assert!(matches!(&all[2], Entry::Name(operand) if operand.text == "host"));
        assert!(matches!(&all[3], Entry::Nonsense(text, _) if text == "bad name"));
    }

    #[test]
    fn under_fpings_name_a_block_is_a_name_that_is_none() {
        assert!(matches!(&gathered(&["192.0.2.0/30"], false, false).unwrap()[0], Entry::Nonsense(..)));
        assert!(matches!(&gathered(&["192.0.2.1-9"], false, false).unwrap()[0], Entry::Name(_)));
    }

    #[test]
    fn networks_are_generated_as_fping_does() {
        let one = |operands: &[&str]| gathered(operands, true, false).map(|all| all[0].clone());
        assert_eq!(one(&["192.0.2.77/29"]), Ok(range("192.0.2.73", "192.0.2.78")));
        assert_eq!(one(&["192.0.2.0/31"]), Ok(range("192.0.2.0", "192.0.2.1")));
        assert_eq!(one(&["192.0.2.7/32"]), Ok(range("192.0.2.7", "192.0.2.7")));
        assert_eq!(one(&["2001:db8::/126"]), Ok(range("2001:db8::", "2001:db8::3")));
        assert_eq!(one(&["192.0.2.1", "192.0.2.5"]), Ok(range("192.0.2.1", "192.0.2.5")));
        for bad in [
            &["192.0.2.1"][..],
            &["host/24"],
            &["192.0.2.0/33"],
            &["192.0.2.5", "192.0.2.1"],
            &["192.0.2.5", "::1"],
            &["192.0.2.0/24", "192.0.3.0/24"],
            &["host", "192.0.2.1"],
        ] {
            assert!(one(bad).unwrap_err().starts_with("-g"), "{bad:?}");
        }
    }
}
