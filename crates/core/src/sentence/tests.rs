use proptest::prelude::*;

use super::*;

fn cut(language: &str, text: &str) -> Vec<String> {
    let language = Language::parse(language).unwrap();
    sentences(text, &language).into_iter().map(|sentence| sentence.text).collect()
}

/// Each text with `|` between its sentences.
fn check(language: &str, texts: &[&str]) {
    for text in texts {
        let wanted: Vec<&str> = text.split('|').map(str::trim).collect();
        let spaced = text.replace(" | ", " ").replace('|', "");
        assert_eq!(cut(language, &spaced), wanted, "{language}");
    }
}

#[test]
fn english_names_times_and_abbreviations_stay_in_their_sentence() {
    check(
        "en-us",
        &[
            "J. R. R. Tolkien met Gen. Grant at 9 a.m. Monday.",
            "Did he? | No. | He stayed.",
            "See No. 5 on p. 12. | It is on Oct. 3. | No. | Really.",
            "We met at 9 a.m. | The train left. | It was 5 p.m. | Then we slept.",
            "The U.S. Army came. | He lives in the U.S. | She does not. | Is x=e. | Really?",
            "Dr. Smith, Mrs. Jones and Prof. J.-P. Martin came. | They left.",
            "Bring tea, milk, etc. | We leave at noon.",
            "P. Smith and S. Jones met. | Apple Inc. was founded in 1976. | It grew.",
            "It cost 3.5 dollars! | Version 2.0.1 is out. | Visit example.com. | See https://a.b/c?d=e. | Done.",
            "He said... nothing. | Wait… what? | Hmm... | Then he left.",
            "Plan B. | Then we go.",
            "1. Introduction",
            "Martin Luther King Jr. spoke. | St. Peter listened on Main St. | The crowd cheered.",
            "She has a Ph.D. in physics, e.g. Optics, i.e. Light.",
        ],
    );
}

#[test]
fn what_is_said_within_quotes_and_brackets_goes_on_before_a_small_letter() {
    check(
        "en",
        &[
            "\"Stop!\" he said. | He left (finally!) and slept.",
            "“Did he?” she asked. | “No.” | He stayed.",
            "‘Why?’ she asked. | (He knew.) | She did not.",
            "He cried \"Stop! | Now!\" | Then he ran.",
            "He said “Go.” | She went.",
            "What?! | Never.",
        ],
    );
    check(
        "fr",
        &["« Très bien. » | Il part.", "« Vraiment ? » dit-il. | « Oui. » | Il rit.", "Quoi\u{a0}? | Non\u{202f}!"],
    );
    check("de", &["„Halt!“ rief sie. | „Warum?“ | Er blieb.", "»Halt!« rief sie. | »Gut.« | Er ging."]);
    check("ru", &["— Стой! — крикнул он. | «Нет!» — сказала она."]);
    check("es", &["¿Vienes? | ¡No! | «¡Alto!» gritó. | Él se fue."]);
}

#[test]
fn each_language_has_its_abbreviations_and_ordinals() {
    check(
        "de",
        &[
            "Am 3. Oktober 1990 spielte der 1. FC Köln. | Das gilt z. B. für Berlin. | Dr. med. Müller kam.",
            "Er zahlt ca. 5 Mio. Euro bzw. Dollar. | Das ist viel, d. h. Geld.",
            "Karl V. und Ludwig XIV. starben. | Im 19. Jahrhundert war das so. | Es war 1990. | Danach nicht.",
            "Hr. Prof. Meier wohnt in der Hauptstr. | Die ist lang. | Siehe S. 12 und Nr. 5.",
            "Das war im Jahr 333 v. Chr. | Dann kam Rom, z.B. Caesar usw. | Das war es.",
        ],
    );
    check(
        "fr",
        &[
            "M. Dupont a vu Mme. Durand.",
            "M. Le Pen et Mgr. Martin sont venus vers 10 h. | Ils partent.",
            "Voir p. 12, art. 5, etc. | C'est tout.",
            "Il est né en 50 av. J.-C. | Il régnait.",
        ],
    );
    check(
        "es",
        &["El Sr. García y la Dra. López viven en EE. UU. | Ella trabaja.", "Véase pág. 3. | Ud. sabe. | No. | Sí."],
    );
    check(
        "it",
        &["Il sig. Rossi e la dott.ssa Bianchi, cfr. Dante, pag. 5. | Poi via.", "L'avv. Verdi arriva. | È tardi."],
    );
    check(
        "pt",
        &["O Sr. Silva e a Dra. Costa chegaram. | Ele saiu às 5 p.m. | Depois voltou.", "Av. Paulista, nº. 5."],
    );
    check("nl", &["Dhr. Jansen en mevr. De Vries kwamen, bijv. Piet. | Zij bleven.", "Zie blz. 5. | Het is zo."]);
    check(
        "ru",
        &[
            "А. С. Пушкин жил в г. Москве на ул. Арбат. | Он писал и т. д. | Это всё.",
            "Это стоит 5 тыс. Рублей мало. | В 1990 г. | Он уехал.",
        ],
    );
    check("pl", &["Prof. Kowalski i inż. Nowak mieszkają przy ul. Długiej. | W 1990 r. | Potem 3. Maja było święto."]);
    check("tr", &["Dr. Yılmaz ve Av. Demir geldi. | 3. Murat padişahtı. | Sonra gittiler vb. | Bu kadar."]);
    check("cs", &["Ing. Novák bydlí v ul. Dlouhá. | Je to 3. Května. | Potom odešel."]);
    check("fi", &["Tri. Virtanen tuli 3. Toukokuuta. | Sitten hän lähti."]);
    check("sv", &["Hr. Berg kom kl. 5. | Han gick, bl.a. Hem."]);
    check("el", &["Ο κ. Παπαδόπουλος ήρθε. | Τι ώρα είναι; | Δεν ξέρω."]);
    check("xx", &["Dr. A. B. Smith came. | They left."]);
}

#[test]
fn other_scripts_end_sentences_with_stops_of_their_own() {
    check("zh", &["今天天气很好。|“我们去公园！”|他说。|「真的？」|好的。"]);
    check("ja", &["今日は晴れ。|明日は雨。|「はい。」|そうですか？|そう。"]);
    check("hi", &["यह पहला है। | यह दूसरा है। | क्या?"]);
    check("ar", &["كيف حالك؟ | أنا بخير. | شكرا!"]);
    check("ur", &["یہ پہلا ہے۔ | یہ دوسرا ہے۔"]);
    check("hy", &["Բարեւ։ | Ինչպե՞ս ես։"]);
    check("am", &["ሰላም። | እንዴት ነህ?"]);
    check("my", &["မင်္ဂလာပါ။|နေကောင်းလား။"]);
    check("km", &["សួស្តី។|អរគុណ។"]);
    check("th", &["สวัสดีครับ วันนี้อากาศดี"]);
}

#[test]
fn a_line_ends_a_sentence_and_an_empty_line_a_paragraph() {
    let text = "Chapter One\n\nIt was a dark night\nRoses are red\n\n–\nThe End";
    let cut = sentences(text, &Language::default());
    let cut: Vec<_> = cut.iter().map(|sentence| (sentence.text.as_str(), sentence.ends_paragraph)).collect();
    assert_eq!(
        cut,
        [("Chapter One", true), ("It was a dark night", false), ("Roses are red –", true), ("The End", false)]
    );
}

proptest! {
    #[test]
    fn no_word_is_lost_or_doubled(
        language in "en|de|fr|el|ru|xx",
        text in "([a-zA-Z0-9äЖ今 .,!?;:()'\"“”«»…。\n-]|z\\. B\\. |Dr\\. |\\.\\.\\. ){0,80}",
    ) {
        let before: Vec<&str> = text.split_whitespace().collect();
        let joined = cut(&language, &text).join(" ");
        let after: Vec<&str> = joined.split_whitespace().collect();
        prop_assert_eq!(before.concat(), after.concat());
    }
}
