//! What the end-to-end tests share: a local AWS of their own, the real
//! binaries as processes, and a client that asks like a user does.

pub mod browser;
pub mod client;
pub mod faults;
pub mod inbox;
pub mod lambda;
pub mod leases;
pub mod local_aws;
pub mod media;
pub mod obedient;
pub mod process;
pub mod providers;
pub mod proxy;
pub mod service;
pub mod signature;
pub mod videos;

pub use client::Client;
pub use local_aws::LocalAws;
pub use process::Process;
pub use service::{Service, ffmpeg};
