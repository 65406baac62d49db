//! How operations are measured: all contestants in turn, again and again, in the CPU time of one
//! thread, so that what else the machine does falls on all of them alike.

use std::fmt;
use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// One thing to do, and all who do it on the same input.
#[derive(Debug)]
pub struct Operation {
    /// What is done.
    pub name: String,
    /// How many items one run does; times are told by item.
    pub items: usize,
    /// Who does it.
    pub contestants: Vec<Contestant>,
    /// What ours shall reach.
    pub goals: Vec<Goal>,
}

/// One way of doing an operation.
pub struct Contestant {
    /// Whose it is.
    pub name: &'static str,
    /// What it is there for.
    pub role: Role,
    run: Box<dyn FnMut(u64)>,
}

/// What a contestant is there for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Of this house.
    Ours,
    /// Does the same work.
    Peer,
    /// Does not do just the same work: shown, but not counted as the fastest peer.
    Aside,
    /// The work that nobody can leave out.
    Floor,
    /// What measuring takes: taken off all others.
    Loop,
}

/// At most so many times what another takes.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Whom ours is held against.
    pub against: Against,
    /// The highest ratio that will do; nanoseconds with [`Against::Clock`].
    pub at_most: f64,
}

/// Whom ours is held against.
#[derive(Clone, Copy, Debug)]
pub enum Against {
    /// The fastest peer that does all of the work.
    FastestPeer,
    /// The contestant of this name.
    Named(&'static str),
    /// Nobody but the clock.
    Clock,
}

impl fmt::Debug for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.name, self.role)
    }
}

impl Operation {
    /// An operation on one item.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), items: 1, contestants: Vec::new(), goals: Vec::new() }
    }

    /// Does `items` items a run.
    #[must_use]
    pub fn items(mut self, items: usize) -> Self {
        self.items = items;
        self
    }

    /// Adds a contestant; what `run` returns is dropped within the time measured.
    #[must_use]
    pub fn with<T>(
        mut self,
        role: Role,
        name: &'static str,
        mut run: impl FnMut() -> T + 'static,
    ) -> Self {
        let run = move |times| {
            for _ in 0..times {
                // By reference: moving a result about is no part of the work.
                let result = run();
                black_box(&result);
            }
        };
        self.contestants.push(Contestant { name, role, run: Box::new(run) });
        self
    }

    /// Adds a goal.
    #[must_use]
    pub fn goal(mut self, against: Against, at_most: f64) -> Self {
        self.goals.push(Goal { against, at_most });
        self
    }

    /// Nanoseconds an item, for each contestant: the median of its samples.
    pub fn measure(&mut self) -> Vec<f64> {
        let times: Vec<u64> = self.contestants.iter_mut().map(Contestant::calibrate).collect();
        let one_round: Duration =
            self.contestants.iter_mut().zip(&times).map(|(one, &times)| one.run(times)).sum();
        let rounds = (BUDGET.as_secs_f64() / one_round.as_secs_f64()).clamp(5.0, 101.0) as usize;
        let mut samples = vec![Vec::with_capacity(rounds); self.contestants.len()];
        for _ in 0..rounds {
            for ((one, &times), samples) in
                self.contestants.iter_mut().zip(&times).zip(&mut samples)
            {
                // Each sample meets the caches and the heap as its own kind left them.
                one.run(1);
                let time = one.run(times).as_secs_f64() * 1e9;
                samples.push(time / times as f64 / self.items as f64);
            }
        }
        let mut medians: Vec<f64> = samples.iter_mut().map(|samples| median(samples)).collect();
        let roles = self.contestants.iter().map(|contestant| contestant.role);
        if let Some(at) = roles.clone().position(|role| role == Role::Loop) {
            let overhead = medians[at];
            for (median, _) in medians.iter_mut().zip(roles).filter(|(_, role)| *role != Role::Loop)
            {
                *median -= overhead;
            }
        }
        medians
    }
}

/// How much time an operation may take, in all its rounds together, beyond the fewest rounds.
const BUDGET: Duration = Duration::from_secs(6);

/// How long a sample takes at the least: long enough that reading the clock does not show.
const SAMPLE: Duration = Duration::from_micros(400);

impl Contestant {
    /// The CPU time of `times` runs.
    pub fn run(&mut self, times: u64) -> Duration {
        let before = cpu_time();
        (self.run)(black_box(times));
        cpu_time() - before
    }

    /// How many runs make a sample.
    fn calibrate(&mut self) -> u64 {
        let mut times = 1;
        loop {
            let time = self.run(times);
            if time >= SAMPLE {
                return times;
            }
            // Not by more than tenfold: the first runs are slower than those to come.
            let wanted = SAMPLE.as_secs_f64() * 1.2 / time.as_secs_f64().max(1e-9);
            times = (times as f64 * wanted.clamp(1.1, 10.0)).ceil() as u64;
        }
    }
}

/// The time that the processor has spent on this thread.
#[must_use]
pub fn cpu_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().expect("it is never negative")
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
