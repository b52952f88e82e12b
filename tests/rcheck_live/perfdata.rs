//! A parser of the plugin interface's output, written from its description and from nothing of rprobe: one status line
//! with performance data behind a bar, long text below.
//!
//! `'label'=value[UOM];[warn];[crit];[min];[max]`: labels hold no equals sign, quotes are doubled within quotes, a value is
//! digits, point and minus, or `U`, and warn, crit, min and max are in the value's unit, warn and crit ranges.

use std::collections::BTreeMap;

/// One datum.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// `None`: `U`.
    pub value: Option<f64>,
    pub uom: String,
    pub warn: String,
    pub crit: String,
    pub min: String,
    pub max: String,
}

/// A plugin's output, taken apart.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// The word before the dash.
    pub state: String,
    pub text: String,
    pub data: BTreeMap<String, Datum>,
    /// Labels in their order.
    pub labels: Vec<String>,
    pub long: Vec<String>,
}

impl Plugin {
    /// Reads it; a panic names what breaks the interface.
    #[track_caller]
    pub fn read(stdout: &str) -> Plugin {
        let mut lines = stdout.lines();
        let first = lines.next().unwrap_or_else(|| panic!("no line at all"));
        assert!(stdout.ends_with('\n'), "{stdout:?} does not end its line");
        let (text, data) = first.split_once('|').unwrap_or((first, ""));
        assert!(!data.contains('|'), "two bars: {first}");
        let state = ["OK", "WARNING", "CRITICAL", "UNKNOWN"]
            .into_iter()
            .find(|word| text.split(" - ").next().unwrap().split(' ').any(|w| w == *word));
        let mut plugin = Plugin {
            state: state.unwrap_or_else(|| panic!("no state in {text:?}")).to_owned(),
            text: text.to_owned(),
            data: BTreeMap::new(),
            labels: Vec::new(),
            long: lines.map(str::to_owned).collect(),
        };
        let mut rest = data.trim();
        while !rest.is_empty() {
            let (label, behind) = label(rest);
            let end = behind.find(' ').unwrap_or(behind.len());
            let datum = datum(&behind[..end]);
            assert!(plugin.data.insert(label.clone(), datum).is_none(), "{label} twice in {first}");
            plugin.labels.push(label);
            rest = behind[end..].trim_start();
        }
        plugin
    }

    /// One datum.
    #[track_caller]
    pub fn datum(&self, label: &str) -> &Datum {
        self.data.get(label).unwrap_or_else(|| panic!("no {label} in {:?}", self.labels))
    }

    /// Its value.
    #[track_caller]
    pub fn value(&self, label: &str) -> Option<f64> {
        self.datum(label).value
    }
}

fn label(text: &str) -> (String, &str) {
    if let Some(inside) = text.strip_prefix('\'') {
        let mut label = String::new();
        let mut chars = inside.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match (c, chars.peek()) {
                ('\'', Some((_, '\''))) => {
                    label.push('\'');
                    chars.next();
                }
                ('\'', _) => {
                    let behind = inside[at + 1..].strip_prefix('=').unwrap_or_else(|| panic!("no = behind {label}"));
                    return (label, behind);
                }
                _ => label.push(c),
            }
        }
        panic!("a label is not closed: {text}");
    }
    let (label, behind) = text.split_once('=').unwrap_or_else(|| panic!("no = in {text}"));
    assert!(!label.contains([' ', '\'']) && !label.is_empty(), "{label:?} needs quotes");
    (label.to_owned(), behind)
}

fn datum(text: &str) -> Datum {
    let fields: Vec<&str> = text.split(';').collect();
    assert!(fields.len() <= 5, "{text} has too many fields");
    let end = fields[0].find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(fields[0].len());
    let (value, uom) = if fields[0] == "U" { ("U", "") } else { fields[0].split_at(end) };
    assert!(["", "s", "ms", "us", "%", "B", "KB", "MB", "c"].contains(&uom), "unit {uom:?} of {text}");
    let value = if value == "U" { None } else { Some(value.parse().unwrap_or_else(|_| panic!("{text}: no number"))) };
    let field = |n: usize| fields.get(n).copied().unwrap_or("").to_owned();
    for limit in [field(1), field(2)] {
        let bounds = limit.strip_prefix('@').unwrap_or(&limit).split(':');
        bounds
            .filter(|b| !b.is_empty() && *b != "~")
            .for_each(|b| assert!(b.parse::<f64>().is_ok(), "{limit} of {text}"));
    }
    for bound in [field(3), field(4)] {
        assert!(bound.is_empty() || bound.parse::<f64>().is_ok(), "{bound} of {text}");
    }
    Datum { value, uom: uom.to_owned(), warn: field(1), crit: field(2), min: field(3), max: field(4) }
}

#[test]
fn the_examples_of_the_guidelines_and_of_plugins_are_read() {
    let p =
        Plugin::read("OK - h: fine|rta=0.036ms;200.000;500.000;0; pl=0%;40;80;; 'a b''=c'=U;@1:2;~:5;0;100\nlong\n");
    assert_eq!((p.state.as_str(), p.text.as_str(), p.long.len()), ("OK", "OK - h: fine", 1));
    assert_eq!(p.value("rta"), Some(0.036));
    assert_eq!(p.datum("pl").crit, "80");
    assert_eq!(p.labels[2], "a b'=c");
    assert_eq!((p.value("a b'=c"), p.datum("a b'=c").max.as_str()), (None, "100"));
    for broken in ["OK - x|a b=1\n", "OK - x|a=1e3\n", "OK - x|a=1;x\n", "fine\n", "OK - x", "OK - |a=1 a=2\n"] {
        assert!(std::panic::catch_unwind(|| Plugin::read(broken)).is_err(), "{broken:?}");
    }
}
