//! `-f FILE`: targets with thresholds of their own, in TOML.
//!
//! Keys at the top hold for every target that does not say otherwise; a target's own thresholds replace those at the top
//! altogether, so that nothing a reader does not see in a target applies to it halfway.

use serde::Deserialize;

use super::limits::Asked;
use crate::cli::Refusal;
use crate::cli::refusal::shown;

/// One text or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Several(Vec<String>),
}

/// Keys that stand at the top and in a target alike.
#[derive(Clone, Debug, Default, Deserialize)]
struct Keys {
    warning: Option<Texts>,
    critical: Option<Texts>,
    expect: Option<Texts>,
    packets: Option<u64>,
    interval: Option<String>,
    size: Option<u64>,
    pmtu: Option<bool>,
    trace: Option<bool>,
    tcp: Option<u64>,
    udp: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Target {
    host: String,
    name: Option<String>,
    #[serde(flatten)]
    keys: Keys,
    #[serde(flatten)]
    unknown: std::collections::BTreeMap<String, toml::Value>,
}

#[derive(Debug, Deserialize)]
struct Document {
    #[serde(flatten)]
    keys: Keys,
    #[serde(default)]
    target: Vec<Target>,
    #[serde(flatten)]
    unknown: std::collections::BTreeMap<String, toml::Value>,
}

/// A target of the file, with what the top of it says filled in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entry {
    pub(super) host: String,
    pub(super) name: Option<String>,
    /// `None`: what the command line says.
    pub(super) asked: Option<Asked>,
    pub(super) packets: Option<u64>,
    pub(super) interval: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) pmtu: Option<bool>,
    pub(super) trace: Option<bool>,
    pub(super) tcp: Option<u64>,
    pub(super) udp: Option<u64>,
}

/// Reads the text of a file; `path` names it in messages.
pub(super) fn read(path: &str, text: &str) -> Result<Vec<Entry>, Refusal> {
    let wrong = |what: String| Refusal::of("-f", path, what);
    let document: Document = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
        wrong(format!("line {line}: {}", error.message().lines().next().unwrap_or("not TOML")))
    })?;
    let unknown = document.unknown.keys().chain(document.target.iter().flat_map(|target| target.unknown.keys())).next();
    if let Some(key) = unknown {
        return Err(wrong(format!(
            "unknown key '{}'; there are host, name, warning, critical, expect, packets, interval, size, pmtu, trace, tcp, udp",
            shown(key)
        )));
    }
    if document.target.is_empty() {
        return Err(wrong("no target; write [[target]] and host = \"192.0.2.1\"".to_owned()));
    }
    Ok(document.target.into_iter().map(|target| entry(target, &document.keys)).collect())
}

fn entry(target: Target, top: &Keys) -> Entry {
    let own = target.keys;
    let limits = [&own, top].into_iter().find(|keys| asks(keys));
    // A port of its own puts the other protocol's at the top out.
    let method = if own.tcp.is_some() || own.udp.is_some() { &own } else { top };
    Entry {
        host: target.host,
        name: target.name,
        asked: limits.map(|keys| Asked {
            warning: texts(&keys.warning),
            critical: texts(&keys.critical),
            expect: texts(&keys.expect),
        }),
        tcp: method.tcp,
        udp: method.udp,
        packets: own.packets.or(top.packets),
        interval: own.interval.clone().or_else(|| top.interval.clone()),
        size: own.size.or(top.size),
        pmtu: own.pmtu.or(top.pmtu),
        trace: own.trace.or(top.trace),
    }
}

fn asks(keys: &Keys) -> bool {
    keys.warning.is_some() || keys.critical.is_some() || keys.expect.is_some()
}

fn texts(texts: &Option<Texts>) -> Vec<String> {
    match texts {
        None => Vec::new(),
        Some(Texts::One(text)) => vec![text.clone()],
        Some(Texts::Several(texts)) => texts.clone(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn targets_take_what_they_do_not_say_from_the_top() {
        let text = "
            critical = \"300ms,50%\"\n packets = 3\n udp = 53\n
            [[target]]\n host = \"192.0.2.1\"\n
            [[target]]\n host = \"core.example\"\n name = \"core router\"\n expect = [\"loss < 1%\", \"ttl > 50\"]\n
            packets = 10\n interval = \"10ms\"\n tcp = 443\n size = 0\n pmtu = true\n";
        let entries = read("f.toml", text).unwrap();
        assert_eq!(entries.len(), 2);
        let first = entries[0].asked.clone().unwrap();
        assert_eq!(
            (first.critical.as_slice(), entries[0].packets, entries[0].udp),
            (&["300ms,50%".to_owned()][..], Some(3), Some(53))
        );
        let second = entries[1].asked.clone().unwrap();
        assert_eq!((second.critical.len(), second.expect.len()), (0, 2), "its own replace all of the top");
        assert_eq!((entries[1].tcp, entries[1].udp, entries[1].packets), (Some(443), None, Some(10)));
        assert_eq!(entries[1].name.as_deref(), Some("core router"));
    }

    #[test]
    fn what_is_wrong_is_named_in_one_line() {
        for (text, said) in [
            ("", "-f f.toml: no target; write [[target]]"),
            ("x = 1\n[[target]]\nhost='a'", "-f f.toml: unknown key 'x'; there are host"),
            ("[[target]]\nhost='a'\nwarn='x'", "-f f.toml: unknown key 'warn'"),
            ("\"\\u001b[2J\\n\" = 1\n[[target]]\nhost='a'", "-f f.toml: unknown key '?[2J?'; there are host"),
            ("[[target]]\nname='a'", "-f f.toml: line 1: missing field `host`"),
            ("[[target]\n", "-f f.toml: line 1:"),
            ("packets = 'x'\n[[target]]\nhost='a'", "-f f.toml: line "),
        ] {
            let refused = read("f.toml", text).unwrap_err().to_string();
            assert!(refused.starts_with(said) && !refused.contains('\n'), "{text}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_file_or_an_error(text in "\\PC{0,60}") {
            let _ = read("f.toml", &text);
        }
    }
}
