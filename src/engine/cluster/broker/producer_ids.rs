//! Producer ids on a broker (`RPCProducerIdManager`): each is given once, from a block that the controller gave this broker.
//!
//! The rule it keeps: nobody waits here. A broker without a block asks for one and tells the producer COORDINATOR_LOAD_IN_PROGRESS, which
//! asks again after its backoff; so the first producer of a cluster always asks twice. When nine tenths of a block are given, the next one is
//! asked for. A crash takes the rest of the block along: those ids are never given.

use super::produce::Origin;
use super::{Broker, Sent};
use crate::engine::cluster::event::BrokerEvent;
use crate::engine::cluster::output::{BrokerEffect, BrokerOutput};
use crate::engine::cluster::protocol::{ControllerRequest, ProducerIdsBlock, Response};
use crate::engine::common::{KafkaError, ProducerId, VirtualTime};

/// How long after a failure the controller is not asked again: 50 ms.
const RETRY_AFTER: VirtualTime = VirtualTime(50_000);

/// The ids that this process may give.
#[derive(Clone, Debug, Default)]
pub(super) struct ProducerIdManager {
    current: ProducerIdsBlock,
    /// How many of the current block are given.
    given: i64,
    /// Comes into use when the current block is used up.
    next: Option<ProducerIdsBlock>,
    /// The controller was asked and has not answered.
    is_asked: bool,
    /// The controller is not asked before this.
    not_before: VirtualTime,
}

/// What a request for an id comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    /// None: there is none to give.
    producer_id: Option<ProducerId>,
    /// Another block should be asked for.
    wants_block: bool,
}

impl ProducerIdManager {
    /// The next id, if there is one (`generateProducerId`).
    fn claim(&mut self) -> Claim {
        if self.given == self.current.len
            && let Some(next) = self.next.take()
        {
            self.current = next;
            self.given = 0;
        }
        if self.given == self.current.len {
            return Claim { producer_id: None, wants_block: true };
        }
        let producer_id = ProducerId(self.current.first + self.given);
        let is_nearly_used_up = self.given == self.current.len * 9 / 10;
        self.given += 1;
        Claim { producer_id: Some(producer_id), wants_block: is_nearly_used_up }
    }

    /// Whether the controller may be asked now. It counts as asked then.
    fn maybe_ask(&mut self, now: VirtualTime) -> bool {
        let may_ask = self.next.is_none() && !self.is_asked && now >= self.not_before;
        self.is_asked |= may_ask;
        may_ask
    }

    /// The controller did not give a block.
    pub(super) fn failed(&mut self, now: VirtualTime) {
        self.is_asked = false;
        self.not_before = now + RETRY_AFTER;
    }

    fn received(&mut self, block: ProducerIdsBlock) {
        self.is_asked = false;
        self.next = Some(block);
    }
}

impl Broker {
    /// Gives a producer an id, or says that there is none yet.
    pub(super) fn init_producer_id(&mut self, now: VirtualTime, origin: Origin, out: &mut BrokerOutput) {
        let Origin { connection, correlation } = origin;
        let claim = self.process.producer_ids.claim();
        if claim.wants_block {
            self.maybe_request_producer_ids(now, out);
        }
        if let Some(producer_id) = claim.producer_id {
            out.events.push(BrokerEvent::ProducerIdGiven { producer_id, connection, correlation });
        }
        let result = claim.producer_id.ok_or(KafkaError::CoordinatorLoadInProgress);
        self.respond(connection, correlation, Response::InitProducerId(result), out);
    }

    fn maybe_request_producer_ids(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        let Some(broker_epoch) = self.broker_epoch() else { return };
        if self.process.producer_ids.maybe_ask(now) {
            let correlation = self.next_correlation();
            self.process.sent.insert(correlation, Sent::ProducerIds);
            let request = ControllerRequest::AllocateProducerIds { broker_epoch };
            out.effects.push(BrokerEffect::SendToController { correlation, request });
            out.events.push(BrokerEvent::ProducerIdsRequested);
        }
    }

    pub(super) fn producer_ids_answered(
        &mut self,
        now: VirtualTime,
        result: Result<ProducerIdsBlock, KafkaError>,
        out: &mut BrokerOutput,
    ) {
        match result {
            Ok(block) => {
                self.process.producer_ids.received(block);
                out.events.push(BrokerEvent::ProducerIdsReceived { block });
            }
            Err(_) => self.process.producer_ids.failed(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: VirtualTime = VirtualTime(50_000);

    /// Claims `times` ids, with every block that is asked for given at once; says the ids and after how many claims blocks were asked for.
    #[track_caller]
    fn check(times: i64, blocks: &[ProducerIdsBlock], ids: &[Option<i64>], asked_at: &[i64]) {
        let mut manager = ProducerIdManager::default();
        let mut blocks = blocks.iter();
        let (mut claimed, mut asked) = (Vec::new(), Vec::new());
        for n in 0..times {
            let claim = manager.claim();
            claimed.push(claim.producer_id.map(|id| id.0));
            if claim.wants_block && manager.maybe_ask(LATER) {
                asked.push(n);
                match blocks.next() {
                    Some(block) => manager.received(*block),
                    None => manager.failed(VirtualTime::ZERO),
                }
            }
        }
        assert_eq!(claimed, ids);
        assert_eq!(asked, asked_at);
    }

    #[test]
    fn each_id_is_given_once_and_the_next_block_is_asked_for_in_time() {
        let block = |first| ProducerIdsBlock { first, len: 10 };
        let ids = std::iter::once(None).chain((0..10).chain(30..33).map(Some));
        check(14, &[block(0), block(30)], &ids.collect::<Vec<_>>(), &[0, 10]);
    }

    #[test]
    fn without_an_answer_nothing_is_given_and_the_controller_is_asked_after_a_wait() {
        check(3, &[], &[None, None, None], &[0, 1, 2]);
        let mut manager = ProducerIdManager::default();
        assert!(manager.maybe_ask(LATER));
        assert!(!manager.maybe_ask(LATER), "one request at a time");
        manager.failed(LATER);
        assert!(!manager.maybe_ask(LATER + VirtualTime(RETRY_AFTER.0 - 1)), "not before the wait is over");
        assert!(manager.maybe_ask(LATER + RETRY_AFTER));
    }
}
