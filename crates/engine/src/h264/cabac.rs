//! The arithmetic encoder (clause 9.3.4), as far as skipped macroblocks need it:
//! one context that only ever sees its most probable value, and the end flag.

use super::bits::BitWriter;

/// Table 9-44, `rangeTabLPS`, by state and quarter of the range.
const LEAST_PROBABLE_RANGE: [[u16; 4]; 64] = [
    [128, 176, 208, 240],
    [128, 167, 197, 227],
    [128, 158, 187, 216],
    [123, 150, 178, 205],
    [116, 142, 169, 195],
    [111, 135, 160, 185],
    [105, 128, 152, 175],
    [100, 122, 144, 166],
    [95, 116, 137, 158],
    [90, 110, 130, 150],
    [85, 104, 123, 142],
    [81, 99, 117, 135],
    [77, 94, 111, 128],
    [73, 89, 105, 122],
    [69, 85, 100, 116],
    [66, 80, 95, 110],
    [62, 76, 90, 104],
    [59, 72, 86, 99],
    [56, 69, 81, 94],
    [53, 65, 77, 89],
    [51, 62, 73, 85],
    [48, 59, 69, 80],
    [46, 56, 66, 76],
    [43, 53, 63, 72],
    [41, 50, 59, 69],
    [39, 48, 56, 65],
    [37, 45, 54, 62],
    [35, 43, 51, 59],
    [33, 41, 48, 56],
    [32, 39, 46, 53],
    [30, 37, 43, 50],
    [29, 35, 41, 48],
    [27, 33, 39, 45],
    [26, 31, 37, 43],
    [24, 30, 35, 41],
    [23, 28, 33, 39],
    [22, 27, 32, 37],
    [21, 26, 30, 35],
    [20, 24, 29, 33],
    [19, 23, 27, 31],
    [18, 22, 26, 30],
    [17, 21, 25, 28],
    [16, 20, 23, 27],
    [15, 19, 22, 25],
    [14, 18, 21, 24],
    [14, 17, 20, 23],
    [13, 16, 19, 22],
    [12, 15, 18, 21],
    [12, 14, 17, 20],
    [11, 14, 16, 19],
    [11, 13, 15, 18],
    [10, 12, 15, 17],
    [10, 12, 14, 16],
    [9, 11, 13, 15],
    [9, 11, 12, 14],
    [8, 10, 12, 14],
    [8, 9, 11, 13],
    [7, 9, 11, 12],
    [7, 9, 10, 12],
    [7, 8, 10, 11],
    [6, 8, 9, 11],
    [6, 7, 9, 10],
    [6, 7, 8, 9],
    [2, 2, 2, 2],
];

/// The encoder's registers (clause 9.3.4.1).
pub struct ArithmeticEncoder {
    low: u32,
    range: u32,
    outstanding: u32,
    is_first_bit: bool,
    writer: BitWriter,
}

/// A context whose most probable value is "skipped", by its `pStateIdx`.
pub struct SkipContext {
    state: usize,
}

impl SkipContext {
    /// Context 11 (`mb_skip_flag` of P slices without unskipped neighbours) at the
    /// start of a slice with `cabac_init_idc` 0 and the given QP (clause 9.3.1.1,
    /// m = 23 and n = 33 of table 9-13). `None` where the most probable value at
    /// that QP would be "not skipped".
    pub fn at(slice_qp: i32) -> Option<Self> {
        let state = ((23 * slice_qp.clamp(0, 51)) >> 4) + 33;
        usize::try_from(state.clamp(1, 126) - 64).ok().map(|state| Self { state })
    }
}

impl ArithmeticEncoder {
    /// Goes on behind `writer`, which stands at a byte boundary.
    pub const fn new(writer: BitWriter) -> Self {
        Self { low: 0, range: 510, outstanding: 0, is_first_bit: true, writer }
    }

    /// `mb_skip_flag` = 1, the most probable value of its context (figure 9-7).
    pub fn skip(&mut self, context: &mut SkipContext) {
        let quarter = (self.range >> 6 & 3) as usize;
        self.range -= u32::from(LEAST_PROBABLE_RANGE[context.state][quarter]);
        context.state = (context.state + 1).min(62);
        self.renormalise();
    }

    /// `end_of_slice_flag` = 0 (figure 9-10).
    pub fn go_on(&mut self) {
        self.range -= 2;
        self.renormalise();
    }

    /// `end_of_slice_flag` = 1 and the flush (figures 9-10 and 9-12), whose last bit is the stop bit.
    pub fn finish(mut self) -> BitWriter {
        self.range -= 2;
        self.low += self.range;
        self.range = 2;
        self.renormalise();
        self.put(self.low >> 9 & 1 == 1);
        self.writer.bits((self.low >> 7 & 3) | 1, 2);
        self.writer
    }

    /// Figure 9-8.
    fn renormalise(&mut self) {
        while self.range < 256 {
            if self.low < 256 {
                self.put(false);
            } else if self.low >= 512 {
                self.low -= 512;
                self.put(true);
            } else {
                self.low -= 256;
                self.outstanding += 1;
            }
            self.range <<= 1;
            self.low <<= 1;
        }
    }

    /// Figure 9-9.
    fn put(&mut self, bit: bool) {
        if self.is_first_bit {
            self.is_first_bit = false;
        } else {
            self.writer.bit(bit);
        }
        for _ in 0..std::mem::take(&mut self.outstanding) {
            self.writer.bit(!bit);
        }
    }
}
