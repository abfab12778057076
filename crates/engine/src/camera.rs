//! Where a camera looks: from a movement and a moment to a rectangle of the picture.

use rushes_core::spec::{Camera, CameraPath, Direction, Easing, Output, View};

use crate::picture::Picture;

/// A rectangle of a picture, in its pixels and parts of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crop {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Pixels across.
    pub width: f64,
    /// Pixels down.
    pub height: f64,
}

/// A picture's size in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Across.
    pub width: f64,
    /// Down.
    pub height: f64,
}

impl Size {
    /// Of the frames of an output.
    #[must_use]
    pub fn of(output: &Output) -> Self {
        Self { width: f64::from(output.width), height: f64::from(output.height) }
    }

    /// Of a picture.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "sides of pictures")]
    pub fn of_picture(picture: &Picture) -> Self {
        Self { width: picture.width() as f64, height: picture.height() as f64 }
    }
}

/// What of a picture fills the frame when `share` (0–1) of the movement is done.
#[must_use]
pub fn crop_at(camera: &Camera, picture: Size, frame: Size, share: f64) -> Crop {
    let (from, to) = ends(&camera.path, picture, frame);
    let share = match camera.easing {
        Easing::Linear => share,
        Easing::InOut => share * share * (3.0 - 2.0 * share),
    };
    // Zooming looks even when the size changes by the same factor every frame. All edges
    // move in the same proportion, so that every detail goes a straight way.
    let factor = to.width / from.width;
    let share = if (factor - 1.0).abs() < 1e-6 { share } else { (1.0 - factor.powf(share)) / (1.0 - factor) };
    let between = |from: f64, to: f64| from + (to - from) * share;
    Crop {
        left: between(from.left, to.left),
        top: between(from.top, to.top),
        width: between(from.width, to.width),
        height: between(from.height, to.height),
    }
}

/// By how much the picture is enlarged where the camera is nearest, against filling the frame with
/// a picture of the frame's own shape and the given one's width and height.
#[must_use]
pub fn nearest(camera: &Camera) -> Nearest {
    match camera.path {
        CameraPath::ZoomIn { amount } | CameraPath::ZoomOut { amount } | CameraPath::Pan { amount, .. } => {
            Nearest::Covering(1.0 + amount)
        }
        CameraPath::Between { from, to } => Nearest::Views(from, to),
    }
}

/// How near a camera comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nearest {
    /// At that multiple of the size that covers the frame.
    Covering(f64),
    /// At the smaller of two views.
    Views(View, View),
}

fn ends(path: &CameraPath, picture: Size, frame: Size) -> (Crop, Crop) {
    let whole = covering(picture, frame);
    match *path {
        CameraPath::ZoomIn { amount } => (whole, shrunk(whole, 1.0 + amount)),
        CameraPath::ZoomOut { amount } => (shrunk(whole, 1.0 + amount), whole),
        CameraPath::Pan { direction, amount } => pan(shrunk(whole, 1.0 + amount), picture, direction),
        CameraPath::Between { from, to } => (around(&from, picture, frame), around(&to, picture, frame)),
    }
}

/// The largest rectangle of the frame's shape in the middle of the picture.
fn covering(picture: Size, frame: Size) -> Crop {
    let scale = (picture.width / frame.width).min(picture.height / frame.height);
    centred(
        picture.width / 2.0,
        picture.height / 2.0,
        Size { width: frame.width * scale, height: frame.height * scale },
    )
}

fn centred(x: f64, y: f64, size: Size) -> Crop {
    Crop { left: x - size.width / 2.0, top: y - size.height / 2.0, width: size.width, height: size.height }
}

fn shrunk(crop: Crop, factor: f64) -> Crop {
    let size = Size { width: crop.width / factor, height: crop.height / factor };
    centred(crop.left + crop.width / 2.0, crop.top + crop.height / 2.0, size)
}

fn pan(view: Crop, picture: Size, direction: Direction) -> (Crop, Crop) {
    let (right, bottom) = (picture.width - view.width, picture.height - view.height);
    match direction {
        Direction::Left => (Crop { left: right, ..view }, Crop { left: 0.0, ..view }),
        Direction::Right => (Crop { left: 0.0, ..view }, Crop { left: right, ..view }),
        Direction::Up => (Crop { top: bottom, ..view }, Crop { top: 0.0, ..view }),
        Direction::Down => (Crop { top: 0.0, ..view }, Crop { top: bottom, ..view }),
    }
}

/// The view grown to the frame's shape, then shrunk and moved to lie inside the picture.
fn around(view: &View, picture: Size, frame: Size) -> Crop {
    let shape = frame.width / frame.height;
    let (width, height) = (view.width.get() * picture.width, view.height.get() * picture.height);
    let limit = covering(picture, frame);
    let width = width.max(height * shape).clamp(1.0, limit.width);
    let size = Size { width, height: width / shape };
    let x = (view.x.get() + view.width.get() / 2.0) * picture.width;
    let y = (view.y.get() + view.height.get() / 2.0) * picture.height;
    let crop = centred(x, y, size);
    Crop {
        left: crop.left.min(picture.width - size.width).max(0.0),
        top: crop.top.min(picture.height - size.height).max(0.0),
        ..crop
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rushes_core::units::Portion;

    use super::*;

    fn portion() -> impl Strategy<Value = Portion> {
        (0.0..=1.0f64).prop_map(|share| Portion::new(share).unwrap())
    }

    fn view() -> impl Strategy<Value = View> {
        (portion(), portion(), portion(), portion()).prop_map(|(x, y, width, height)| View { x, y, width, height })
    }

    fn path() -> impl Strategy<Value = CameraPath> {
        prop_oneof![
            (0.01..4.0f64).prop_map(|amount| CameraPath::ZoomIn { amount }),
            (0.01..4.0f64).prop_map(|amount| CameraPath::ZoomOut { amount }),
            (
                0.01..4.0f64,
                prop_oneof![Just(Direction::Left), Just(Direction::Right), Just(Direction::Up), Just(Direction::Down)]
            )
                .prop_map(|(amount, direction)| CameraPath::Pan { direction, amount }),
            (view(), view()).prop_map(|(from, to)| CameraPath::Between { from, to }),
        ]
    }

    proptest! {
        #[test]
        fn a_camera_never_leaves_the_picture_nor_bends_it(
            path in path(), width in 2f64..9000.0, height in 2f64..9000.0, share in 0.0..=1.0f64, is_upright: bool,
        ) {
            let frame = if is_upright { Size { width: 1080.0, height: 1920.0 } } else { Size { width: 1920.0, height: 1080.0 } };
            let crop = crop_at(&Camera { path, easing: Easing::InOut }, Size { width, height }, frame, share);
            prop_assert!(crop.left >= -1e-6 && crop.top >= -1e-6 && crop.width > 0.0 && crop.height > 0.0);
            prop_assert!(crop.left + crop.width <= width + 1e-6 && crop.top + crop.height <= height + 1e-6);
            prop_assert!((crop.width / crop.height - frame.width / frame.height).abs() < 1e-6);
        }

        #[test]
        fn every_detail_goes_a_straight_way(path in path(), x in 0.0..4000.0f64, y in 0.0..3000.0f64) {
            let (picture, frame) = (Size { width: 4000.0, height: 3000.0 }, Size { width: 1920.0, height: 1080.0 });
            let at = |share: f64| {
                let crop = crop_at(&Camera { path, easing: Easing::Linear }, picture, frame, share);
                ((x - crop.left) / crop.width * 1920.0, (y - crop.top) / crop.height * 1080.0)
            };
            let (start, end) = (at(0.0), at(1.0));
            let length = (end.0 - start.0).hypot(end.1 - start.1).max(1e-9);
            for share in [0.2, 0.5, 0.9] {
                let point = at(share);
                let cross = (end.0 - start.0) * (point.1 - start.1) - (end.1 - start.1) * (point.0 - start.0);
                prop_assert!((cross / length).abs() < 1e-3 || length < 1e-3);
            }
        }
    }
}
