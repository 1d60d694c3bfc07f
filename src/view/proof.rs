//! What the first page shows to tell what is real from what is a model: figures of the very run on its stage.

use crate::engine::common::{TopicId, VirtualTime};
use crate::engine::sim::State;
use crate::view::format;
use crate::view::hashing::{HashFunction, HashingView};

/// Exact or not, what, and its figure now.
pub type ProofRow = (bool, String, String);

/// The rows.
#[must_use]
pub fn rows(state: &State) -> Vec<ProofRow> {
    [hash_row(state), Some(batch_row(state)), Some(network_row(state))].into_iter().flatten().collect()
}

/// The newest key's hash.
fn hash_row(state: &State) -> Option<ProofRow> {
    let session = state.current_session(0)?;
    let send = session.last_send.as_ref()?;
    let key = send.key.as_deref()?;
    let function = HashFunction::of(session.producer.config().partitioner_class)?;
    let view = HashingView::of(function, key, send.partitions_known as usize);
    let figure = format!(
        "{} → {:08x}, % {} = {}",
        format::shortened(&format::text_or_hex(Some(key)), 12),
        view.hash,
        view.partitions,
        view.lane
    );
    Some((true, format!("{} as Kafka computes it", function.name()), figure))
}

/// The newest batch in the leader's log.
fn batch_row(state: &State) -> ProofRow {
    let leading = state
        .brokers
        .iter()
        .flat_map(|broker| broker.partitions())
        .filter(|(id, _)| id.topic == TopicId(0))
        .max_by_key(|(_, partition)| partition.is_leader());
    let newest = leading.and_then(|(_, partition)| partition.log().active_segment().last_batch());
    let figure = newest.map_or_else(String::new, |stored| {
        let batch = &stored.batch;
        let sign = if batch.compute_crc() == batch.crc() { "✓" } else { "✗" };
        format!(
            "{}: {}, crc {:08x} {sign}",
            format::offsets(batch.base_offset().0, batch.last_offset().0),
            format::bytes(batch.size_in_bytes() as u64),
            batch.crc()
        )
    });
    (true, "RecordBatch v2 bytes".to_string(), figure)
}

fn network_row(state: &State) -> ProofRow {
    let (client, broker) = (state.scenario.links.client.latency_us, state.scenario.links.broker.latency_us);
    let [client, broker] = [client, broker].map(|latency| format::short_time(VirtualTime(latency)));
    (false, "Network and request times".to_string(), format!("{client} to clients, {broker} between brokers"))
}
