//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::resolve::{Family, Lookup, NameServer};
use crate::serve::Listen;
use crate::target::{Target, target};

const ABOUT: &str = "\
Asks STUN servers for your public address, tells what kind of NAT you are behind, is a STUN
server itself, takes messages apart, and measures servers.";

const EXAMPLES: &str = "\
Examples:
  stun query stun.example.org               my public address
  stun nat stun.example.org                 what my NAT does, and whether peers can reach me
  stun serve --listen udp://0.0.0.0:3478    a server
  stun decode messages.hex                  what is in these messages
  stun bench localhost                      how fast is the server on this machine

Exit codes: 0 all is well; 1 the answer is no (no server has answered, a message is
malformed); 2 it could not be done: a bad command line, an unknown host, a file that
cannot be read, an address that is taken.

`stun COMMAND --help` has more examples.";

const QUERY: &str = "\
Without a port, the name's SRV records say where the server is (_stun._udp, _stun._tcp or
_stuns._tcp); where it has none, it is at port 3478, or 5349 for TLS. If the name has several
addresses, they are tried in order until one answers. When the server sends the request on to
another (ALTERNATE-SERVER), that one is asked.

Examples:
  stun query stun.example.org
  stun query --tcp 192.0.2.1:3478
  stun query stuns:stun.example.org         over TLS, as --tls
  stun query --tls --ca ca.pem [2001:db8::1]:5349
  stun query -6 --json stun.example.org | jq -r .mapped

--json prints {\"mapped\":\"IP:PORT\",\"server\":\"IP:PORT\",\"rtt_ms\":1.234,\"software\":\"…\"}; rtt_ms
is null when the request was sent more than once, as nobody knows which one was answered.

Exit codes: 0 the server has told the address; 1 no server has; 2 a bad command line, an
unknown host, an unreadable file.";

const NAT: &str = "\
The tests need a server with two addresses (RFC 5780). Most public servers have only one; then
name two or more servers: whether each sees you at the same address tells the most important
thing.

A NAT that lets nothing in is noticed by silence, so that the tests take some seconds. To find
out how long an address is kept (--lifetime) takes some times as long as the time that is tried.

Examples:
  stun nat stun.example.org
  stun nat stun.example.org stun.example.net    for servers with one address each
  stun nat --thorough stun.example.org          a minute or two; for a network that loses much
  stun nat --lifetime 300 stun.example.org      for how long an address is kept, up to 300 s
  stun nat --json stun.example.org | jq -r .mapping

Exit codes: 0 mapping and filtering are known; 1 one of them is not: no answer, or the
server has no second address; 2 a bad command line, an unknown host.";

const SERVE: &str = "\
Where it listens is printed on stdout, one address a line, in the form that --listen takes.
Port 0 takes any free port. SIGINT or SIGTERM ends it; statistics are printed on stderr then,
and on SIGUSR1.

No answer over UDP is longer than 32 bytes to IPv4 or 44 bytes to IPv6, so that nobody can use
the server to flood others. The exception: with two UDP addresses of one family that have
different IP addresses and different ports it is a server for NAT tests (RFC 5780). Then it
listens on all four combinations, and its answers name both addresses: 68 bytes, or 116. With
--sparing they do so only for those who ask for it, as `stun nat` does and not every program.

Connections (tcp, tls) that have not sent a whole request within 15 s are closed.

Examples:
  stun serve --listen udp://0.0.0.0:3478 --listen udp://[::]:3478
  stun serve --listen udp://192.0.2.1:3478 --listen udp://192.0.2.2:3479     for `stun nat`
  stun serve --listen tcp://0.0.0.0:3478 --listen tls://0.0.0.0:5349 \\
             --cert chain.pem --key key.pem
  stun serve --listen udp://127.0.0.1:0 --json

--json prints {\"listening\":\"udp://IP:PORT\"} for each address, and the statistics as
{\"statistics\":{…}}, all on stdout.

Exit codes: 0 it was told to end; 2 it could not begin: an address is taken or is not this
machine's, the certificate cannot be read.";

const DECODE: &str = "\
INPUT is a file, - for stdin, or the message itself. Its form is recognised:
  hexadecimal, a message a line, also as 0x00,0x01 or 00:01 or \\x00\\x01
  dumps with offsets, of several lines each: xxd, hexdump -C, Wireshark, tshark -x, tcpdump -x;
    there the headers of Ethernet, IP and UDP are skipped
  arrays of C, { 0x00, 0x01, … }
  a binary file: one message, or several one after the other
What is wrong is marked with ! at its offset.

Examples:
  stun decode 000100002112a4426162636465666768696a6b6c
  tshark -r capture.pcap -Y stun -T fields -e udp.payload | stun decode
  xxd message.bin | stun decode
  stun decode --password secret check.hex         is the MESSAGE-INTEGRITY right?
  stun decode --username user --realm example.org --password secret allocate.hex
  stun decode --json messages.hex | jq -r 'select(.error) | .error.kind'

--json prints an object for each message on its line:
  {\"class\":\"request\",\"method\":\"binding\",\"transaction_id\":\"<24 hex>\",
   \"attributes\":[{\"type\":\"0x0006\",\"name\":\"USERNAME\",\"value\":\"…\"}],\"error\":null}
or {\"error\":{\"kind\":\"…\",\"offset\":N}} for what is none. A wrong FINGERPRINT is the error of a message
that has all the rest; an attribute whose value is malformed has an error of its own, and so
does not make the whole message unreadable. With --password there is \"integrity\", too:
right, wrong or absent.

Exit codes: 0 all messages are well-formed; 1 one is not, or its FINGERPRINT or, with --password,
its integrity is wrong; 2 the input cannot be read, or has no message.";

const BENCH: &str = "\
It sends Binding requests over UDP, keeps so many on the way, and measures how long each answer
takes. What is not answered within a second is lost; nothing is sent again.

It asks servers on this machine only. For a server of yours on your own private network, say
so: --i-own-this-server. Other servers are never measured: that would be an attack.

Examples:
  stun bench 127.0.0.1:3478
  stun bench --in-flight 1 localhost               latency without a queue
  stun bench --rate 1000 --duration 10 localhost   at 1000 requests a second
  stun bench --i-own-this-server 192.168.1.10
  stun bench --json localhost | jq .latency_us.p99

Exit codes: 0 it was measured, whatever was lost; 1 no answer came at all; 2 a bad command line,
an unknown host, or a server that is not measured.";

#[derive(Debug, Parser)]
#[command(name = "stun", version, about = ABOUT, after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = false)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Asks a server for this machine's public address
    Query(QueryArgs),
    /// Finds out what kind of NAT is on the way
    Nat(NatArgs),
    /// Is a STUN server
    Serve(ServeArgs),
    /// Shows what is in messages, and what is wrong with them
    Decode(DecodeArgs),
    /// Measures a server on this machine
    Bench(BenchArgs),
}

#[derive(Debug, Args)]
#[command(after_help = QUERY)]
pub(crate) struct QueryArgs {
    #[arg(help = "The server: HOST, HOST:PORT, [IPV6]:PORT, stun:HOST or stuns:HOST")]
    #[arg(value_name = "HOST", value_parser = target)]
    pub(crate) server: Target,

    /// Ask over TCP
    #[arg(long, conflicts_with = "tls")]
    pub(crate) tcp: bool,

    /// Ask over TLS
    #[arg(long)]
    pub(crate) tls: bool,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// How long each address may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,

    /// Trust the certificates in this PEM file, and no others
    #[arg(long, value_name = "FILE", help_heading = "TLS", conflicts_with = "insecure")]
    pub(crate) ca: Option<PathBuf>,

    /// Do not check the server's certificate: anybody may be answering
    #[arg(long, help_heading = "TLS")]
    pub(crate) insecure: bool,

    #[command(flatten)]
    pub(crate) lookup: LookupArgs,
}

#[derive(Debug, Args)]
#[command(after_help = NAT)]
pub(crate) struct NatArgs {
    /// The server, and others to ask when it does not serve; 8 at the most
    #[arg(value_name = "HOST", value_parser = target, required = true, num_args = 1..=8)]
    pub(crate) servers: Vec<Target>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Wait as long as RFC 8489 says (39.5 s) before silence is an answer
    #[arg(long)]
    pub(crate) thorough: bool,

    /// Also find out how long an address is kept, trying up to so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) lifetime: Option<Duration>,

    #[command(flatten)]
    pub(crate) lookup: LookupArgs,
}

#[derive(Debug, Args)]
#[command(after_help = SERVE)]
pub(crate) struct ServeArgs {
    /// udp://IP:PORT, tcp://IP:PORT or tls://IP:PORT; may be repeated
    #[arg(long, value_name = "URL", required = true)]
    pub(crate) listen: Vec<Listen>,

    /// The certificate and those that lead to its CA, in a PEM file
    #[arg(long, value_name = "FILE", requires = "key", help_heading = "TLS")]
    pub(crate) cert: Option<PathBuf>,

    /// The certificate's private key, in a PEM file
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = "TLS")]
    pub(crate) key: Option<PathBuf>,

    /// With two addresses: name them only to those who ask for them
    #[arg(long)]
    pub(crate) sparing: bool,

    /// How many connections may be open
    #[arg(long, value_name = "NUMBER", default_value = "1000")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) max_connections: u32,

    /// How many of them from one IPv4 address, or IPv6 network (/64)
    #[arg(long, value_name = "NUMBER", default_value = "20")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) max_per_ip: u32,

    /// Print JSON, an object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = DECODE)]
pub(crate) struct DecodeArgs {
    /// A file, - for stdin, or a message in hexadecimal
    #[arg(default_value = "-")]
    pub(crate) input: PathBuf,

    /// Print an object for each message
    #[arg(long)]
    pub(crate) json: bool,

    /// Check the messages' integrity with this password
    #[arg(long, value_name = "TEXT")]
    pub(crate) password: Option<String>,

    /// The username of long-term credentials; the message's own without it
    #[arg(long, value_name = "TEXT", requires = "password", requires = "realm")]
    pub(crate) username: Option<String>,

    /// The realm of long-term credentials; without it, a short-term password as in ICE
    #[arg(long, value_name = "TEXT", requires = "password")]
    pub(crate) realm: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = BENCH)]
pub(crate) struct BenchArgs {
    #[arg(help = "The server: HOST, HOST:PORT or [IPV6]:PORT")]
    #[arg(value_name = "HOST", value_parser = target)]
    pub(crate) server: Target,

    /// How long to measure, up to 60
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds_up_to_60)]
    pub(crate) duration: Duration,

    /// How many requests are on their way at once, up to 4096
    #[arg(long, value_name = "NUMBER", default_value = "16")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(crate) in_flight: u32,

    /// No more requests a second than so many, up to 1000000
    #[arg(long, value_name = "NUMBER", default_value = "1000000", hide_default_value = true)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rate: u32,

    /// The server is mine, and so is the private network that it is in
    #[arg(long)]
    pub(crate) i_own_this_server: bool,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) lookup: LookupArgs,
}

/// How names become addresses.
#[derive(Debug, Args)]
pub(crate) struct LookupArgs {
    /// Use IPv4 only
    #[arg(short = '4', help_heading = "Names", conflicts_with = "only_ipv6")]
    only_ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6', help_heading = "Names")]
    only_ipv6: bool,

    /// Look up the name's addresses, and not its SRV records
    #[arg(long, help_heading = "Names")]
    no_srv: bool,

    /// Ask this DNS server for SRV records
    #[arg(long, value_name = "IP[:PORT]", help_heading = "Names", conflicts_with = "no_srv")]
    dns: Option<NameServer>,
}

impl LookupArgs {
    pub(crate) const fn lookup(&self) -> Lookup {
        let family = match (self.only_ipv4, self.only_ipv6) {
            (true, _) => Some(Family::V4),
            (_, true) => Some(Family::V6),
            _ => None,
        };
        Lookup { family, srv: !self.no_srv, name_server: self.dns }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    const HINT: &str = "write seconds, above 0 and up to 86400, as 10 or 0.5";
    let number = text.parse::<f64>().map_err(|_| HINT.to_owned())?;
    if !(0.001..=86_400.0).contains(&number) {
        return Err(HINT.to_owned());
    }
    Ok(Duration::from_secs_f64(number))
}

fn seconds_up_to_60(text: &str) -> Result<Duration, String> {
    match seconds(text) {
        Ok(duration) if duration.as_secs_f64() <= 60.0 => Ok(duration),
        _ => Err("write seconds, above 0 and up to 60".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use command_line::Asked;

    use super::*;

    fn read(line: &str) -> Result<Command, String> {
        match command_line::read(line.split(' ').map(Into::into)) {
            Ok(Asked::Run(Cli { command })) => Ok(command),
            Ok(Asked::Text(text)) => Err(text),
            Err(failure) => Err(failure.to_string()),
        }
    }

    #[test]
    fn the_definition_holds_together() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn a_bad_command_line_gets_one_line() {
        for (line, expected) in [
            ("stun", "subcommand"),
            ("stun qery", "query"),
            ("stun query", "<HOST>"),
            ("stun query a b", "'b'"),
            ("stun query a:b", "character 3"),
            ("stun query a --tcp --tls", "cannot be used with"),
            ("stun query a -4 -6", "cannot be used with"),
            ("stun query a --timeout 0", "seconds"),
            ("stun query a --timeout NaN", "seconds"),
            ("stun query a --dns x", "IP:PORT"),
            ("stun nat", "<HOST>"),
            ("stun serve", "--listen"),
            ("stun serve --listen 127.0.0.1:3478", "udp://127.0.0.1:3478"),
            ("stun serve --listen udp://localhost:3478", "IP"),
            ("stun serve --listen tls://127.0.0.1 --cert a", "--key"),
            ("stun decode a b", "'b'"),
            ("stun decode a --realm b", "--password"),
            ("stun bench", "<HOST>"),
            ("stun bench a --duration 61", "60"),
            ("stun bench a --in-flight 0", "4096"),
            ("stun bench a --rate 1000001", "1000000"),
        ] {
            let text = read(line).unwrap_err();
            assert!(text.contains(expected), "{line}: {text}");
            assert!(text.contains("--help") && !text.contains('\n'), "{line}: {text}");
            assert!(!text.starts_with("error"), "{line}: {text}");
        }
        assert!(read("stun query a --timeout x").unwrap_err().contains("`stun query --help`"));
    }

    #[test]
    fn every_help_has_examples_and_exit_codes() {
        let commands = ["", " query", " nat", " serve", " decode", " bench"];
        for command in commands {
            let text = read(&format!("stun{command} --help")).unwrap_err();
            assert!(text.contains("Examples:") && text.contains("Exit codes:"), "{text}");
        }
        assert!(read("stun -V").unwrap_err().starts_with("stun "));
    }
}
