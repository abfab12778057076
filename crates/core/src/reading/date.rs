//! Dates in digits, and how they are said.

use crate::spec::Language;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    year: i16,
    month: i8,
    day: i8,
}

impl Date {
    /// `2024-05-12` (ISO 8601), or day and month in the order of the language: `5/12/2024` in
    /// American English, `12/05/2024`, `12.05.2024` and `12-05-2024` elsewhere. An order that gives
    /// no date is turned round.
    pub fn parse(text: &str, language: &Language) -> Option<Self> {
        let separator =
            text.chars().find(|character| !character.is_ascii_digit()).filter(|found| "/.-".contains(*found))?;
        let parts: Vec<&str> = text.split(separator).collect();
        let [first, second, third] = parts.as_slice() else { return None };
        if first.len() == 4 && separator != '.' {
            return Self::new(first, second, third);
        }
        if third.len() != 4 {
            return None;
        }
        let (day, month) = if is_american(language) && separator != '.' { (second, first) } else { (first, second) };
        Self::new(third, month, day).or_else(|| Self::new(third, day, month))
    }

    fn new(year: &str, month: &str, day: &str) -> Option<Self> {
        let number = |text: &str, length: usize| {
            let is_number = text.len() <= length && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<i16>().ok()).flatten()
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        Some(Self { year: date.year(), month: date.month(), day: date.day() })
    }

    /// The date as it is said; `None` in languages whose months are not known here.
    pub fn spoken(self, language: &Language) -> Option<String> {
        let Self { year, month, day } = self;
        let primary = language.primary();
        let month = months(&primary)?.split(' ').nth(usize::try_from(month).ok()?.checked_sub(1)?)?;
        Some(match primary.as_str() {
            "en" if is_american(language) => format!("{month} {day}, {year}"),
            "es" | "pt" | "ca" => format!("{day} de {month} de {year}"),
            "fr" if day == 1 => format!("1er {month} {year}"),
            "de" | "da" | "nb" | "no" | "cs" | "fi" => format!("{day}. {month} {year}"),
            "ru" => format!("{day} {month} {year} года"),
            "uk" => format!("{day} {month} {year} року"),
            _ => format!("{day} {month} {year}"),
        })
    }
}

/// English without a region is taken for American, as the voice is that speaks it.
fn is_american(language: &Language) -> bool {
    matches!(language.as_str().to_ascii_lowercase().as_str(), "en" | "en-us")
}

/// The months as they stand in a date, from January on.
fn months(primary: &str) -> Option<&'static str> {
    Some(match primary {
        "en" => "January February March April May June July August September October November December",
        "de" => "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "fr" => "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "es" => "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "it" => "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "pt" => "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "ca" => "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
        "nl" => "januari februari maart april mei juni juli augustus september oktober november december",
        "pl" => "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "cs" => "ledna února března dubna května června července srpna září října listopadu prosince",
        "ru" => "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "uk" => "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
        "tr" => "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        "sv" => "januari februari mars april maj juni juli augusti september oktober november december",
        "da" => "januar februar marts april maj juni juli august september oktober november december",
        "nb" | "no" => "januar februar mars april mai juni juli august september oktober november desember",
        "fi" => {
            "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta \
            lokakuuta marraskuuta joulukuuta"
        }
        "ro" => "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
        "id" | "ms" => "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
        _ => return None,
    })
}
