//! One record inside a batch: its size, its bytes, and reading it back (`org.apache.kafka.common.record.DefaultRecord`, KAFKA 1.3, 1.5).
//!
//! A record holds differences to its batch, so it is only readable with the batch's base offset and base timestamp. Null and
//! empty are different in keys and values, and stay so.

use super::varint;
use crate::engine::common::{Offset, Timestamp};
use bytes::Bytes;
use std::borrow::Cow;
use std::ops::Range;

/// Bytes of a record that are neither key, value nor headers, at most: length 5, timestamp 10, offset 5, attributes 1.
pub const RECORD_OVERHEAD_MAX: usize = 21;
/// The smallest record: no key, an empty value, no headers, deltas of 0.
pub const RECORD_BYTES_MIN: usize = 7;

/// A header of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// UTF-8 in Kafka's clients; kept as the bytes found.
    pub key: Bytes,
    /// Null is not empty.
    pub value: Option<Bytes>,
}

impl Header {
    /// A header with a value.
    #[must_use]
    pub fn new(key: impl Into<Bytes>, value: Option<Bytes>) -> Self {
        Self { key: key.into(), value }
    }

    /// The key as text; what is not UTF-8 becomes U+FFFD, as in Java.
    #[must_use]
    pub fn key_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.key)
    }
}

/// A record as a consumer gets it. Key, value and headers share the memory of the (decompressed) batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the partition.
    pub offset: Offset,
    /// Its CreateTime, or the batch's LogAppendTime.
    pub timestamp: Timestamp,
    /// Null, empty or bytes.
    pub key: Option<Bytes>,
    /// Null (a tombstone), empty or bytes.
    pub value: Option<Bytes>,
    /// In the order sent; keys may repeat.
    pub headers: Vec<Header>,
    /// Bytes it takes, uncompressed, its length field included.
    pub size_in_bytes: usize,
}

/// Bytes of a record, its length field included (`DefaultRecord.sizeInBytes`).
#[must_use]
pub fn size_in_bytes(
    offset_delta: i32,
    timestamp_delta: i64,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: &[Header],
) -> usize {
    RecordPlan::new(offset_delta, timestamp_delta, key, value, headers).size()
}

/// What a record takes at most, before its deltas are known (`DefaultRecord.recordSizeUpperBound`).
#[inline]
#[must_use]
pub fn size_upper_bound(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header]) -> usize {
    RECORD_OVERHEAD_MAX + size_of_payload(key, value, headers)
}

/// Key, value and headers with their lengths.
#[inline]
fn size_of_payload(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header]) -> usize {
    size_of_field(key) + size_of_field(value) + if headers.is_empty() { 1 } else { size_of_headers(headers) }
}

/// Headers with their count and lengths.
fn size_of_headers(headers: &[Header]) -> usize {
    let size = |header: &Header| size_of_field(Some(&header.key)) + size_of_field(header.value.as_deref());
    varint::size_of_varint(headers.len() as i32) + headers.iter().map(size).sum::<usize>()
}

#[inline]
fn size_of_field(field: Option<&[u8]>) -> usize {
    field.map_or(1, |bytes| varint::size_of_varint(bytes.len() as i32) + bytes.len())
}

/// A record about to be written: its deltas and its size, computed once.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordPlan {
    pub(super) offset_delta: i32,
    timestamp_delta: i64,
    /// Bytes after the length field (`DefaultRecord.sizeOfBodyInBytes`).
    body: usize,
}

impl RecordPlan {
    #[inline(always)]
    pub(super) fn new(
        offset_delta: i32,
        timestamp_delta: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header],
    ) -> Self {
        let deltas = varint::size_of_varlong(timestamp_delta) + varint::size_of_varint(offset_delta);
        Self { offset_delta, timestamp_delta, body: 1 + deltas + size_of_payload(key, value, headers) }
    }

    /// Bytes of the record, its length field included (`DefaultRecord.sizeInBytes`).
    #[inline]
    pub(super) fn size(&self) -> usize {
        varint::size_of_varint(self.body as i32) + self.body
    }

    /// Writes the record into `out`, which has its size (`DefaultRecord.writeTo`).
    #[inline(always)]
    pub(super) fn write(&self, out: &mut [u8], key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header]) {
        let mut at = varint::put_varint(out, 0, self.body as i32);
        out[at] = 0; // attributes
        at = varint::put_unsigned(out, at + 1, varint::zigzag64(self.timestamp_delta));
        at = varint::put_varint(out, at, self.offset_delta);
        at = put_field(out, at, key);
        at = put_field(out, at, value);
        at = varint::put_varint(out, at, headers.len() as i32);
        for header in headers {
            at = put_field(out, at, Some(&header.key));
            at = put_field(out, at, header.value.as_deref());
        }
        debug_assert_eq!(at, out.len(), "the plan knew the size");
    }
}

#[inline]
fn length_of(field: Option<&[u8]>) -> i32 {
    field.map_or(-1, |bytes| bytes.len() as i32)
}

/// Writes a field with its length into `out` from `at` and returns the position after it.
#[inline]
fn put_field(out: &mut [u8], at: usize, field: Option<&[u8]>) -> usize {
    let start = varint::put_varint(out, at, length_of(field));
    let bytes = field.unwrap_or_default();
    out[start..start + bytes.len()].copy_from_slice(bytes);
    start + bytes.len()
}

/// Where a record and its fields stand in the uncompressed records of its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLayout {
    /// The whole record, its length field included.
    pub record: Range<usize>,
    /// The attributes byte.
    pub attributes: usize,
    /// The bytes of the timestamp delta.
    pub timestamp_delta_at: Range<usize>,
    /// Its value.
    pub timestamp_delta: i64,
    /// The bytes of the offset delta.
    pub offset_delta_at: Range<usize>,
    /// Its value.
    pub offset_delta: i32,
    /// The key's bytes without its length; none if null.
    pub key: Option<Range<usize>>,
    /// The value's bytes without its length; none if null.
    pub value: Option<Range<usize>>,
    /// From the header count to the end of the record.
    pub headers: Range<usize>,
    /// How many headers there are.
    pub headers_count: usize,
}

/// What is wrong inside a record, and where in the section.
pub(super) type Fault = (usize, &'static str);

/// Reads the record that begins at `at` of the uncompressed records (`DefaultRecord.readFrom`), headers checked.
pub(super) fn read_layout(section: &[u8], at: usize) -> Result<RecordLayout, Fault> {
    let mut cursor = Cursor { section, at, end: section.len() };
    let size = cursor.varint("premature end of the records, no record length")?;
    let size = usize::try_from(size).map_err(|_| (at, "negative record length"))?;
    let end = cursor.at.checked_add(size).filter(|end| *end <= section.len());
    cursor.end = end.ok_or((at, "the record's length runs past the end of the records"))?;
    let attributes = cursor.at;
    cursor.skip(1, "the record ends before its attributes")?;
    let (timestamp_delta, timestamp_delta_at) = cursor.varlong("broken timestamp delta")?;
    let start = cursor.at;
    let offset_delta = cursor.varint("broken offset delta")?;
    let offset_delta_at = start..cursor.at;
    let key = cursor.nullable("broken key length", "the key runs past the end of the record")?;
    let value = cursor.nullable("broken value length", "the value runs past the end of the record")?;
    let headers_at = cursor.at;
    let headers_count = cursor.headers_count()?;
    for _ in 0..headers_count {
        cursor.header()?;
    }
    if cursor.at != cursor.end {
        return Err((cursor.at, "the record's fields end before its length says"));
    }
    let headers = headers_at..cursor.end;
    let record = at..cursor.end;
    Ok(RecordLayout {
        record,
        attributes,
        timestamp_delta_at,
        timestamp_delta,
        offset_delta_at,
        offset_delta,
        key,
        value,
        headers,
        headers_count,
    })
}

/// The headers of a record that was read.
pub(super) fn read_headers(section: &Bytes, layout: &RecordLayout) -> Result<Vec<Header>, Fault> {
    let mut cursor = Cursor { section, at: layout.headers.start, end: layout.headers.end };
    let count = cursor.headers_count()?;
    let mut headers = Vec::with_capacity(count);
    for _ in 0..count {
        let (key, value) = cursor.header()?;
        headers.push(Header { key: section.slice(key), value: value.map(|value| section.slice(value)) });
    }
    Ok(headers)
}

/// A place in the records that does not leave the record it is in.
struct Cursor<'a> {
    section: &'a [u8],
    at: usize,
    end: usize,
}

impl Cursor<'_> {
    #[inline]
    fn varint(&mut self, why: &'static str) -> Result<i32, Fault> {
        let (value, size) = varint::read_varint(&self.section[self.at..self.end]).ok_or((self.at, why))?;
        self.at += size;
        Ok(value)
    }

    #[inline]
    fn varlong(&mut self, why: &'static str) -> Result<(i64, Range<usize>), Fault> {
        let start = self.at;
        let (value, size) = varint::read_varlong(&self.section[start..self.end]).ok_or((start, why))?;
        self.at += size;
        Ok((value, start..self.at))
    }

    #[inline]
    fn skip(&mut self, count: usize, why: &'static str) -> Result<Range<usize>, Fault> {
        let start = self.at;
        if count > self.end - start {
            return Err((start, why));
        }
        self.at += count;
        Ok(start..self.at)
    }

    /// A length and so many bytes; any negative length is null, as in Java.
    #[inline]
    fn nullable(&mut self, broken: &'static str, past: &'static str) -> Result<Option<Range<usize>>, Fault> {
        match usize::try_from(self.varint(broken)?) {
            Ok(length) => self.skip(length, past).map(Some),
            Err(_) => Ok(None),
        }
    }

    #[inline]
    fn headers_count(&mut self) -> Result<usize, Fault> {
        let at = self.at;
        let count = self.varint("broken header count")?;
        let count = usize::try_from(count).map_err(|_| (at, "negative header count"))?;
        // A header takes two bytes, its lengths, so the count is bounded by what is left.
        if count > (self.end - self.at) / 2 { Err((at, "more headers than the record has bytes")) } else { Ok(count) }
    }

    #[allow(clippy::type_complexity)]
    fn header(&mut self) -> Result<(Range<usize>, Option<Range<usize>>), Fault> {
        let at = self.at;
        let key = self.nullable("broken header key length", "a header key runs past the end of the record")?;
        let key = key.ok_or((at, "a header key is null"))?;
        let value = self.nullable("broken header value length", "a header value runs past the end of the record")?;
        Ok((key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_kafka_1_5() {
        assert_eq!(size_in_bytes(0, 0, None, Some(b""), &[]), RECORD_BYTES_MIN);
        assert_eq!(size_in_bytes(0, 0, None, Some(&[0; 100]), &[]), 109);
        assert_eq!(61 + size_upper_bound(None, Some(&[0; 100]), &[]), 186);
        assert_eq!(size_in_bytes(0, 0, Some(b"key"), Some(b"value"), &[]), 15);
        assert_eq!(size_in_bytes(0, 0, None, None, &[]), 7);
    }

    #[test]
    fn headers_come_back_with_null_and_empty_apart() {
        let headers = [
            Header::new("h", Some(Bytes::from_static(b"v"))),
            Header::new("n", None),
            Header::new("", Some(Bytes::new())),
        ];
        let plan = RecordPlan::new(300, -70_000, Some(b"k"), None, &headers);
        let mut out = vec![0xff; plan.size()];
        plan.write(&mut out, Some(b"k"), None, &headers);
        let layout = read_layout(&out, 0).unwrap();
        assert_eq!((layout.offset_delta, layout.timestamp_delta), (300, -70_000));
        assert_eq!(layout.value, None);
        assert_eq!(read_headers(&Bytes::from(out), &layout).unwrap(), headers);
    }
}
