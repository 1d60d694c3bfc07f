//! `highwater failover`: how long a cluster is without a controller, with ZooKeeper and with KRaft.

use super::{Failure, Streams, unexpected, whole_number};
use highwater::engine::common::VirtualTime;
use highwater::engine::sim::failover::{FailoverRow, Failovers, Spread, measure};
use lexopt::Arg;
use std::process::ExitCode;

pub(super) const HELP: &str = "\
highwater failover [--brokers N] [--crashes N] [--seed S] [--json]

Kills the controller of a cluster of N brokers (3) at N moments (11) for 10 to 1,000,000 partitions, and says how long it takes until
the next one decides: least, median and most, in seconds of virtual time. KRaft: a quorum of three with Kafka's time-outs, simulated,
with at most 1,000 partitions: no step of a takeover counts them. ZooKeeper: a model with stated costs (1 ms a round trip, 2 ms an
fsync, 10 requests at once, 1 Gbit/s). --json prints one object a line. Exit 0.
";

pub(super) fn run(parser: &mut lexopt::Parser, streams: &mut Streams<'_>) -> Result<ExitCode, Failure> {
    let (mut what, mut json) = (Failovers { seed: 1, brokers: 3, crashes: 11 }, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("brokers") => what.brokers = whole_number("--brokers", &parser.value()?, u32::MAX)?,
            Arg::Long("crashes") => what.crashes = whole_number("--crashes", &parser.value()?, u32::MAX)?,
            Arg::Long("seed") => what.seed = whole_number("--seed", &parser.value()?, u64::MAX)?,
            Arg::Long("json") => json = true,
            other => return Err(unexpected(other)),
        }
    }
    let rows = measure(what).map_err(Failure::Usage)?;
    if !json {
        writeln!(streams.out, "{:>10}  {:>26}  {:>26}", "partitions", "ZooKeeper (model), s", "KRaft (simulated), s")?;
    }
    for row in &rows {
        if json {
            writeln!(streams.out, "{}", serde_json::to_string(row).expect("a row is plain data"))?;
        } else {
            print(row, streams)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(row: &FailoverRow, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let (zookeeper, kraft) = (spread(row.zookeeper), spread(row.kraft));
    Ok(writeln!(streams.out, "{:>10}  {zookeeper:>26}  {kraft:>26}", row.partitions)?)
}

fn spread(times: Spread) -> String {
    let seconds = |time: VirtualTime| format!("{}.{:03}", time.as_ms() / 1_000, time.as_ms() % 1_000);
    format!("{} {} {}", seconds(times.least), seconds(times.median), seconds(times.most))
}
