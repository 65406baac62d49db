//! `hls index` is killed at any moment, and loses nothing that it had acknowledged.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Read as _;
use std::process::Stdio;
use std::time::Duration;

use hls_index::record::Record;
use rusqlite::Connection;
use sansio::Clock;

use crate::program::{Folder, live, program};

const KILLS: u32 = 200;
const STREAMS: u64 = 6;
/// How many segments each stream gets in each round: at 4 KiB a page, one that is full comes up every
/// few rounds, and records grow to some hundred pages.
const GROWTH: u64 = 400;

/// The names have no order, so that they take room.
fn playlist(stream: u64, segments: u64) -> String {
    let scatter = |number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31);
    let mut text = live(0, 0);
    for number in 0..segments {
        let name = scatter(stream << 32 | number);
        text.push_str(&format!("#EXTINF:2,\n{name:x}.ts\n"));
    }
    text
}

#[test]
fn no_kill_loses_an_acknowledged_record() {
    let folder = Folder::new("crash");
    let db = folder.path("master.db");
    let names: Vec<String> = (0..STREAMS).map(|stream| format!("s{stream}.m3u8")).collect();
    // By stream: how many segments it is known to have.
    let mut known: BTreeMap<String, u64> = BTreeMap::new();
    let mut random = Random(RandomState::new().hash_one(KILLS) | 1);
    let (mut rounds, mut kills, mut kills_midway, mut full_run) =
        (0, 0, 0, Duration::from_millis(40));
    while kills < KILLS {
        rounds += 1;
        let segments = rounds % 40 * GROWTH + 1;
        for (stream, name) in (0..).zip(&names) {
            folder.write(name, playlist(stream, segments));
        }
        // Each fortieth round begins anew, so that records are made and replaced as well.
        let replace = segments == 1;
        let clock = Clock::start();
        let mut child = program()
            .args(["index", "--db", "master.db", "--json"])
            .args(replace.then_some("--replace"))
            .args(&names)
            .current_dir(folder.folder())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let wait = full_run.mul_f64(random.fraction() * 1.1);
        std::thread::sleep(wait);
        let was_running = child.try_wait().unwrap().is_none();
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
        if was_running {
            kills += 1;
        } else {
            full_run = full_run.mul_f64(0.8).max(clock.now().since_epoch().min(full_run));
        }
        let (mut said, mut errors) = (String::new(), String::new());
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_eq!(errors, "", "round {rounds}");
        let whole_lines = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let mut count = 0;
        for line in whole_lines {
            let outcome: serde_json::Value = serde_json::from_str(line).unwrap();
            let name = names.iter().find(|name| **name == outcome["stream"]).unwrap();
            known.insert(name.clone(), outcome["segments"].as_u64().unwrap());
            count += 1;
        }
        kills_midway += u32::from(was_running && (1..STREAMS).contains(&count));
        known = check(&db, &names, &known, segments, replace);
    }
    println!(
        "{kills} kills in {rounds} rounds, {kills_midway} of them between two acknowledgements"
    );
    assert!(kills_midway > KILLS / 10, "the kills came too early or too late: {kills_midway}");
}

/// Each stream has what was acknowledged, or what was being written: all of it and nothing else.
/// Gives what it has.
fn check(
    db: &str,
    names: &[String],
    known: &BTreeMap<String, u64>,
    latest: u64,
    is_replaced: bool,
) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    if !std::path::Path::new(db).exists() {
        assert!(known.is_empty());
        return found;
    }
    // As a reader does it: what was left half done is undone first.
    let connection = Connection::open(db).unwrap();
    let sound: String =
        connection.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    for (stream, name) in (0..).zip(names) {
        let known = known.get(name).copied();
        let select = "SELECT record, segments FROM stream WHERE name = ?1";
        let row = connection.query_row(select, [name], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, u32>(1)?))
        });
        let Ok((bytes, segments)) = row else {
            assert_eq!(known, None, "{name} is lost");
            continue;
        };
        let record = Record::open(&bytes).unwrap();
        record.verify().unwrap();
        assert!(record.is_whole());
        assert_eq!(record.len(), u64::from(segments));
        if !is_replaced {
            assert!(known.is_none_or(|known| record.len() >= known), "{name} has lost segments");
        }
        assert!(record.len() <= latest.max(known.unwrap_or(0)), "{name}");
        let text = playlist(stream, record.len());
        let uris = text.lines().filter(|line| !line.starts_with('#'));
        for (uri, entry) in uris.zip(record.entries(0..record.len())) {
            assert_eq!(entry.unwrap().uri(), uri);
        }
        found.insert(name.clone(), record.len());
    }
    found
}

/// Moments to kill at; which ones they are changes from run to run.
struct Random(u64);

impl Random {
    /// From 0 to 1.
    fn fraction(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
