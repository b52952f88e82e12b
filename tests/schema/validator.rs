//! A validator for `schema/events.json`. It knows the keywords that the schema uses and refuses others, so that no rule
//! stands there unread.

use serde_json::{Value, json};

/// The schema of the events.
pub(crate) fn schema() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/events.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Why a value does not satisfy a rule.
pub(crate) type Verdict = Result<(), String>;

/// Holds `value`, which stands at `at`, against `rule` of the schema `root`.
pub(crate) fn check(root: &Value, rule: &Value, value: &Value, at: &str) -> Verdict {
    for (keyword, arg) in rule.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" => Ok(()),
            "$ref" => {
                let name = arg.as_str().and_then(|r| r.strip_prefix("#/$defs/")).expect("a local reference");
                check(root, root["$defs"].get(name).unwrap_or_else(|| panic!("no {name}")), value, at)
            }
            "oneOf" => {
                let results: Vec<Verdict> =
                    arg.as_array().unwrap().iter().map(|rule| check(root, rule, value, at)).collect();
                match results.iter().filter(|r| r.is_ok()).count() {
                    1 => Ok(()),
                    n => Err(format!("{at}: {n} of the alternatives fit: {results:?}")),
                }
            }
            "type" => {
                let types: Vec<&str> = match arg {
                    Value::String(one) => vec![one],
                    several => several.as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect(),
                };
                if types.iter().any(|t| is_of(t, value)) {
                    Ok(())
                } else {
                    Err(format!("{at}: {value} is no {types:?}"))
                }
            }
            "const" if value == arg => Ok(()),
            "enum" if arg.as_array().unwrap().contains(value) => Ok(()),
            "const" | "enum" => Err(format!("{at}: {value} is not {arg}")),
            "minimum" if value.as_f64().is_some_and(|v| v < arg.as_f64().unwrap()) => {
                Err(format!("{at}: {value} < {arg}"))
            }
            "maximum" if value.as_f64().is_some_and(|v| v > arg.as_f64().unwrap()) => {
                Err(format!("{at}: {value} > {arg}"))
            }
            "minimum" | "maximum" => Ok(()),
            "properties" => value.as_object().into_iter().flatten().try_for_each(|(key, field)| match arg.get(key) {
                Some(rule) => check(root, rule, field, &format!("{at}.{key}")),
                None => Ok(()),
            }),
            "items" => value
                .as_array()
                .into_iter()
                .flatten()
                .enumerate()
                .try_for_each(|(n, item)| check(root, arg, item, &format!("{at}[{n}]"))),
            "required" => arg.as_array().unwrap().iter().try_for_each(|key| match value.get(key.as_str().unwrap()) {
                Some(_) => Ok(()),
                None => Err(format!("{at}: {key} is missing")),
            }),
            "additionalProperties" => {
                assert_eq!(arg, &json!(false));
                let known = rule["properties"].as_object().unwrap();
                match value.as_object().into_iter().flatten().find(|(key, _)| !known.contains_key(*key)) {
                    Some((key, _)) => Err(format!("{at}: {key} is not of the schema")),
                    None => Ok(()),
                }
            }
            other => panic!("the schema uses {other}, which this test does not know"),
        }?;
    }
    Ok(())
}

fn is_of(ty: &str, value: &Value) -> bool {
    match ty {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("type {other}?"),
    }
}
