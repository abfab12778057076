//! Pictures that are shown though something of them is missing.

use std::fmt;

/// The least share of its rows that a damaged picture must have to be shown, in percent.
const LEAST_PERCENT: u8 = 50;

/// What is the matter with a picture that is shown all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The share of its rows that could be read, rounded down. With 100 all are there, and something is wrong
    /// in them.
    pub read_percent: u8,
}

impl Damage {
    /// Whether so much is there that it is better shown than refused.
    pub const fn is_bearable(self) -> bool {
        self.read_percent >= LEAST_PERCENT
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match 100_u8.saturating_sub(self.read_percent) {
            0 => formatter.write_str("the picture is damaged and may look wrong; export or upload it again"),
            lost => write!(
                formatter,
                "the picture is damaged, and {lost} % of it is missing and shown grey; export or upload it again"
            ),
        }
    }
}

/// A picture that was shown though it is damaged. It is known by its content: what shows it is remembered, and
/// its name may be another the next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DamagedFile {
    /// BLAKE3 of the file.
    pub hash: [u8; 32],
    /// What is the matter with it.
    pub damage: Damage,
}

impl DamagedFile {
    /// How many bytes it takes.
    const SIZE: usize = 33;

    /// As bytes, behind their number: see [`Self::read_all`].
    pub fn write_all(files: &[Self]) -> Vec<u8> {
        let count = u32::try_from(files.len()).unwrap_or(u32::MAX).to_be_bytes();
        let file = |file: &Self| file.hash.into_iter().chain([file.damage.read_percent]);
        count.into_iter().chain(files.iter().flat_map(file)).collect()
    }

    /// What [`Self::write_all`] wrote, and the bytes that follow; `None` when it is not whole.
    pub fn read_all(bytes: &[u8]) -> Option<(Vec<Self>, &[u8])> {
        let (count, rest) = bytes.split_first_chunk()?;
        let count = usize::try_from(u32::from_be_bytes(*count)).ok()?;
        let (files, rest) = rest.split_at_checked(count.checked_mul(Self::SIZE)?)?;
        let file = |bytes: &[u8; Self::SIZE]| {
            let [hash @ .., read_percent] = *bytes;
            Self { hash, damage: Damage { read_percent } }
        };
        Some((files.as_chunks().0.iter().map(file).collect(), rest))
    }
}
