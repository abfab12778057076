//! What sounds besides the voice.

use super::super::{MAX_SOUNDS, MediaKind, Music, SoundEffect};
use super::media::{fade, media, trim, volume};
use super::node::{Checker, Node};

pub fn music(node: Node, checker: &mut Checker) -> Option<Music> {
    let mut fields = node.object(checker)?;
    let music = Music {
        media: media(&mut fields, MediaKind::Sound, "music", checker),
        trim: trim(&mut fields, checker),
        is_looped: fields.boolean("loop", checker).unwrap_or(true),
        volume: volume(&mut fields, 0.3, checker),
        fade_in: fade(&mut fields, "fade_in_s", Music::DEFAULT_FADE_IN, checker),
        fade_out: fade(&mut fields, "fade_out_s", Music::DEFAULT_FADE_OUT, checker),
        ducking_db: fields.number("ducking_db", 0.0..=40.0, " decibels", checker).unwrap_or(9.0),
    };
    fields.close(checker);
    Some(music)
}

pub fn sounds(node: Option<Node>, checker: &mut Checker) -> Vec<SoundEffect> {
    let Some(node) = node else { return Vec::new() };
    let pointer = node.pointer.clone();
    let nodes = node.list(checker).unwrap_or_default();
    if nodes.len() > MAX_SOUNDS {
        checker.fault(&pointer, format!("a scene has at most {MAX_SOUNDS} sounds"));
        return Vec::new();
    }
    nodes.into_iter().filter_map(|node| sound(node, checker)).collect()
}

fn sound(node: Node, checker: &mut Checker) -> Option<SoundEffect> {
    let mut fields = node.object(checker)?;
    let sound = SoundEffect {
        media: media(&mut fields, MediaKind::Sound, "a sound", checker),
        start: fields.seconds("at_s", 0.0..=600.0, checker).unwrap_or_default(),
        volume: volume(&mut fields, 1.0, checker),
    };
    fields.close(checker);
    Some(sound)
}
