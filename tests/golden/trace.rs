//! What a trace looks like as text: our own shape, plain and aligned, and the peers'.

use std::sync::Arc;

use rprobe::report::trace::{Report, Shape, Style, Text};
use rprobe::trace::{End, Note};

use crate::same;
use crate::trace_sample::{Some1, ends, hops, incidents, path, run};

fn text(style: Style, several: bool, notes: &[Note]) -> (String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    {
        let mut report = Text::new(Arc::new(run(several)), style, Box::new(&mut out), Box::new(&mut err));
        report.start().unwrap();
        notes.iter().for_each(|note| report.note(note, &Some1::new()).unwrap());
        report.flush().unwrap();
    }
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn whole() -> Vec<Note> {
    let notes = hops().into_iter().map(Note::Hop).chain(incidents());
    notes.chain([Note::End(path(End::Reached))]).collect()
}

#[test]
fn every_hop_in_every_shape() {
    let own = || Style { asn: true, ..Style::new("rtrace") };
    let peer =
        |program: &str, shape| Style { shape, extensions: false, back: false, reply: false, ..Style::new(program) };
    same("trace.txt", text(own(), false, &whole()));
    same("trace_aligned.txt", text(Style { aligned: true, color: true, ..own() }, false, &whole()));
    same("trace_as_traceroute.txt", text(peer("traceroute", Shape::Traceroute), false, &whole()));
    let evident = Style {
        extensions: true,
        back: true,
        reply: true,
        asn: true,
        numeric: true,
        ..peer("traceroute", Shape::Traceroute)
    };
    same("trace_as_traceroute_e.txt", text(evident, false, &whole()));
    same("trace_as_tracepath.txt", text(peer("tracepath", Shape::Tracepath), false, &whole()));
}

#[test]
fn every_end_says_where_and_why() {
    let mut all = String::new();
    for end in ends() {
        let (out, err) = text(Style::new("rtrace"), false, &[Note::End(end.clone())]);
        assert_eq!(err, "");
        all.push_str(&format!("{:?}\n{}", end.end, out.split_once('\n').unwrap().1));
    }
    same("trace_ends.txt", (all, String::new()));
}

#[test]
fn several_paths_do_not_mix() {
    let other = |note: &Note| match note {
        Note::Hop(hop) => Note::Hop(rprobe::trace::Hop { target: rprobe::probe::TargetId(1), ..hop.clone() }),
        Note::End(path) => Note::End(rprobe::trace::Path { target: rprobe::probe::TargetId(1), ..path.clone() }),
        other => other.clone(),
    };
    let both: Vec<Note> = whole().iter().flat_map(|note| [other(note), note.clone()]).collect();
    let (out, _) = text(Style::new("rtrace"), true, &both);
    let blocks: Vec<&str> = out.split("\n\n").collect();
    assert_eq!(blocks.len(), 2, "{out}");
    assert!(blocks[0].starts_with("rtrace to 10.0.7.7") || blocks[0].contains("(10.0.7.7)"), "{out}");
    assert!(blocks[1].contains("(10.0.9.2), 30 hops max"), "{out}");
    same("trace_several.txt", (out, String::new()));
}

#[test]
fn whoever_watches_sees_progress_that_leaves_no_trace() {
    let notes = incidents();
    let (out, err) = text(Style { progress: true, ..Style::new("rtrace") }, false, &notes);
    assert!(err.contains("MTU: 1500 bytes: silence\r") && err.ends_with("answers\r"), "{err:?}");
    assert!(!out.contains('\r'));
}
