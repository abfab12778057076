//! Which addresses are fetched. A service that fetches what strangers name must
//! not become their way into the network that it runs in.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rushes_core::ports::MediaError;
use tokio::sync::Semaphore;
use url::{Host, Url};

/// Names of strangers' hosts looked up at once; a process has 512 threads for such work.
const LOOKUPS_AT_ONCE: usize = 128;

/// Hosts that are let through although their address is private or they speak plain HTTP.
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts(HashSet<String>);

/// Not a `host:port`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not written host:port")]
pub struct InvalidHost(String);

impl FromStr for AllowedHosts {
    type Err = InvalidHost;

    /// Reads `host:port,host:port`; the empty text allows none.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let entry = |entry: &str| match entry.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(entry.to_ascii_lowercase()),
            _ => Err(InvalidHost(entry.to_owned())),
        };
        entries.map(entry).collect::<Result<_, _>>().map(Self)
    }
}

impl AllowedHosts {
    fn contains(&self, url: &Url) -> bool {
        url.host_str()
            .zip(url.port_or_known_default())
            .is_some_and(|(host, port)| self.0.contains(&format!("{host}:{port}")))
    }
}

/// How far an address is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It may lie anywhere: the owner of the service named it.
    Full,
    /// It must lie on the public internet.
    Public,
}

/// Decides whether `url` may be asked at all, before its name is resolved.
///
/// # Errors
/// [`MediaError::Forbidden`] naming the rule that it breaks.
pub fn admit(url: &Url, allowed: &AllowedHosts) -> Result<Trust, MediaError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(forbidden("it carries a user name or password; give one without"));
    }
    if allowed.contains(url) && matches!(url.scheme(), "http" | "https") {
        return Ok(Trust::Full);
    }
    if url.scheme() != "https" {
        return Err(forbidden("it does not begin with https://, and only such addresses are fetched"));
    }
    match url.host() {
        Some(Host::Domain(_)) => Ok(Trust::Public),
        Some(Host::Ipv4(address)) => public(address.into()).map(|()| Trust::Public).map_err(Into::into),
        Some(Host::Ipv6(address)) => public(address.into()).map(|()| Trust::Public).map_err(Into::into),
        None => Err(forbidden("it names no host")),
    }
}

/// An address that is not fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its host does not lie on the public internet")]
pub struct NotPublic;

impl From<NotPublic> for MediaError {
    fn from(error: NotPublic) -> Self {
        Self::Forbidden { reason: error.to_string() }
    }
}

/// A name that leads nowhere, now at least.
#[derive(Debug, thiserror::Error)]
#[error("its host cannot be found")]
pub struct UnknownHost(#[source] std::io::Error);

/// Too many names are being looked up.
#[derive(Debug, thiserror::Error)]
#[error("too many host names are looked up right now")]
pub struct TooManyLookups;

/// Resolves names to public addresses only. The connection is made to what this
/// returns, so a name cannot change its meaning between check and use.
#[derive(Clone, Debug)]
pub struct PublicResolver {
    /// A look-up goes on, in a thread of its own, when nobody waits for it any more. Names that take long
    /// must not take all threads of the process.
    lookups: Arc<Semaphore>,
}

impl Default for PublicResolver {
    fn default() -> Self {
        Self { lookups: Arc::new(Semaphore::new(LOOKUPS_AT_ONCE)) }
    }
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let permit = Arc::clone(&self.lookups).try_acquire_owned();
        Box::pin(async move {
            let permit = permit.map_err(|_| TooManyLookups)?;
            let look_up = move || {
                let found = (name.as_str(), 0).to_socket_addrs();
                drop(permit);
                found
            };
            let found = tokio::task::spawn_blocking(look_up).await?.map_err(UnknownHost)?;
            let (public, others): (Vec<SocketAddr>, Vec<_>) = found.partition(|address| public(address.ip()).is_ok());
            if public.is_empty() && !others.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address lies on the public internet.
fn public(address: IpAddr) -> Result<(), NotPublic> {
    let reachable = match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    };
    reachable.then_some(()).ok_or(NotPublic)
}

/// Everything but the blocks of IANA's special-purpose registry, multicast and class E.
const fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 168, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

/// Global unicast (2000::/3) without its special blocks; of the addresses that
/// stand for an IPv4 one, those whose IPv4 address is public.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    match address.segments() {
        // NAT64 (RFC 6052): how a network with IPv6 alone reaches IPv4.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))),
        // Protocol assignments (Teredo, ORCHID, benchmarks), documentation, 6to4.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

fn forbidden(reason: &str) -> MediaError {
    MediaError::Forbidden { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_any_network_are_refused() {
        let inside = "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.9.9.9 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 \
            192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 \
            240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe \
            64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1";
        for address in inside.split_whitespace() {
            assert_eq!(public(address.parse().unwrap()), Err(NotPublic), "{address}");
        }
        for address in ["1.1.1.1", "100.128.0.1", "172.32.0.1", "2606:4700::1", "64:ff9b::101:101", "::ffff:8.8.8.8"] {
            assert_eq!(public(address.parse().unwrap()), Ok(()), "{address}");
        }
    }

    #[test]
    fn every_way_to_write_a_private_address_is_seen_through() {
        let none = AllowedHosts::default();
        for url in [
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://017700000001/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://１２７.0.0.1/",
            "http://example.com/",
            "ftp://example.com/",
            "https://user:secret@example.com/",
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
        ] {
            let url = Url::parse(url).unwrap();
            assert!(matches!(admit(&url, &none), Err(MediaError::Forbidden { .. })), "{url}");
        }
        assert_eq!(admit(&Url::parse("https://example.com/a.png").unwrap(), &none).unwrap(), Trust::Public);
    }

    #[test]
    fn an_allowed_host_is_let_through_on_its_own_port_only() {
        let allowed: AllowedHosts = "127.0.0.1:8000, Files.Local:443".parse().unwrap();
        let trust = |url: &str| admit(&Url::parse(url).unwrap(), &allowed).ok();
        assert_eq!(trust("http://127.0.0.1:8000/a.png"), Some(Trust::Full));
        assert_eq!(trust("https://files.local/a.png"), Some(Trust::Full));
        assert_eq!(trust("http://127.0.0.1:8001/a.png"), None);
        assert_eq!(trust("http://127.0.0.1/a.png"), None);
        for bad in ["localhost", "localhost:", ":80", "localhost:99999"] {
            assert!(bad.parse::<AllowedHosts>().is_err(), "{bad}");
        }
    }
}
