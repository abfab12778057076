//! Where the samples of a track lie (ISO/IEC 14496-12, 8.7).

use mp4_atom::{Stbl, StszSamples};

use super::read::MovieError;

/// A sample in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// From the start of the file.
    pub offset: u64,
    /// Its bytes.
    pub size_bytes: u32,
}

/// All samples of a track, in decoding order.
pub fn samples(table: &Stbl) -> Result<Vec<Sample>, MovieError> {
    let sizes = match &table.stsz.samples {
        StszSamples::Different { sizes } => sizes.clone(),
        StszSamples::Identical { count, size } => {
            let timed: u64 = table.stts.entries.iter().map(|run| u64::from(run.sample_count)).sum();
            if u64::from(*count) != timed {
                return Err(MovieError::Index("the numbers of sizes and of times differ"));
            }
            vec![*size; *count as usize]
        }
    };
    let mut samples = Vec::with_capacity(sizes.len());
    let mut sizes = sizes.into_iter();
    let mut runs = table.stsc.entries.iter().peekable();
    let mut samples_per_chunk = 0;
    for (number, mut offset) in (1u32..).zip(chunk_offsets(table)) {
        if let Some(run) = runs.next_if(|run| run.first_chunk <= number) {
            samples_per_chunk = run.samples_per_chunk;
        }
        for size_bytes in sizes.by_ref().take(samples_per_chunk as usize) {
            samples.push(Sample { offset, size_bytes });
            offset = offset.saturating_add(u64::from(size_bytes));
        }
    }
    match sizes.next() {
        Some(_) => Err(MovieError::Index("samples lie in no chunk")),
        None => Ok(samples),
    }
}

fn chunk_offsets(table: &Stbl) -> Vec<u64> {
    let narrow = table.stco.iter().flat_map(|chunks| chunks.entries.iter().map(|offset| u64::from(*offset)));
    let wide = table.co64.iter().flat_map(|chunks| chunks.entries.iter().copied());
    narrow.chain(wide).collect()
}
