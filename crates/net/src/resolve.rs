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
    ResolverBuilder, TokioResolver,
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
            Err(error) if error.is_nx_domain() => Err(failed("the name servers know no such name".into())),
            Err(error) if error.is_no_records_found() => Err(failed("the name has no address".into())),
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
    let builder = TokioResolver::builder_tokio().unwrap_or_else(|error| {
        tracing::warn!(%error, "no usable /etc/resolv.conf, asking the name server on this host");
        let local = LOOPBACK.map(NameServerConfig::udp_and_tcp).to_vec();
        TokioResolver::builder_with_config(ResolverConfig::from_name_servers(local), TokioRuntimeProvider::default())
    });
    as_libc(builder).build()
}

/// Settles what `/etc/resolv.conf` does not.
fn as_libc(mut builder: ResolverBuilder<TokioRuntimeProvider>) -> ResolverBuilder<TokioRuntimeProvider> {
    let options = builder.options_mut();
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    // As libc: the first server listed is asked, the others when it fails. A list often names an inside and an outside
    // server that disagree, and racing them would make the answer a matter of luck.
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    options.num_concurrent_reqs = 1;
    options.negative_max_ttl = Some(NEGATIVE_TTL);
    builder
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
    use std::sync::{Arc, Mutex};

    use hickory_resolver::config::{ConnectionConfig, ResolverOpts};
    use tokio::net::UdpSocket;

    use super::*;

    /// A name server that knows one name with one IPv4 address; notes what it is asked.
    async fn name_server(known: &'static str) -> (NameServerConfig, Arc<Mutex<Vec<String>>>) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut udp = ConnectionConfig::udp();
        udp.port = socket.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let note = asked.clone();
        tokio::spawn(async move {
            let mut query = [0; 512];
            while let Ok((_, from)) = socket.recv_from(&mut query).await {
                let (name, question_end) = read_name(&query);
                let is_a = query[question_end - 3] == 1;
                note.lock().unwrap().push(format!("{name} {}", if is_a { "A" } else { "AAAA" }));
                let mut answer = query[..question_end].to_vec();
                let is_known = name == known;
                answer[2..12].copy_from_slice(&[0x81, if is_known { 0x80 } else { 0x83 }, 0, 1, 0, 0, 0, 0, 0, 0]);
                if is_known && is_a {
                    answer[7] = 1;
                    answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]);
                }
                socket.send_to(&answer, from).await.unwrap();
            }
        });
        (NameServerConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), true, vec![udp]), asked)
    }

    /// The name of the question, and where the question ends.
    fn read_name(query: &[u8]) -> (String, usize) {
        let (mut name, mut at) = (String::new(), 12);
        while query[at] > 0 {
            let end = at + 1 + usize::from(query[at]);
            name.push_str(std::str::from_utf8(&query[at + 1..end]).unwrap());
            name.push('.');
            at = end;
        }
        (name, at + 5)
    }

    /// As in a pod: cluster search domains, five dots.
    fn in_a_pod(server: NameServerConfig) -> Resolver {
        let search = ["ns.svc.cluster.test.", "svc.cluster.test."].map(|name| name.parse().unwrap()).to_vec();
        let config = ResolverConfig::from_parts(None, search, vec![server]);
        let mut options = ResolverOpts::default();
        options.ndots = 5;
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).with_options(options);
        let resolver = Resolver::default();
        assert!(resolver.lazy.set(as_libc(builder).build().unwrap()).is_ok());
        resolver
    }

    #[tokio::test]
    async fn a_name_is_looked_for_in_the_search_domains_and_remembered() {
        let (server, asked) = name_server("app.svc.cluster.test.").await;
        let resolver = in_a_pod(server);
        for _ in 0..2 {
            assert_eq!(resolver.addresses("app", 80).await.unwrap(), [IpAddr::from([192, 0, 2, 7])]);
        }
        let asked = asked.lock().unwrap();
        assert!(asked.contains(&"app.ns.svc.cluster.test. A".to_owned()), "{asked:?}");
        assert_eq!(asked.iter().filter(|query| *query == "app.svc.cluster.test. A").count(), 1, "{asked:?}");
    }

    #[tokio::test]
    async fn a_name_that_nobody_has_is_a_resolve_error() {
        let (server, _) = name_server("app.svc.cluster.test.").await;
        let error = in_a_pod(server).addresses("nobody.test", 8080).await.unwrap_err();
        assert_eq!((error.stage(), error.is_timeout()), (Stage::Resolve, false));
        assert_eq!(error.to_string(), "cannot resolve nobody.test:8080");
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(["the name servers know no such name", "the name has no address"].contains(&cause.as_str()), "{cause}");
    }

    #[tokio::test]
    async fn a_silent_name_server_is_a_timeout() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut udp = ConnectionConfig::udp();
        udp.port = socket.local_addr().unwrap().port();
        let resolver = in_a_pod(NameServerConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), true, vec![udp]));
        tokio::time::pause();
        let error = resolver.addresses("app", 80).await.unwrap_err();
        assert_eq!((error.stage(), error.is_timeout()), (Stage::Resolve, true), "{error:?}");
    }

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
