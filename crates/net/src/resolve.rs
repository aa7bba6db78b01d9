//! Names become addresses.
//!
//! Built on the first name that has to be asked for, so that a sidecar that talks to `127.0.0.1` alone never reads
//! `/etc/resolv.conf`, opens no socket for it and keeps no cache.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::OnceLock,
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{LookupIpStrategy, NameServerConfig, ResolverConfig, ServerOrderingStrategy},
    net::{NetError, runtime::TokioRuntimeProvider},
};

use crate::{BoxError, DialError, Stage, endpoint::host_port};

/// A name that did not exist a moment ago (a Service just being created) is asked for again after this, whatever the
/// zone's SOA says.
const NEGATIVE_TTL: Duration = Duration::from_secs(5);

/// RFC 6761 6.3: `localhost` and what is below it are loopback, and a resolver should not ask anybody.
const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// The stub resolver: `/etc/hosts`, then the name servers and search domains of `/etc/resolv.conf`; without such a
/// file the name server on this host, as libc does it.
#[derive(Default)]
pub(crate) struct Resolver {
    lazy: OnceLock<TokioResolver>,
}

impl Resolver {
    /// The addresses of a host, in the order in which to try them: families alternate, IPv6 first (RFC 8305 4).
    ///
    /// An IP literal or a name under `localhost` never leaves the process. Never empty.
    pub(crate) async fn addresses(&self, host: &str, port: u16) -> Result<Vec<IpAddr>, DialError> {
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(vec![ip]);
        }
        if is_localhost(host) {
            return Ok(LOOPBACK.to_vec());
        }
        let failed = |source: BoxError| DialError::new(Stage::Resolve, host_port(host, port), source);
        let found = self.system().map_err(|error| failed(error.into()))?.lookup_ip(host).await;
        match found {
            Ok(found) => {
                let addresses = alternate(found.iter());
                if addresses.is_empty() { Err(failed("the name has no address".into())) } else { Ok(addresses) }
            }
            Err(NetError::Timeout) => Err(DialError::timed_out(Stage::Resolve, host_port(host, port))),
            Err(error) => Err(failed(error.into())),
        }
    }

    fn system(&self) -> Result<&TokioResolver, NetError> {
        if let Some(resolver) = self.lazy.get() {
            return Ok(resolver);
        }
        let resolver = build()?;
        // Two tasks may get here at once; the loser's resolver is dropped unused.
        Ok(self.lazy.get_or_init(|| resolver))
    }
}

fn build() -> Result<TokioResolver, NetError> {
    let mut builder = TokioResolver::builder_tokio().unwrap_or_else(|error| {
        tracing::warn!(%error, "no usable /etc/resolv.conf, asking the name server on this host");
        let local = LOOPBACK.map(NameServerConfig::udp_and_tcp).to_vec();
        TokioResolver::builder_with_config(ResolverConfig::from_name_servers(local), TokioRuntimeProvider::default())
    });
    let options = builder.options_mut();
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    // As libc: the first server listed is asked, the others when it fails. A list often names an inside and an outside
    // server that disagree, and racing them would make the answer a matter of luck.
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    options.num_concurrent_reqs = 1;
    options.negative_max_ttl = Some(NEGATIVE_TTL);
    builder.build()
}

/// `localhost`, `app.localhost`, either with a final dot, in any case.
pub(crate) fn is_localhost(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let Some(at) = host.len().checked_sub("localhost".len()) else { return false };
    let (Some(below), Some(tail)) = (host.get(..at), host.get(at..)) else { return false };
    tail.eq_ignore_ascii_case("localhost") && (below.is_empty() || below.ends_with('.'))
}

fn alternate(found: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let (six, four): (Vec<_>, Vec<_>) = found.partition(IpAddr::is_ipv6);
    let (mut six, mut four) = (six.into_iter(), four.into_iter());
    let mut order = Vec::new();
    loop {
        match (six.next(), four.next()) {
            (None, None) => return order,
            (a, b) => order.extend(a.into_iter().chain(b)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_and_what_is_below_it_is_loopback() {
        for host in ["localhost", "LocalHost", "localhost.", "app1.demo.localhost", "a.LOCALHOST."] {
            assert!(is_localhost(host), "{host}");
        }
        for host in ["", ".", "local", "notlocalhost", "localhost.example", "xélocalhost"] {
            assert!(!is_localhost(host), "{host}");
        }
    }

    #[test]
    fn families_alternate_beginning_with_ipv6() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let found = ["10.0.0.1", "10.0.0.2", "fd00::1", "10.0.0.3"].map(ip);
        assert_eq!(alternate(found.into_iter()), ["fd00::1", "10.0.0.1", "10.0.0.2", "10.0.0.3"].map(ip));
    }

    #[tokio::test]
    async fn literals_and_localhost_are_not_asked_for() {
        let resolver = Resolver::default();
        assert_eq!(resolver.addresses("::1", 80).await.unwrap(), [IpAddr::V6(Ipv6Addr::LOCALHOST)]);
        assert_eq!(resolver.addresses("10.1.2.3", 80).await.unwrap(), [IpAddr::from([10, 1, 2, 3])]);
        assert_eq!(resolver.addresses("app.localhost", 80).await.unwrap(), LOOPBACK);
        assert!(resolver.lazy.get().is_none());
    }
}
