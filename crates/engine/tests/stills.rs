//! Still pictures of every kind look in the video as they look elsewhere. Each file in `pictures` shows
//! red, green, blue and white quarters, or says in its test what it shows instead.

#![allow(clippy::unwrap_used, reason = "a broken fixture may end the test")]

mod common;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use common::{ffmpeg, program};
use image::{ImageEncoder, ImageFormat};
use rushes_core::spec::{Camera, CameraPath, Direction, Easing, Fit, Output, View};
use rushes_core::timeline::{Backdrop, Soundtrack, SpokenScene, SpokenVideo, Still, Timeline};
use rushes_core::units::{FrameRate, Portion};
use rushes_engine::{Engine, PictureFormat};

type Rgb = [u8; 3];

const RED: Rgb = [255, 0, 0];
const GREEN: Rgb = [0, 255, 0];
const BLUE: Rgb = [0, 0, 255];
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
const QUARTERS: [Rgb; 4] = [RED, GREEN, BLUE, WHITE];

const fn grey(level: u8) -> Rgb {
    [level, level, level]
}

/// The middle of each quarter, as a frame with the picture shows it.
async fn shown(picture: &str) -> Result<Vec<Rgb>> {
    let (timeline, _) = story(picture);
    let png = Engine::new(program()).preview(&timeline, 0, PictureFormat::Png).await?.file;
    let rgb = ffmpeg(&["-f", "png_pipe", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], &png)?;
    ensure!(rgb.len() == 128 * 96 * 3, "{picture}: {} bytes", rgb.len());
    let at = |x: usize, y: usize| {
        let start = (y * 128 + x) * 3;
        [rgb[start], rgb[start + 1], rgb[start + 2]]
    };
    Ok(vec![at(32, 24), at(96, 24), at(32, 72), at(96, 72)])
}

/// A video that shows nothing but the picture.
fn story(picture: &str) -> (Timeline, Soundtrack) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(picture);
    let output = Output { width: 128, height: 96, frame_rate: FrameRate::new(24).unwrap() };
    let still = Backdrop::Still(Still { path, fit: Fit::Cover, camera: None });
    let scene = SpokenScene { minimum_duration: Duration::from_millis(100), ..SpokenScene::plain(still) };
    Timeline::lay(output, SpokenVideo::plain(vec![scene]))
}

async fn assert_shows(picture: &str, wanted: [Rgb; 4]) -> Result<()> {
    assert_near(picture, &shown(picture).await?, wanted)
}

fn assert_near(picture: &str, shown: &[Rgb], wanted: [Rgb; 4]) -> Result<()> {
    let is_near = |shown: &Rgb, wanted: &Rgb| shown.iter().zip(wanted).all(|(a, b)| a.abs_diff(*b) <= 10);
    ensure!(shown.iter().zip(&wanted).all(|(shown, wanted)| is_near(shown, wanted)), "{picture}: {shown:?}");
    Ok(())
}

#[tokio::test]
async fn a_name_that_ffmpeg_takes_for_a_pattern_is_only_a_name() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
    // Neither does the ending of a name tell what is in it.
    for name in ["sales up 20%03d.png", "*.jpg", "a.txt"] {
        let path = directory.path().join(name);
        std::fs::copy(pictures.join("orientation-6.png"), &path)?;
        assert_shows(path.to_str().unwrap(), QUARTERS).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_picture_stands_upright_however_it_was_held() -> Result<()> {
    for orientation in 2..=8 {
        assert_shows(&format!("orientation-{orientation}.jpg"), QUARTERS).await?;
    }
    assert_shows("orientation-6.png", QUARTERS).await?;
    assert_shows("orientation-6.webp", QUARTERS).await
}

#[tokio::test]
async fn palettes_and_lossy_and_moving_webp_show_their_colours() -> Result<()> {
    for picture in ["palette.png", "lossy.webp", "animated.webp"] {
        assert_shows(picture, QUARTERS).await?;
    }
    Ok(())
}

#[tokio::test]
async fn inks_are_turned_into_light() -> Result<()> {
    // The last quarter is black ink at half strength.
    assert_shows("cmyk.jpg", [RED, GREEN, BLUE, grey(127)]).await
}

#[tokio::test]
async fn sixteen_bits_become_eight() -> Result<()> {
    assert_shows("gray16.png", [BLACK, grey(128), grey(32), grey(160)]).await
}

#[tokio::test]
async fn what_is_transparent_shows_black() -> Result<()> {
    for picture in ["alpha.png", "alpha.webp"] {
        assert_shows(picture, [RED, GREEN, BLUE, grey(128)]).await?;
    }
    assert_shows("gray-alpha.png", [BLACK, grey(200), BLACK, grey(200)]).await
}

/// Light in Display P3 for light in sRGB (both with white D65: SMPTE EG 432-1 and IEC 61966-2-1).
const P3_OF_SRGB: [[f64; 3]; 3] = [[0.8225, 0.1775, 0.0], [0.0332, 0.9668, 0.0], [0.0171, 0.0724, 0.9105]];

/// What a telephone writes for a colour.
fn in_display_p3(color: Rgb) -> Rgb {
    let light = color.map(|level| (f64::from(level) / 255.0 + 0.055) / 1.055).map(|level| level.powf(2.4));
    P3_OF_SRGB.map(|row| {
        let light: f64 = row.iter().zip(light).map(|(share, light)| share * light).sum();
        ((1.055 * light.powf(1.0 / 2.4) - 0.055) * 255.0).round() as u8
    })
}

const IN_DISPLAY_P3: [Rgb; 4] = [[200, 60, 60], [60, 180, 80], [70, 80, 200], WHITE];

/// Writes [`IN_DISPLAY_P3`] as a telephone does, its profile with it.
fn write_wide(path: &Path, format: ImageFormat) -> Result<()> {
    let picture = image::RgbImage::from_fn(64, 48, |x, y| {
        image::Rgb(in_display_p3(IN_DISPLAY_P3[usize::from(x >= 32) + 2 * usize::from(y >= 24)]))
    });
    let profile = moxcms::ColorProfile::new_display_p3().encode()?;
    let file = std::io::BufWriter::new(std::fs::File::create(path)?);
    if format == ImageFormat::Png {
        let mut encoder = image::codecs::png::PngEncoder::new(file);
        encoder.set_icc_profile(profile)?;
        picture.write_with_encoder(encoder)?;
    } else {
        let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(file, 95);
        encoder.set_icc_profile(profile)?;
        picture.write_with_encoder(encoder)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_colour_profile_says_what_the_numbers_mean() -> Result<()> {
    let directory = tempfile::tempdir()?;
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let path = directory.path().join("wide");
        write_wide(&path, format)?;
        assert_shows(path.to_str().unwrap(), IN_DISPLAY_P3).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_a_profile_means_is_kept_in_the_folder_of_the_task_whatever_its_name() -> Result<()> {
    let outer = tempfile::tempdir()?;
    let directory = outer.path().join(r"it's [a], 100% b;c:d\e = é");
    std::fs::create_dir(&directory)?;
    let picture = outer.path().join("wide.png");
    write_wide(&picture, ImageFormat::Png)?;
    let files = common::render(&Engine::new(program()), &story(picture.to_str().unwrap()), &directory).await?;
    let poster = image::open(&files.poster)?.to_rgb8();
    let shown = [(32, 24), (96, 24), (32, 72), (96, 72)].map(|(x, y)| poster.get_pixel(x, y).0);
    assert_near("the poster", &shown, IN_DISPLAY_P3)?;
    let kept = std::fs::read_dir(files.poster.parent().unwrap())?.map(|entry| Ok(entry?.path()));
    let kept: Vec<_> = kept.collect::<Result<_>>()?;
    assert!(kept.iter().all(|path| path.extension().is_none_or(|ending| ending != "cube")), "{kept:?}");
    Ok(())
}

/// A camera that does so.
fn camera(path: CameraPath) -> Option<Camera> {
    Some(Camera { path, easing: Easing::Linear })
}

#[tokio::test]
async fn a_picture_of_any_shape_fills_the_frame_or_stands_in_its_middle() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let portion = |share| Portion::new(share).unwrap();
    let view = View { x: portion(0.3), y: portion(0.3), width: portion(0.2), height: portion(0.2) };
    let pan = CameraPath::Pan { direction: Direction::Left, amount: 0.2 };
    for (number, (width, height)) in [(3, 5_000), (5_000, 3), (1, 16_000), (16_000, 1), (1, 1)].into_iter().enumerate()
    {
        let path = directory.path().join(format!("{number}.png"));
        image::RgbImage::from_pixel(width, height, image::Rgb(WHITE)).save(&path)?;
        for (fit, camera) in [
            (Fit::Cover, None),
            (Fit::Contain, None),
            (Fit::Fill, None),
            (Fit::Cover, camera(CameraPath::ZoomIn { amount: 0.5 })),
            (Fit::Cover, camera(pan)),
            (Fit::Cover, camera(CameraPath::Between { from: view, to: view })),
        ] {
            let backdrop = Backdrop::Still(Still { path: path.clone(), fit, camera });
            let output = Output { width: 640, height: 480, frame_rate: FrameRate::new(24).unwrap() };
            let (timeline, _) = Timeline::lay(output, SpokenVideo::plain(vec![SpokenScene::plain(backdrop)]));
            let preview = Engine::new(program()).preview(&timeline, 0, PictureFormat::Png).await;
            let png = preview.with_context(|| format!("{width}x{height} {fit:?} {camera:?}"))?.file;
            let luma = ffmpeg(&["-f", "png_pipe", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-"], &png)?;
            let is_bright = |at: usize| luma[at] > 100;
            let mut middle = (236..244).flat_map(|y| (310..330).map(move |x| y * 640 + x));
            let is_right = match fit {
                Fit::Contain => middle.any(is_bright) && (width == height || !is_bright(0)),
                Fit::Cover | Fit::Fill => (0..luma.len()).all(is_bright),
            };
            ensure!(is_right, "{width}x{height} {fit:?} {camera:?}");
        }
    }
    Ok(())
}
