//! A controller as it stands in the quorum: its part, its epoch, and how far its copy of the metadata log reaches.

use crate::engine::cluster::QuorumController;
use crate::engine::cluster::quorum::QuorumStateName;
use crate::engine::sim::State;
use serde::Serialize;

/// One controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ControllerFrame {
    /// Its id.
    pub id: i32,
    /// Its part in the quorum; none while its process is dead.
    pub state: Option<QuorumStateName>,
    /// Whether it is the active controller: it leads, and has what was committed before.
    pub active: bool,
    /// The epoch that it knows.
    pub epoch: i32,
    /// The leader of that epoch, if it knows one.
    pub leader: Option<i32>,
    /// Where its log ends.
    pub log_end: i64,
    /// What it knows of it to be committed; none while it is down.
    pub high_watermark: Option<i64>,
    /// Brokers that wait for it to commit what they asked for.
    pub deferred: usize,
}

impl ControllerFrame {
    pub(super) fn all(state: &State) -> Vec<Self> {
        state.controllers.iter().map(|controller| Self::of(controller)).collect()
    }

    fn of(controller: &QuorumController) -> Self {
        let raft = controller.raft();
        Self {
            id: controller.id().0,
            state: raft.quorum().map(|quorum| quorum.state().name()),
            active: controller.is_active(),
            epoch: raft.epoch().0,
            leader: raft.leader().map(|leader| leader.0),
            log_end: raft.log().log_end_offset().0,
            high_watermark: raft.is_up().then(|| raft.high_watermark().0),
            deferred: controller.deferred_answers(),
        }
    }

    /// Its part in a word: Kafka's, or that it is down.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.state.map_or("crashed", QuorumStateName::word)
    }
}
