//! Single values of an object, each with its limits.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::super::MAX_TITLE_CHARACTERS;
use super::node::{Checker, Fields, listed};
use crate::letters::plain_letters;
use crate::prose::prose;
use crate::units::{Color, Portion};
use crate::white_space::{filled_lines, folded};

/// Reads one field; `None` when it is left out or named as a fault.
impl Fields {
    pub fn boolean(&mut self, name: &'static str, checker: &mut Checker) -> Option<bool> {
        self.take(name)?.boolean(checker)
    }

    pub fn number(
        &mut self,
        name: &'static str,
        limits: RangeInclusive<f64>,
        unit: &str,
        checker: &mut Checker,
    ) -> Option<f64> {
        let node = self.take(name)?;
        let pointer = node.pointer.clone();
        let number = node.number(checker)?;
        if limits.contains(&number) {
            return Some(number);
        }
        checker.fault(&pointer, format!("`{name}` is {} to {}{unit}", limits.start(), limits.end()));
        None
    }

    pub fn whole_number(
        &mut self,
        name: &'static str,
        limits: RangeInclusive<u32>,
        unit: &str,
        checker: &mut Checker,
    ) -> Option<u32> {
        let pointer = self.pointer_to(name);
        let number = self.number(name, f64::from(*limits.start())..=f64::from(*limits.end()), unit, checker)?;
        if number.fract() != 0.0 {
            checker.fault(&pointer, format!("`{name}` is a whole number"));
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and within the limits")]
        let whole = number as u32;
        Some(whole)
    }

    pub fn seconds(
        &mut self,
        name: &'static str,
        limits: RangeInclusive<f64>,
        checker: &mut Checker,
    ) -> Option<Duration> {
        self.number(name, limits, " seconds", checker).map(Duration::from_secs_f64)
    }

    pub fn portion(
        &mut self,
        name: &'static str,
        limits: RangeInclusive<f64>,
        checker: &mut Checker,
    ) -> Option<Portion> {
        self.number(name, limits, "", checker).and_then(Portion::new)
    }

    pub fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)], checker: &mut Checker) -> Option<T> {
        let node = self.take(name)?;
        let pointer = node.pointer.clone();
        let text = node.text(checker)?;
        let found = choices.iter().find(|(choice, _)| *choice == text);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
            checker.fault(&pointer, format!("`{name}` is {}", listed(&names, "or")));
        }
        found.map(|(_, value)| *value)
    }

    /// A choice that cannot be left out.
    pub fn needed_choice<T: Copy>(
        &mut self,
        name: &'static str,
        of: &str,
        choices: &[(&str, T)],
        checker: &mut Checker,
    ) -> Option<T> {
        let faults = checker.violations.len();
        let chosen = self.choice(name, choices, checker);
        if chosen.is_none() && checker.violations.len() == faults {
            let names: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
            checker.fault(&self.pointer_to(name), format!("{of} needs a `{name}`: {}", listed(&names, "or")));
        }
        chosen
    }

    pub fn color(&mut self, name: &'static str, checker: &mut Checker) -> Option<Color> {
        let node = self.take(name)?;
        let pointer = node.pointer.clone();
        let text = node.text(checker)?;
        let color = Color::parse(&text);
        if color.is_none() {
            checker.fault(&pointer, "a color is written #rrggbb");
        }
        color
    }

    /// A short text to be drawn, its lines apart; `None` also when nothing is in it.
    pub fn title(&mut self, name: &'static str, checker: &mut Checker) -> Option<String> {
        let node = self.take(name)?;
        let pointer = node.pointer.clone();
        let text = node.text(checker)?;
        if text.chars().count() > MAX_TITLE_CHARACTERS {
            checker.fault(&pointer, format!("a title has at most {MAX_TITLE_CHARACTERS} characters"));
        }
        refuse_controls(&text, &pointer, checker);
        Some(filled_lines(&plain_letters(&text))).filter(|text| !text.is_empty())
    }

    /// A title that cannot be left out.
    pub fn needed_title(&mut self, of: &str, checker: &mut Checker) -> String {
        let faults = checker.violations.len();
        let title = self.title("title", checker);
        if title.is_none() && checker.violations.len() == faults {
            checker.fault(&self.pointer_to("title"), format!("{of} needs a `title`"));
        }
        title.unwrap_or_default()
    }
}

/// White space folded, styled letters made plain; control characters refused.
pub fn clean(text: &str, pointer: &str, checker: &mut Checker) -> String {
    refuse_controls(text, pointer, checker);
    folded(&plain_letters(text))
}

/// What is spoken, line by line, without the signs of Markdown.
pub fn narration(text: &str, pointer: &str, checker: &mut Checker) -> String {
    refuse_controls(text, pointer, checker);
    prose(&plain_letters(text))
}

/// Names a control character as a fault, since no voice can speak and no font can draw it.
pub fn refuse_controls(text: &str, pointer: &str, checker: &mut Checker) {
    let control = |character: &char| character.is_control() && !character.is_whitespace();
    if let Some(found) = text.chars().find(control) {
        checker.fault(pointer, format!("the text contains the control character U+{:04X}", u32::from(found)));
    }
}
