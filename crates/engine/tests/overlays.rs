//! Pictures over the background: their edges, their place, whatever their shape.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use common::{ffmpeg, program};
use image::{Rgba, RgbaImage};
use rushes_core::spec::{Alignment, Output, OverlayPosition};
use rushes_core::timeline::{Backdrop, PlacedPicture, SpokenScene, SpokenVideo, Timeline};
use rushes_core::units::{Color, FrameRate, Portion};
use rushes_engine::{Engine, PictureFormat};

const WHITE: Color = Color::rgb(255, 255, 255);
const BLACK: Color = Color::rgb(0, 0, 0);

/// Luma of a frame that shows a picture over one colour.
async fn luma_over(color: Color, output: Output, overlay: PlacedPicture) -> Result<Vec<u8>> {
    let scene = SpokenScene { overlays: vec![overlay], ..SpokenScene::plain(Backdrop::Color(color)) };
    let (timeline, _) = Timeline::lay(output, SpokenVideo::plain(vec![scene]));
    let preview = Engine::new(program()).preview(&timeline, 0, PictureFormat::Png).await?;
    ffmpeg(&["-f", "png_pipe", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-"], &preview.file)
}

fn output(width: u32, height: u32) -> Output {
    Output { width, height, frame_rate: FrameRate::new(24).unwrap() }
}

fn placed(path: PathBuf, width: f64, margin: f64, opacity: f64) -> PlacedPicture {
    let portion = |share| Portion::new(share).unwrap();
    PlacedPicture {
        path,
        position: OverlayPosition { horizontal: Alignment::Center, vertical: Alignment::Center },
        width: portion(width),
        margin: portion(margin),
        opacity: portion(opacity),
    }
}

/// A white disc with a soft edge; what is transparent is of the given colour.
fn disc(directory: &Path, hidden: [u8; 3]) -> Result<PathBuf> {
    let disc = RgbaImage::from_fn(200, 200, |x, y| {
        let distance = (f64::from(x) - 99.5).hypot(f64::from(y) - 99.5);
        let alpha = ((90.0 - distance).clamp(0.0, 1.0) * 255.0) as u8;
        let [red, green, blue] = if alpha > 0 { [255; 3] } else { hidden };
        Rgba([red, green, blue, alpha])
    });
    let path = directory.join(format!("disc-{}.png", hidden[0]));
    disc.save(&path)?;
    Ok(path)
}

#[tokio::test]
async fn what_lies_hidden_under_transparent_parts_stays_hidden() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut over_black = Vec::new();
    for hidden in [[0; 3], [255; 3], [255, 0, 0]] {
        let path = disc(directory.path(), hidden)?;
        for (width, opacity) in [(0.2, 1.0), (0.37, 0.6), (1.0, 1.0)] {
            let luma = luma_over(WHITE, output(240, 240), placed(path.clone(), width, 0.0, opacity)).await?;
            let (least, most) = (luma.iter().min().unwrap(), luma.iter().max().unwrap());
            // Three roundings, and no more.
            ensure!(*least >= 250, "{hidden:?} at {width} with {opacity}: {least}–{most}");
        }
        over_black.push(luma_over(BLACK, output(240, 240), placed(path, 0.5, 0.0, 0.5)).await?);
    }
    ensure!(over_black.windows(2).all(|pair| pair[0] == pair[1]), "what is hidden can be seen");
    let middle = over_black[0][120 * 240 + 120];
    ensure!((126..=129).contains(&middle), "half of white is {middle}");
    Ok(())
}

#[tokio::test]
async fn a_picture_of_any_shape_keeps_its_margin_on_all_sides() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let sizes = [(40, 40), (40, 400), (400, 40), (3, 5_000), (5_000, 3), (1, 16_000)];
    let (start, center, end) = (Alignment::Start, Alignment::Center, Alignment::End);
    for (number, (width, height)) in sizes.into_iter().enumerate() {
        let path = directory.path().join(format!("{number}.png"));
        RgbaImage::from_pixel(width, height, Rgba([255; 4])).save(&path)?;
        for (horizontal, vertical, share) in [(start, start, 1.0), (center, end, 0.5), (end, center, 1.0)] {
            let position = OverlayPosition { horizontal, vertical };
            let overlay = PlacedPicture { position, ..placed(path.clone(), share, 0.1, 1.0) };
            let luma = luma_over(BLACK, output(320, 180), overlay).await?;
            let lit: Vec<(usize, usize)> =
                (0..luma.len()).filter(|at| luma[*at] > 100).map(|at| (at % 320, at / 320)).collect();
            ensure!(!lit.is_empty(), "{width}x{height} is not there");
            let is_inside = |(x, y): &(usize, usize)| (18..302).contains(x) && (18..162).contains(y);
            ensure!(lit.iter().all(is_inside), "{width}x{height} at {position:?} is in the margin");
            let (across, down) = (span(lit.iter().map(|(x, _)| *x)), span(lit.iter().map(|(_, y)| *y)));
            ensure!(lit.len() == across * down, "{width}x{height}: a part of it is missing");
            let wanted = f64::from(width) / f64::from(height);
            let is_thin = across.min(down) < 4;
            ensure!(is_thin || (across as f64 / down as f64 / wanted - 1.0).abs() < 0.1, "{across}x{down}");
        }
    }
    Ok(())
}

fn span(places: impl Iterator<Item = usize> + Clone) -> usize {
    places.clone().max().unwrap() - places.min().unwrap() + 1
}
