//! What a cell means, as people type it and spreadsheet programs save it.

use crate::json::Json;
use crate::spec::Aspect;

/// Places whose cells are text even where they read like something else.
const TEXTS: [&str; 13] = [
    "title", "script", "topic", "text", "name", "subtitle", "channel", "style", "terms", "written", "spoken", "tag",
    "language",
];

/// What stands at `place`: text in places of text, else JSON where it reads like that, else what a spreadsheet
/// program makes of numbers, truths and shapes.
pub fn value(place: &str, cell: &str, has_decimal_comma: bool) -> Json {
    let last = place.rsplit('.').next().unwrap_or_default();
    if TEXTS.contains(&last) {
        return Json::Text(cell.to_owned());
    }
    let cell = cell.trim();
    match Json::parse(cell.as_bytes()) {
        Ok(Json::Null | Json::Text(_)) | Err(_) => {}
        Ok(value) => return value,
    }
    truth(cell)
        .or_else(|| decimal(cell).filter(|_| has_decimal_comma))
        .or_else(|| shape(cell))
        .unwrap_or_else(|| Json::Text(cell.to_owned()))
}

/// `TRUE`, `False`.
fn truth(cell: &str) -> Option<Json> {
    let is = |word: &str| cell.eq_ignore_ascii_case(word);
    (is("true") || is("false")).then(|| Json::Boolean(is("true")))
}

/// `1,5`.
fn decimal(cell: &str) -> Option<Json> {
    let (whole, fraction) = cell.split_once(',')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = digits(whole.strip_prefix('-').unwrap_or(whole)) && digits(fraction);
    is_number.then(|| format!("{whole}.{fraction}").parse().ok().map(Json::Number)).flatten()
}

/// `16:09`, `09:16:00`: a shape that was taken for a time of the day.
fn shape(cell: &str) -> Option<Json> {
    let parts: Vec<u8> = cell.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (width, height) = match parts[..] {
        [width, height] | [width, height, 0] => (width, height),
        _ => return None,
    };
    let written = format!("{width}:{height}");
    Aspect::ALL.iter().any(|aspect| aspect.as_str() == written).then_some(Json::Text(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_mean_what_was_typed_before_a_spreadsheet_program_saved_them() {
        let text = |text: &str| Json::Text(text.to_owned());
        for (place, cell, wanted) in [
            ("output.fps", " 25 ", Json::Number(25.0)),
            ("captions.uppercase", "TRUE", Json::Boolean(true)),
            ("captions.uppercase", "False", Json::Boolean(false)),
            ("scenes.0.duration_s", "1,5", Json::Number(1.5)),
            ("scenes.0.duration_s", "-0,25", Json::Number(-0.25)),
            ("scenes.0.duration_s", "1,", text("1,")),
            ("output.aspect", "16:09", text("16:9")),
            ("output.aspect", "09:16", text("9:16")),
            ("output.aspect", "09:16:00", text("9:16")),
            ("output.aspect", "01:01", text("1:1")),
            ("output.aspect", "16:9", text("16:9")),
            ("output.aspect", "12:30", text("12:30")),
            ("title", "TRUE", text("TRUE")),
            ("scenes.3.text", " 1,5 ", text(" 1,5 ")),
            ("voice", "{\"name\": \"de\"}", Json::Object(vec![("name".to_owned(), text("de"))])),
            ("quality", "null", text("null")),
        ] {
            assert_eq!(value(place, cell, true), wanted, "{place}: {cell}");
        }
        assert_eq!(value("duration_s", "1,5", false), text("1,5"));
    }
}
