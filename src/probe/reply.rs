//! What kind of reply one is, whichever machine heard it.

/// What kind of reply one is. What enters the round-trip statistics is each machine's own rule; no duplicate and nothing
/// that is damaged or from elsewhere ever does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    /// The first, in time, intact.
    Good,
    /// The first and intact, but after the time-out.
    Late,
    /// Another one to a probe that is already answered.
    Duplicate,
    /// To a live probe, with a damaged token, payload or ICMP checksum; counts as replied.
    Corrupt {
        /// Offset in the payload of the first wrong byte; `None` where only the checksum is wrong.
        at: Option<usize>,
    },
    /// With the right token, from an address that was not asked. Counts as foreign.
    WrongSource,
}

impl ReplyKind {
    /// What it is, from what is known of it. `elsewhere`: from an address that was not asked and may not answer;
    /// `answered`: its probe was before; `damaged`: where, as in [`ReplyKind::Corrupt`].
    #[must_use]
    pub fn of(elsewhere: bool, answered: bool, damaged: Option<Option<usize>>, late: bool) -> Self {
        match damaged {
            _ if elsewhere => ReplyKind::WrongSource,
            _ if answered => ReplyKind::Duplicate,
            Some(at) => ReplyKind::Corrupt { at },
            None if late => ReplyKind::Late,
            None => ReplyKind::Good,
        }
    }

    /// Whether it settles its probe.
    #[must_use]
    pub fn settles(self) -> bool {
        !matches!(self, ReplyKind::WrongSource | ReplyKind::Duplicate)
    }

    /// Offset in the payload of the first wrong byte, where there is one.
    #[must_use]
    pub fn wrong_at(self) -> Option<usize> {
        match self {
            ReplyKind::Corrupt { at } => at,
            _ => None,
        }
    }
}
