//! `rprobe-json(7)` from `schema/events.json`: prose by hand in `man/rprobe-json.7.in`, where a line `@EVENT name@` or
//! `@OBJECT name@` takes the place of what the schema says of that definition. So the page and the rules that every
//! event of every test is held against are one text.

use rprobe::cli::man::wrapped;
use serde_json::{Map, Value};

/// What each event has, said once in the prose.
pub(crate) const COMMON: [&str; 3] = ["v", "event", "ts_ns"];

/// The page from its prose.
pub(crate) fn page(prose: &str, schema: &Value) -> String {
    let mut page = String::new();
    for line in prose.lines() {
        match line.strip_prefix('@').and_then(|rest| rest.strip_suffix('@')) {
            Some(order) => {
                let (_, name) = order.split_once(' ').expect("@EVENT name@ or @OBJECT name@");
                page.push_str(&definition(schema, name));
            }
            None => page.push_str(&format!("{line}\n")),
        }
    }
    page
}

/// What a definition is called on the page: the events that it describes, or its own name.
pub(crate) fn heading(schema: &Value, name: &str) -> String {
    let event = &schema["$defs"][name]["properties"]["event"];
    let names = words(event);
    let heading = if names.is_empty() { name.to_owned() } else { names.join(", ") };
    // Two commands have an event of the same name that does not say the same.
    match name.strip_suffix(&format!("_{heading}")) {
        Some(whose) => format!("{heading} (of a {whose})"),
        None => heading,
    }
}

/// The fields of an object, in the schema's own order: `required` keeps it, while serde_json sorts `properties`.
pub(crate) fn fields(rule: &Value) -> Vec<(String, Value)> {
    let properties = rule["properties"].as_object().cloned().unwrap_or_default();
    let required = rule["required"].as_array().cloned().unwrap_or_default();
    let required: Vec<String> = required.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    let rest: Vec<String> = properties.keys().filter(|name| !required.contains(*name)).cloned().collect();
    required.into_iter().chain(rest).map(|name| (name.clone(), properties[&name].clone())).collect()
}

fn definition(schema: &Value, name: &str) -> String {
    let rule = &schema["$defs"][name];
    assert!(rule.is_object(), "the schema has no {name}");
    let mut text = format!(".SS {}\n", heading(schema, name));
    text.push_str(&sentence(rule["description"].as_str().unwrap_or_default()));
    let is_event = rule["properties"]["event"].is_object();
    for (field, about) in fields(rule) {
        if !(is_event && COMMON.contains(&field.as_str())) {
            text.push_str(&entry(schema, &field, &about));
        }
    }
    for alternative in rule["oneOf"].as_array().into_iter().flatten() {
        text.push_str(&format!(".PP\n{}.RS\n", sentence(alternative["description"].as_str().unwrap_or_default())));
        fields(alternative).iter().for_each(|(field, about)| text.push_str(&entry(schema, field, about)));
        text.push_str(".RE\n");
    }
    text
}

/// One field: its name, its type and unit, what it says.
fn entry(schema: &Value, name: &str, about: &Value) -> String {
    let kind = kind(schema, name, about);
    let said = about["description"].as_str().map(str::to_owned).unwrap_or_else(|| of_what_it_refers_to(schema, about));
    let mut text = format!(".TP\n.B {}\n{}", escaped(name), wrapped(&format!("\\fI{}\\fR.", escaped(&kind))));
    text.push('\n');
    text.push_str(&sentence(&said));
    let inner = fields(&about["items"]);
    if !inner.is_empty() {
        text.push_str("Each has:\n.RS\n");
        inner.iter().for_each(|(field, about)| text.push_str(&entry(schema, field, about)));
        text.push_str(".RE\n");
    }
    text
}

fn of_what_it_refers_to(schema: &Value, about: &Value) -> String {
    let referred = about["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/"));
    let described = referred.and_then(|name| schema["$defs"][name]["description"].as_str());
    described.unwrap_or_default().to_owned()
}

/// Type and unit, in words.
fn kind(schema: &Value, field: &str, rule: &Value) -> String {
    if let Some(name) = rule["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/")) {
        let referred = &schema["$defs"][name];
        let is_object = referred["type"] == "object" || referred["oneOf"].is_array();
        return match name {
            "ns" => "nanoseconds".to_owned(),
            "ns_or_null" => "nanoseconds or null".to_owned(),
            _ if is_object => format!("object {name}"),
            _ => kind(schema, field, referred),
        };
    }
    if let Some(all) = rule["oneOf"].as_array() {
        return either(all.iter().map(|one| kind(schema, field, one)).collect());
    }
    if rule["enum"].is_array() || rule["const"].is_string() {
        return either(words(rule));
    }
    if let Some(constant) = rule.get("const") {
        return constant.to_string();
    }
    let types = match &rule["type"] {
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect::<Vec<_>>(),
    };
    let bound = |key: &str| rule[key].as_f64();
    either(types.iter().map(|one| named(one, field, bound("minimum").zip(bound("maximum")), schema, rule)).collect())
}

/// A type of JSON, with what the field's name and its bounds add.
fn named(kind_of: &str, field: &str, bounds: Option<(f64, f64)>, schema: &Value, rule: &Value) -> String {
    match (kind_of, bounds) {
        ("array", _) if rule["items"]["properties"].is_object() => "array of objects".to_owned(),
        ("array", _) => format!("array of {}", kind(schema, field, &rule["items"])),
        ("integer" | "number", Some((least, most))) => format!("{kind_of}, {least} to {most}"),
        ("integer", None) if field.ends_with("_ns") => "nanoseconds".to_owned(),
        ("integer", None) if field.ends_with("_ms") => "milliseconds".to_owned(),
        (other, _) => other.to_owned(),
    }
}

/// The strings that a field may be.
fn words(rule: &Value) -> Vec<String> {
    let listed = rule["enum"].as_array().cloned().unwrap_or_default();
    let listed = listed.into_iter().chain(rule.get("const").filter(|constant| constant.is_string()).cloned());
    listed.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect()
}

/// `a, b or null`: null last.
fn either(mut all: Vec<String>) -> String {
    all.sort_by_key(|one| one == "null");
    match all.pop() {
        Some(last) if all.is_empty() => last,
        Some(last) => format!("{} or {last}", all.join(", ")),
        None => "anything".to_owned(),
    }
}

/// A text's lines, each with its end; nothing for nothing.
fn sentence(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{}\n", wrapped(&escaped(text))) }
}

/// As man(7) takes it.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\e").replace('-', r"\-").replace('\'', r"\(aq")
}

/// All definitions that the page must have, in no order: those with fields or alternatives.
pub(crate) fn definitions(schema: &Value) -> Map<String, Value> {
    let all = schema["$defs"].as_object().cloned().unwrap_or_default();
    all.into_iter().filter(|(_, rule)| rule["properties"].is_object() || rule["oneOf"].is_array()).collect()
}
