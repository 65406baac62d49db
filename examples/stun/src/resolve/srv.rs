//! SRV records: where a service is, in the order that RFC 2782 wants.

use std::net::{IpAddr, SocketAddr};

use command_line::Failure;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::rdata::SRV;
use tokio::time::timeout;

use super::PATIENCE;
use crate::seed;

/// A DNS server that the user has named.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NameServer(SocketAddr);

impl std::str::FromStr for NameServer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ip = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53));
        let address = text.parse().or(ip);
        address.map(Self).map_err(|_| "write IP or IP:PORT".to_owned())
    }
}

/// One record.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Service {
    priority: u16,
    weight: u16,
    target: String,
    port: u16,
}

/// Names and ports, in the order to try them; none when there are no such records, or no DNS
/// server answers: then the name itself is looked up.
pub(super) async fn services(
    srv_name: &str,
    name_server: Option<NameServer>,
) -> Result<Vec<(String, u16)>, Failure> {
    let Some(resolver) = resolver(name_server) else { return Ok(Vec::new()) };
    // Fully qualified: nothing is to be appended to it.
    let query = format!("{}.", srv_name.trim_end_matches('.'));
    let Ok(Ok(found)) = timeout(PATIENCE, resolver.srv_lookup(query)).await else {
        return Ok(Vec::new());
    };
    let records = found.answers().iter().filter_map(|record| match &record.data {
        RData::SRV(srv) => Some(service(srv)),
        _ => None,
    });
    let services: Vec<Service> = records.collect();
    if let [Service { target, .. }] = &services[..]
        && target.is_empty()
    {
        // RFC 2782: it is decidedly not there.
        return Err(Failure::no(format!(
            "{srv_name}: the DNS says that there is no such service; try another transport"
        )));
    }
    let ordered = in_order(services, seed::below)?;
    Ok(ordered.into_iter().map(|service| (service.target, service.port)).collect())
}

fn service(srv: &SRV) -> Service {
    let SRV { priority, weight, port, target, .. } = srv;
    let target = target.to_ascii().trim_end_matches('.').to_owned();
    Service { priority: *priority, weight: *weight, target, port: *port }
}

fn resolver(name_server: Option<NameServer>) -> Option<TokioResolver> {
    let mut builder = match name_server {
        Some(NameServer(address)) => {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            for connection in &mut server.connections {
                connection.port = address.port();
            }
            let config = ResolverConfig::from_name_servers(vec![server]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
        None => TokioResolver::builder_tokio().ok()?,
    };
    let options = builder.options_mut();
    options.timeout = PATIENCE / 2;
    options.attempts = 1;
    builder.build().ok()
}

/// By priority, and within one by chance, the more probably the more weight one has (RFC 2782).
/// `below(n)` draws a number below `n`.
fn in_order<E>(
    mut services: Vec<Service>,
    below: impl Fn(u32) -> Result<u32, E>,
) -> Result<Vec<Service>, E> {
    // Those without weight come first within their priority, so that they have a small chance.
    services.sort_by_key(|service| (service.priority, service.weight != 0));
    let mut ordered = Vec::new();
    while let Some(first) = services.first() {
        let priority = first.priority;
        let alike = services.iter().take_while(|service| service.priority == priority);
        let weights: Vec<u32> = alike.map(|service| u32::from(service.weight)).collect();
        let drawn = below(weights.iter().sum::<u32>() + 1)?;
        let mut sum = 0;
        let chosen = weights.iter().position(|weight| {
            sum += weight;
            sum >= drawn
        });
        ordered.push(services.remove(chosen.unwrap_or(0)));
    }
    ordered.retain(|service| !service.target.is_empty() && service.port != 0);
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn service(priority: u16, weight: u16, port: u16) -> Service {
        Service { priority, weight, target: "a".to_owned(), port }
    }

    fn ports(services: &[Service], draw: impl Fn(u32) -> u32) -> Vec<u16> {
        let drawing = |end| Ok::<_, Infallible>(draw(end));
        let Ok(ordered) = in_order(services.to_vec(), drawing);
        ordered.iter().map(|service| service.port).collect()
    }

    #[test]
    fn priorities_come_first_and_weights_choose_among_equals() {
        let services =
            [service(20, 0, 1), service(10, 60, 2), service(10, 20, 3), service(10, 0, 4)];
        assert_eq!(ports(&services, |_| 0), [4, 2, 3, 1]);
        assert_eq!(ports(&services, |end| end - 1), [3, 2, 4, 1]);
        // 1 to 60 of 81 draw the one that has three quarters of the weight.
        assert_eq!(ports(&services, |end| end / 2), [2, 3, 4, 1]);
    }

    #[test]
    fn weights_are_kept_in_the_long_run() {
        let services = [service(1, 3, 1), service(1, 1, 2)];
        let drawing = |end| seed::below(end);
        let runs = (0..4000).map(|_| in_order(services.to_vec(), drawing).unwrap()[0].port);
        // RFC 2782 draws from 0 to the sum: 3 in 5 are 1, 2 or 3, and 0 draws the first, too.
        let first = runs.filter(|port| *port == 1).count();
        assert!((3000..3400).contains(&first), "{first}");
    }

    #[test]
    fn a_name_server_has_port_53_by_itself() {
        let read = |text: &str| text.parse::<NameServer>();
        assert_eq!(read("192.0.2.1"), Ok(NameServer("192.0.2.1:53".parse().unwrap())));
        assert_eq!(read("[::1]:99"), Ok(NameServer("[::1]:99".parse().unwrap())));
        assert!(read("dns.example.org").is_err());
    }
}
