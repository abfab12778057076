//! The boxes of the file's index.

use mp4_atom::{
    Audio, Avc1, Avcc, AvccExt, Co64, Codec, Colr, Compressor, Ctts, CttsEntry, Dinf, Dref, DrefEntry, Edts, Elst,
    ElstEntry, FixedPoint, Ftyp, Hdlr, Mdhd, Mdia, Minf, Moov, Mp4a, Mvhd, Smhd, Stbl, Stco, Stsc, StscEntry, Stsd,
    Stss, Stsz, StszSamples, Stts, SttsEntry, Tkhd, Trak, Url, Visual, Vmhd, esds,
};

use super::layout::{Chunk, Layout};
use super::{FRAME_TICKS, MOVIE_TIMESCALE, Movie};
use crate::h264::ParameterSets;
use crate::sound::AacTrack;

const PICTURE_TRACK: u32 = 1;
const SOUND_TRACK: u32 = 2;
/// Name of the handler of pictures.
pub const PICTURE_HANDLER: &str = "VideoHandler";
/// `ES_Descriptor`: MPEG-4 audio (ISO/IEC 14496-1, table 5), an audio stream (table 6).
const MPEG_4_AUDIO: u8 = 0x40;
const AUDIO_STREAM: u8 = 5;
/// `AudioSpecificConfig`: AAC-LC (ISO/IEC 14496-3, table 1.17), 48 kHz (table 1.18).
const AAC_LC: u8 = 2;
const FREQUENCY_48_KHZ: u8 = 3;
/// BT.709 in ITU-T H.273: primaries, transfer and matrix.
const BT_709: u16 = 1;

pub fn file_type() -> Ftyp {
    Ftyp {
        major_brand: b"isom".into(),
        minor_version: 512,
        compatible_brands: vec![b"isom".into(), b"iso2".into(), b"avc1".into(), b"mp41".into()],
    }
}

/// The index of a file whose media data begin at `data_offset`.
pub fn index(movie: &Movie<'_>, layout: &Layout, data_offset: u64) -> Moov {
    let mut tracks = vec![picture_track(movie, layout, data_offset)];
    tracks.extend(movie.sound.map(|sound| sound_track(movie, sound, layout, data_offset)));
    Moov {
        mvhd: Mvhd {
            creation_time: 0,
            modification_time: 0,
            timescale: MOVIE_TIMESCALE,
            duration: movie.duration(),
            rate: 1.into(),
            volume: 1.into(),
            matrix: mp4_atom::Matrix::default(),
            next_track_id: SOUND_TRACK + 1,
        },
        trak: tracks,
        ..Moov::default()
    }
}

fn picture_track(movie: &Movie<'_>, layout: &Layout, data_offset: u64) -> Trak {
    let (width, height) = (short(movie.output.width), short(movie.output.height));
    let frames = count(movie.picture_sizes.len());
    let mut header = track_header(PICTURE_TRACK, movie.duration());
    header.width = width.into();
    header.height = height.into();
    let timescale = movie.output.frame_rate.get() * FRAME_TICKS;
    let table = Stbl {
        stsd: Stsd { codecs: vec![Codec::Avc1(picture_format(movie.sets, width, height))] },
        stts: Stts { entries: vec![SttsEntry { sample_count: frames, sample_delta: FRAME_TICKS }] },
        ctts: screen_offsets(movie),
        stss: Some(Stss { entries: movie.sync_pictures.clone() }),
        stsz: Stsz { samples: StszSamples::Different { sizes: movie.picture_sizes.clone() } },
        ..chunk_tables(&layout.pictures, data_offset)
    };
    let media_duration = u64::from(frames) * u64::from(FRAME_TICKS);
    let info = Minf { vmhd: Some(Vmhd::default()), dinf: this_file(), stbl: table, ..Minf::default() };
    let edits = edit(movie.duration(), u64::from(movie.delay * FRAME_TICKS));
    track(header, edits, media(timescale, media_duration, b"vide", PICTURE_HANDLER, info))
}

fn sound_track(movie: &Movie<'_>, sound: &AacTrack, layout: &Layout, data_offset: u64) -> Trak {
    let mut header = track_header(SOUND_TRACK, movie.duration());
    header.volume = 1.into();
    header.alternate_group = 1;
    let frames = count(sound.frame_sizes.len());
    let table = Stbl {
        stsd: Stsd { codecs: vec![Codec::Mp4a(sound_format())] },
        stts: Stts { entries: vec![SttsEntry { sample_count: frames, sample_delta: AacTrack::FRAME_SAMPLES }] },
        stsz: Stsz { samples: StszSamples::Different { sizes: sound.frame_sizes.clone() } },
        ..chunk_tables(&layout.sound, data_offset)
    };
    let media_duration = u64::from(frames) * u64::from(AacTrack::FRAME_SAMPLES);
    let info = Minf { smhd: Some(Smhd::default()), dinf: this_file(), stbl: table, ..Minf::default() };
    // The coder's own samples at the start are skipped, so sound begins with the first picture.
    let edits = edit(movie.duration(), u64::from(AacTrack::PRIMING));
    track(header, edits, media(AacTrack::RATE_HZ, media_duration, b"soun", "SoundHandler", info))
}

fn track(tkhd: Tkhd, edts: Edts, mdia: Mdia) -> Trak {
    Trak { tkhd, edts: Some(edts), meta: None, mdia, senc: None, tref: None, udta: None }
}

fn track_header(track_id: u32, duration: u64) -> Tkhd {
    Tkhd { track_id, duration, enabled: true, in_movie: true, ..Tkhd::default() }
}

fn edit(segment_duration: u64, media_time: u64) -> Edts {
    let entry = ElstEntry { segment_duration, media_time: Some(media_time), media_rate: FixedPoint::from(1) };
    Edts { elst: Some(Elst { entries: vec![entry] }) }
}

fn media(timescale: u32, duration: u64, handler: &[u8; 4], name: &str, minf: Minf) -> Mdia {
    Mdia {
        mdhd: Mdhd { creation_time: 0, modification_time: 0, timescale, duration, language: "und".to_owned() },
        hdlr: Hdlr { handler: handler.into(), name: name.to_owned() },
        minf,
    }
}

/// The data lie in this very file.
fn this_file() -> Dinf {
    Dinf { dref: Dref { entries: vec![DrefEntry::Url(Url::default())] } }
}

fn picture_format(sets: &ParameterSets, width: u16, height: u16) -> Avc1 {
    let profile = sets.sequence_unit.get(1..4).map_or([0; 3], |bytes| [bytes[0], bytes[1], bytes[2]]);
    Avc1 {
        visual: Visual {
            data_reference_index: 1,
            width,
            height,
            compressor: Compressor::default(),
            ..Visual::default()
        },
        avcc: Avcc {
            configuration_version: 1,
            avc_profile_indication: profile[0],
            profile_compatibility: profile[1],
            avc_level_indication: profile[2],
            length_size: 4,
            sequence_parameter_sets: vec![sets.sequence_unit.clone()],
            picture_parameter_sets: vec![sets.picture_unit.clone()],
            ext: (profile[0] >= 100).then(AvccExt::default),
        },
        colr: Some(Colr::Nclx {
            colour_primaries: BT_709,
            transfer_characteristics: BT_709,
            matrix_coefficients: BT_709,
            full_range_flag: false,
        }),
        ..Avc1::default()
    }
}

fn sound_format() -> Mp4a {
    let config = esds::DecoderConfig {
        object_type_indication: MPEG_4_AUDIO,
        stream_type: AUDIO_STREAM,
        dec_specific: Some(esds::DecoderSpecific {
            profile: AAC_LC,
            freq_index: FREQUENCY_48_KHZ,
            chan_conf: AacTrack::CHANNELS,
            raw: Vec::new(),
        }),
        ..esds::DecoderConfig::default()
    };
    let audio = Audio {
        data_reference_index: 1,
        channel_count: u16::from(AacTrack::CHANNELS),
        sample_size: 16,
        sample_rate: u16::try_from(AacTrack::RATE_HZ).unwrap_or(0).into(),
    };
    let descriptor = esds::EsDescriptor { es_id: 1, dec_config: config, ..esds::EsDescriptor::default() };
    Mp4a { audio, esds: mp4_atom::Esds { es_desc: descriptor }, btrt: None, taic: None }
}

/// How much later than decoded pictures are shown; nothing where that is never.
fn screen_offsets(movie: &Movie<'_>) -> Option<Ctts> {
    if movie.screen_offsets.iter().all(|offset| *offset == 0) {
        return None;
    }
    let mut entries: Vec<CttsEntry> = Vec::new();
    for frames in &movie.screen_offsets {
        let sample_offset = i64::from(frames * FRAME_TICKS);
        match entries.last_mut() {
            Some(entry) if entry.sample_offset == sample_offset => entry.sample_count += 1,
            _ => entries.push(CttsEntry { sample_count: 1, sample_offset }),
        }
    }
    Some(Ctts { entries })
}

/// Which samples lie in which chunk, and where the chunks lie.
fn chunk_tables(chunks: &[Chunk], data_offset: u64) -> Stbl {
    let mut runs: Vec<StscEntry> = Vec::new();
    for (index, chunk) in chunks.iter().enumerate() {
        if runs.last().is_none_or(|run| run.samples_per_chunk != chunk.samples) {
            let first_chunk = count(index + 1);
            runs.push(StscEntry { first_chunk, samples_per_chunk: chunk.samples, sample_description_index: 1 });
        }
    }
    let offsets: Vec<u64> = chunks.iter().map(|chunk| data_offset + chunk.offset).collect();
    let narrow: Option<Vec<u32>> = offsets.iter().map(|offset| u32::try_from(*offset).ok()).collect();
    let (stco, co64) = match narrow {
        Some(entries) => (Some(Stco { entries }), None),
        None => (None, Some(Co64 { entries: offsets })),
    };
    Stbl { stsc: Stsc { entries: runs }, stco, co64, ..Stbl::default() }
}

fn short(pixels: u32) -> u16 {
    u16::try_from(pixels).unwrap_or(u16::MAX)
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
