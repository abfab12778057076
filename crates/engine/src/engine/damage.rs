//! What is told of damaged pictures.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use rushes_core::ports::RenderWarning;

use crate::fingerprint::FileHashes;
use crate::sources::{Damage, DamagedFile};

/// A warning for each of the files that is one of the damaged, in the order of their names.
pub fn of_damaged<'a>(
    hashes: &FileHashes,
    damaged: impl Iterator<Item = &'a DamagedFile>,
) -> impl Iterator<Item = RenderWarning> {
    let damages: HashMap<[u8; 32], Damage> = damaged.map(|file| (file.hash, file.damage)).collect();
    let of_file = |(path, hash): (&PathBuf, &blake3::Hash)| Some((path.clone(), *damages.get(hash.as_bytes())?));
    let by_path: BTreeMap<PathBuf, Damage> = hashes.iter().filter_map(of_file).collect();
    by_path.into_iter().map(|(path, damage)| warning(path, damage))
}

/// What is told of a damaged picture.
pub fn warning(path: PathBuf, damage: Damage) -> RenderWarning {
    RenderWarning { path: Some(path), words: damage.to_string() }
}
