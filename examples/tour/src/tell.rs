//! The words of the story: what each step means to somebody who has never heard of ICE.

use std::time::Duration;

use ice_agent::{Candidate, CandidateType, PairReport, PairState, SelectedPair};
use testkit::NatBox;

use crate::fingerprint::Fingerprint;
use crate::peer::{Gathered, Outcome, Peer, Servers};
use crate::report::ActReport;
use crate::signaling::SignalingServer;
use crate::story::Story;
use crate::world::Act;

pub(crate) fn introduction(story: &Story) {
    story.title("A tour of Thalweg");
    story.say(
        "Two programs want to talk: a sharer, who has a video, and a viewer, who wants to see a",
    );
    story.say(
        "moment of it. Neither knows where the other is. This is how they find the best path.",
    );
    story.say("All of it is real traffic on this machine, whose loopback addresses play parts:");
    story.detail("127.1.x.x, 127.2.x.x   two homes' private networks (192.168.x.x in real life)");
    story.detail("127.100.x.x            the public internet");
}

pub(crate) fn scene(story: &Story, act: Act) {
    story.title(act.title());
    for line in act.scene() {
        story.say(line);
    }
}

pub(crate) fn servers(story: &Story, servers: &Servers) {
    story.step("1. Each peer finds out where it might be reached");
    story.say(format_args!("It asks a server on the internet, {}, two things:", servers.address));
    story.say("\"What address do you see me at?\" (STUN) and \"Will you relay for me?\" (TURN).");
}

pub(crate) fn candidates(story: &Story, peer: &Peer, gathered: &Gathered) {
    story.say(format_args!("The {} at {} has these candidates:", peer.name(), peer.address()));
    for candidate in &gathered.candidates {
        story.detail(format_args!(
            "{:<6} {:<22} priority {:>10}   {}",
            candidate.candidate_type.name(),
            candidate.address.to_string(),
            candidate.priority,
            meaning(candidate.candidate_type)
        ));
    }
    for failure in &gathered.failures {
        story.aside(format_args!("the server {failure}"));
    }
}

const fn meaning(candidate_type: CandidateType) -> &'static str {
    match candidate_type {
        CandidateType::Host => "its own socket",
        CandidateType::ServerReflexive => "what the server saw: the NAT's outside",
        CandidateType::PeerReflexive => "what the other peer saw",
        CandidateType::Relayed => "lent by the relay",
    }
}

pub(crate) fn signaling(story: &Story, server: &SignalingServer) {
    story.step("2. The peers tell each other through a signaling server");
    story.say(format_args!(
        "Both know its address, ws://{}, and the name of a room there. They say:",
        server.address()
    ));
}

pub(crate) fn signal(story: &Story, text: &str) {
    for line in text.lines() {
        story.aside(line);
    }
}

pub(crate) fn outcome(story: &Story, outcome: &Outcome, selected: &SelectedPair, took: Duration) {
    story.step("3. They try every pair of candidates, the most direct ones first");
    story.detail(format_args!(
        "  {:<27} {:<27} {:>19}  {:<11} {:>6} {:>8}",
        "viewer's end", "sharer's end", "priority", "state", "checks", "RTT"
    ));
    for pair in outcome.tried() {
        let row = row(pair);
        if pair.selected {
            story.highlight(format_args!("* {row}"));
        } else {
            story.detail(format_args!("  {row}"));
        }
    }
    let (local, remote) = (&selected.local, &selected.remote);
    story.say(format_args!(
        "The path (*) is {} {} to {} {}.",
        local.candidate_type, local.address, remote.candidate_type, remote.address
    ));
    for line in why(selected) {
        story.say(line);
    }
    story.say(rank(outcome, selected));
    story.say("The rule: direct beats public, and public beats relay.");
    let round_trip =
        selected.round_trip_time.map(|time| format!(" A round trip takes {}.", ms(time)));
    story.good(format_args!(
        "Connected {} after both had each other's credentials.{}",
        ms(took),
        round_trip.unwrap_or_default()
    ));
}

fn row(pair: &PairReport) -> String {
    format!(
        "{:<27} {:<27} {:>19}  {:<11} {:>6} {:>8}",
        end(&pair.local),
        end(&pair.remote),
        pair.priority,
        pair.state.to_string(),
        pair.checks_sent,
        pair.round_trip_time.map(ms).unwrap_or_default()
    )
}

fn end(candidate: &Candidate) -> String {
    format!("{:<5} {}", candidate.candidate_type.name(), candidate.address)
}

/// What there is to say for this pair.
fn why(selected: &SelectedPair) -> [&'static str; 2] {
    use CandidateType::{Host, Relayed};
    match [selected.local.candidate_type, selected.remote.candidate_type] {
        [Host, Host] => [
            "Nothing can be more direct: socket to socket in one network, without the NAT and without",
            "any server.",
        ],
        [Relayed, _] | [_, Relayed] => [
            "Checks that went straight to the other's NAT were dropped there. The relay has one address",
            "for everybody, so both can reach it: a detour, but a path.",
        ],
        _ => [
            "Private addresses don't cross the internet. But each one's checks opened its own NAT for",
            "those of the other, and so they got in at the public addresses: no relay is needed.",
        ],
    }
}

/// How it compares with the other pairs that work.
fn rank(outcome: &Outcome, selected: &SelectedPair) -> String {
    let pairs = outcome.pairs.iter();
    let answered: Vec<_> = pairs.filter(|pair| pair.state == PairState::Succeeded).collect();
    let better = answered.iter().any(|pair| pair.priority > selected.priority);
    match answered.len() {
        _ if better => "It was the best pair that had been answered when it was chosen.".to_owned(),
        0 | 1 => "It is the only pair that has been answered so far.".to_owned(),
        count => format!("Of the {count} pairs that were answered it has the highest priority."),
    }
}

pub(crate) fn nats(story: &Story, nats: &[NatBox]) {
    story.say("The NATs have made these mappings for it, inside -> outside:");
    for mapping in nats.iter().flat_map(NatBox::mappings) {
        story.aside(mapping);
    }
}

pub(crate) fn encryption(story: &Story, fingerprint: Fingerprint) {
    story.step("4. The viewer plays, over QUIC on that path");
    let short: String = fingerprint.to_string().chars().take(31).collect();
    story.say(format_args!("It accepts one certificate only, the one that was signaled: {short}…"));
}

pub(crate) fn end_of_tour(story: &Story, acts: &[ActReport], took: Duration) {
    story.title(match acts {
        [_] => "That act went as it should:",
        _ => "All acts went as they should:",
    });
    for ActReport { act, selected, connect_ms, rtt_ms, .. } in acts {
        let path = format!("{} to {}", selected.local, selected.remote);
        story.detail(format_args!(
            "({act}) {path:<16} connected in {connect_ms:>7.1} ms   round trip {rtt_ms:.3} ms"
        ));
    }
    story.say(format_args!("The whole tour took {:.1} s.", took.as_secs_f64()));
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
