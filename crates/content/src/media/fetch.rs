//! Getting media over HTTP.

use std::path::Path;

use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, COOKIE, HeaderValue, RANGE, USER_AGENT};
use rushes_core::ports::MediaError;
use rushes_core::spec::MediaKind;
use tokio::io::AsyncWriteExt;
use url::Url;

use super::answer::Answer;
use super::header::{Header, HeaderReader};
use super::hosts::{Hosts, Place};
use super::patience::{Patience, last_word};
use super::picture::check_size;
use super::redirect::Crumbs;
use super::{Limits, local, redirect, refusal, within};
use crate::http::guard::{AllowedHosts, admit};
use crate::http::{HttpClient, Lane};

/// As many as browsers follow (Fetch Standard, §4.4).
const MAX_REDIRECTS: usize = 20;
/// A look asks for so many bytes at first: more than most headers have.
pub const LOOK_BYTES: usize = 1 << 20;
/// Who asks, in the form that servers expect of everyone who is no browser and wants to be served like one.
const AGENT: &str = concat!("Mozilla/5.0 (compatible; Rushes/", env!("CARGO_PKG_VERSION"), ")");

/// Asks hosts for media.
#[derive(Debug)]
pub struct Fetcher {
    allowed: AllowedHosts,
    limits: Limits,
    http: HttpClient,
    hosts: Hosts,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
struct Errand {
    lane: Lane,
    kind: MediaKind,
    /// Of the whole file, where not all.
    first_bytes: Option<usize>,
}

impl Errand {
    fn dress(self, request: RequestBuilder, cookie: Option<HeaderValue>) -> RequestBuilder {
        // What can be shown first: a server that has several forms chooses by this.
        let accept = match self.kind {
            MediaKind::Picture => "image/png,image/jpeg,image/webp;q=0.9,image/*;q=0.8,*/*;q=0.5",
            MediaKind::Clip => "video/*,*/*;q=0.5",
            MediaKind::Sound => "audio/*,video/*;q=0.8,*/*;q=0.5",
        };
        let request = request.header(USER_AGENT, AGENT).header(ACCEPT, accept).header(ACCEPT_ENCODING, "identity");
        let request = match self.first_bytes {
            Some(count) => request.header(RANGE, format!("bytes=0-{}", count - 1)),
            None => request,
        };
        match cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }
}

impl Fetcher {
    pub fn new(http: HttpClient, allowed: AllowedHosts, limits: Limits) -> Self {
        Self { allowed, limits, http, hosts: Hosts::default() }
    }

    /// Reads no more of the file than its header, however long that is.
    pub async fn look(&self, url: &str, kind: MediaKind) -> Result<(), MediaError> {
        let url = parse(url)?;
        let glance = Errand { lane: Lane::Look, kind, first_bytes: Some(LOOK_BYTES) };
        let mut answer = self.ask(&url, glance, None).await?;
        if !answer.refuses_range() {
            let header = self.read_header(&mut answer, kind).await?;
            if header.is_good() || !answer.is_part() {
                return header.finish();
            }
        }
        let mut answer = self.ask(&url, Errand { first_bytes: None, ..glance }, None).await?;
        self.read_header(&mut answer, kind).await?.finish()
    }

    /// Brings the whole file to `path`. What does not answer well is asked again, and a host that asks for patience
    /// gets it.
    pub async fn download(&self, url: &str, kind: MediaKind, path: &Path) -> Result<(), MediaError> {
        let url = parse(url)?;
        let mut patience = Patience::new(&self.limits, kind);
        loop {
            let Err(error) = self.attempt(&url, kind, path).await else { return Ok(()) };
            let Some(wait) = patience.wait_after(&error) else { return Err(last_word(error)) };
            tracing::info!(host = url.host_str(), wait_ms = wait.as_millis(), %error, "media are asked for again later");
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, url: &Url, kind: MediaKind, path: &Path) -> Result<(), MediaError> {
        admit(url, &self.allowed)?;
        let place = self.hosts.enter(url, self.limits.patience).await?;
        // Whoever stood in line has all the time from here on.
        within(self.limits.fetch(kind), self.bring(url, kind, path, place)).await
    }

    /// Writes the file as it comes. What is no such file is not read to its end.
    async fn bring(&self, url: &Url, kind: MediaKind, path: &Path, place: Place) -> Result<(), MediaError> {
        let errand = Errand { lane: Lane::Fetch, kind, first_bytes: None };
        let mut answer = self.ask(url, errand, Some(place)).await?;
        self.accept(&mut answer, kind)?;
        let mut file = tokio::fs::File::create(path).await.map_err(local)?;
        let (mut header, mut size_bytes) = (HeaderReader::new(kind), 0);
        while let Some(piece) = answer.next().await? {
            size_bytes += piece.len() as u64;
            check_size(size_bytes, self.limits.bytes(kind))?;
            header.push(&piece)?;
            file.write_all(&piece).await.map_err(local)?;
        }
        file.flush().await.map_err(local)?;
        header.finish()
    }

    /// The answer at `url`, at most [`MAX_REDIRECTS`] steps away from it. Each step is admitted for itself.
    async fn ask(&self, url: &Url, errand: Errand, mut place: Option<Place>) -> Result<Answer, MediaError> {
        let (mut url, mut crumbs) = (url.clone(), Crumbs::default());
        for step in 0..=MAX_REDIRECTS {
            let admitted = admit(&url, &self.allowed);
            let trust = admitted.map_err(|error| if step > 0 { redirect::explained(error, &url) } else { error })?;
            if let Some(held) = place.take() {
                place = Some(self.hosts.move_to(held, &url, self.limits.patience).await?);
            }
            let cookie = crumbs.header(&url);
            let opened = self.http.open(errand.lane, trust, url.clone(), |request| errand.dress(request, cookie)).await;
            let answer = opened.map_err(refusal::of_no_answer)?;
            crumbs.take(&url, answer.response.headers());
            match redirect::target(&url, &answer.response)? {
                Some(next) => url = next,
                None => return Ok(Answer::new(answer, place, self.limits.read)),
            }
        }
        Err(MediaError::unreadable(format!("the server redirects more than {MAX_REDIRECTS} times")))
    }

    /// Reads on until the header is known or the answer ends.
    async fn read_header(&self, answer: &mut Answer, kind: MediaKind) -> Result<HeaderReader, MediaError> {
        self.accept(answer, kind)?;
        let (mut header, mut size_bytes) = (HeaderReader::new(kind), 0);
        while let Some(piece) = answer.next().await? {
            size_bytes += piece.len() as u64;
            check_size(size_bytes, self.limits.bytes(kind))?;
            if header.push(&piece)? == Header::Good {
                break;
            }
        }
        Ok(header)
    }

    /// Refuses an answer that brings no file, or one that says itself that it is too large.
    fn accept(&self, answer: &mut Answer, kind: MediaKind) -> Result<(), MediaError> {
        answer.accept()?;
        answer.announced_bytes().map_or(Ok(()), |size| check_size(size, self.limits.bytes(kind)))
    }
}

fn parse(url: &str) -> Result<Url, MediaError> {
    Url::parse(url.trim()).map_err(|error| MediaError::Forbidden { reason: format!("it is no address: {error}") })
}
