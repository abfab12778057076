//! What stands at the beginning of a line, brought into the form that a reader of Markdown takes
//! for what its author meant: a year is no item of a list, a bullet is.

/// Signs that people set before items besides those of Markdown.
const BULLETS: [char; 9] = ['•', '‣', '⁃', '◦', '▪', '●', '■', '∙', '·'];
/// Signs of which a line alone is a rule, a fence or an underline.
const RULES: [char; 9] = ['=', '-', '*', '_', '~', '`', '—', '–', '#'];
/// Fewer are words or emphasis.
const SHORTEST_RULE: usize = 3;

/// How a line begins.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark<'a> {
    /// `1. ` or `1) `, and what follows.
    Number(u32, &'a str),
    /// `+ `, and what follows.
    Plus(&'a str),
    Other,
}

/// The lines as Markdown.
pub fn as_markdown(lines: &[String]) -> String {
    let marks: Vec<Mark<'_>> = lines.iter().map(|line| mark(line)).collect();
    let lines = lines.iter().enumerate().map(|(index, line)| match marks[index] {
        Mark::Number(_, rest) | Mark::Plus(rest) if is_in_list(&marks, index) => format!("- {}", within(rest)),
        Mark::Number(..) => within(&line.replacen('.', "\\.", 1).replacen(')', "\\)", 1)),
        Mark::Plus(_) => format!("\\{}", within(line)),
        Mark::Other => other(line),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn mark(line: &str) -> Mark<'_> {
    if let Some(rest) = line.strip_prefix("+ ") {
        return Mark::Plus(rest);
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line[digits..].strip_prefix(['.', ')']).filter(|rest| rest.is_empty() || rest.starts_with(' '));
    match (line[..digits].parse(), rest) {
        (Ok(number), Some(rest)) => Mark::Number(number, rest.trim_start()),
        _ => Mark::Other,
    }
}

/// Whether the mark before or behind belongs with this one: a number alone may be a date or a name.
fn is_in_list(marks: &[Mark<'_>], index: usize) -> bool {
    let follows = |one: Mark<'_>, next: Mark<'_>| match (one, next) {
        (Mark::Number(one, _), Mark::Number(next, _)) => next.checked_sub(1) == Some(one) || (next == one && one <= 1),
        (Mark::Plus(_), Mark::Plus(_)) => true,
        _ => false,
    };
    let is_mark = |mark: &&Mark<'_>| **mark != Mark::Other;
    let before = marks[..index].iter().rev().find(is_mark);
    let behind = marks[index + 1..].iter().find(is_mark);
    before.is_some_and(|before| follows(*before, marks[index]))
        || behind.is_some_and(|behind| follows(marks[index], *behind))
}

fn other(line: &str) -> String {
    if is_rule(line) {
        return String::new();
    }
    if let Some(rest) = line.strip_prefix(BULLETS)
        && rest.starts_with(char::is_whitespace)
    {
        return format!("- {}", within(rest.trim_start()));
    }
    let is_definition = line.starts_with('[') && line.split_once(']').is_some_and(|(_, rest)| rest.starts_with(':'));
    let is_markup = line.starts_with('<') && !line.starts_with("<http");
    let is_comparison = line.strip_prefix('>').is_some_and(|rest| !rest.is_empty() && !rest.starts_with([' ', '>']));
    let escape = if is_definition || is_markup || is_comparison { "\\" } else { "" };
    format!("{escape}{}", within(line))
}

/// Whether a line is a horizontal rule, an underline or the fence of code, with its language.
fn is_rule(line: &str) -> bool {
    let Some(sign) = line.chars().next().filter(|first| RULES.contains(first)) else { return false };
    let is_alone = line.chars().all(|character| character == sign || character.is_whitespace());
    let count = line.chars().filter(|character| *character == sign).count();
    let is_fence = (line.starts_with("```") || line.starts_with("~~~")) && !line[3..].contains(['`', ' ']);
    is_fence || (is_alone && count >= SHORTEST_RULE)
}

/// The line with the asterisks escaped that multiply.
fn within(line: &str) -> String {
    let characters: Vec<char> = line.chars().collect();
    let mut escaped = String::with_capacity(line.len());
    for (index, character) in characters.iter().enumerate() {
        let is_word = |at: Option<usize>| at.and_then(|at| characters.get(at)).is_some_and(char::is_ascii_alphanumeric);
        if *character == '*' && is_word(index.checked_sub(1)) && is_word(Some(index + 1)) {
            escaped.push('\\');
        }
        escaped.push(*character);
    }
    escaped
}
