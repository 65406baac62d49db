//! Criterion with the CPU time of the thread as its clock.

use std::time::Duration;

use benches::operation::{Operation, cpu_time};
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, SamplingMode, Throughput};

/// Measures all contestants of all operations.
pub(crate) fn run(operations: Vec<Operation>) {
    let mut criterion = Criterion::default()
        .with_measurement(CpuTime)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .sample_size(20)
        .configure_from_args();
    for operation in operations {
        let mut group = criterion.benchmark_group(operation.name);
        group.sampling_mode(SamplingMode::Flat);
        group.throughput(Throughput::Elements(operation.items as u64));
        for mut contestant in operation.contestants {
            group.bench_function(contestant.name, |bencher| {
                bencher.iter_custom(|times| contestant.run(times));
            });
        }
        group.finish();
    }
    criterion.final_summary();
}

struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        cpu_time()
    }

    fn end(&self, start: Duration) -> Duration {
        cpu_time() - start
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}
