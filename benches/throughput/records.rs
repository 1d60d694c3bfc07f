//! What is sent: 12-byte keys and 100-byte JSON values, the same for both sides, and the check of what came out.
//!
//! The lengths are data, as an application's are: neither side is compiled for just these, with the hash unrolled and every size known.

use bytes::Bytes;
use highwater::engine::common::Prng;
use highwater::engine::producer::partitioner::murmur2::partition_for_key;
use highwater::engine::record::RecordBatch;

/// Partitions of the topic.
pub(crate) const PARTITIONS: usize = 12;
/// `batch.size`.
pub(crate) const BATCH_SIZE: usize = 16_384;
/// CreateTime of every record; a run is shorter than a real millisecond is long.
pub(crate) const TIMESTAMP: i64 = 1_700_000_000_000;

const KEY_BYTES: usize = 12;
const VALUE_BYTES: usize = 100;
/// Different keys, of which each record has one.
const KEYS: u64 = 1_000;
/// Different records; a run goes through them again and again.
const DIFFERENT: usize = 20_000;

/// The records of a run, in the order they are sent.
pub(crate) struct Records {
    different: Vec<(Vec<u8>, Vec<u8>)>,
    count: usize,
}

impl Records {
    /// This many records, the same on every machine.
    pub(crate) fn new(count: usize) -> Self {
        let mut prng = Prng::stream(1, "bench/records");
        let different = (0..DIFFERENT).map(|number| (key(prng.below(KEYS)), value(number, &mut prng))).collect();
        Self { different, count }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Key and value of each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let again = self.different.iter().cycle().take(self.count);
        again.map(|(key, value)| (key.as_slice(), value.as_slice()))
    }

    /// Decodes what was written for each partition and compares it with what was sent there, in order.
    pub(crate) fn ensure_written(&self, partitions: &[Vec<RecordBatch>]) {
        let mut written: Vec<_> = partitions.iter().map(|batches| batches.iter().flat_map(decode)).collect();
        for (key, value) in self.iter() {
            let partition = partition_for_key(key, PARTITIONS).index();
            let found = written[partition].next().expect("every record sent was written");
            assert!(found == (Bytes::copy_from_slice(key), Bytes::copy_from_slice(value)), "in the order it was sent");
        }
        assert!(written.iter_mut().all(|rest| rest.next().is_none()), "nothing else was written");
    }
}

/// A batch's keys and values, from its bytes.
fn decode(batch: &RecordBatch) -> Vec<(Bytes, Bytes)> {
    let (parsed, _) = RecordBatch::parse(&batch.to_vec().into(), 0).expect("it parses");
    parsed.ensure_valid().expect("size and checksum are right");
    let records = parsed.records().expect("its records decode");
    let pair = |record: highwater::engine::record::Record| (record.key.expect("a key"), record.value.expect("a value"));
    records.into_iter().map(pair).collect()
}

fn key(number: u64) -> Vec<u8> {
    let text = format!("user-{number:07}");
    assert_eq!(text.len(), KEY_BYTES, "five letters and seven digits");
    text.into_bytes()
}

/// An order as an application would send it, filled up to the length.
fn value(number: usize, prng: &mut Prng) -> Vec<u8> {
    let (item, quantity, cents) = (prng.below(5_000), prng.between(1, 9), prng.between(100, 99_999));
    let state = ["placed", "paid", "packed", "sent"][prng.below(4) as usize];
    let start = format!(
        "{{\"order\":{number:08},\"item\":\"sku-{item:05}\",\"quantity\":{quantity},\"cents\":{cents:05},\"state\":\"{state}\",\"note\":\""
    );
    let mut text = start.into_bytes();
    while text.len() < VALUE_BYTES - 2 {
        text.push(b'a' + prng.below(26) as u8);
    }
    text.extend_from_slice(b"\"}");
    assert_eq!(text.len(), VALUE_BYTES, "filled up to the length");
    text
}
