//! A value and its place; an object whose fields are taken one by one.

use super::super::{MediaOrigin, Violation};
use crate::excerpt::Quoted;
use crate::json::{Json, escaped};

/// The most faults that one answer names.
const MAX_VIOLATIONS: usize = 100;

/// Collects faults.
pub struct Checker {
    pub origin: MediaOrigin,
    pub violations: Vec<Violation>,
}

impl Checker {
    pub const fn new(origin: MediaOrigin) -> Self {
        Self { origin, violations: Vec::new() }
    }

    /// Remembers a fault.
    pub fn fault(&mut self, pointer: &str, message: impl Into<String>) {
        if self.violations.len() < MAX_VIOLATIONS {
            self.violations.push(Violation::new(pointer, message));
        }
    }
}

/// A value and its place. The readers return `None` after naming a fault.
pub struct Node {
    pub pointer: String,
    json: Json,
}

impl Node {
    /// The whole document.
    pub const fn root(json: Json) -> Self {
        Self { pointer: String::new(), json }
    }

    pub fn text(self, checker: &mut Checker) -> Option<String> {
        match self.json {
            Json::Text(text) => Some(text),
            other => wrong_kind(&self.pointer, "a text", &other, checker),
        }
    }

    pub fn number(self, checker: &mut Checker) -> Option<f64> {
        match self.json {
            Json::Number(number) => Some(number),
            other => wrong_kind(&self.pointer, "a number", &other, checker),
        }
    }

    pub fn boolean(self, checker: &mut Checker) -> Option<bool> {
        match self.json {
            Json::Boolean(boolean) => Some(boolean),
            other => wrong_kind(&self.pointer, "true or false", &other, checker),
        }
    }

    pub fn list(self, checker: &mut Checker) -> Option<Vec<Self>> {
        match self.json {
            Json::List(items) => {
                let place = |(index, json)| Self { pointer: format!("{}/{index}", self.pointer), json };
                Some(items.into_iter().enumerate().map(place).collect())
            }
            other => wrong_kind(&self.pointer, "a list", &other, checker),
        }
    }

    pub fn object(self, checker: &mut Checker) -> Option<Fields> {
        match self.json {
            Json::Object(entries) => Some(Fields { pointer: self.pointer, entries, asked: Vec::new() }),
            other => wrong_kind(&self.pointer, "an object", &other, checker),
        }
    }

    /// An object, or a boolean that stands for one.
    pub fn object_or_boolean(self, checker: &mut Checker) -> Option<Result<Fields, bool>> {
        match self.json {
            Json::Boolean(boolean) => Some(Err(boolean)),
            Json::Object(_) => self.object(checker).map(Ok),
            other => wrong_kind(&self.pointer, "an object, true or false", &other, checker),
        }
    }
}

fn wrong_kind<T>(pointer: &str, wanted: &str, found: &Json, checker: &mut Checker) -> Option<T> {
    checker.fault(pointer, format!("{wanted} is needed here, not {}", found.name()));
    None
}

/// The fields of an object. Those that nobody took are faults when it is closed.
pub struct Fields {
    pub pointer: String,
    entries: Vec<(String, Json)>,
    asked: Vec<&'static str>,
}

impl Fields {
    /// Place of a field, whether it is there or not.
    pub fn pointer_to(&self, name: &str) -> String {
        format!("{}/{name}", self.pointer)
    }

    /// The field, unless it is left out or `null`.
    pub fn take(&mut self, name: &'static str) -> Option<Node> {
        self.asked.push(name);
        let at = self.entries.iter().position(|(entry, _)| entry == name)?;
        let (_, json) = self.entries.remove(at);
        (json != Json::Null).then(|| Node { pointer: self.pointer_to(name), json })
    }

    /// Names every field that was not taken.
    pub fn close(self, checker: &mut Checker) {
        self.close_kind(&[], "", checker);
    }

    /// Names every field that was not taken; `elsewhere` are fields of other kinds than `kind`.
    pub fn close_kind(self, elsewhere: &[&'static str], kind: &str, checker: &mut Checker) {
        let mut known = self.asked;
        for (name, json) in &self.entries {
            let pointer = format!("{}/{}", self.pointer, escaped(name));
            if known.contains(&name.as_str()) {
                checker.fault(&pointer, format!("{} is given twice", Quoted(name)));
            } else if !elsewhere.contains(&name.as_str()) {
                known.sort_unstable();
                checker.fault(
                    &pointer,
                    format!("there is no field {} here, only {}", Quoted(name), listed(&known, "and")),
                );
            } else if *json != Json::Null {
                checker.fault(&pointer, format!("`{name}` does not belong to {kind}"));
            }
        }
    }
}

/// `a`, `b` and `c`.
pub fn listed(names: &[&str], conjunction: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} {conjunction} {last}", before.join(", ")),
        None => String::new(),
    }
}
