//! Manual pages: prose from `man/*.8.in`, options from the table that is also parsed.

use clap::Command;
use clap_mangen::Man;

/// The line that the options take the place of; of a subcommand's, with its name behind the word.
const OPTIONS: &str = "@OPTIONS@\n";

/// Longest line of the page's source.
const WIDTH: usize = 80;

/// A command's page, in man(7), from its prose.
pub(super) fn page(prose: &str, mut command: Command) -> String {
    command.build();
    let page = command.get_subcommands().fold(prose.to_owned(), |page, sub| {
        page.replace(
            &format!("@OPTIONS {}@\n", sub.get_name()),
            &below_a_heading(&options(sub.clone().mut_args(only_its_own))),
        )
    });
    page.replace(OPTIONS, &options(command))
}

/// Leaves out what every subcommand has: that stands with the options of the whole.
fn only_its_own(arg: clap::Arg) -> clap::Arg {
    let common = arg.is_global_set() || arg.get_id() == "help";
    if common { arg.hide(true) } else { arg }
}

/// Options that stand in a section already: without its heading, and their own as words in bold.
fn below_a_heading(options: &str) -> String {
    let lines = options.lines().filter(|line| *line != ".SH OPTIONS");
    lines
        .map(|line| line.strip_prefix(".SS ").map_or_else(|| format!("{line}\n"), |h| format!(".PP\n.B {h}\n")))
        .collect()
}

/// The options, with a subsection for each of their headings.
fn options(command: Command) -> String {
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = Man::new(command).render_options_section(&mut text);
    let text = String::from_utf8_lossy(&text).replace(r"\*(Aq", r"\(aq");
    let mut page = String::new();
    for line in text.lines() {
        match line.strip_prefix(".SH ") {
            Some("OPTIONS") => page.push_str(line),
            Some(heading) => page.push_str(&format!(".SS {}", sentence_case(heading.trim_matches('"')))),
            // A string for apostrophes, which `\(aq` makes needless.
            None if line.starts_with(".ie ") || line.starts_with(".el ") => continue,
            // A paragraph below an option keeps its indentation.
            None if line.is_empty() => page.push_str(".IP"),
            None if line.starts_with('.') => page.push_str(line),
            None => page.push_str(&wrapped(line)),
        }
        page.push('\n');
    }
    page
}

/// Each sentence on lines of its own, none too long: what man pages look like inside.
#[must_use]
pub fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        if !out.is_empty() {
            let breaks = out.ends_with('.') || width + 1 + word.chars().count() > WIDTH;
            out.push(if breaks { '\n' } else { ' ' });
            width = if breaks { 0 } else { width + 1 };
            if breaks && word.starts_with(['.', '\'']) {
                // At the beginning of a line these would be requests.
                out.push_str(r"\&");
            }
        }
        out.push_str(word);
        width += word.chars().count();
    }
    out
}

/// `ONE FAMILY ONLY` as "One family only": headings of subsections are not shouted.
fn sentence_case(heading: &str) -> String {
    let lower = heading.to_lowercase();
    let mut letters = lower.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
