//! One act from beginning to end: gather, signal, connect, play.

use std::sync::Arc;
use std::time::Duration;

use ice_agent::Role;
use quinn::Connection;
use sansio::Clock;
use testkit::LanSocket;
use tokio::task::JoinHandle;

use crate::description::Description;
use crate::failure::{Doing as _, Failure};
use crate::fingerprint::Fingerprint;
use crate::link::Link;
use crate::output::Output;
use crate::peer::{Gathered, Outcome, Peer, Servers};
use crate::plan::{Plan, Wanted};
use crate::player::{self, Played};
use crate::quic::{self, Identity};
use crate::report::{ActReport, Selected, milliseconds};
use crate::signaling::{Signal, Signaling, SignalingServer};
use crate::source::Source;
use crate::story::Story;
use crate::world::{self, Act, Places};
use crate::{secret, share, tell};

/// What the acts have in common.
pub(crate) struct Stage<'a> {
    pub(crate) story: &'a Story,
    pub(crate) clock: Clock,
    pub(crate) servers: Servers,
    /// What the sharer has.
    pub(crate) source: Arc<Source>,
    /// What the viewer wants of it.
    pub(crate) wanted: Wanted,
    /// What the viewer will have to fetch for that, to hold against what it does fetch.
    pub(crate) plan: Plan,
}

/// Plays an act. Whatever is not as this act should be is an error.
pub(crate) async fn run(
    act: Act,
    stage: &Stage<'_>,
    output: Option<&mut Output>,
) -> Result<(ActReport, Played), Failure> {
    let story = stage.story;
    tell::scene(story, act);
    let Places { sharer, viewer, nats } = Places::build(act).await?;
    let mut sharer = start("sharer", Role::Controlled, sharer, stage)?;
    let mut viewer = start("viewer", Role::Controlling, viewer, stage)?;

    tell::servers(story, &stage.servers);
    let (sharers, viewers) = tokio::try_join!(sharer.gathered(), viewer.gathered())?;
    tell::candidates(story, &viewer, &viewers);
    tell::candidates(story, &sharer, &sharers);

    let identity = Identity::generate()?;
    let (to_sharer, to_viewer) =
        exchange(story, (&viewer, viewers), (&sharer, sharers, identity.fingerprint())).await?;
    let fingerprint = to_viewer
        .fingerprint
        .ok_or_else(|| Failure::run("the sharer did not tell its certificate's fingerprint"))?;

    let (connect_time, outcome) =
        connect(stage, &mut viewer, to_viewer, &mut sharer, to_sharer).await?;
    let selected = outcome.selected.as_ref().ok_or_else(|| Failure::run("no pair is selected"))?;
    tell::outcome(story, &outcome, selected, connect_time);
    tell::nats(story, &nats);
    let (local, remote) = (selected.local.candidate_type, selected.remote.candidate_type);
    act.expects(local, remote).map_err(|expected| {
        Failure::run(format!(
            "act {}: the path is {local} to {remote}, and it should be {expected}",
            act.letter()
        ))
    })?;

    tell::encryption(story, fingerprint);
    let serving = serve(sharer.take_link()?, identity, &stage.source)?;
    let (endpoint, connection) = quic::connect(viewer.take_link()?, fingerprint).await?;
    let played = play(stage, &connection, output).await?;

    let report = ActReport {
        act: act.letter(),
        selected: Selected { local: local.name(), remote: remote.name() },
        connect_ms: milliseconds(connect_time),
        // A check that had to be repeated says nothing of the round trip.
        rtt_ms: milliseconds(selected.round_trip_time.unwrap_or_else(|| connection.rtt())),
        pairs_tried: outcome.tried().count(),
    };
    connection.close(0_u32.into(), b"seen");
    // The goodbye is a courtesy: no reason to wait long for it.
    let _ = tokio::time::timeout(Duration::from_millis(500), endpoint.wait_idle()).await;
    serving.abort();
    Ok((report, played))
}

fn start(
    name: &'static str,
    role: Role,
    socket: LanSocket,
    stage: &Stage<'_>,
) -> Result<Peer, Failure> {
    Ok(Peer::start(name, role, socket, &stage.servers, stage.clock, secret::seed()?))
}

/// Sends each peer's description to the other through a signaling server; what the sharer and
/// the viewer hear.
async fn exchange(
    story: &Story,
    (viewer, viewers): (&Peer, Gathered),
    (sharer, sharers, fingerprint): (&Peer, Gathered, Fingerprint),
) -> Result<(Description, Description), Failure> {
    let room = secret::word()?;
    let server =
        SignalingServer::start(world::any_port(world::SERVER), &room).await.map_err(|error| {
            world::cannot_bind(&format!("can't bind {}: {error}", world::SERVER), &error)
        })?;
    tell::signaling(story, &server);
    let (mut viewers_end, mut sharers_end) = tokio::try_join!(
        Signaling::join(server.address(), &room),
        Signaling::join(server.address(), &room),
    )?;
    let to_sharer = signal(viewer, viewers, None)?;
    let to_viewer = signal(sharer, sharers, Some(fingerprint))?;
    tell::signal(story, &to_sharer);
    tell::signal(story, &to_viewer);
    tokio::try_join!(viewers_end.send(&to_sharer), sharers_end.send(&to_viewer))?;
    let (at_sharer, at_viewer) = tokio::try_join!(sharers_end.receive(), viewers_end.receive())?;
    let read = |signal: Signal| {
        Description::from_lines(&signal.lines).doing(format_args!("the {}'s signal", signal.from))
    };
    Ok((read(at_sharer)?, read(at_viewer)?))
}

/// What a peer says to the other, as text.
fn signal(
    peer: &Peer,
    gathered: Gathered,
    fingerprint: Option<Fingerprint>,
) -> Result<String, Failure> {
    let credentials = peer.credentials().clone();
    let description = Description { credentials, candidates: gathered.candidates, fingerprint };
    let signal = Signal { from: peer.name().to_owned(), lines: description.to_lines() };
    serde_json::to_string_pretty(&signal).doing("JSON")
}

/// Lets both peers look for a path, from the moment on when they know each other's credentials.
async fn connect(
    stage: &Stage<'_>,
    viewer: &mut Peer,
    to_viewer: Description,
    sharer: &mut Peer,
    to_sharer: Description,
) -> Result<(Duration, Outcome), Failure> {
    let begin = stage.clock.now();
    tokio::try_join!(viewer.connect(to_viewer), sharer.connect(to_sharer))?;
    let (viewers, sharers) = tokio::try_join!(viewer.connected(), sharer.connected())?;
    Ok((viewers.max(sharers) - begin, viewer.outcome().await?))
}

/// The sharer answers whoever comes through its link.
fn serve(link: Link, identity: Identity, source: &Arc<Source>) -> Result<JoinHandle<()>, Failure> {
    let endpoint = quic::listen(link, identity)?;
    let source = Arc::clone(source);
    Ok(tokio::spawn(async move {
        // Whoever fails to shake hands has not been here.
        while let Some(incoming) = endpoint.accept().await {
            if let Ok(connection) = incoming.await {
                share::serve(connection, Arc::clone(&source)).await;
            }
        }
    }))
}

/// The viewer plays, and what it got is held against the source.
async fn play(
    stage: &Stage<'_>,
    connection: &Connection,
    output: Option<&mut Output>,
) -> Result<Played, Failure> {
    let mut played = player::play(connection, stage.wanted, output, stage.story).await?;
    let mut digests = Vec::new();
    for piece in &stage.plan.pieces {
        let content = stage.source.content(&piece.uri, piece.range).await.doing(&piece.uri)?;
        digests.push(content.digest().await.doing(&piece.uri)?);
    }
    played.sha256_ok &= played.digests == digests;
    Ok(played)
}
