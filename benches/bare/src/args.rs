//! Arguments: `--name value`, a few bare `--flags`, operands, and everything after `--`.

use std::collections::HashMap;
use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

/// What every part of this program returns.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const FLAGS: &[&str] = &["raw", "packet", "stamped", "unstamped", "sample", "listen"];

/// A command line, read but not judged.
pub struct Args {
    values: HashMap<String, String>,
    pub operands: Vec<String>,
}

impl Args {
    pub fn parse(mut words: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut args = Args { values: HashMap::new(), operands: Vec::new() };
        while let Some(word) = words.next() {
            match word.strip_prefix("--") {
                Some("") => args.operands.extend(words.by_ref()),
                Some(flag) if FLAGS.contains(&flag) => {
                    args.values.insert(flag.to_owned(), String::new());
                }
                Some(name) => {
                    let value = words.next().ok_or_else(|| format!("--{name}: a value is missing"))?;
                    args.values.insert(name.to_owned(), value);
                }
                None => args.operands.push(word),
            }
        }
        Ok(args)
    }

    pub fn has(&self, flag: &str) -> bool {
        self.values.contains_key(flag)
    }

    pub fn text(&self, name: &str) -> Outcome<&str> {
        Ok(self.values.get(name).ok_or_else(|| format!("--{name} is missing"))?)
    }

    pub fn number(&self, name: &str) -> Outcome<Option<u64>> {
        self.values.get(name).map(|text| Ok(text.parse()?)).transpose()
    }

    pub fn interval(&self) -> Outcome<Duration> {
        let text = self.values.get("interval").map_or("5ms", String::as_str);
        let (number, unit) = match (text.strip_suffix("us"), text.strip_suffix("ms")) {
            (Some(number), _) => (number, 1e-6),
            (_, Some(number)) => (number, 1e-3),
            _ => (text, 1.0),
        };
        Ok(Duration::try_from_secs_f64(number.parse::<f64>()? * unit)?)
    }

    /// An address of the family that the caller speaks.
    pub fn target<A: FromStr<Err: Error + 'static>>(&self) -> Outcome<A> {
        Ok(self.operands.first().ok_or("a target is missing")?.parse()?)
    }

    pub fn mac(&self) -> Outcome<[u8; 6]> {
        let mut mac = [0; 6];
        let mut parts = self.text("mac")?.split(':');
        for byte in &mut mac {
            *byte = u8::from_str_radix(parts.next().ok_or("--mac: six bytes, please")?, 16)?;
        }
        Ok(mac)
    }
}
