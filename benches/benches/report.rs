//! Markdown, put between the markers of README.md.

use std::fmt::Write as _;

use benches::operation::{Against, Role};

use crate::Measured;

/// Two tables: ours against the goals, and everybody's times.
pub(crate) fn tables(all: Vec<Measured>) -> String {
    let mut text = String::from(
        "| operation | ours, ns | held against | its ns | ratio | goal | met |\n\
         |---|--:|---|--:|--:|--:|---|\n",
    );
    for measured in &all {
        measured.goals(&mut text);
    }
    text += "\n| operation | ours, ns | fastest peer | ratio | the others, ns |\n|---|--:|---|--:|---|\n";
    for measured in &all {
        measured.row(&mut text);
    }
    text
}

impl Measured {
    fn ours(&self) -> f64 {
        self.find(|role, _| role == Role::Ours).map_or(f64::NAN, |(_, time)| time)
    }

    fn fastest_peer(&self) -> Option<(&'static str, f64)> {
        let is_peer = |&(role, _, _): &(Role, _, _)| role == Role::Peer;
        let fastest = self.all().filter(is_peer).min_by(|a, b| a.2.total_cmp(&b.2));
        fastest.map(|(_, name, time)| (name, time))
    }

    fn find(&self, wanted: impl Fn(Role, &str) -> bool) -> Option<(&'static str, f64)> {
        let (_, name, time) = self.all().find(|&(role, name, _)| wanted(role, name))?;
        Some((name, time))
    }

    fn all(&self) -> impl Iterator<Item = (Role, &'static str, f64)> {
        let contestants = self.operation.contestants.iter();
        contestants.zip(&self.times).map(|(one, &time)| (one.role, one.name, time))
    }

    fn goals(&self, text: &mut String) {
        let (name, ours) = (&self.operation.name, self.ours());
        for goal in &self.operation.goals {
            let (against, reached) = match goal.against {
                Against::FastestPeer => (self.fastest_peer(), None),
                Against::Named(wanted) => (self.find(|_, name| name == wanted), None),
                Against::Clock => (None, Some(ours)),
            };
            let met = |reached: f64| if reached <= goal.at_most { "yes" } else { "**no**" };
            match (against, reached) {
                (Some((other, time)), _) => {
                    let ratio = ours / time;
                    _ = writeln!(
                        text,
                        "| {name} | {} | {other} | {} | {} | ≤ {} | {} |",
                        nanoseconds(ours),
                        nanoseconds(time),
                        decimal(ratio),
                        decimal(goal.at_most),
                        met(ratio),
                    );
                }
                (None, _) => {
                    let limit = goal.at_most;
                    _ = writeln!(
                        text,
                        "| {name} | {} | the clock | | | ≤ {limit} ns | {} |",
                        nanoseconds(ours),
                        met(ours),
                    );
                }
            }
        }
    }

    fn row(&self, text: &mut String) {
        let ours = self.ours();
        let fastest = self.fastest_peer();
        let mut others: Vec<_> = self.all().filter(|(role, _, _)| *role != Role::Ours).collect();
        others.sort_by(|a, b| a.2.total_cmp(&b.2));
        let others: Vec<String> = others
            .into_iter()
            .map(|(role, name, time)| match role {
                Role::Floor | Role::Loop => format!("_{name}_ {}", nanoseconds(time)),
                Role::Aside => format!("({name} {})", nanoseconds(time)),
                _ => format!("{name} {}", nanoseconds(time)),
            })
            .collect();
        let (peer, ratio) = match fastest {
            Some((peer, time)) => (peer, decimal(ours / time)),
            None => ("", String::new()),
        };
        _ = writeln!(
            text,
            "| {} | {} | {peer} | {ratio} | {} |",
            self.operation.name,
            nanoseconds(ours),
            others.join(" · "),
        );
    }
}

fn nanoseconds(time: f64) -> String {
    match time {
        ..20.0 => format!("{time:.1}"),
        _ => format!("{time:.0}"),
    }
}

fn decimal(ratio: f64) -> String {
    match ratio {
        ..0.1 => format!("{ratio:.3}"),
        _ => format!("{ratio:.2}"),
    }
}

mod readme;
pub(crate) use readme::write;
