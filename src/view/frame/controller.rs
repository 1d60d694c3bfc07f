//! A controller as it stands in the quorum: its part, its epoch, and how far its copy of the metadata log reaches.

use crate::engine::cluster::QuorumController;
use crate::engine::cluster::quorum::QuorumStateName;
use crate::engine::common::VirtualTime;
use crate::engine::sim::State;
use crate::engine::sim::network::Endpoint;
use crate::view::format;
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
    /// Since when its process stands still, if it does.
    pub frozen_since_us: Option<u64>,
    /// Whether a link of it is cut.
    pub cut: bool,
    /// The epoch that it knows.
    pub epoch: i32,
    /// Where its log ends.
    pub log_end: i64,
    /// What it knows of it to be committed; none while it is down.
    pub high_watermark: Option<i64>,
}

impl ControllerFrame {
    pub(super) fn all(state: &State) -> Vec<Self> {
        state.controllers.iter().map(|controller| Self::of(state, controller)).collect()
    }

    fn of(state: &State, controller: &QuorumController) -> Self {
        let raft = controller.raft();
        let name = format!("controller-{}", controller.id());
        let is_its = |a: &str, b: &str| a == name || b == name;
        let mut faults = state.network.faults().all();
        Self {
            id: controller.id().0,
            state: raft.quorum().map(|quorum| quorum.state().name()),
            active: controller.is_active(),
            frozen_since_us: state.faults.frozen_since(Endpoint::Controller(controller.id())).map(|since| since.0),
            cut: faults.any(|(a, b, fault)| is_its(a, b) && (fault.forth.is_cut || fault.back.is_cut)),
            epoch: raft.epoch().0,
            log_end: raft.log().log_end_offset().0,
            high_watermark: raft.is_up().then(|| raft.high_watermark().0),
        }
    }

    /// Its part in a word: Kafka's, or that it is down.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.state.map_or("crashed", QuorumStateName::word)
    }

    /// What is wrong with it though it runs, each with a sign.
    #[must_use]
    pub fn ailments(&self) -> Option<String> {
        let frozen = self.frozen_since_us.map(|since| format!("❚❚ frozen at {}", format::time(VirtualTime(since))));
        let cut = self.cut.then(|| "✕ a link is cut".to_string());
        let words: Vec<String> = frozen.into_iter().chain(cut).collect();
        (!words.is_empty()).then(|| words.join(" · "))
    }
}
