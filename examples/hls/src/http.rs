//! `http://` and `https://`: playlists and media from servers that may be slow, or hostile.

mod address;

use std::error::Error as _;
use std::io;
use std::time::Duration;

use command_line::Failure;
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Error, ResponseExt as _};

use self::address::{Guard, Private};

/// What a server has sent.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Where it came from in the end, after redirects.
    pub(crate) uri: String,
    /// Unpacked, where it was sent with gzip.
    pub(crate) bytes: Vec<u8>,
}

/// Redirects that are followed: a loop ends there.
const MAX_REDIRECTS: u32 = 8;

/// Loads what is at `url`: no more than `max` bytes, unpacked, and within `timeout` altogether. Redirects
/// may lead to other hosts in the private network only when `allow_private`.
pub(crate) fn load(
    url: &str,
    max: u64,
    timeout: Duration,
    allow_private: bool,
) -> Result<Loaded, Failure> {
    let config = Agent::config_builder()
        .timeout_global(Some(timeout))
        .accept("application/vnd.apple.mpegurl, application/x-mpegurl, audio/mpegurl, */*;q=0.5");
    let agent = agent(config, (!allow_private).then_some([url]));
    let refuse = |error: Error| {
        let why = why(&error, max, timeout);
        Failure::cannot(format!("{url}: {why}"))
    };
    let mut response = agent.get(url).call().map_err(refuse)?;
    let uri = response.get_uri().to_string();
    // The limit counts what comes out of gzip, so that a few bytes cannot become very many.
    let bytes = response.body_mut().with_config().limit(max).read_to_vec().map_err(refuse)?;
    Ok(Loaded { uri, bytes })
}

/// A client whose requests go to the hosts of `named` wherever those are, and to others on the public
/// internet; to all hosts when `named` is `None`.
pub(crate) fn agent<'u>(
    config: ConfigBuilder<AgentScope>,
    named: Option<impl IntoIterator<Item = &'u str>>,
) -> Agent {
    let config = config
        .max_redirects(MAX_REDIRECTS)
        .user_agent(concat!("hls/", env!("CARGO_PKG_VERSION")))
        .build();
    match named {
        // A proxy looks names up by itself, where it cannot be seen what they lead to.
        Some(named) if config.proxy().is_none() => {
            Agent::with_parts(config, DefaultConnector::default(), Guard::new(named))
        }
        _ => Agent::new_with_config(config),
    }
}

/// What is wrong and what to do.
pub(crate) fn why(error: &Error, max: u64, timeout: Duration) -> String {
    match error {
        Error::StatusCode(status @ (404 | 410)) => {
            format!("the server has no such file ({status}); check the path")
        }
        Error::StatusCode(status @ (401 | 403)) => {
            format!("the server does not let you ({status}); does the URL lack a token?")
        }
        Error::StatusCode(status @ 500..) => {
            format!("the server has a fault ({status}); try again later")
        }
        Error::StatusCode(status) => format!("the server answers with status {status}"),
        Error::BodyExceedsLimit(_) => {
            format!("more than {max} bytes; raise --max-size if that is right")
        }
        Error::Timeout(_) => {
            let seconds = timeout.as_secs_f64();
            format!("not there after {seconds} s; raise --timeout or try again later")
        }
        Error::HostNotFound => "no such host; check the name".to_owned(),
        Error::ConnectionFailed => "no connection; is the server running?".to_owned(),
        Error::TooManyRedirects | Error::RedirectFailed => {
            format!("it leads elsewhere more than {MAX_REDIRECTS} times, or nowhere")
        }
        Error::Io(error) => io_error(error, max, timeout),
        Error::Rustls(error) => format!("no secure connection: {error}"),
        Error::Other(error) if error.is::<Private>() => Private.to_string(),
        error => error.to_string(),
    }
}

/// What the standard library says, with the system's words after it, of a name that nobody knows.
const UNKNOWN_NAME: &str = "failed to lookup address information";

fn io_error(error: &io::Error, max: u64, timeout: Duration) -> String {
    // What went wrong while the body was read is wrapped in this one.
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match (inner, error.kind()) {
        (Some(inner), _) => why(inner, max, timeout),
        (None, io::ErrorKind::ConnectionRefused) => {
            "no connection; is the server running?".to_owned()
        }
        (None, io::ErrorKind::UnexpectedEof) => {
            "the server ended the connection too early; try again later".to_owned()
        }
        (None, _) if error.to_string().starts_with(UNKNOWN_NAME) => {
            why(&Error::HostNotFound, max, timeout)
        }
        (None, _) => match error.source() {
            Some(source) => source.to_string(),
            None => command_line::plain(error),
        },
    }
}
