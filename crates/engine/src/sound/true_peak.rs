//! Peaks between samples: four times oversampling with the interpolator of ITU-R
//! BS.1770-5, annex 2.

const TAPS: usize = 12;

/// Coefficients of phases 0 and 1; phases 3 and 2 are the same backwards.
const PHASES: [[f32; TAPS]; 2] = [
    [
        0.001_708_984_4,
        0.010_986_328,
        -0.019_653_32,
        0.033_203_125,
        -0.059_448_242,
        0.137_329_1,
        0.972_167_97,
        -0.102_294_92,
        0.047_607_422,
        -0.026_611_328,
        0.014_892_578,
        -0.008_300_781,
    ],
    [
        -0.029_174_805,
        0.029_296_875,
        -0.051_757_812,
        0.089_111_33,
        -0.166_503_9,
        0.465_087_9,
        0.779_785_16,
        -0.200_317_38,
        0.101_562_5,
        -0.058_227_54,
        0.033_081_055,
        -0.018_920_898,
    ],
];

/// The coefficients of all four phases, tap by tap.
const COEFFICIENTS: [[f32; 4]; TAPS] = {
    let mut taps = [[0.0; 4]; TAPS];
    let mut tap = 0;
    while tap < TAPS {
        let back = TAPS - 1 - tap;
        taps[tap] = [PHASES[0][tap], PHASES[1][tap], PHASES[1][back], PHASES[0][back]];
        tap += 1;
    }
    taps
};

/// Follows the highest value of all channels, between samples too.
pub struct TruePeak<const CHANNELS: usize> {
    /// The last samples of each channel, twice over, so that a run of them lies in one piece.
    history: [[f32; TAPS * 2]; CHANNELS],
    position: usize,
}

impl<const CHANNELS: usize> Default for TruePeak<CHANNELS> {
    fn default() -> Self {
        Self { history: [[0.0; TAPS * 2]; CHANNELS], position: 0 }
    }
}

impl<const CHANNELS: usize> TruePeak<CHANNELS> {
    /// Samples from the one taken to the one whose surroundings are told.
    pub const DELAY: usize = TAPS / 2;

    /// Takes one sample of each channel; gives the highest value at and right after those of [`Self::DELAY`] before.
    pub fn next(&mut self, frame: [f32; CHANNELS]) -> f32 {
        let mut peak = 0f32;
        for (history, sample) in self.history.iter_mut().zip(frame) {
            history[self.position] = sample;
            history[self.position + TAPS] = sample;
            // Oldest first.
            let run = &history[self.position + 1..=self.position + TAPS];
            let mut values = [0f32; 4];
            for (sample, coefficients) in run.iter().zip(&COEFFICIENTS) {
                for (value, coefficient) in values.iter_mut().zip(coefficients) {
                    *value += coefficient * sample;
                }
            }
            peak = values.iter().fold(peak.max(run[TAPS - 1 - Self::DELAY].abs()), |peak, value| peak.max(value.abs()));
        }
        self.position = (self.position + 1) % TAPS;
        peak
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_between_samples_is_found() {
        let tone = |n: usize| (std::f32::consts::FRAC_PI_2 * n as f32 + std::f32::consts::FRAC_PI_4).sin();
        let mut meter = TruePeak::<1>::default();
        let highest = (0..1000).map(|n| meter.next([tone(n)])).skip(100).fold(0f32, f32::max);
        assert!((0.97..1.03).contains(&highest), "{highest}");
    }
}
