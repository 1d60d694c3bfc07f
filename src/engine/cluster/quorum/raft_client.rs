//! One node of the quorum: what it has on disk, what its process has in memory, and how it begins and ends.
//!
//! On disk are the log and `quorum-state`, written before anyone hears of them: a crash takes neither. The rule that follows: a node that
//! led, or stood for election, in an epoch does not lead in it again after a restart.

use super::append::Accumulator;
use super::connections::Connections;
use super::fetch::WaitingFetch;
use super::leader::LeaderState;
use super::messages::Replica;
use super::output::{RaftEvent, RaftOutput};
use super::state::{ElectionState, Quorum, QuorumState, Votes};
use crate::engine::cluster::metadata_log::{BatchContent, MetadataLog, MetadataRecords};
use crate::engine::cluster::protocol::CorrelationId;
use crate::engine::common::{ControllerId, LeaderEpoch, Offset, Prng, VirtualTime, limits};
use crate::engine::config::ControllerConfig;
use std::sync::Arc;

/// A node, up or down.
#[derive(Clone, Debug)]
pub struct RaftClient<T: MetadataRecords> {
    pub(super) replica: Replica,
    pub(super) voters: Arc<[ControllerId]>,
    pub(super) config: Arc<ControllerConfig>,
    pub(super) prng: Prng,
    /// Never used twice, so that what comes late is recognised.
    last_correlation: u64,
    /// `quorum-state`.
    election: ElectionState,
    pub(super) log: MetadataLog<T>,
    /// Most bytes of an answer to a fetch; one whole batch is always given.
    pub(super) fetch_bytes_max: usize,
    pub(super) process: Option<Process<T>>,
}

/// What a crash takes away.
#[derive(Clone, Debug)]
pub(super) struct Process<T: MetadataRecords> {
    pub(super) quorum: Quorum,
    /// What it knows to be committed.
    pub(super) high_watermark: Offset,
    pub(super) connections: Connections,
    /// Fetches that wait for something to be told.
    pub(super) waiting: Vec<WaitingFetch>,
    pub(super) accumulator: Accumulator<T>,
    /// Whether it is to end as soon as somebody else leads.
    pub(super) is_shutting_down: bool,
    /// The earliest time at which it will be woken anyway.
    pub(super) wake_at: VirtualTime,
}

impl<T: MetadataRecords> RaftClient<T> {
    /// A node with an empty disk, not started. `prng` is a stream of its own.
    #[must_use]
    pub fn new(replica: Replica, voters: Arc<[ControllerId]>, config: Arc<ControllerConfig>, prng: Prng) -> Self {
        Self {
            replica,
            voters,
            config,
            prng,
            last_correlation: 0,
            election: ElectionState::default(),
            log: MetadataLog::default(),
            fetch_bytes_max: limits::METADATA_FETCH_BYTES_MAX,
            process: None,
        }
    }

    /// Starts the process with what is on disk (`QuorumState.initialize`). Does nothing if it runs.
    ///
    /// | on disk, of the log's epoch or a later one | starts as |
    /// |--------------------------------------------|-----------|
    /// | it led                                     | Resigned: it may have said things that it has forgotten |
    /// | it voted for itself                        | Candidate: it can not vote for another |
    /// | another led                                | Follower |
    /// | no leader known, or an older epoch than the log's | Unattached, bound to its vote |
    pub fn start(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        if self.is_up() {
            return;
        }
        let mut election = self.election;
        if super::is_broken(super::Broken::ForgetVoteInCrash) {
            election = ElectionState::default();
        }
        if election.epoch < self.log.last_epoch() {
            election = ElectionState { epoch: self.log.last_epoch(), leader: None, voted: None };
        }
        let local = self.local();
        let state = if local.is_some() && election.leader == local {
            self.resigned_from_before(now)
        } else if let Some(local) = local.filter(|local| election.voted == Some(*local) && election.leader.is_none()) {
            let until = now + self.random_election_timeout();
            let votes = Votes::new(local, self.voters.len());
            QuorumState::Candidate { votes, phase: super::CandidatePhase::Voting { until }, retries: 1 }
        } else if let Some(leader) = election.leader {
            let fetch_timeout_at = now + self.fetch_timeout();
            QuorumState::Follower { leader, voted: election.voted, fetch_timeout_at, has_fetched: false }
        } else {
            QuorumState::Unattached { voted: election.voted, election_at: self.election_at(now) }
        };
        self.process = Some(Process::new(Quorum::new(local, election.epoch, state)));
        self.report_state(out);
        self.poll(now, out);
    }

    /// Starts the process of a quorum at rest: `leader` was elected in epoch 1 before the run began, and what it has written since,
    /// `records`, is in every log and committed.
    pub fn start_at_rest(
        &mut self,
        now: VirtualTime,
        leader: ControllerId,
        records: impl IntoIterator<Item = T>,
        out: &mut RaftOutput<T>,
    ) {
        let epoch = LeaderEpoch(1);
        self.log.append_as_leader(epoch, BatchContent::LeaderChange { leader });
        for content in records {
            self.log.append_as_leader(epoch, BatchContent::Records(content));
        }
        let end = self.log.log_end_offset();
        let state = if self.local() == Some(leader) {
            let mut state = LeaderState::new(Offset(0), &self.voters, now, self.check_quorum_timeout());
            state.voters.values_mut().for_each(|known| *known = Some(end));
            state.high_watermark = Some(end);
            state.begin_epoch_at = now + self.begin_epoch_interval();
            QuorumState::Leader(state)
        } else {
            let fetch_timeout_at = now + self.fetch_timeout();
            QuorumState::Follower { leader, voted: None, fetch_timeout_at, has_fetched: true }
        };
        let mut process = Process::new(Quorum::new(self.local(), epoch, state));
        process.high_watermark = end;
        process.accumulator.begin(end);
        self.process = Some(process);
        self.poll(now, out);
    }

    fn resigned_from_before(&mut self, now: VirtualTime) -> QuorumState {
        let election_timeout_at = now + self.random_election_timeout();
        QuorumState::Resigned {
            preferred_successors: Vec::new(),
            unacknowledged: self.other_voters().collect(),
            election_timeout_at,
        }
    }

    /// The process dies. Log, epoch and vote stay.
    pub fn crash(&mut self) {
        self.process = None;
    }

    /// Asks the process to end: a leader resigns first and names successors. It may be taken down once [`Self::may_stop`] says so.
    pub fn shut_down(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        if let Some(process) = &mut self.process {
            process.is_shutting_down = true;
            self.poll(now, out);
        }
    }

    /// Whether a node that is asked to end has nothing to wait for: somebody else leads, or nobody else could.
    #[must_use]
    pub fn may_stop(&self) -> bool {
        let Some(process) = &self.process else { return true };
        let leader = process.quorum.leader();
        process.is_shutting_down && (leader.is_some() && leader != self.local() || self.voters.len() == 1)
    }

    /// Time passes.
    pub fn wake(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        if let Some(process) = &mut self.process {
            if now >= process.wake_at {
                process.wake_at = VirtualTime::NEVER;
            }
            self.poll(now, out);
        }
    }

    /// Who it is.
    #[must_use]
    pub fn replica(&self) -> Replica {
        self.replica
    }

    /// Whether its process runs.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// Its part and epoch, while it runs.
    #[must_use]
    pub fn quorum(&self) -> Option<&Quorum> {
        self.process.as_ref().map(|process| &process.quorum)
    }

    /// The epoch that it knows; that on disk while it is down.
    #[must_use]
    pub fn epoch(&self) -> LeaderEpoch {
        self.quorum().map_or(self.election.epoch, Quorum::epoch)
    }

    /// The leader that it knows.
    #[must_use]
    pub fn leader(&self) -> Option<ControllerId> {
        self.quorum().and_then(Quorum::leader)
    }

    /// Whether it leads.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.leader_state().is_some()
    }

    /// Whether it leads and has committed a record of its own epoch, so that it has seen all that was committed before.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.leader_state().is_some_and(LeaderState::has_committed_own_epoch)
    }

    /// Its log.
    #[must_use]
    pub fn log(&self) -> &MetadataLog<T> {
        &self.log
    }

    /// What it knows to be committed: everything below. 0 after a restart, until a leader tells.
    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        self.process.as_ref().map_or(Offset(0), |process| process.high_watermark)
    }

    /// What it knows as a leader.
    #[must_use]
    pub fn leader_state(&self) -> Option<&LeaderState> {
        match self.quorum()?.state() {
            QuorumState::Leader(leader) => Some(leader),
            _ => None,
        }
    }

    pub(super) fn local(&self) -> Option<ControllerId> {
        match self.replica {
            Replica::Controller(id) => Some(id),
            Replica::Broker(_) => None,
        }
    }

    pub(super) fn other_voters(&self) -> impl Iterator<Item = ControllerId> + use<T> {
        let local = self.local();
        let voters = Arc::clone(&self.voters);
        (0..voters.len()).map(move |at| voters[at]).filter(move |voter| Some(*voter) != local)
    }

    /// The process, where the caller has made sure that it runs.
    pub(super) fn running(&mut self) -> &mut Process<T> {
        self.process.as_mut().expect("only a running process is asked")
    }

    pub(super) fn new_correlation(&mut self) -> CorrelationId {
        self.last_correlation += 1;
        CorrelationId(self.last_correlation)
    }

    /// Writes `quorum-state`, before anyone hears of it.
    pub(super) fn persist(&mut self) {
        if let Some(process) = &self.process {
            let election = process.quorum.election();
            debug_assert!(election.epoch >= self.election.epoch, "epochs never fall");
            self.election = election;
        }
    }

    pub(super) fn report_state(&self, out: &mut RaftOutput<T>) {
        if let Some(quorum) = self.quorum() {
            let (state, epoch, leader) = (quorum.state().name(), quorum.epoch(), quorum.leader());
            out.events.push(RaftEvent::StateChanged { state, epoch, leader });
        }
    }

    pub(super) fn fetch_timeout(&self) -> VirtualTime {
        VirtualTime::from_ms(self.config.fetch_timeout_ms)
    }

    pub(super) fn check_quorum_timeout(&self) -> VirtualTime {
        VirtualTime(self.fetch_timeout().0 * 3 / 2)
    }

    pub(super) fn begin_epoch_interval(&self) -> VirtualTime {
        VirtualTime((self.fetch_timeout().0 / 2).max(1))
    }

    /// Drawn anew each time from [timeout, 2 × timeout), in ms.
    pub(super) fn random_election_timeout(&mut self) -> VirtualTime {
        let timeout = self.config.election_timeout_ms.unsigned_abs();
        VirtualTime((timeout + self.prng.below(timeout)) * 1000)
    }

    /// When a node that knows no leader asks for an election: an observer never does.
    pub(super) fn election_at(&mut self, now: VirtualTime) -> VirtualTime {
        if self.local().is_some() { now + self.random_election_timeout() } else { VirtualTime::NEVER }
    }
}

impl<T: MetadataRecords> Process<T> {
    fn new(quorum: Quorum) -> Self {
        Self {
            quorum,
            high_watermark: Offset(0),
            connections: Connections::default(),
            waiting: Vec::new(),
            accumulator: Accumulator::default(),
            is_shutting_down: false,
            wake_at: VirtualTime::NEVER,
        }
    }
}
