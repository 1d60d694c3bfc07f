//! Producer ids in blocks (`ProducerIdControlManager`): what one broker was given, no other gets.

use super::Controller;
use crate::engine::cluster::event::ControllerEvent;
use crate::engine::cluster::output::ControllerOutput;
use crate::engine::cluster::protocol::{MetadataDelta, ProducerIdsBlock};
use crate::engine::common::{BrokerId, KafkaError};

/// How many ids a broker is given at a time (`ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE`).
const BLOCK_LEN: i64 = 1000;

impl Controller {
    /// The next block, written to the metadata before it is answered.
    ///
    /// # Errors
    /// The broker is not registered, or another process of it has registered since.
    pub(super) fn allocate_producer_ids(
        &mut self,
        broker: BrokerId,
        broker_epoch: i64,
        out: &mut ControllerOutput,
    ) -> Result<ProducerIdsBlock, KafkaError> {
        let known = self.image.brokers.get(&broker).ok_or(KafkaError::BrokerIdNotRegistered)?;
        if known.epoch != broker_epoch {
            return Err(KafkaError::StaleBrokerEpoch);
        }
        let block = ProducerIdsBlock { first: self.image.next_producer_id, len: BLOCK_LEN };
        let next_producer_id = Some(block.first + block.len);
        self.write(MetadataDelta { next_producer_id, ..self.next_delta() }, Vec::new(), out);
        out.events.push(ControllerEvent::ProducerIdsAllocated { broker, block });
        Ok(block)
    }
}
