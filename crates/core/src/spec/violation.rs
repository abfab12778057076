//! Faults in a spec, each with the place where it stands.

use serde::{Deserialize, Serialize};

/// The longest pointer to a fault.
const MAX_POINTER_BYTES: usize = 120;

/// One fault and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// JSON pointer (RFC 6901) to the faulty value; empty for the whole document.
    pub pointer: String,
    /// What is wrong and what would be right, for the person who wrote the spec.
    pub message: String,
}

impl Violation {
    /// A fault at `pointer`. Where names in it are so long that it would repeat too much of what was sent, it is the
    /// place around them.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let mut pointer = pointer.into();
        if pointer.len() > MAX_POINTER_BYTES {
            let end = pointer.floor_char_boundary(MAX_POINTER_BYTES + 1);
            pointer.truncate(pointer[..end].rfind('/').unwrap_or(0));
        }
        Self { pointer, message: message.into() }
    }
}

/// Why a spec was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// More bytes than are read.
    #[error("the spec is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// Not JSON at all.
    #[error("the spec is not valid JSON: {}", .0.message)]
    Syntax(Violation),
    /// Well-formed, but not something that can be made.
    #[error("{}", summary(.0))]
    Invalid(Vec<Violation>),
    /// A topic needs a writer, and none is set up.
    #[error("a topic needs a script writer, and none is set up: send a script or scenes")]
    WriterUnavailable,
}

impl SpecError {
    /// Stable name of the kind of fault.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Syntax(_) => "malformed_json",
            Self::Invalid(_) => "invalid_spec",
            Self::WriterUnavailable => "writer_unavailable",
        }
    }

    /// The faults, for a problem document.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        match self {
            Self::TooLarge { .. } => vec![Violation::new("", self.to_string())],
            Self::Syntax(violation) => vec![violation.clone()],
            Self::Invalid(violations) => violations.clone(),
            Self::WriterUnavailable => vec![Violation::new("/topic", self.to_string())],
        }
    }
}

fn summary(violations: &[Violation]) -> String {
    match violations {
        [] => "the spec is not valid".to_owned(),
        [only] => place(only),
        [first, rest @ ..] => format!("{} (and {} more)", place(first), rest.len()),
    }
}

fn place(violation: &Violation) -> String {
    if violation.pointer.is_empty() {
        violation.message.clone()
    } else {
        format!("{}: {}", violation.pointer, violation.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_with_long_names_is_the_one_around_them() {
        let long = "a".repeat(100_000);
        let at = |pointer: &str| Violation::new(pointer, "").pointer;
        assert_eq!(at("/scenes/0/text"), "/scenes/0/text");
        assert_eq!(at(&format!("/scenes/0/{long}")), "/scenes/0");
        assert_eq!(at(&format!("/{long}/0/text")), "");
        assert_eq!(at(&format!("/{}/b", "ä".repeat(59))), format!("/{}", "ä".repeat(59)));
        assert_eq!(at(&format!("/{}", "b".repeat(119))), format!("/{}", "b".repeat(119)));
    }
}
