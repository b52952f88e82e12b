//! The declaration of option tables: from one structure both clap's derive and the way of a plain command line.
//!
//! The macro reads the very attributes that clap's derive reads, and knows few: `short`, `long`, their aliases, and what
//! does not change how a line is read. Any other is a compile error here, so that nobody adds a rule that only one of the
//! two ways follows.

/// What an option is called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Name<'a> {
    /// `-n`.
    Short(char),
    /// `--numeric`.
    Long(&'a str),
}

impl Name<'_> {
    /// Whether it is the long name that a field without a name of its own gives: `dont_route` is `--dont-route`.
    pub(in crate::cli) fn is_field(self, field: &str) -> bool {
        let Name::Long(long) = self else { return false };
        let hyphened = |byte| if byte == b'_' { b'-' } else { byte };
        long.len() == field.len() && field.bytes().map(hyphened).eq(long.bytes())
    }
}

/// Where an option's value goes.
#[derive(Debug)]
pub(in crate::cli) enum Slot<'a> {
    /// It has none.
    Flag(&'a mut bool),
    /// The last one counts.
    One(&'a mut Option<String>),
    /// All of them do.
    Many(&'a mut Vec<String>),
    /// Clap's business: help and version.
    Answered,
}

/// A field that can be an option.
pub(in crate::cli) trait AsSlot {
    fn as_slot(&mut self) -> Slot<'_>;
}

impl AsSlot for bool {
    fn as_slot(&mut self) -> Slot<'_> {
        Slot::Flag(self)
    }
}

impl AsSlot for Option<String> {
    fn as_slot(&mut self) -> Slot<'_> {
        Slot::One(self)
    }
}

impl AsSlot for Vec<String> {
    fn as_slot(&mut self) -> Slot<'_> {
        Slot::Many(self)
    }
}

impl AsSlot for Option<bool> {
    fn as_slot(&mut self) -> Slot<'_> {
        Slot::Answered
    }
}

/// Options by name.
pub(in crate::cli) trait Table {
    /// Where the value of an option goes, and whether the option takes another one back.
    fn slot(&mut self, name: Name<'_>) -> Option<(Slot<'_>, bool)>;

    /// Where words that are no options go, and whether there must be one.
    fn operands(&mut self) -> Option<(Slot<'_>, bool)>;
}

/// Declares tables of options: the structures as they stand, and how their fields are found by the names in their `arg`
/// attributes.
macro_rules! options {
    // Is this the option of that name?
    (@named $name:ident $field:ident) => { false };
    (@named $name:ident $field:ident short = $short:literal $(, $($rest:tt)*)?) => {
        $name == $crate::cli::options::Name::Short($short) || options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident short_alias = $short:literal $(, $($rest:tt)*)?) => {
        $name == $crate::cli::options::Name::Short($short) || options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident long = $long:literal $(, $($rest:tt)*)?) => {
        $name == $crate::cli::options::Name::Long($long) || options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident long $(, $($rest:tt)*)?) => {
        $name.is_field(stringify!($field)) || options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident alias = $long:literal $(, $($rest:tt)*)?) => {
        $name == $crate::cli::options::Name::Long($long) || options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident visible_alias = $long:literal $(, $($rest:tt)*)?) => {
        $name == $crate::cli::options::Name::Long($long) || options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident visible_aliases = [$($long:literal),*] $(, $($rest:tt)*)?) => {
        $($name == $crate::cli::options::Name::Long($long) ||)* options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident value_name = $what:literal $(, $($rest:tt)*)?) => {
        options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident hide = $hide:literal $(, $($rest:tt)*)?) => {
        options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident global = $global:literal $(, $($rest:tt)*)?) => {
        options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident action = ArgAction::Append $(, $($rest:tt)*)?) => {
        options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident action = ArgAction::Help $(, $($rest:tt)*)?) => {
        options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident action = ArgAction::Version $(, $($rest:tt)*)?) => {
        options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident overrides_with = $other:literal $(, $($rest:tt)*)?) => {
        options!(@named $name $field $($($rest)*)?)
    };
    (@named $name:ident $field:ident required_unless_present = $other:literal $(, $($rest:tt)*)?) => {
        options!(@named $name $field $($($rest)*)?)
    };

    // Is one of these words among the attribute's?
    (@has_name) => { false };
    (@has_name short $($rest:tt)*) => { true };
    (@has_name long $($rest:tt)*) => { true };
    (@has_name $other:tt $($rest:tt)*) => { options!(@has_name $($rest)*) };
    (@overrides) => { false };
    (@overrides overrides_with $($rest:tt)*) => { true };
    (@overrides $other:tt $($rest:tt)*) => { options!(@overrides $($rest)*) };
    (@required) => { false };
    (@required required_unless_present $($rest:tt)*) => { true };
    (@required $other:tt $($rest:tt)*) => { options!(@required $($rest)*) };

    // One attribute of a field: does the name mean the field?
    (@slot $self:ident $name:ident $field:ident doc $($text:tt)*) => {};
    (@slot $self:ident $name:ident $field:ident command (flatten)) => {
        if let Some(slot) = $crate::cli::options::Table::slot(&mut $self.$field, $name) {
            return Some(slot);
        }
    };
    (@slot $self:ident $name:ident $field:ident arg ($($given:tt)*)) => {
        if options!(@named $name $field $($given)*) {
            return Some(($crate::cli::options::AsSlot::as_slot(&mut $self.$field), options!(@overrides $($given)*)));
        }
    };

    // One attribute of a field: is it where operands go?
    (@operands $self:ident $field:ident doc $($text:tt)*) => {};
    (@operands $self:ident $field:ident command (flatten)) => {};
    (@operands $self:ident $field:ident arg ($($given:tt)*)) => {
        if !options!(@has_name $($given)*) {
            return Some(($crate::cli::options::AsSlot::as_slot(&mut $self.$field), options!(@required $($given)*)));
        }
    };

    ($(
        $(#[$($about:tt)*])*
        $seen:vis struct $table:ident {
            $($(#[$key:ident $($value:tt)*])* $shown:vis $field:ident: $kind:ty,)*
        }
    )*) => {$(
        $(#[$($about)*])*
        $seen struct $table {
            $($(#[$key $($value)*])* $shown $field: $kind,)*
        }

        impl $crate::cli::options::Table for $table {
            fn slot(
                &mut self,
                name: $crate::cli::options::Name<'_>,
            ) -> Option<($crate::cli::options::Slot<'_>, bool)> {
                $($(options!(@slot self name $field $key $($value)*);)*)*
                None
            }

            fn operands(&mut self) -> Option<($crate::cli::options::Slot<'_>, bool)> {
                $($(options!(@operands self $field $key $($value)*);)*)*
                None
            }
        }
    )*};
}

pub(in crate::cli) use options;
