//! The C interface of espeak-ng (`speak_lib.h`, revision 12), as far as it is needed.
//!
//! The library is opened at run time rather than linked: a machine without it
//! gets a clear message, and building needs no headers. This is the only place
//! with `unsafe`; the program runs in a process of its own, so that a fault in
//! the library ends a sentence and not the service.

use std::ffi::{CStr, CString, c_char, c_int, c_short, c_uint, c_void};
use std::ptr;

use libloading::Library;

/// Names under which the library is installed.
const NAMES: [&str; 2] = ["libespeak-ng.so.1", "libespeak-ng.so"];

// Constants of `speak_lib.h`.
const AUDIO_OUTPUT_SYNCHRONOUS: c_int = 2;
const INITIALIZE_DONT_EXIT: c_int = 0x8000;
const POSITION_CHARACTER: c_int = 1;
const CHARS_UTF8: c_uint = 1;
const ENDPAUSE: c_uint = 0x1000;
const PARAMETER_RATE: c_int = 1;
const PARAMETER_PITCH: c_int = 3;
const EVENT_LIST_TERMINATED: c_int = 0;
const EVENT_WORD: c_int = 1;
const OK: c_int = 0;

/// `espeak_EVENT`.
#[repr(C)]
struct Event {
    kind: c_int,
    unique_identifier: c_uint,
    text_position: c_int,
    length: c_int,
    audio_position: c_int,
    sample: c_int,
    user_data: *mut c_void,
    id: [u8; 8],
}

/// `espeak_VOICE`, as a question.
#[repr(C)]
struct VoiceQuery {
    name: *const c_char,
    languages: *const c_char,
    identifier: *const c_char,
    gender: u8,
    age: u8,
    variant: u8,
    xx1: u8,
    score: c_int,
    spare: *mut c_void,
}

type Callback = unsafe extern "C" fn(*mut c_short, c_int, *mut Event) -> c_int;
type Initialize = unsafe extern "C" fn(c_int, c_int, *const c_char, c_int) -> c_int;
type SetSynthCallback = unsafe extern "C" fn(Callback);
type SetVoiceByName = unsafe extern "C" fn(*const c_char) -> c_int;
type SetVoiceByProperties = unsafe extern "C" fn(*mut VoiceQuery) -> c_int;
type SetParameter = unsafe extern "C" fn(c_int, c_int, c_int) -> c_int;
type Terminate = unsafe extern "C" fn() -> c_int;
type Info = unsafe extern "C" fn(*mut *const c_char) -> *const c_char;
type Synth =
    unsafe extern "C" fn(*const c_void, usize, c_uint, c_int, c_uint, c_uint, *mut c_uint, *mut c_void) -> c_int;

/// Why nothing was spoken.
#[derive(Debug, thiserror::Error)]
pub enum SpeakError {
    /// No library of that name could be opened.
    #[error("espeak-ng is not installed (for example: apt-get install espeak-ng): {0}")]
    NotInstalled(#[source] libloading::Error),
    /// The library has no such function.
    #[error("this espeak-ng is not compatible: {0}")]
    Incompatible(#[source] libloading::Error),
    /// The library could not start.
    #[error("espeak-ng could not start: are its data files installed?")]
    NotStarted,
    /// The voice does not exist.
    #[error("espeak-ng has no voice {0:?}")]
    UnknownVoice(String),
    /// A sentence was refused.
    #[error("espeak-ng refused a sentence (error {0})")]
    Refused(c_int),
    /// The text cannot be passed to C.
    #[error("the text contains a NUL character")]
    ContainsNul,
}

/// What one sentence sounds like.
#[derive(Debug, Default)]
pub struct Utterance {
    /// One channel of 16-bit samples.
    pub samples: Vec<i16>,
    /// `(character, milliseconds)` of each word's beginning, characters counted from 0.
    pub words: Vec<(usize, u64)>,
}

/// An opened and started library.
pub struct Espeak {
    library: Library,
    /// Samples a second of everything spoken.
    pub sample_rate_hz: u32,
}

/// The version of the library. It need not be started.
pub fn version() -> Result<String, SpeakError> {
    let library = open()?;
    // SAFETY: the type is that of the function in `speak_lib.h`.
    let info = unsafe { library.get::<Info>(b"espeak_Info\0") }.map_err(SpeakError::Incompatible)?;
    let mut data_path = ptr::null();
    // SAFETY: the library writes a pointer, and returns a text that lives as long as it is open.
    let version = unsafe { CStr::from_ptr(info(&raw mut data_path)) };
    Ok(version.to_string_lossy().into_owned())
}

impl Espeak {
    /// Opens and starts the library. There is one of it in a process: call this once.
    pub fn start() -> Result<Self, SpeakError> {
        let library = open()?;
        // SAFETY: the type is that of the function in `speak_lib.h`.
        let initialize =
            unsafe { library.get::<Initialize>(b"espeak_Initialize\0") }.map_err(SpeakError::Incompatible)?;
        // SAFETY: a null path means the library's own data directory (or ESPEAK_DATA_PATH).
        let rate = unsafe { initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, ptr::null(), INITIALIZE_DONT_EXIT) };
        let sample_rate_hz = u32::try_from(rate).ok().filter(|rate| *rate > 0).ok_or(SpeakError::NotStarted)?;
        // SAFETY: the type is that of the function in `speak_lib.h`.
        let set = unsafe { library.get::<SetSynthCallback>(b"espeak_SetSynthCallback\0") }
            .map_err(SpeakError::Incompatible)?;
        // SAFETY: `collect` has the type that the library calls and lives as long as the program.
        unsafe { set(collect) };
        Ok(Self { library, sample_rate_hz })
    }

    /// Chooses who speaks and how.
    pub fn choose(&self, voice: &str, rate_wpm: c_int, pitch: c_int) -> Result<(), SpeakError> {
        let name = CString::new(voice).map_err(|_| SpeakError::ContainsNul)?;
        if !self.choose_by_name(&name)? && !self.choose_by_language(&name)? {
            return Err(SpeakError::UnknownVoice(voice.to_owned()));
        }
        // SAFETY: the type is that of the function in `speak_lib.h`.
        let parameter =
            unsafe { self.library.get::<SetParameter>(b"espeak_SetParameter\0") }.map_err(SpeakError::Incompatible)?;
        for (which, value) in [(PARAMETER_RATE, rate_wpm), (PARAMETER_PITCH, pitch)] {
            // SAFETY: plain numbers; values out of range are refused by the library.
            let outcome = unsafe { parameter(which, value, 0) };
            if outcome != OK {
                return Err(SpeakError::Refused(outcome));
            }
        }
        Ok(())
    }

    fn choose_by_name(&self, name: &CStr) -> Result<bool, SpeakError> {
        // SAFETY: the type is that of the function in `speak_lib.h`.
        let by_name = unsafe { self.library.get::<SetVoiceByName>(b"espeak_SetVoiceByName\0") }
            .map_err(SpeakError::Incompatible)?;
        // SAFETY: `name` is a C string that outlives the call.
        Ok(unsafe { by_name(name.as_ptr()) } == OK)
    }

    /// Some voices bear another name than their language: `en-gb`, `fr-fr`.
    fn choose_by_language(&self, language: &CStr) -> Result<bool, SpeakError> {
        // SAFETY: the type is that of the function in `speak_lib.h`.
        let by_properties = unsafe { self.library.get::<SetVoiceByProperties>(b"espeak_SetVoiceByProperties\0") }
            .map_err(SpeakError::Incompatible)?;
        let mut query = VoiceQuery {
            name: ptr::null(),
            languages: language.as_ptr(),
            identifier: ptr::null(),
            gender: 0,
            age: 0,
            variant: 0,
            xx1: 0,
            score: 0,
            spare: ptr::null_mut(),
        };
        // SAFETY: `query` and the text it points to outlive the call; null means "any".
        Ok(unsafe { by_properties(&raw mut query) } == OK)
    }

    /// Ends the library; [`Self::start`] may then be called again.
    pub fn end(self) -> Result<(), SpeakError> {
        // SAFETY: the type is that of the function in `speak_lib.h`.
        let terminate =
            unsafe { self.library.get::<Terminate>(b"espeak_Terminate\0") }.map_err(SpeakError::Incompatible)?;
        // SAFETY: nothing is being spoken, and `self` is not used again.
        let outcome = unsafe { terminate() };
        if outcome == OK { Ok(()) } else { Err(SpeakError::Refused(outcome)) }
    }

    /// Speaks one sentence.
    pub fn speak(&self, sentence: &str) -> Result<Utterance, SpeakError> {
        let text = CString::new(sentence).map_err(|_| SpeakError::ContainsNul)?;
        // SAFETY: the type is that of the function in `speak_lib.h`.
        let synth = unsafe { self.library.get::<Synth>(b"espeak_Synth\0") }.map_err(SpeakError::Incompatible)?;
        let mut utterance = Utterance::default();
        // SAFETY: `text` is a C string of the size given; `utterance` outlives the
        // call, which in synchronous mode returns after the last callback; nothing
        // else touches it meanwhile.
        let outcome = unsafe {
            synth(
                text.as_ptr().cast(),
                text.as_bytes_with_nul().len(),
                0,
                POSITION_CHARACTER,
                0,
                CHARS_UTF8 | ENDPAUSE,
                ptr::null_mut(),
                ptr::from_mut(&mut utterance).cast(),
            )
        };
        if outcome == OK { Ok(utterance) } else { Err(SpeakError::Refused(outcome)) }
    }
}

fn open() -> Result<Library, SpeakError> {
    let mut last = None;
    for name in NAMES {
        // SAFETY: the library is the system's own; its initialisers are trusted as the rest of it is.
        match unsafe { Library::new(name) } {
            Ok(library) => return Ok(library),
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or(SpeakError::NotStarted, SpeakError::NotInstalled))
}

/// Called by the library with some samples and the events that fall into them.
///
/// # Safety
/// `samples` points to `count` samples or is null; `events` to a list ended by a
/// terminating event; each event's `user_data` is what was given to `espeak_Synth`.
unsafe extern "C" fn collect(samples: *mut c_short, count: c_int, events: *mut Event) -> c_int {
    if events.is_null() {
        return 0;
    }
    // SAFETY: the list has at least its terminating event, whose `user_data` is set like the others'.
    let utterance = unsafe { (*events).user_data.cast::<Utterance>().as_mut() };
    let Some(utterance) = utterance else { return 0 };
    if let (false, Ok(count)) = (samples.is_null(), usize::try_from(count)) {
        // SAFETY: the library says that so many samples are there.
        utterance.samples.extend_from_slice(unsafe { std::slice::from_raw_parts(samples, count) });
    }
    let mut event = events;
    loop {
        // SAFETY: `event` has not passed the terminating event.
        let current = unsafe { &*event };
        match current.kind {
            EVENT_LIST_TERMINATED => return 0,
            EVENT_WORD => {
                let character = usize::try_from(current.text_position).unwrap_or(0).saturating_sub(1);
                utterance.words.push((character, u64::try_from(current.audio_position).unwrap_or(0)));
            }
            _ => {}
        }
        // SAFETY: this was not the terminating event, so another follows.
        event = unsafe { event.add(1) };
    }
}
