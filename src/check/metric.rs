//! What can be measured of a host, by name.
//!
//! Each metric has one name of ours, in which a time must carry its unit, and may have the name that `check_icmp` gives it
//! in its performance data, where a bare number is milliseconds as it is there.

use std::fmt;

/// A figure that a threshold may be put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // the names say it, and `meaning` says it again
pub enum Metric {
    RttMin,
    RttAvg,
    RttMedian,
    RttMax,
    RttP90,
    RttP95,
    RttP99,
    RttMdev,
    Loss,
    LossBurst,
    JitterMean,
    JitterRfc3550,
    PdvP99,
    MosSlac,
    MosG107,
    Score,
    Duplicates,
    Reordered,
    Ttl,
    Pmtu,
}

/// What a metric's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds.
    Time,
    /// Per cent, 0 to 100.
    Percent,
    /// A number without a unit.
    Plain,
    /// Bytes.
    Bytes,
}

/// A metric as somebody named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// Which.
    pub metric: Metric,
    /// Whether by the plugin's name, so that a bare number is milliseconds.
    pub by_plugin: bool,
}

impl Metric {
    /// All of them, in the order in which they are told.
    pub const ALL: [Metric; 20] = [
        Metric::RttMin,
        Metric::RttAvg,
        Metric::RttMedian,
        Metric::RttMax,
        Metric::RttP90,
        Metric::RttP95,
        Metric::RttP99,
        Metric::RttMdev,
        Metric::Loss,
        Metric::LossBurst,
        Metric::JitterMean,
        Metric::JitterRfc3550,
        Metric::PdvP99,
        Metric::MosSlac,
        Metric::MosG107,
        Metric::Score,
        Metric::Duplicates,
        Metric::Reordered,
        Metric::Ttl,
        Metric::Pmtu,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Metric::RttMin => "rtt.min",
            Metric::RttAvg => "rtt.avg",
            Metric::RttMedian => "rtt.median",
            Metric::RttMax => "rtt.max",
            Metric::RttP90 => "rtt.p90",
            Metric::RttP95 => "rtt.p95",
            Metric::RttP99 => "rtt.p99",
            Metric::RttMdev => "rtt.mdev",
            Metric::Loss => "loss",
            Metric::LossBurst => "loss.burst",
            Metric::JitterMean => "jitter.mean",
            Metric::JitterRfc3550 => "jitter.rfc3550",
            Metric::PdvP99 => "pdv.p99",
            Metric::MosSlac => "mos.slac",
            Metric::MosG107 => "mos.g107",
            Metric::Score => "score",
            Metric::Duplicates => "duplicates",
            Metric::Reordered => "reordered",
            Metric::Ttl => "ttl",
            Metric::Pmtu => "pmtu",
        }
    }

    /// Its label in performance data: the plugin's where it has one, so that graphs go on.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Metric::RttAvg => "rta",
            Metric::RttMin => "rtmin",
            Metric::RttMax => "rtmax",
            Metric::Loss => "pl",
            Metric::JitterMean => "jitter_avg",
            Metric::MosSlac => "mos",
            _ => self.name(),
        }
    }

    /// What its values are.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Metric::RttMin
            | Metric::RttAvg
            | Metric::RttMedian
            | Metric::RttMax
            | Metric::RttP90
            | Metric::RttP95
            | Metric::RttP99
            | Metric::RttMdev
            | Metric::JitterMean
            | Metric::JitterRfc3550
            | Metric::PdvP99 => Unit::Time,
            Metric::Loss => Unit::Percent,
            Metric::Pmtu => Unit::Bytes,
            Metric::LossBurst
            | Metric::MosSlac
            | Metric::MosG107
            | Metric::Score
            | Metric::Duplicates
            | Metric::Reordered
            | Metric::Ttl => Unit::Plain,
        }
    }

    /// Whether it says how long an answer took, so that a limit on it is a time to wait for.
    #[must_use]
    pub const fn is_round_trip(self) -> bool {
        matches!(
            self,
            Metric::RttMin
                | Metric::RttAvg
                | Metric::RttMedian
                | Metric::RttMax
                | Metric::RttP90
                | Metric::RttP95
                | Metric::RttP99
        )
    }

    /// A value that its threshold could have, for messages that show the right form.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self.unit() {
            Unit::Time => "50ms",
            Unit::Percent => "5%",
            Unit::Bytes => "1500:",
            Unit::Plain => match self {
                Metric::MosSlac | Metric::MosG107 => "3.5:",
                Metric::Score => "80:",
                Metric::Ttl => "50:",
                _ => "2",
            },
        }
    }
}

impl Named {
    /// The metric of this name, ours or the plugin's.
    #[must_use]
    pub fn find(name: &str) -> Option<Named> {
        let ours = Metric::ALL.into_iter().find(|metric| metric.name() == name);
        let plugins = || Metric::ALL.into_iter().find(|metric| metric.label() == name);
        match ours {
            // A score has no unit, and one name.
            Some(metric) => Some(Named { metric, by_plugin: false }),
            None => plugins().map(|metric| Named { metric, by_plugin: true }),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_metric_is_found_by_its_names() {
        for metric in Metric::ALL {
            assert_eq!(Named::find(metric.name()), Some(Named { metric, by_plugin: false }));
            assert_eq!(Named::find(metric.label()).map(|named| named.metric), Some(metric));
        }
        assert_eq!(Named::find("rta"), Some(Named { metric: Metric::RttAvg, by_plugin: true }));
        assert_eq!(Named::find("rtt"), None);
        assert_eq!(Named::find("RTT.min"), None);
    }

    #[test]
    fn labels_are_told_apart_by_their_first_characters() {
        // doc/developer-guidelines: the first 19 characters of a label must be unique.
        let heads: BTreeSet<&str> = Metric::ALL.iter().map(|m| m.label().get(..19).unwrap_or(m.label())).collect();
        assert_eq!(heads.len(), Metric::ALL.len());
        assert!(Metric::ALL.iter().all(|m| !m.label().contains(['=', '\'', ' '])));
    }
}
