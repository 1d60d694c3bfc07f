//! What a configuration promises: for loss, duplicates and reordering, whether they are impossible, and why, or possible, and when.
//!
//! The rule it keeps: a promise is only what Kafka's protocol enforces under the faults that are allowed; what is merely unlikely is
//! possible. The three functions below are the three tables. The swarm holds them to account in both directions: no run shows what
//! is impossible, and for each thing that is possible there is a run under `tests/scenarios/witnesses/` that shows it.
//! The words are the ledger's: see [`Totals`](super::Totals) for what a lost record, a duplicate and a reordered record are.

use super::command::Command;
use super::ledger::{Figure, Totals};
use crate::engine::config::{Acks, ProducerConfig, TopicConfig};
use serde::Serialize;

/// What can go wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Anomaly {
    /// A record that was reported delivered is gone.
    Loss,
    /// A record stands in the log twice.
    Duplicates,
    /// A record stands before one that its producer sent earlier.
    Reordering,
}

impl Anomaly {
    /// All three.
    pub const ALL: [Anomaly; 3] = [Anomaly::Loss, Anomaly::Duplicates, Anomaly::Reordering];

    /// The ledger's figure that counts it.
    #[must_use]
    pub fn figure(self) -> Figure {
        match self {
            Anomaly::Loss => Figure::Lost,
            Anomaly::Duplicates => Figure::Duplicates,
            Anomaly::Reordering => Figure::Reordered,
        }
    }

    /// How often it has happened.
    #[must_use]
    pub fn count(self, totals: &Totals) -> u64 {
        totals.get(self.figure())
    }
}

/// What faults may lead to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Faults {
    /// A client's connection breaks, or its requests and their answers come late.
    pub connections: bool,
    /// A broker is taken for dead, or hands over, so that another one leads.
    pub failover: bool,
    /// A broker loses its disk, or with its power what was not flushed.
    pub storage: bool,
}

impl Faults {
    /// Whatever can happen.
    pub const ALL: Faults = Faults { connections: true, failover: true, storage: true };
    /// Nothing.
    pub const NONE: Faults = Faults { connections: false, failover: false, storage: false };
    const CONNECTIONS: Faults = Faults { connections: true, ..Faults::NONE };
    const FAILOVER: Faults = Faults { failover: true, ..Faults::CONNECTIONS };

    /// What a command may lead to, whatever the settings are. What only ends a fault leads to nothing that the fault does not.
    ///
    /// | command | a client's connection | another leader | lost storage |
    /// |---------|-----------------------|----------------|--------------|
    /// | what clients do; a topic's settings, more partitions | no | no | no |
    /// | a stalled follower: it only leaves the ISR | no | no | no |
    /// | a slow disk: requests wait, and heartbeats do not | yes | no | no |
    /// | a lost response | yes | no | no |
    /// | a fault of a link without the controller: followers behind it leave the ISR | yes | no | no |
    /// | a fault of a link to the controller: a session may run out | yes | yes | no |
    /// | a broken network: as its links | yes | if the controller is in a group | no |
    /// | a crash, a stop, a freeze, of a controller too: heartbeats may come too late | yes | yes | no |
    /// | an election by an operator; a setting of brokers | yes | yes | no |
    /// | a power cut, a lost disk | yes | yes | yes |
    #[must_use]
    pub fn of(command: &Command) -> Faults {
        match command {
            Command::Send { .. }
            | Command::Burst { .. }
            | Command::Flush { .. }
            | Command::StartWorkload { .. }
            | Command::StopWorkload { .. }
            | Command::SetProducer { .. }
            | Command::SetTopic { .. }
            | Command::AddPartitions { .. }
            | Command::DeleteRecords { .. }
            | Command::PauseConsumer { .. }
            | Command::ResumeConsumer { .. }
            | Command::SeekConsumer { .. }
            | Command::SeekConsumerToBeginning { .. }
            | Command::SeekConsumerToEnd { .. }
            | Command::SeekConsumerToTimestamp { .. }
            | Command::SetConsumer { .. }
            | Command::KillProducer { .. }
            | Command::RestartProducer { .. }
            | Command::Resend { .. }
            | Command::RestartController { .. }
            | Command::ThawController { .. }
            | Command::StallFollower { .. }
            | Command::ResumeFollower { .. }
            | Command::RestoreDisk { .. }
            | Command::ThawBroker { .. }
            | Command::RestartBroker { .. }
            | Command::HealLink { .. }
            | Command::HealNetwork
            | Command::Heal => Faults::NONE,
            Command::SlowDisk { .. } | Command::LoseResponse { .. } => Faults::CONNECTIONS,
            Command::CutLink { a, b, .. }
            | Command::DelayLink { a, b, .. }
            | Command::LosePackets { a, b, .. }
            | Command::DropMessages { from: a, to: b, .. }
            | Command::DuplicateMessages { from: a, to: b, .. } => of_links([a, b].into_iter()),
            Command::PartitionNetwork { groups } => of_links(groups.iter().flatten()),
            Command::CrashBroker { .. }
            | Command::ShutDownBroker { .. }
            | Command::FreezeBroker { .. }
            | Command::CrashController { .. }
            | Command::FreezeController { .. }
            | Command::ElectPreferred { .. }
            | Command::ElectUnclean { .. }
            | Command::SetBroker { .. } => Faults::FAILOVER,
            Command::CutPower { .. } | Command::RestartBrokerWithoutDisk { .. } => Faults::ALL,
        }
    }

    /// All that either may lead to.
    #[must_use]
    pub fn and(self, other: Faults) -> Faults {
        Faults {
            connections: self.connections || other.connections,
            failover: self.failover || other.failover,
            storage: self.storage || other.storage,
        }
    }

    /// Whether another leads to nothing that these do not.
    #[must_use]
    pub fn include(self, other: Faults) -> bool {
        self.and(other) == self
    }
}

/// What is wrong with links between these nodes.
fn of_links<'a>(mut nodes: impl Iterator<Item = &'a String>) -> Faults {
    if nodes.any(|node| node.starts_with("controller")) { Faults::FAILOVER } else { Faults::CONNECTIONS }
}

/// What the promises depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    /// Whom the producer waits for.
    pub acks: Acks,
    /// Whether the brokers recognise its batches.
    pub is_idempotent: bool,
    /// Whether it sends a batch again after an error.
    pub has_retries: bool,
    /// Whether more than one request may be open on a connection.
    pub has_many_in_flight: bool,
    /// `min.insync.replicas`, but never more than there are replicas.
    pub min_isr: u32,
    /// How many replicas there are.
    pub replication_factor: u32,
    /// Whether a replica that is not in sync may lead when none that is can.
    pub allows_unclean_election: bool,
    /// Whether two threads of the application call `send()`, and a call has waited.
    pub has_concurrent_calls: bool,
    /// What may go wrong.
    pub faults: Faults,
}

impl Terms {
    /// The terms of a producer that writes to a topic.
    #[must_use]
    pub fn of(producer: &ProducerConfig, topic: &TopicConfig, replication_factor: u32, faults: Faults) -> Self {
        let min_isr = u32::try_from(topic.min_insync_replicas).unwrap_or(u32::MAX).min(replication_factor);
        Self {
            acks: producer.acks,
            is_idempotent: producer.is_idempotent(),
            has_retries: producer.retries > 0,
            has_many_in_flight: producer.max_in_flight > 1,
            min_isr,
            replication_factor,
            allows_unclean_election: topic.unclean_leader_election_enable,
            has_concurrent_calls: false,
            faults,
        }
    }
}

/// Why something cannot happen, or when it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// acks=0: nobody tells the producer.
    NobodyAnswers,
    /// acks=1: the leader dies first.
    NotYetCopied,
    /// The leader stays.
    LeaderStays,
    /// One replica, and its disk is sound.
    OnlyCopyStays,
    /// The one copy that was in sync is lost.
    OnlyInSyncCopyLost,
    /// Every copy that was in sync is lost.
    EveryInSyncCopyLost,
    /// A replica leads that was not in sync.
    UncleanElection,
    /// Whoever may lead has it.
    LeadersHaveIt,
    /// A batch is never sent twice.
    SentOnce,
    /// The broker recognises it.
    Recognised,
    /// An answer is lost or late, and the batch is sent again.
    AnswerLost,
    /// Batches that were appended get new numbers.
    Renumbered,
    /// A batch that is sent again comes after the next one.
    Overtaken,
    /// A request that was given up is carried out late.
    LateRequest,
    /// Two threads call `send()` at once.
    ConcurrentCalls,
    /// Requests arrive one after the other.
    OneWire,
    /// The broker refuses what is out of sequence.
    InSequence,
}

impl Reason {
    /// The reason in plain sentences.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Reason::NobodyAnswers => {
                "With acks=0 success is reported as soon as a batch is on its way. If the connection breaks or the leader refuses the batch, nobody tells the producer."
            }
            Reason::NotYetCopied => {
                "With acks=1 the leader answers alone. If it fails before a follower has fetched the batch, the next leader never had it."
            }
            Reason::LeaderStays => {
                "The leader has written the batch before it answers, and nothing makes another replica lead."
            }
            Reason::OnlyCopyStays => {
                "There is one replica. It has written the batch before it answers, and a crash of the process leaves the disk as it is."
            }
            Reason::OnlyInSyncCopyLost => {
                "With a min.insync.replicas of 1 the leader may be the only replica in sync. If that one loses its disk, or its power before it has flushed, the only promised copy is gone."
            }
            Reason::EveryInSyncCopyLost => {
                "If every replica in sync loses its disk, or its power before it has flushed, no promised copy is left. min.insync.replicas says how many that takes at least."
            }
            Reason::UncleanElection => {
                "unclean.leader.election.enable lets a replica lead that was not in sync, when none that was is alive. What it never had is cut from the others."
            }
            Reason::LeadersHaveIt => {
                "Success means that every replica in sync has the batch, and only a replica in sync may lead. A crash leaves the disks as they are."
            }
            Reason::SentOnce => "A batch is sent once and never again.",
            Reason::Recognised => {
                "The broker knows the sequences of this producer and recognises a batch that it has already."
            }
            Reason::AnswerLost => {
                "If the answer is lost or late, the producer sends the batch again, and the broker cannot tell that it has it already."
            }
            Reason::Renumbered => {
                "If a batch fails for good, the ones in flight behind it get a new epoch and new sequences. One that had been appended is not recognised under its new number (KAFKA-14034)."
            }
            Reason::Overtaken => {
                "With more than one request in flight, the next batch may be appended while an earlier one has to be sent again."
            }
            Reason::LateRequest => {
                "A request that the producer has given up may still be carried out, after a later one that came on another connection."
            }
            Reason::ConcurrentCalls => {
                "Two threads of the application call send() at once. While the call of one waits for metadata or memory, the other's goes on."
            }
            Reason::OneWire => {
                "Batches of a partition leave in order on one connection, are handled one by one, and are never sent again."
            }
            Reason::InSequence => "The broker takes a batch only when the one before it is in its log.",
        }
    }
}

/// Whether something can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Promise {
    /// It never happens.
    Impossible {
        /// Why not.
        because: Reason,
    },
    /// It happens.
    Possible {
        /// When.
        when: Reason,
    },
}

impl Promise {
    /// Whether it never happens.
    #[must_use]
    pub fn is_impossible(self) -> bool {
        matches!(self, Promise::Impossible { .. })
    }

    /// Why it never happens, or when it does.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Promise::Impossible { because } => because,
            Promise::Possible { when } => when,
        }
    }
}

fn impossible(because: Reason) -> Promise {
    Promise::Impossible { because }
}

fn possible(when: Reason) -> Promise {
    Promise::Possible { when }
}

/// What is promised under some terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Guarantees {
    /// Of delivered records that are gone.
    pub loss: Promise,
    /// Of records that stand twice.
    pub duplicates: Promise,
    /// Of records out of order.
    pub reordering: Promise,
}

impl Guarantees {
    /// The promise about one anomaly.
    #[must_use]
    pub fn of(&self, anomaly: Anomaly) -> Promise {
        match anomaly {
            Anomaly::Loss => self.loss,
            Anomaly::Duplicates => self.duplicates,
            Anomaly::Reordering => self.reordering,
        }
    }
}

/// What is promised under these terms.
#[must_use]
pub fn guarantees(terms: &Terms) -> Guarantees {
    Guarantees { loss: loss(terms), duplicates: duplicates(terms), reordering: reordering(terms) }
}

/// Losing storage takes a crash, so it counts as failover too. Connections alone lose nothing that was promised.
///
/// | acks | replicas | min ISR | unclean | failover | storage | loss |
/// |------|----------|---------|---------|----------|---------|------|
/// | 0    | any      | any     | any     | any      | any     | possible: nobody answers |
/// | 1    | 1        | any     | any     | any      | no      | impossible: the only copy stays |
/// | 1    | 1        | any     | any     | any      | yes     | possible: the only in-sync copy is lost |
/// | 1    | 2 +      | any     | any     | no       | no      | impossible: the leader stays |
/// | 1    | 2 +      | any     | any     | yes, or storage | any | possible: not yet copied |
/// | all  | any      | any     | any     | no       | no      | impossible: leaders have it |
/// | all  | 2 +      | any     | yes     | yes, or storage | any | possible: unclean election |
/// | all  | any      | any     | no, or one replica | yes | no | impossible: leaders have it |
/// | all  | any      | 1       | no, or one replica | any | yes | possible: the only in-sync copy is lost |
/// | all  | any      | 2 +     | no      | any      | yes     | possible: every in-sync copy is lost |
fn loss(terms: &Terms) -> Promise {
    let Faults { failover, storage, .. } = terms.faults;
    let (is_single, moves) = (terms.replication_factor == 1, failover || storage);
    let is_unclean = terms.allows_unclean_election && !is_single;
    match (terms.acks, is_single, is_unclean, moves, storage) {
        (Acks::Zero, ..) => possible(Reason::NobodyAnswers),
        (Acks::One, true, _, _, false) => impossible(Reason::OnlyCopyStays),
        (Acks::One, true, _, _, true) => possible(Reason::OnlyInSyncCopyLost),
        (Acks::One, false, _, false, _) => impossible(Reason::LeaderStays),
        (Acks::One, false, _, true, _) => possible(Reason::NotYetCopied),
        (Acks::All, _, _, false, _) => impossible(Reason::LeadersHaveIt),
        (Acks::All, _, true, true, _) => possible(Reason::UncleanElection),
        (Acks::All, _, false, true, false) => impossible(Reason::LeadersHaveIt),
        (Acks::All, _, false, true, true) if terms.min_isr == 1 => possible(Reason::OnlyInSyncCopyLost),
        (Acks::All, _, false, true, true) => possible(Reason::EveryInSyncCopyLost),
    }
}

/// | acks | retries | idempotent | many in flight | duplicates |
/// |------|---------|------------|----------------|------------|
/// | 0    | any     | any        | any            | impossible: sent once |
/// | 1, all | no    | any        | any            | impossible: sent once |
/// | 1, all | yes   | no         | any            | possible: an answer is lost |
/// | 1, all | yes   | yes        | no             | impossible: recognised |
/// | 1, all | yes   | yes        | yes            | possible: renumbered |
fn duplicates(terms: &Terms) -> Promise {
    match (terms.acks, terms.has_retries, terms.is_idempotent, terms.has_many_in_flight) {
        (Acks::Zero, ..) | (_, false, ..) => impossible(Reason::SentOnce),
        (_, true, false, _) => possible(Reason::AnswerLost),
        (_, true, true, false) => impossible(Reason::Recognised),
        (_, true, true, true) => possible(Reason::Renumbered),
    }
}

/// Where two threads call `send()` and a call has waited, it is possible whatever the rest says: concurrent calls. Else:
///
/// | acks   | idempotent | many in flight | any fault | reordering |
/// |--------|------------|----------------|-----------|------------|
/// | 0      | any        | any            | no       | impossible: one wire |
/// | 0      | any        | any            | yes      | possible: a late request |
/// | 1, all | no         | yes            | any      | possible: overtaken |
/// | 1, all | no         | no             | any      | possible: a late request |
/// | 1, all | yes        | no             | any      | impossible: in sequence |
/// | 1, all | yes        | yes            | any      | possible: renumbered |
fn reordering(terms: &Terms) -> Promise {
    let breaks = terms.faults != Faults::NONE;
    match (terms.acks, terms.is_idempotent, terms.has_many_in_flight) {
        _ if terms.has_concurrent_calls => possible(Reason::ConcurrentCalls),
        (Acks::Zero, ..) if breaks => possible(Reason::LateRequest),
        (Acks::Zero, ..) => impossible(Reason::OneWire),
        (_, false, true) => possible(Reason::Overtaken),
        (_, false, false) => possible(Reason::LateRequest),
        (_, true, false) => impossible(Reason::InSequence),
        (_, true, true) => possible(Reason::Renumbered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFE: Terms = Terms {
        acks: Acks::All,
        is_idempotent: true,
        has_retries: true,
        has_many_in_flight: false,
        min_isr: 2,
        replication_factor: 3,
        allows_unclean_election: false,
        has_concurrent_calls: false,
        faults: Faults::NONE,
    };

    const CONNECTIONS: Faults = Faults::CONNECTIONS;
    const FAILOVER: Faults = Faults::FAILOVER;
    const STORAGE: Faults = Faults { storage: true, ..Faults::NONE };

    #[test]
    fn the_table_of_faults() {
        let check = |json: &str, faults: Faults| {
            let command: Command = serde_json::from_str(json).expect("a command");
            assert_eq!(Faults::of(&command), faults, "{json}");
        };
        check(r#"{"do": "killProducer", "producer": "p"}"#, Faults::NONE);
        check(r#"{"do": "setTopic", "topic": "t", "setting": "min.insync.replicas", "value": 1}"#, Faults::NONE);
        check(r#"{"do": "stallFollower", "broker": 1}"#, Faults::NONE);
        check(r#"{"do": "slowDisk", "broker": 1, "factor": 10}"#, CONNECTIONS);
        check(r#"{"do": "loseResponse", "producer": "p", "broker": 1}"#, CONNECTIONS);
        check(r#"{"do": "cutLink", "a": "p", "b": "broker-1"}"#, CONNECTIONS);
        check(r#"{"do": "delayLink", "a": "broker-2", "b": "broker-1", "delayUs": 5}"#, CONNECTIONS);
        check(r#"{"do": "dropMessages", "from": "broker-1", "to": "controller", "next": 1}"#, FAILOVER);
        check(r#"{"do": "partitionNetwork", "groups": [["broker-1"], ["broker-2"]]}"#, CONNECTIONS);
        check(r#"{"do": "partitionNetwork", "groups": [["broker-1"], ["controller"]]}"#, FAILOVER);
        check(r#"{"do": "freezeBroker", "broker": 1}"#, FAILOVER);
        check(r#"{"do": "electPreferred", "topic": "t"}"#, FAILOVER);
        check(r#"{"do": "setBroker", "setting": "broker.session.timeout.ms", "value": 100}"#, FAILOVER);
        check(r#"{"do": "cutPower", "broker": 1}"#, Faults::ALL);
        check(r#"{"do": "restartBrokerWithoutDisk", "broker": 1}"#, Faults::ALL);
        check(r#"{"do": "heal"}"#, Faults::NONE);
        assert!(FAILOVER.include(CONNECTIONS) && !CONNECTIONS.include(FAILOVER) && Faults::ALL.include(STORAGE));
    }

    #[test]
    fn the_table_of_loss() {
        let check = |acks, replication_factor, min_isr, allows_unclean_election, faults, promise| {
            let terms = Terms { acks, replication_factor, min_isr, allows_unclean_election, faults, ..SAFE };
            assert_eq!(guarantees(&terms).loss, promise, "{terms:?}");
        };
        let kept = impossible(Reason::LeadersHaveIt);
        for faults in [Faults::NONE, CONNECTIONS, FAILOVER, STORAGE, Faults::ALL] {
            check(Acks::Zero, 3, 1, false, faults, possible(Reason::NobodyAnswers));
            check(Acks::Zero, 1, 1, true, faults, possible(Reason::NobodyAnswers));
        }
        check(Acks::One, 1, 1, false, FAILOVER, impossible(Reason::OnlyCopyStays));
        check(Acks::One, 1, 1, false, STORAGE, possible(Reason::OnlyInSyncCopyLost));
        check(Acks::One, 3, 2, false, Faults::NONE, impossible(Reason::LeaderStays));
        check(Acks::One, 3, 2, false, CONNECTIONS, impossible(Reason::LeaderStays));
        check(Acks::One, 3, 2, false, FAILOVER, possible(Reason::NotYetCopied));
        check(Acks::One, 3, 2, false, STORAGE, possible(Reason::NotYetCopied));
        for unclean in [false, true] {
            check(Acks::All, 3, 1, unclean, Faults::NONE, kept);
            check(Acks::All, 3, 1, unclean, CONNECTIONS, kept);
        }
        check(Acks::All, 3, 2, true, FAILOVER, possible(Reason::UncleanElection));
        check(Acks::All, 3, 2, true, STORAGE, possible(Reason::UncleanElection));
        check(Acks::All, 1, 1, true, FAILOVER, kept);
        for min_isr in 1..=3 {
            check(Acks::All, 3, min_isr, false, FAILOVER, kept);
        }
        check(Acks::All, 3, 1, false, Faults::ALL, possible(Reason::OnlyInSyncCopyLost));
        check(Acks::All, 1, 1, true, STORAGE, possible(Reason::OnlyInSyncCopyLost));
        check(Acks::All, 3, 2, false, Faults::ALL, possible(Reason::EveryInSyncCopyLost));
        check(Acks::All, 3, 3, false, STORAGE, possible(Reason::EveryInSyncCopyLost));
    }

    #[test]
    fn the_table_of_duplicates() {
        for (acks, has_retries, is_idempotent, has_many_in_flight, promise) in [
            (Acks::Zero, true, false, true, impossible(Reason::SentOnce)),
            (Acks::One, false, false, true, impossible(Reason::SentOnce)),
            (Acks::All, false, false, false, impossible(Reason::SentOnce)),
            (Acks::One, true, false, true, possible(Reason::AnswerLost)),
            (Acks::All, true, false, false, possible(Reason::AnswerLost)),
            (Acks::All, true, true, false, impossible(Reason::Recognised)),
            (Acks::All, true, true, true, possible(Reason::Renumbered)),
        ] {
            let terms = Terms { acks, has_retries, is_idempotent, has_many_in_flight, ..SAFE };
            assert_eq!(guarantees(&terms).duplicates, promise, "{terms:?}");
        }
    }

    #[test]
    fn the_table_of_reordering() {
        for (acks, is_idempotent, has_many_in_flight, faults, promise) in [
            (Acks::Zero, false, true, Faults::NONE, impossible(Reason::OneWire)),
            (Acks::Zero, false, true, CONNECTIONS, possible(Reason::LateRequest)),
            (Acks::Zero, false, true, FAILOVER, possible(Reason::LateRequest)),
            (Acks::Zero, false, false, STORAGE, possible(Reason::LateRequest)),
            (Acks::One, false, true, Faults::NONE, possible(Reason::Overtaken)),
            (Acks::All, false, false, Faults::ALL, possible(Reason::LateRequest)),
            (Acks::All, true, false, Faults::ALL, impossible(Reason::InSequence)),
            (Acks::All, true, true, Faults::ALL, possible(Reason::Renumbered)),
        ] {
            let terms = Terms { acks, is_idempotent, has_many_in_flight, faults, ..SAFE };
            assert_eq!(guarantees(&terms).reordering, promise, "{terms:?}");
            let concurrent = Terms { has_concurrent_calls: true, ..terms };
            assert_eq!(guarantees(&concurrent).reordering, possible(Reason::ConcurrentCalls));
        }
    }

    #[test]
    fn more_faults_never_promise_more() {
        for acks in [Acks::Zero, Acks::One, Acks::All] {
            for faults in [CONNECTIONS, FAILOVER, STORAGE, Faults::ALL] {
                let (calm, rough) = (Terms { acks, ..SAFE }, Terms { acks, faults, ..SAFE });
                for anomaly in Anomaly::ALL {
                    let (calm, rough) = (guarantees(&calm).of(anomaly), guarantees(&rough).of(anomaly));
                    assert!(calm.is_impossible() || !rough.is_impossible(), "{acks:?} {faults:?} {anomaly:?}");
                    assert!(calm.reason().sentence().ends_with('.'));
                }
            }
        }
    }
}
