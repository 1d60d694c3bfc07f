//! A batch and a record as fields and bytes, cut where Kafka's format cuts them. Exact: these are the log's own bytes.

use super::format;
use super::inspection::{BYTES_MAX, ByteRun, FieldView, Tone};
use crate::engine::record::RecordBatch;
use crate::engine::record::record::RecordLayout;
use std::ops::Range;

/// Bytes of one run that are shown; the rest is counted.
const RUN_BYTES_MAX: usize = 24;

/// Fields and bytes that are linked: a field's `run` is an index into `runs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dissected {
    /// The fields.
    pub fields: Vec<FieldView>,
    /// The bytes.
    pub runs: Vec<ByteRun>,
    /// Bytes in all.
    pub total: usize,
}

impl Dissected {
    /// Adds a run of bytes and a field for it.
    fn field(&mut self, bytes: &[u8], range: Range<usize>, name: &'static str, value: impl Into<String>) {
        let value = value.into();
        let run = self.run(bytes, range, format!("{name} {}", format::shortened(&value, 28)));
        self.fields.push(FieldView { name, value, tone: Tone::Plain, run });
    }

    /// Adds a run of bytes, as long as there is room for it.
    fn run(&mut self, bytes: &[u8], range: Range<usize>, label: String) -> Option<usize> {
        if range.start >= BYTES_MAX || self.runs.len() >= BYTES_MAX {
            return None;
        }
        let shown = &bytes[range.start..range.end.min(range.start + RUN_BYTES_MAX)];
        let more = range.len() - shown.len();
        let hex = if more > 0 { format!("{} …", format::hex(shown)) } else { format::hex(shown) };
        self.runs.push(ByteRun { position: range.start, hex, label });
        Some(self.runs.len() - 1)
    }
}

/// A whole batch: the 61 bytes of its header, field by field, then its records, one run each.
#[must_use]
pub fn batch(batch: &RecordBatch) -> Dissected {
    let bytes = batch.to_vec();
    let header = batch.header();
    let mut parts = Dissected { total: bytes.len(), ..Dissected::default() };
    let crc_ok = batch.compute_crc() == header.crc;
    let codec = header.attributes.codec().map_or("unknown", |codec| codec.word());
    let clock = if header.attributes.is_log_append_time() { "LogAppendTime" } else { "CreateTime" };
    parts.field(&bytes, 0..8, "baseOffset", header.base_offset.to_string());
    parts.field(&bytes, 8..12, "batchLength", header.batch_length.to_string());
    parts.field(&bytes, 12..16, "partitionLeaderEpoch", header.partition_leader_epoch.to_string());
    parts.field(&bytes, 16..17, "magic", header.magic.to_string());
    parts.field(&bytes, 17..21, "crc", format!("0x{:08x} {}", header.crc, if crc_ok { "✓" } else { "does not fit" }));
    parts.field(&bytes, 21..23, "attributes", format!("{} · {codec} · {clock}", header.attributes.0));
    parts.field(&bytes, 23..27, "lastOffsetDelta", header.last_offset_delta.to_string());
    parts.field(&bytes, 27..35, "baseTimestamp", header.base_timestamp.to_string());
    parts.field(&bytes, 35..43, "maxTimestamp", header.max_timestamp.to_string());
    parts.field(&bytes, 43..51, "producerId", format::grouped_signed(header.producer_id.0));
    parts.field(&bytes, 51..53, "producerEpoch", format::grouped_signed(i64::from(header.producer_epoch.0)));
    parts.field(&bytes, 53..57, "baseSequence", format::grouped_signed(i64::from(header.base_sequence)));
    parts.field(&bytes, 57..61, "recordsCount", header.records_count.to_string());
    records(batch, &bytes, &mut parts);
    parts
}

/// The records behind the header: each a run, or all of them as one if they are compressed.
fn records(batch: &RecordBatch, bytes: &[u8], parts: &mut Dissected) {
    const HEADER: usize = 61;
    let stored = bytes.len() - HEADER;
    let Ok(section) = batch.uncompressed_records() else { return };
    if section.len() != stored || section[..] != bytes[HEADER..] {
        let label =
            format!("records, compressed: {} of {}", format::bytes(stored as u64), format::bytes(section.len() as u64));
        parts.run(bytes, HEADER..bytes.len(), label);
        return;
    }
    let Ok(layouts) = batch.layouts(&section) else { return };
    for layout in layouts.filter_map(Result::ok) {
        let offset = batch.offset_of(layout.offset_delta);
        let range = HEADER + layout.record.start..HEADER + layout.record.end;
        let key = format::text_or_hex(layout.key.clone().map(|key| &section[key]));
        if parts.run(bytes, range, format!("record {offset} · {}", format::shortened(&key, 16))).is_none() {
            break;
        }
    }
}

/// One record of a batch, by its place in it: its fields and bytes as they stand before compression.
#[must_use]
pub fn record(batch: &RecordBatch, index: usize) -> Option<Dissected> {
    let section = batch.uncompressed_records().ok()?;
    let layout = batch.layouts(&section).ok()?.nth(index)?.ok()?;
    let start = layout.record.start;
    let bytes = &section[layout.record.clone()];
    let mut parts = Dissected { total: bytes.len(), ..Dissected::default() };
    let at = |range: &Range<usize>| range.start - start..range.end - start;
    parts.field(bytes, 0..layout.attributes - start, "length", (layout.record.end - layout.attributes).to_string());
    parts.field(
        bytes,
        at(&(layout.attributes..layout.attributes + 1)),
        "attributes",
        section[layout.attributes].to_string(),
    );
    parts.field(bytes, at(&layout.timestamp_delta_at), "timestampDelta", layout.timestamp_delta.to_string());
    parts.field(bytes, at(&layout.offset_delta_at), "offsetDelta", layout.offset_delta.to_string());
    let key_end =
        nullable(&mut parts, &section, &layout, layout.offset_delta_at.end, layout.key.as_ref(), ("keyLength", "key"));
    nullable(&mut parts, &section, &layout, key_end, layout.value.as_ref(), ("valueLength", "value"));
    parts.field(bytes, at(&layout.headers), "headers", layout.headers_count.to_string());
    Some(parts)
}

/// A length and what follows it; a null one is a length of −1 in one byte. Gives the position after both.
fn nullable(
    parts: &mut Dissected,
    section: &[u8],
    layout: &RecordLayout,
    from: usize,
    content: Option<&Range<usize>>,
    (length_name, name): (&'static str, &'static str),
) -> usize {
    let start = layout.record.start;
    let bytes = &section[layout.record.clone()];
    match content {
        None => {
            parts.field(bytes, from - start..from + 1 - start, length_name, "−1: null");
            from + 1
        }
        Some(range) => {
            parts.field(bytes, from - start..range.start - start, length_name, range.len().to_string());
            let text = format::text_or_hex(Some(&section[range.clone()]));
            if range.is_empty() {
                parts.fields.push(FieldView::plain(name, text));
            } else {
                parts.field(bytes, range.start - start..range.end - start, name, text);
            }
            range.end
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::record::{BatchOptions, Compressor, Header, ProducerState, RecordBatchBuilder};

    #[test]
    fn the_runs_of_a_record_are_its_bytes_in_order() {
        let mut builder = RecordBatchBuilder::new(BatchOptions::default(), Vec::new());
        builder.append(5, Some(b"user-17"), Some(b"{}"), &[]);
        builder.append(6, None, Some(b""), &[Header::new("h", None)]);
        let batch = builder.close(ProducerState::NONE, &mut Compressor::default()).batch;
        for index in 0..2 {
            let parts = record(&batch, index).expect("it is there");
            let shown: usize = parts.runs.iter().map(|run| run.hex.split(' ').count()).sum();
            assert_eq!(shown, parts.total, "{parts:?}");
            assert!(parts.runs.iter().map(|run| run.position).is_sorted());
        }
        assert!(record(&batch, 2).is_none());
        let parts = super::batch(&batch);
        assert_eq!(parts.runs.len(), 13 + 2);
        assert!(parts.fields[4].value.ends_with('✓'));
    }
}
