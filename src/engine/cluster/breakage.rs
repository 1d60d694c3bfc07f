//! Ways to break the engine on purpose, to show that the invariants and guarantees notice. For tests and the swarm alone: no
//! scenario, command or setting leads here.

/// One rule of Kafka's left out.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breakage {
    /// As if `min.insync.replicas` were 1.
    SkipMinIsrGate,
    /// A leader does not look at the epoch that a follower fetched last, so nobody cuts a log where it forks.
    ForgetLeaderEpochs,
    /// A leader takes its own log end for the high watermark.
    AdvanceHighWatermarkAlone,
    /// A leader appends a batch of whatever sequence.
    AcceptAnySequence,
    /// The controller lets the first live replica lead, in sync or not.
    ElectOutOfIsr,
}

impl Breakage {
    /// All of them.
    pub const ALL: [Breakage; 5] = [
        Breakage::SkipMinIsrGate,
        Breakage::ForgetLeaderEpochs,
        Breakage::AdvanceHighWatermarkAlone,
        Breakage::AcceptAnySequence,
        Breakage::ElectOutOfIsr,
    ];
}
