//! Where segments lie: which servers have which of them, and in what order to ask.
//!
//! A segment may lie on several servers. A [`Placement`] keeps them as runs: what holds for many
//! segments in a row is kept once. Servers are the pathways of content steering (RFC 8216bis §7) as
//! well: they have an ID, [`Placement::steer`] sets their order, and a pathway clone is a server
//! made from another. Redundant variants, which list the same segments in playlists on several
//! servers, make a placement by their playlists' URIs.
//!
//! ```
//! use hls_index::{Ahead, MediaPlaylist, MediaSequence, Placement, Ticks};
//!
//! let mut placement = Placement::new();
//! let near = placement.add_server("near", "https://near.example.com/film/")?;
//! let far = placement.add_server("far", "https://far.example.com/archive/film/")?;
//! placement.place(MediaSequence(0), &[far])?;
//! placement.place(MediaSequence(1), &[near, far])?;
//!
//! let playlist = MediaPlaylist::parse("#EXTM3U\n#EXTINF:5,\n0.ts\n#EXTINF:5,\n1.ts\n")?;
//! let index = playlist.index();
//! let plan: Vec<Vec<String>> = index
//!     .window(Ticks::ZERO, Ahead::seconds(10))
//!     .map(|fetch| placement.candidates(&fetch.segment).map(|candidate| candidate.uri).collect())
//!     .collect();
//! assert_eq!(plan[0], ["https://far.example.com/archive/film/0.ts"]);
//! assert_eq!(plan[1], ["https://near.example.com/film/1.ts", "https://far.example.com/archive/film/1.ts"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod pathway;
mod redundant;
mod template;

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

pub use self::pathway::Replacement;
pub(crate) use self::template::Names;
pub use self::template::UriTemplate;
use crate::media::MediaSequence;
use crate::segment::Segment;
use crate::uri;

/// Which servers have which segments: see the [module](self).
#[derive(Clone, Debug, Default)]
pub struct Placement {
    servers: Vec<Server>,
    /// From each of these segments on, its places, in `places`.
    runs: Vec<Run>,
    places: Vec<Place>,
    /// The order of the servers, where it was steered; lower goes first.
    ranks: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    first: MediaSequence,
    start: usize,
    length: usize,
}

#[derive(Clone, Debug)]
struct Place {
    server: ServerNumber,
    /// What segments are called there, when it isn't what the playlist calls them; and the number
    /// of the run's first segment.
    names: Option<(UriTemplate, u64)>,
}

/// A server of a [`Placement`], by the order in which they were added.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ServerNumber(u16);

/// One place where segments lie.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Server {
    id: String,
    base: String,
    clone: Option<(ServerNumber, Replacement)>,
}

impl Server {
    /// Its name: the PATHWAY-ID, where it is a pathway.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The URI that the names of segments are relative to.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// How URIs are changed, where it is the clone of a pathway.
    #[must_use]
    pub fn replacement(&self) -> Option<&Replacement> {
        self.clone.as_ref().map(|(_, replacement)| replacement)
    }

    /// Where the segment is that the playlist calls `reference`.
    #[must_use]
    pub fn resolve(&self, reference: &str) -> String {
        let uri = uri::resolve(&self.base, reference);
        self.replacement().map(|replacement| replacement.apply(&uri)).unwrap_or(uri)
    }
}

/// A place to fetch a segment from.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Candidate<'a> {
    /// Who has it.
    pub server: &'a Server,
    /// The absolute URI there.
    pub uri: String,
}

/// Why a placement was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PlacementError {
    /// There is a server with this ID.
    #[error("a second server of this name")]
    DuplicateServer,
    /// There is no server with this ID, or it is of another placement.
    #[error("no such server")]
    NoSuchServer,
    /// More than 65,535 servers.
    #[error("more than 65,535 servers")]
    TooManyServers,
    /// Runs are given in the order of their segments.
    #[error("an earlier run begins later")]
    OutOfOrder,
}

impl Placement {
    /// The placement that knows no server.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The placement of redundant variants (RFC 8216 §6.2.4): each of their playlists lists the
    /// same segments, relative to its own URI. They are asked in this order.
    ///
    /// # Errors
    /// When two of the URIs are the same, or there are too many.
    pub fn of_redundant_variants<'u>(
        playlists: impl IntoIterator<Item = &'u str>,
    ) -> Result<Self, PlacementError> {
        let mut placement = Self::new();
        let servers: Result<Vec<ServerNumber>, PlacementError> =
            playlists.into_iter().map(|uri| placement.add_server(uri, uri)).collect();
        placement.place(MediaSequence(0), &servers?)?;
        Ok(placement)
    }

    /// Adds a server. Names of segments will be resolved against `base`.
    ///
    /// # Errors
    /// When there is a server of this name, or there are 65,535.
    pub fn add_server(&mut self, id: &str, base: &str) -> Result<ServerNumber, PlacementError> {
        self.add(Server { id: id.to_string(), base: base.to_string(), clone: None })
    }

    /// Adds a pathway clone (RFC 8216bis §7.3): a server that has whatever the server `base_id`
    /// has, under URIs that differ as `replacement` says.
    ///
    /// # Errors
    /// When there is no server `base_id`, when there is one `id`, or there are 65,535.
    pub fn clone_pathway(
        &mut self,
        base_id: &str,
        id: &str,
        replacement: Replacement,
    ) -> Result<ServerNumber, PlacementError> {
        let original = self.server_with_id(base_id).ok_or(PlacementError::NoSuchServer)?;
        let base = self.servers[usize::from(original.0)].base.clone();
        self.add(Server { id: id.to_string(), base, clone: Some((original, replacement)) })
    }

    fn add(&mut self, server: Server) -> Result<ServerNumber, PlacementError> {
        if self.server_with_id(&server.id).is_some() {
            return Err(PlacementError::DuplicateServer);
        }
        let number = u16::try_from(self.servers.len()).ok().filter(|&number| number < u16::MAX);
        let number = number.ok_or(PlacementError::TooManyServers)?;
        self.servers.push(server);
        self.ranks.push(u32::MAX);
        Ok(ServerNumber(number))
    }

    /// The servers in the order in which they were added.
    #[must_use]
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The server with this ID.
    #[must_use]
    pub fn server_with_id(&self, id: &str) -> Option<ServerNumber> {
        let number = self.servers.iter().position(|server| server.id == id)?;
        Some(ServerNumber(number as u16))
    }

    /// Lets the segments from `first` on, until the next run, lie on `servers`, to be asked in this
    /// order. Runs are added in the order of their segments; a second one at the same segment takes the
    /// place of the first.
    ///
    /// # Errors
    /// When a run before it begins later, or a server is not one of this placement.
    pub fn place(
        &mut self,
        first: MediaSequence,
        servers: &[ServerNumber],
    ) -> Result<(), PlacementError> {
        self.begin(first)?;
        servers.iter().try_for_each(|&server| self.add_place(server, None))
    }

    /// Adds a server to the last run, after the others, where segments have names of their own:
    /// the run's first segment is number `number` of `names`, and so on.
    ///
    /// # Errors
    /// When there is no run yet, or the server is not one of this placement.
    pub fn place_as(
        &mut self,
        server: ServerNumber,
        names: UriTemplate,
        number: u64,
    ) -> Result<(), PlacementError> {
        self.add_place(server, Some((names, number)))
    }

    fn begin(&mut self, first: MediaSequence) -> Result<(), PlacementError> {
        match self.runs.last() {
            Some(last) if last.first > first => return Err(PlacementError::OutOfOrder),
            Some(last) if last.first == first => {
                self.places.truncate(last.start);
                self.runs.pop();
            }
            _ => {}
        }
        self.runs.push(Run { first, start: self.places.len(), length: 0 });
        Ok(())
    }

    fn add_place(
        &mut self,
        server: ServerNumber,
        names: Option<(UriTemplate, u64)>,
    ) -> Result<(), PlacementError> {
        let run = self.runs.last_mut().ok_or(PlacementError::OutOfOrder)?;
        if usize::from(server.0) >= self.servers.len() {
            return Err(PlacementError::NoSuchServer);
        }
        run.length += 1;
        self.places.push(Place { server, names });
        Ok(())
    }

    /// Sets the order of the servers (PATHWAY-PRIORITY, RFC 8216bis §7.2): those with these IDs
    /// first, in this order; the others after them, as a last resort, in the order of each run.
    /// IDs that no server has are passed over.
    pub fn steer<'s>(&mut self, ids: impl IntoIterator<Item = &'s str>) {
        self.ranks.fill(u32::MAX);
        for (rank, id) in ids.into_iter().enumerate() {
            if let Some(ServerNumber(number)) = self.server_with_id(id) {
                let known = &mut self.ranks[usize::from(number)];
                *known = (*known).min(u32::try_from(rank).unwrap_or(u32::MAX));
            }
        }
    }

    /// The places of `segment`, the first to be asked first: the next one is for when it fails.
    pub fn candidates<'s>(
        &'s self,
        segment: &Segment<'s>,
    ) -> impl Iterator<Item = Candidate<'s>> + use<'s> {
        let (sequence, name) = (segment.sequence(), segment.uri());
        self.candidates_of(sequence, name)
    }

    /// The places of the segment with this number, which the playlist calls `name`.
    pub fn candidates_of<'s>(
        &'s self,
        sequence: MediaSequence,
        name: &'s str,
    ) -> impl Iterator<Item = Candidate<'s>> + use<'s> {
        self.places_of(sequence).into_iter().map(move |(server, names)| {
            let uri = match names {
                None => server.resolve(name),
                Some((names, number)) => server.resolve(&names.name(number)),
            };
            Candidate { server, uri }
        })
    }

    /// The servers that have the segment with this number, the first to be asked first.
    #[must_use]
    pub fn servers_of(&self, sequence: MediaSequence) -> Vec<&Server> {
        self.ordered(self.run(sequence)).into_iter().map(|(server, _)| server).collect()
    }

    /// The servers that have the segment with this number, and what it is called there, when it
    /// isn't what the playlist calls it: number so-and-so of a template.
    pub(crate) fn places_of(
        &self,
        sequence: MediaSequence,
    ) -> Vec<(&Server, Option<(&UriTemplate, u64)>)> {
        let run = self.run(sequence);
        let past_first = run.map_or(0, |run| sequence.0 - run.first.0);
        let places = self.ordered(run).into_iter().map(|(server, place)| {
            let names = place.names.as_ref();
            (server, names.map(|(names, first)| (names, first.wrapping_add(past_first))))
        });
        places.collect()
    }

    /// The first segment after this one that has other places; `None` when there is none. Where its names
    /// are others, they count on until there.
    pub(crate) fn next_run(&self, sequence: MediaSequence) -> Option<MediaSequence> {
        let after = self.runs.partition_point(|run| run.first <= sequence);
        self.runs.get(after).map(|run| run.first)
    }

    fn run(&self, sequence: MediaSequence) -> Option<Run> {
        let after = self.runs.partition_point(|run| run.first <= sequence);
        Some(self.runs[after.checked_sub(1)?])
    }

    /// The servers of a run and the clones of each after it, by rank.
    fn ordered(&self, run: Option<Run>) -> Vec<(&Server, &Place)> {
        let places = run.map_or(&[][..], |run| &self.places[run.start..run.start + run.length]);
        let mut ordered: Vec<(u32, &Server, &Place)> = Vec::new();
        for place in places {
            let is_it = |server: &Server, number: usize| {
                number == usize::from(place.server.0)
                    || server.clone.as_ref().is_some_and(|&(original, _)| original == place.server)
            };
            let servers = self.servers.iter().enumerate().zip(&self.ranks);
            for ((_, server), &rank) in servers.filter(|((number, s), _)| is_it(s, *number)) {
                ordered.push((rank, server, place));
            }
        }
        ordered.sort_by_key(|&(rank, ..)| rank);
        ordered.into_iter().map(|(_, server, place)| (server, place)).collect()
    }
}
