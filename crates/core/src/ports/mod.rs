//! What the use cases need from the outside. Each port has its own error, and
//! each error says whether trying again can help.

mod batch;
mod channel;
mod dead_letters;
mod footage;
mod media;
mod memo;
mod memo_store;
mod observer;
mod renderer;
mod requests;
mod signer;
mod store;
mod voice;
mod writer;

pub use batch::{BatchClaim, BatchClaimOutcome, BatchStore, Inbox, Manifest};
pub use channel::{ChannelStore, Condition, Written};
pub use dead_letters::{DeadLetter, DeadLetterQueue};
pub use footage::{Credit, Footage, FootageError, FootageItem, FootageQuery};
pub use media::{FetchedMedia, MediaError, MediaLibrary};
pub use memo::{Begin, InvalidMemoKey, InvalidMemoKind, Memo, MemoError, MemoKey, MemoKind};
pub use memo_store::{Entry, EntryFacts, EntryPage, Found, KindFacts, MemoCatalog, MemoClaim, MemoStore, Stock};
pub use observer::{NoObserver, TaskEnd, TaskObserver, TaskOutcome};
pub use renderer::{
    Progress, RenderError, RenderJob, RenderWarning, Rendered, RenderedFiles, Renderer, SilentProgress,
};
pub use requests::{Begun, RequestStore, Ticket};
pub use signer::{CloudService, RequestSigner, SignError, UnsignedRequest};
pub use store::{
    Bucket, BucketError, Change, Claim, ClaimOutcome, ObjectStart, QueueError, SignedUpload, StoreError, TaskPage,
    TaskQueue, TaskStore, UploadTerms,
};
pub use voice::{Voice, VoiceError};
pub use writer::{Brief, Writer, WriterError};

/// The cause of a failure in an adapter, kept for the log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;
