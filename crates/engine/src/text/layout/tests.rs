use std::sync::Arc;

use proptest::prelude::*;
use rushes_core::narration::written_words;
use rushes_core::spec::{Card, Font, Outline, ProgressBar, TextBox};
use rushes_core::timeline::{TimedSentence, TimedWord};
use rushes_core::units::{Color, FrameRate};

use super::*;
use crate::text::{NamePlate, paginate, progress_bar, progress_steps};

const WHITE: Color = Color::rgb(255, 255, 255);

fn words(most: usize) -> impl Strategy<Value = String> {
    let word = prop_oneof![
        6 => "[a-zA-ZÅg,.]{1,12}",
        1 => "[ء-ي]{1,9}[!؟]?",
        1 => "[क-ह][ा-ौ]{0,2}",
        1 => "[一-龥ぁ-ん。、]{1,12}",
        1 => "[ក-អ]្[ក-អ]ុ|[ཀ-ཧ]ྐི",
        1 => "[😀-😿]",
        1 => "https://www[.]example[.]com/[a-z/?&=]{10,60}",
        1 => "[WÅg]{20,60}",
        1 => Just("a\n".to_owned()),
    ];
    proptest::collection::vec(word, 1..most).prop_map(|words| words.join(" "))
}

fn sentence(text: &str, first_frame: u64) -> TimedSentence {
    let text = text.replace('\n', " ");
    let mut end = None;
    let word = |(range, frame): (Range<usize>, u64)| TimedWord {
        is_joined: end.replace(range.end) == Some(range.start),
        text: text[range].to_owned(),
        first_frame: first_frame + frame * 10,
        end_frame: first_frame + frame * 10 + 10,
    };
    let words: Vec<TimedWord> = written_words(&text).into_iter().zip(0..).map(word).collect();
    TimedSentence { end_frame: first_frame + words.len() as u64 * 10, words }
}

fn styles() -> impl Strategy<Value = CaptionStyle> {
    let mode = prop_oneof![Just(CaptionMode::Highlight), Just(CaptionMode::Pop), Just(CaptionMode::Block)];
    let position =
        prop_oneof![Just(CaptionPosition::Top), Just(CaptionPosition::Center), Just(CaptionPosition::Bottom)];
    (mode, position, 0.5f64..=2.0, proptest::option::of(0.25f64..=4.0), any::<bool>()).prop_map(
        |(mode, position, font_scale, outline, is_boxed)| CaptionStyle {
            mode,
            position,
            font: Font::Serif,
            font_scale,
            outline: outline.map(|width_scale| Outline { width_scale, ..Outline::default() }),
            text_box: is_boxed.then_some(TextBox { color: WHITE, opacity: 0.5 }),
            ..CaptionStyle::default()
        },
    )
}

fn texts() -> impl Strategy<Value = Vec<SeenText>> {
    let frames = || (0u64..200, 1u64..200).prop_map(|(start, length)| start..start + length);
    let subtitle = || proptest::option::of(words(18));
    let heading = (words(30), frames()).prop_map(|(text, frames)| (StandingText::Heading(text.into()), frames));
    let card = (words(30), subtitle())
        .prop_map(|(title, subtitle)| (StandingText::Card(Arc::new(Card { title, subtitle })), 0..400));
    let third = (words(12), subtitle(), frames()).prop_map(|(title, subtitle, frames)| {
        (StandingText::LowerThird(Arc::new(NamePlate { title, subtitle, color: WHITE })), frames)
    });
    let some = proptest::option::of;
    (some(heading.boxed()), some(card.boxed()), some(third.boxed())).prop_map(|(heading, card, third)| {
        let all = [heading, card, third].into_iter().flatten();
        all.map(|(text, frames)| SeenText { text, frames }).collect()
    })
}

fn outputs() -> impl Strategy<Value = Output> {
    let sizes = vec![(854, 480), (480, 854), (480, 480), (480, 600), (1120, 480), (426, 240), (240, 426)];
    proptest::sample::select(sizes).prop_map(|(width, height)| Output {
        width,
        height,
        frame_rate: FrameRate::default(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn texts_that_are_seen_at_once_never_lie_over_each_other(
        texts in texts(), style in styles(), spoken in proptest::option::of(words(14)), output in outputs(),
    ) {
        let mut typesetter = Typesetter::new();
        let sentence = spoken.map(|spoken| sentence(&spoken, 20));
        let mut pages: Vec<Page> =
            sentence.iter().flat_map(|sentence| paginate(sentence, &output, &style, None, &mut typesetter)).collect();
        let laid = lay_out(&texts, &mut pages, &style, &output, &mut typesetter);
        let mut seen: Vec<(Range<u64>, Rectangle, bool)> = Vec::new();
        for (text, laid) in texts.iter().zip(&laid) {
            let Some(placement) = laid.placement else { continue };
            let edges = placed(&text.text, placement).artwork(&output, &mut typesetter).edges();
            seen.push((text.frames.clone(), edges.into(), false));
        }
        for page in &pages {
            for step in 0..=(if style.mode == CaptionMode::Pop { POP_STEPS } else { 0 }) {
                let edges = set_caption(&page.text, None, step, &style, &output, &mut typesetter).edges();
                seen.push((frames_of(page), edges.into(), true));
            }
        }
        let (left, top, right, bottom) = SafeArea::new(&output).edges();
        let bars = [false, true].map(|is_at_top| {
            let bar = ProgressBar { color: WHITE, is_at_top };
            Rectangle::from(progress_bar(&bar, progress_steps(&output), &output).edges())
        });
        for (index, (frames, edges, is_page)) in seen.iter().enumerate() {
            if edges.left == edges.right || edges.top == edges.bottom {
                continue;
            }
            prop_assert!(
                edges.left >= left && edges.right <= right && edges.top >= top && edges.bottom <= bottom,
                "{edges:?} leaves the safe area"
            );
            prop_assert!(!bars.iter().any(|bar| bar.meets(edges)));
            for (other_frames, other, _) in seen[..index].iter().filter(|(.., is_page)| !is_page) {
                prop_assert!(!meet(frames, other_frames) || !edges.meets(other), "{edges:?} {other:?} {is_page}");
            }
        }
    }
}

#[test]
fn what_does_not_meet_stays_where_it_was() {
    let output = Output { width: 854, height: 480, frame_rate: FrameRate::default() };
    let style = CaptionStyle::default();
    let mut typesetter = Typesetter::new();
    let spoken = sentence("This is a caption that is long enough to take two lines on the screen.", 0);
    let mut pages = paginate(&spoken, &output, &style, None, &mut typesetter);
    let usual = pages.clone();
    let plate = NamePlate { title: "Ada".to_owned(), subtitle: None, color: WHITE };
    let texts = [StandingText::Heading("A heading".into()), StandingText::LowerThird(Arc::new(plate))]
        .map(|text| SeenText { text, frames: 0..100 });
    let laid = lay_out(&texts, &mut pages, &style, &output, &mut typesetter);
    assert!(laid.iter().all(|laid| *laid == LaidText { placement: Some(Placement::default()), is_cut: false }));
    assert_eq!(pages, usual);
}
