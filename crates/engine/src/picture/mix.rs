//! Two pictures that become one: what transitions show. `share` is how much of the
//! way is done, 0 to 1; both pictures are of one size.

use rushes_core::spec::Direction;

use super::{Picture, Yuv};

/// The whole in the fixed-point arithmetic of mixing.
const WHOLE: u16 = 256;

/// Lets `over` shine through `picture`.
pub fn crossfade(picture: &mut Picture, over: &Picture, share: f64) {
    let share = fixed(share);
    for (below, above) in picture.bytes_mut().iter_mut().zip(over.bytes()) {
        *below = mixed(*below, *above, share);
    }
}

/// Covers `picture` with a colour.
pub fn cover(picture: &mut Picture, color: Yuv, share: f64) {
    let share = fixed(share);
    let (luma, blue, red) = picture.planes_mut();
    for (plane, value) in [(luma, color.luma), (blue, color.blue), (red, color.red)] {
        for byte in plane {
            *byte = mixed(*byte, value, share);
        }
    }
}

/// Pushes `picture` out of the frame, `next` behind it.
pub fn slide(picture: &mut Picture, next: &Picture, direction: Direction, share: f64) {
    move_over(picture, next, direction, share, true);
}

/// Draws `next` over `picture` behind an edge that moves.
pub fn wipe(picture: &mut Picture, next: &Picture, direction: Direction, share: f64) {
    move_over(picture, next, direction, share, false);
}

fn move_over(picture: &mut Picture, next: &Picture, direction: Direction, share: f64, is_pushed: bool) {
    let side = match direction {
        Direction::Left | Direction::Right => picture.width(),
        Direction::Up | Direction::Down => picture.height(),
    };
    // Whole chroma samples.
    let shift = part_of(side / 2, share) * 2;
    let width = picture.width();
    let (luma, blue, red) = picture.planes_mut();
    let others = next.planes();
    let planes =
        [(luma, others.0, width, shift), (blue, others.1, width / 2, shift / 2), (red, others.2, width / 2, shift / 2)];
    for (plane, other, width, shift) in planes {
        match direction {
            Direction::Left | Direction::Right => {
                for (row, new) in plane.chunks_exact_mut(width).zip(other.chunks_exact(width)) {
                    shift_line(row, new, shift, direction == Direction::Left, is_pushed);
                }
            }
            Direction::Up | Direction::Down => {
                shift_line(plane, other, shift * width, direction == Direction::Up, is_pushed);
            }
        }
    }
}

/// Brings the first or last `shift` bytes of `new` into `line`, from its end or its start.
fn shift_line(line: &mut [u8], new: &[u8], shift: usize, is_from_end: bool, is_pushed: bool) {
    let kept = line.len() - shift;
    match (is_from_end, is_pushed) {
        (true, true) => {
            line.copy_within(shift.., 0);
            line[kept..].copy_from_slice(&new[..shift]);
        }
        (true, false) => line[kept..].copy_from_slice(&new[kept..]),
        (false, true) => {
            line.copy_within(..kept, shift);
            line[..shift].copy_from_slice(&new[kept..]);
        }
        (false, false) => line[..shift].copy_from_slice(&new[..shift]),
    }
}

/// Sixteen bits hold the sum: 255 times the whole, and a half.
fn mixed(below: u8, above: u8, share: u16) -> u8 {
    let sum = u16::from(below) * (WHOLE - share) + u16::from(above) * share + WHOLE / 2;
    (sum / WHOLE) as u8
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 256")]
fn fixed(share: f64) -> u16 {
    (share.clamp(0.0, 1.0) * f64::from(WHOLE)).round() as u16
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "at most the side of a picture"
)]
fn part_of(side: usize, share: f64) -> usize {
    (share.clamp(0.0, 1.0) * side as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(value: u8) -> Picture {
        Picture::from_bytes(8, 4, vec![value; 48]).unwrap()
    }

    #[test]
    fn every_transition_begins_with_the_old_picture_and_ends_with_the_new() {
        let directions = [Direction::Left, Direction::Right, Direction::Up, Direction::Down];
        type Mix = Box<dyn Fn(&mut Picture, &Picture, f64)>;
        let mut transitions: Vec<Mix> = vec![Box::new(crossfade)];
        for direction in directions {
            transitions.push(Box::new(move |old, new, share| slide(old, new, direction, share)));
            transitions.push(Box::new(move |old, new, share| wipe(old, new, direction, share)));
        }
        for transition in transitions {
            for (share, wanted) in [(0.0, 40), (1.0, 200)] {
                let mut picture = flat(40);
                transition(&mut picture, &flat(200), share);
                assert_eq!(picture, flat(wanted));
            }
            let mut picture = flat(40);
            transition(&mut picture, &flat(200), 0.5);
            let mean = picture.bytes().iter().map(|byte| u32::from(*byte)).sum::<u32>() / 48;
            assert!((110..=130).contains(&mean), "{mean}");
        }
    }

    #[test]
    fn what_slides_keeps_its_shape() {
        let row: Vec<u8> = (0..8).collect();
        let mut line = row.clone();
        shift_line(&mut line, &[9; 8], 2, true, true);
        assert_eq!(line, [2, 3, 4, 5, 6, 7, 9, 9]);
        let mut line = row;
        shift_line(&mut line, &[9; 8], 2, false, false);
        assert_eq!(line, [9, 9, 2, 3, 4, 5, 6, 7]);
    }
}
