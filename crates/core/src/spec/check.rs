//! From what was written to what is meant, collecting every fault on the way.

use std::path::PathBuf;
use std::time::Duration;

use super::raw::{
    RawBackground, RawBackgroundKind, RawCaptionMode, RawCaptionPosition, RawCaptions, RawOutput, RawScene, RawSpec,
    RawVoice,
};
use super::{
    Background, CaptionMode, CaptionPosition, CaptionStyle, Fit, Gradient, Image, MAX_NARRATION_CHARACTERS,
    MAX_SCENE_DURATION, MAX_SCENES, MAX_SPEC_BYTES, MAX_TITLE_CHARACTERS, Media, MediaKind, MediaOrigin, MediaSource,
    Output, Quality, Scene, SpecError, Transition, VideoSpec, Violation, VoiceChoice, voices,
};
use crate::units::{Color, FrameRate};

const DEFAULT_BACKGROUND: Color = Color::rgb(0x10, 0x18, 0x2b);
const MAX_URL_CHARACTERS: usize = 2048;

pub fn read(json: &[u8], origin: MediaOrigin) -> Result<VideoSpec, SpecError> {
    if json.len() > MAX_SPEC_BYTES {
        return Err(SpecError::TooLarge { limit_bytes: MAX_SPEC_BYTES });
    }
    let mut checker = Checker { origin, violations: Vec::new() };
    let spec = checker.spec(parse(json)?)?;
    if checker.violations.is_empty() { Ok(spec) } else { Err(SpecError::Invalid(checker.violations)) }
}

fn parse(json: &[u8]) -> Result<RawSpec, SpecError> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let raw = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let violation = Violation::new(pointer(error.path()), error.inner().to_string());
        if error.inner().is_data() { SpecError::Invalid(vec![violation]) } else { SpecError::Syntax(violation) }
    })?;
    deserializer.end().map_err(|error| SpecError::Syntax(Violation::new("", error.to_string())))?;
    Ok(raw)
}

/// The path of a deserialisation fault as a JSON pointer (RFC 6901, §3).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { variant } => Some(format!("/{variant}")),
            Segment::Unknown => None,
        })
        .collect()
}

struct Checker {
    origin: MediaOrigin,
    violations: Vec<Violation>,
}

impl Checker {
    fn fault(&mut self, pointer: &str, message: impl Into<String>) {
        self.violations.push(Violation::new(pointer, message));
    }

    fn spec(&mut self, raw: RawSpec) -> Result<VideoSpec, SpecError> {
        let title = raw.title.map(|title| self.title(&title, "/title"));
        let voice = self.voice(raw.voice);
        let captions = self.captions(raw.captions);
        let outputs = vec![self.output(raw.output)];
        let background =
            raw.background.map_or(Background::Color(DEFAULT_BACKGROUND), |raw| self.background(raw, "/background"));
        let scenes = match (raw.topic, raw.script, raw.scenes) {
            (None, Some(script), None) => vec![self.script(&script, background, captions)],
            (None, None, Some(scenes)) => self.scenes(scenes, &background, captions),
            (Some(_), None, None) if self.violations.is_empty() => return Err(SpecError::WriterUnavailable),
            (Some(_), None, None) => Vec::new(),
            (None, None, None) => {
                self.fault("", "one of `script`, `scenes` or `topic` is needed");
                Vec::new()
            }
            (topic, script, scenes) => {
                let named = [(topic.is_some(), "topic"), (script.is_some(), "script"), (scenes.is_some(), "scenes")];
                let given: Vec<&str> = named.iter().filter(|(present, _)| *present).map(|(_, name)| *name).collect();
                let last = given.last().copied().unwrap_or_default();
                self.fault(
                    &format!("/{last}"),
                    format!("exactly one of `topic`, `script`, `scenes` may be given, not {}", given.join(" and ")),
                );
                Vec::new()
            }
        };
        let spec = VideoSpec {
            title,
            scenes,
            voice,
            music: None,
            overlays: Vec::new(),
            progress_bar: None,
            quality: Quality::default(),
            outputs,
        };
        if spec.narration_characters() > MAX_NARRATION_CHARACTERS {
            let at = if spec.scenes.len() == 1 { "/script" } else { "/scenes" };
            self.fault(at, format!("the narration has more than {MAX_NARRATION_CHARACTERS} characters"));
        }
        Ok(spec)
    }

    fn script(&mut self, script: &str, background: Background, captions: CaptionStyle) -> Scene {
        let text = self.text(script, "/script");
        if text.is_empty() && !self.violations.iter().any(|violation| violation.pointer == "/script") {
            self.fault("/script", "the script is empty");
        }
        Scene {
            text,
            title: None,
            card: None,
            lower_third: None,
            background,
            overlays: Vec::new(),
            captions,
            transition: Transition::default(),
            sounds: Vec::new(),
            minimum_duration: Duration::ZERO,
        }
    }

    fn scenes(&mut self, raw: Vec<RawScene>, default_background: &Background, captions: CaptionStyle) -> Vec<Scene> {
        if raw.is_empty() {
            self.fault("/scenes", "at least one scene is needed");
        }
        if raw.len() > MAX_SCENES {
            self.fault("/scenes", format!("{} scenes are more than the {MAX_SCENES} one video may have", raw.len()));
            return Vec::new();
        }
        raw.into_iter()
            .enumerate()
            .map(|(index, scene)| self.scene(scene, index, default_background, captions))
            .collect()
    }

    fn scene(&mut self, raw: RawScene, index: usize, default_background: &Background, captions: CaptionStyle) -> Scene {
        let base = format!("/scenes/{index}");
        let text = raw.text.map_or(String::new(), |text| self.text(&text, &format!("{base}/text")));
        let minimum_duration =
            raw.duration_s.map_or(Duration::ZERO, |seconds| self.duration(seconds, &format!("{base}/duration_s")));
        if text.is_empty() && raw.duration_s.is_none() {
            self.fault(&format!("{base}/text"), "a scene needs a text to speak, or a `duration_s` to stand for");
        }
        let background = raw
            .background
            .map_or_else(|| default_background.clone(), |raw| self.background(raw, &format!("{base}/background")));
        let title = raw.title.map(|title| self.title(&title, &format!("{base}/title")));
        Scene {
            text,
            title,
            card: None,
            lower_third: None,
            background,
            overlays: Vec::new(),
            captions,
            transition: Transition::default(),
            sounds: Vec::new(),
            minimum_duration,
        }
    }

    fn duration(&mut self, seconds: f64, pointer: &str) -> Duration {
        let limit = MAX_SCENE_DURATION.as_secs_f64();
        if seconds.is_finite() && seconds > 0.0 && seconds <= limit {
            return Duration::from_secs_f64(seconds);
        }
        self.fault(pointer, format!("a duration is more than 0 and at most {limit} seconds"));
        Duration::ZERO
    }

    fn title(&mut self, title: &str, pointer: &str) -> String {
        if title.chars().count() > MAX_TITLE_CHARACTERS {
            self.fault(pointer, format!("a title has at most {MAX_TITLE_CHARACTERS} characters"));
        }
        self.text(title, pointer)
    }

    /// White space folded; control characters refused, since no voice can speak
    /// and no font can draw them.
    fn text(&mut self, text: &str, pointer: &str) -> String {
        let control = |character: &char| character.is_control() && !character.is_whitespace();
        if let Some(found) = text.chars().find(control) {
            self.fault(pointer, format!("the text contains the control character U+{:04X}", u32::from(found)));
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn voice(&mut self, raw: Option<RawVoice>) -> VoiceChoice {
        let (name, rate_wpm, pitch) = raw.map_or((None, None, None), |raw| (raw.name, raw.rate_wpm, raw.pitch));
        let choice = VoiceChoice {
            name: name.unwrap_or_else(|| voices::DEFAULT.to_owned()),
            rate_wpm: rate_wpm.unwrap_or(175),
            pitch: pitch.unwrap_or(50),
        };
        if !voices::is_known(&choice.name) {
            self.fault(
                "/voice/name",
                format!("there is no voice {:?}; voices are named like en-us, de, fr-fr, es, hi", choice.name),
            );
        }
        if !(80..=450).contains(&choice.rate_wpm) {
            self.fault("/voice/rate_wpm", "the rate is 80 to 450 words a minute");
        }
        if choice.pitch > 99 {
            self.fault("/voice/pitch", "the pitch is 0 to 99");
        }
        choice
    }

    fn background(&mut self, raw: RawBackground, pointer: &str) -> Background {
        let present = [
            ("color", raw.color.is_some(), matches!(raw.kind, RawBackgroundKind::Color)),
            ("from", raw.from.is_some(), matches!(raw.kind, RawBackgroundKind::Gradient)),
            ("to", raw.to.is_some(), matches!(raw.kind, RawBackgroundKind::Gradient)),
            ("angle_deg", raw.angle_deg.is_some(), matches!(raw.kind, RawBackgroundKind::Gradient)),
            ("url", raw.url.is_some(), matches!(raw.kind, RawBackgroundKind::Image)),
            ("path", raw.path.is_some(), matches!(raw.kind, RawBackgroundKind::Image)),
        ];
        for (field, _, _) in present.iter().filter(|(_, given, wanted)| *given && !wanted) {
            self.fault(
                &format!("{pointer}/{field}"),
                format!("`{field}` does not belong to a background of this type"),
            );
        }
        match raw.kind {
            RawBackgroundKind::Color => {
                Background::Color(self.color(raw.color, &format!("{pointer}/color"), DEFAULT_BACKGROUND))
            }
            RawBackgroundKind::Gradient => Background::Gradient(Gradient {
                from: self.color(raw.from, &format!("{pointer}/from"), DEFAULT_BACKGROUND),
                to: self.color(raw.to, &format!("{pointer}/to"), Color::rgb(0x1f, 0x40, 0x68)),
                angle_deg: self.angle(raw.angle_deg, &format!("{pointer}/angle_deg")),
            }),
            RawBackgroundKind::Image => Background::Image(Image {
                media: self.media(raw.url, raw.path, pointer),
                fit: Fit::default(),
                camera: None,
            }),
        }
    }

    fn angle(&mut self, angle_deg: Option<f64>, pointer: &str) -> f64 {
        let angle_deg = angle_deg.unwrap_or(180.0);
        if !(-360.0..=360.0).contains(&angle_deg) {
            self.fault(pointer, "an angle is -360 to 360 degrees");
        }
        angle_deg
    }

    fn media(&mut self, url: Option<String>, path: Option<String>, pointer: &str) -> Media {
        let source = match (url, path, self.origin) {
            (Some(url), None, _) if url.len() > MAX_URL_CHARACTERS => {
                Err(("url", format!("a URL has at most {MAX_URL_CHARACTERS} characters")))
            }
            (Some(url), None, _) if url.starts_with("https://") || url.starts_with("http://") => {
                Ok(MediaSource::Url(url))
            }
            (Some(_), None, _) => Err(("url", "only https URLs are fetched".to_owned())),
            (None, Some(path), MediaOrigin::RemoteOrLocal) => Ok(MediaSource::Path(PathBuf::from(path))),
            (None, Some(_), MediaOrigin::Remote) => {
                Err(("path", "the service reads no local paths: give a `url`".to_owned()))
            }
            (Some(_), Some(_), _) => Err(("path", "give either `url` or `path`".to_owned())),
            (None, None, _) => Err(("url", "an image background needs a `url`".to_owned())),
        };
        let source = source.unwrap_or_else(|(field, message)| {
            self.fault(&format!("{pointer}/{field}"), message);
            MediaSource::Url(String::new())
        });
        let field = if matches!(source, MediaSource::Path(_)) { "path" } else { "url" };
        Media { source, kind: MediaKind::Picture, pointer: format!("{pointer}/{field}") }
    }

    fn color(&mut self, text: Option<String>, pointer: &str, default: Color) -> Color {
        let Some(text) = text else { return default };
        Color::parse(&text).unwrap_or_else(|| {
            self.fault(pointer, "a color is written #rrggbb");
            default
        })
    }

    fn captions(&mut self, raw: Option<RawCaptions>) -> CaptionStyle {
        let raw = raw.unwrap_or(RawCaptions {
            style: None,
            position: None,
            color: None,
            highlight_color: None,
            font_scale: None,
        });
        let font_scale = raw.font_scale.unwrap_or(1.0);
        if !(0.5..=2.0).contains(&font_scale) {
            self.fault("/captions/font_scale", "the font scale is 0.5 to 2");
        }
        CaptionStyle {
            mode: match raw.style.unwrap_or(RawCaptionMode::Highlight) {
                RawCaptionMode::Highlight => CaptionMode::Highlight,
                RawCaptionMode::Block => CaptionMode::Block,
                RawCaptionMode::None => CaptionMode::None,
            },
            position: match raw.position.unwrap_or(RawCaptionPosition::Bottom) {
                RawCaptionPosition::Top => CaptionPosition::Top,
                RawCaptionPosition::Center => CaptionPosition::Center,
                RawCaptionPosition::Bottom => CaptionPosition::Bottom,
            },
            color: self.color(raw.color, "/captions/color", Color::rgb(255, 255, 255)),
            highlight_color: self.color(raw.highlight_color, "/captions/highlight_color", Color::rgb(0xff, 0xd5, 0x4a)),
            font_scale,
            ..CaptionStyle::default()
        }
    }

    fn output(&mut self, raw: Option<RawOutput>) -> Output {
        let raw = raw.unwrap_or(RawOutput { aspect: None, resolution: None, fps: None });
        let short_side = match raw.resolution.as_deref().unwrap_or("1080p") {
            "720p" => 720,
            "1080p" => 1080,
            "1440p" => 1440,
            "2160p" => 2160,
            _ => {
                self.fault("/output/resolution", "the resolution is 720p, 1080p, 1440p or 2160p");
                1080
            }
        };
        let (width, height) = match raw.aspect.as_deref().unwrap_or("16:9") {
            "16:9" => (short_side * 16 / 9, short_side),
            "9:16" => (short_side, short_side * 16 / 9),
            "1:1" => (short_side, short_side),
            _ => {
                self.fault("/output/aspect", "the aspect is 16:9, 9:16 or 1:1");
                (1920, 1080)
            }
        };
        let fps = raw.fps.unwrap_or(30);
        let frame_rate = FrameRate::new(fps).unwrap_or_else(|| {
            self.fault("/output/fps", format!("the frame rate is {} to {}", FrameRate::LOWEST, FrameRate::HIGHEST));
            #[expect(clippy::unwrap_used, reason = "30 lies within the limits")]
            FrameRate::new(30).unwrap()
        });
        Output { width, height, frame_rate }
    }
}
