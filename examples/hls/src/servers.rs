//! `--server`: where segments lie.

use std::collections::BTreeSet;

use command_line::Failure;
use hls_index::{MediaSequence, Placement, ServerNumber, uri};

/// `NAME=URL`, or `NAME@FIRST-LAST=URL`: a server that has the segments, or those with these media
/// sequence numbers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ServerArg {
    pub(crate) name: String,
    /// What the names of segments are relative to.
    pub(crate) uri: String,
    pub(crate) first: u64,
    /// Included; `None` is without end.
    pub(crate) last: Option<u64>,
}

impl ServerArg {
    /// The server that a playlist came from.
    pub(crate) fn origin(playlist: &str) -> Self {
        let after = playlist.split_once("://").map_or(playlist, |(_, after)| after);
        let host = after.split(['/', '?', '#']).next().unwrap_or_default();
        // Never show anybody's password.
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        Self { name: host.to_owned(), uri: playlist.to_owned(), first: 0, last: None }
    }
}

/// Reads a `--server`.
pub(crate) fn server(text: &str) -> Result<ServerArg, String> {
    let what_to_write = "write NAME=URL, as a=https://a.example.com/film/, or \
        NAME@FIRST-LAST=URL for some of the segments";
    let (name, url) = text.split_once('=').ok_or(what_to_write)?;
    let (name, first, last) = match name.split_once('@') {
        None => (name, 0, None),
        Some((name, range)) => {
            let (first, last) = range.split_once('-').ok_or(what_to_write)?;
            let first = first.parse().map_err(|_| what_to_write)?;
            let last = match last {
                "" => None,
                last => Some(last.parse().map_err(|_| what_to_write)?),
            };
            if last.is_some_and(|last| last < first) {
                return Err("its last segment is before its first".to_owned());
            }
            (name, first, last)
        }
    };
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(what_to_write.to_owned());
    }
    let is_web = uri::scheme(url).is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    });
    if !is_web || url.chars().any(|c| c.is_control() || c == ' ') {
        return Err(format!("its URL must begin with http:// or https://; {what_to_write}"));
    }
    Ok(ServerArg { name: name.to_owned(), uri: folder(url), first, last })
}

/// The URL of a folder ends with a slash, whether it was written or not; that of a playlist stays.
fn folder(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (path, rest) = url.split_at(end);
    let name = path.rsplit('/').next().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    if name.is_empty() || lower.ends_with(".m3u8") || lower.ends_with(".m3u") {
        return url.to_owned();
    }
    format!("{path}/{rest}")
}

/// Which segments lie where: as the arguments say, else where the playlist came from.
pub(crate) fn placement_or_origin(
    servers: &[ServerArg],
    playlist: Option<&str>,
) -> Result<Placement, Failure> {
    match (servers, playlist) {
        ([], Some(playlist)) => placement(&[ServerArg::origin(playlist)]),
        (servers, _) => placement(servers),
    }
}

/// Which segments lie where, asked in the order of the arguments.
pub(crate) fn placement(servers: &[ServerArg]) -> Result<Placement, Failure> {
    let refuse = |error| Failure::cannot(format!("--server: {error}"));
    let mut placement = Placement::new();
    let mut numbers: Vec<ServerNumber> = Vec::new();
    for server in servers {
        // A server may be named twice, for two ranges of segments.
        let same = |other: &&ServerArg| other.name == server.name && other.uri == server.uri;
        let known = servers[..numbers.len()].iter().find(same);
        let number = match known.and_then(|known| placement.server_with_id(&known.name)) {
            Some(number) => number,
            None => placement.add_server(&server.name, &server.uri).map_err(|error| {
                Failure::cannot(format!("--server {}: {error}; give it another", server.name))
            })?,
        };
        numbers.push(number);
    }
    let starts = servers.iter().map(|server| server.first);
    let ends = servers.iter().filter_map(|server| server.last?.checked_add(1));
    for start in starts.chain(ends).collect::<BTreeSet<u64>>() {
        let has_it = |server: &ServerArg| {
            server.first <= start && server.last.is_none_or(|last| start <= last)
        };
        let here = servers.iter().zip(&numbers).filter(|(server, _)| has_it(server));
        let here: Vec<ServerNumber> = here.map(|(_, &number)| number).collect();
        placement.place(MediaSequence(start), &here).map_err(refuse)?;
    }
    Ok(placement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_a_folder_needs_no_slash() {
        for (text, uri) in [
            ("a=https://a.example.com/film", "https://a.example.com/film/"),
            ("a=https://a.example.com/film/", "https://a.example.com/film/"),
            ("a=https://a.example.com/film?key=1", "https://a.example.com/film/?key=1"),
            ("a=http://a.example.com/film/index.m3u8", "http://a.example.com/film/index.m3u8"),
            ("a=HTTPS://a.example.com/", "HTTPS://a.example.com/"),
        ] {
            assert_eq!(server(text).unwrap().uri, uri, "{text}");
        }
        assert_eq!(server("b@3-=https://b/").unwrap().first, 3);
        assert_eq!(server("b@3-9=https://b/").unwrap().last, Some(9));
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for text in [
            "",
            "a",
            "=https://a/",
            "a=",
            "a=a.example.com",
            "a=file:///etc",
            "a@9-3=https://a/",
            "a@x-=https://a/",
            "a@3=https://a/",
            "a=https://a/ b",
            "a\n=https://a/",
        ] {
            assert!(server(text).is_err(), "{text}");
        }
    }

    #[test]
    fn segments_lie_on_the_servers_of_their_ranges() {
        let servers =
            ["a@0-1=https://a/", "b@1-=https://b/x", "c@1-1=https://c/", "a@5-=https://a/"];
        let servers: Vec<ServerArg> = servers.map(|text| server(text).unwrap()).to_vec();
        let placement = placement(&servers).unwrap();
        let uris = |sequence| -> Vec<String> {
            placement.candidates_of(MediaSequence(sequence), "s").map(|place| place.uri).collect()
        };
        assert_eq!(uris(0), ["https://a/s"]);
        assert_eq!(uris(1), ["https://a/s", "https://b/x/s", "https://c/s"]);
        assert_eq!(uris(4), ["https://b/x/s"]);
        assert_eq!(uris(5), ["https://b/x/s", "https://a/s"]);
    }

    #[test]
    fn two_servers_of_one_name_are_refused() {
        let servers = ["a=https://a/", "a=https://b/"].map(|text| server(text).unwrap());
        let failure = placement(&servers).unwrap_err().to_string();
        assert!(failure.contains("--server a"), "{failure}");
    }

    #[test]
    fn an_origin_is_called_by_its_host() {
        let origin = ServerArg::origin("https://user:secret@a.example.com:8443/x/i.m3u8?t=1");
        assert_eq!(origin.name, "a.example.com:8443");
    }
}
