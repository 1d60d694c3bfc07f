//! What is broken in a run: brokers that stand still, links that are cut, and the rest of DESIGN 3's faults.
//!
//! Each is a command, possible at any time; `command` names them and [`validate`] checks them. What each one means:
//!
//! | fault | what happens |
//! |-------|--------------|
//! | crash | The process dies, its sockets close at once, its appends stay in the page cache and so on the disk. A controller keeps its log, epoch and vote. |
//! | power cut | As a crash, and what was not flushed is missing at the next start (`cluster::broker::disk`). |
//! | lost disk | The next start finds an empty log directory. |
//! | freeze | The process, a broker's or a controller's, takes nothing and its timers wait; its machine still accepts connections and bytes. Sessions run out. Thawed, it takes everything that waits in the order in which it came, with all that it believed. |
//! | slow disk | An append takes longer by a factor. |
//! | stalled follower | Its fetchers write nothing and ask for nothing until they are resumed. |
//! | cut link | TCP keeps what was sent, also what was on its way, and sends it again until it arrives: the link is silent. Both ends go on until `request.timeout.ms` and the like; then they close their end and try anew. Healed, it carries what waits, with its connection or after it. |
//! | delay, lost packets | A message comes later: by the delay, by TCP's retransmission timeout of 200 ms, which doubles. |
//! | dropped message | TCP loses no message of a connection that stands, so the connection breaks: the message does not arrive, and both ends are told. A response that is lost this way leaves what was appended. |
//! | duplicated message | TCP delivers nothing twice. The connection breaks once the request has arrived, so its sender sends it again on another one: the first may still wait in the broker when the second is taken. |
//! | killed producer | Its sockets close at once; what has no outcome stays pending for good ([`producer_steps`]). |
//! | resend | The application calls `send()` again: another record with the same content, which nothing recognises. |
//!
//! Messages to and from controllers have no connection of their own here: each request stands for one, which breaks with it or its answer.
//! The sender then knows that there is no answer, and asks again after a pause. A message for a controller's dead process is answered with
//! a reset. The name `controller` means every controller.
//!
//! Simplified: a cut never outlasts TCP's own patience (about 15 minutes on Linux), a healed link sends again at once, and a
//! process that died behind a cut link is not found out before its client's time is over or the link is healed.

mod broker_steps;
mod controller_steps;
mod dispatch;
mod link_faults;
mod link_steps;
mod network;
mod producer_steps;
mod timeouts;
mod validate;

pub(super) use link_faults::{Fate, Treatment};
pub use link_faults::{LaneFault, LinkFault, LinkFaults, Way};
pub(super) use validate::{is_node, validate};

use super::network::Endpoint;
use super::scheduler::Task;
use crate::engine::common::VirtualTime;
use std::collections::BTreeMap;

/// What is broken beside the links.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Brokers and controllers whose process stands still.
    frozen: BTreeMap<Endpoint, Frozen>,
    /// Requests may stay without an answer, so their time is watched. True from the first fault on that can do so.
    watches_requests: bool,
}

/// A process that stands still.
#[derive(Clone, Debug)]
struct Frozen {
    since: VirtualTime,
    /// What it will do, in order, when it goes on.
    waiting: Vec<Task>,
}

impl Faults {
    /// Since when the process of a broker or a controller stands still, if it does.
    #[must_use]
    pub fn frozen_since(&self, node: Endpoint) -> Option<VirtualTime> {
        self.frozen.get(&node).map(|frozen| frozen.since)
    }
}
