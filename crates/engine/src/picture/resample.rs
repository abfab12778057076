//! A part of a picture, brought to another size. Its edges may lie between pixels.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, ImageError, PixelType, ResizeAlg, ResizeError, ResizeOptions, Resizer};

use super::Picture;
use crate::camera::Crop;

/// Planes that are not as long as their sides say.
const UNFIT: ResizeError = ResizeError::ImageError(ImageError::UnsupportedPixelType);

/// Resamples pictures. Keep it: it reuses its memory.
#[derive(Default)]
pub struct Resampler {
    resizer: Resizer,
}

impl Resampler {
    /// Fills `target` with the part `crop` of `source`. The filter is Catmull and Rom's: sharp, and
    /// even in how sharp it is, wherever between the pixels it falls.
    ///
    /// # Errors
    /// When the part does not lie inside the picture.
    pub fn crop_into(&mut self, source: &Picture, crop: &Crop, target: &mut Picture) -> Result<(), ResizeError> {
        let (width, height) = (source.width(), source.height());
        let (target_width, target_height) = (target.width(), target.height());
        #[expect(clippy::cast_precision_loss, reason = "sides of pictures")]
        let scale = crop.width / target_width as f64;
        // Chroma samples lie on every second luma column and between luma rows (ITU-T H.264, figure 6-1).
        let chroma = Crop {
            left: crop.left / 2.0 + (1.0 - scale) / 4.0,
            top: crop.top / 2.0,
            width: crop.width / 2.0,
            height: crop.height / 2.0,
        };
        let from = source.planes();
        let into = target.planes_mut();
        self.plane(from.0, [width, height], crop, into.0, [target_width, target_height])?;
        for (from, into) in [(from.1, into.1), (from.2, into.2)] {
            self.plane(from, [width / 2, height / 2], &chroma, into, [target_width / 2, target_height / 2])?;
        }
        Ok(())
    }

    fn plane(
        &mut self,
        from: &[u8],
        size: [usize; 2],
        crop: &Crop,
        into: &mut [u8],
        target: [usize; 2],
    ) -> Result<(), ResizeError> {
        let [width, height] = size.map(pixels);
        let [target_width, target_height] = target.map(pixels);
        let source = ImageRef::new(width, height, from, PixelType::U8).map_err(|_| UNFIT)?;
        let mut image = Image::from_slice_u8(target_width, target_height, into, PixelType::U8).map_err(|_| UNFIT)?;
        let (crop_width, crop_height) = (crop.width.min(f64::from(width)), crop.height.min(f64::from(height)));
        let left = crop.left.clamp(0.0, f64::from(width) - crop_width);
        let top = crop.top.clamp(0.0, f64::from(height) - crop_height);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).crop(
            left,
            top,
            crop_width,
            crop_height,
        );
        self.resizer.resize(&source, &mut image, &options)
    }
}

fn pixels(side: usize) -> u32 {
    u32::try_from(side).unwrap_or(u32::MAX)
}
