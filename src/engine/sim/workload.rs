//! What a producer's application sends by itself: how often, which keys, which values, and whether it waits for answers.
//!
//! The application is one thread with a rate limiter: a call that blocks delays the next one, and what was missed is not
//! made up for. Keys and values come from the session's own random stream; every distribution is a table of integers.

use crate::engine::common::{Prng, VirtualTime, limits};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A producer's workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Workload {
    /// The topic's name; the scenario's first topic if none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Records a second, 1 to [`limits::WORKLOAD_RATE_MAX`]. With a sync caller, at most.
    pub rate_per_second: u32,
    /// Where keys come from.
    #[serde(default)]
    pub keys: Keys,
    /// Where values come from.
    #[serde(default)]
    pub values: Values,
    /// Whether the application waits for each answer.
    #[serde(default)]
    pub caller: Caller,
    /// How many records at most, in all; no end if none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Whether it runs from the start; else a command starts it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub running: bool,
    /// When it first sends, from the start of the run or of the command, in microseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub start_us: u64,
}

fn yes() -> bool {
    true
}
#[allow(clippy::trivially_copy_pass_by_ref)] // serde calls it with a reference
fn is_true(value: &bool) -> bool {
    *value
}
#[allow(clippy::trivially_copy_pass_by_ref)] // serde calls it with a reference
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// Whether the application waits for the answer of one `send()` before the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Caller {
    /// `send()` and go on.
    #[default]
    Async,
    /// `send().get()`.
    Sync,
}

/// Where a workload's keys come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Keys {
    /// Every key is null.
    #[default]
    Null,
    /// One of these keys, each as likely.
    Of(Vec<String>),
    /// `prefix` and a number from 0.
    Numbered {
        /// What stands before the number, such as `user-`.
        prefix: String,
        /// How many keys, 1 to [`limits::WORKLOAD_KEYS_MAX`].
        count: u32,
        /// How unevenly they are used.
        #[serde(default)]
        skew: Skew,
    },
}

/// How unevenly keys are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Skew {
    /// Each as often.
    #[default]
    Even,
    /// One after the other.
    InTurn,
    /// The first one gets this many of a thousand, the others share the rest evenly.
    Hot {
        /// 0 to 1000.
        per_mille: u32,
    },
    /// The n-th is used 1/n times as often as the first.
    Zipf,
}

/// Where a workload's values come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Values {
    /// An order as JSON, padded to this many bytes: it compresses as such things do.
    Json {
        /// Length in bytes, at most [`limits::WORKLOAD_VALUE_BYTES_MAX`]; a shorter one than the fields need gives just the fields.
        bytes: u32,
    },
    /// Random letters, which hardly compress.
    Random {
        /// Shortest.
        min_bytes: u32,
        /// Longest.
        max_bytes: u32,
    },
    /// Always this text.
    Text(String),
    /// Every value is null.
    Null,
}

impl Default for Values {
    fn default() -> Self {
        Values::Json { bytes: 100 }
    }
}

impl Workload {
    /// Checks every number against its range.
    ///
    /// # Errors
    /// A sentence that names the field, what was given and what is allowed.
    pub fn validate(&self) -> Result<(), String> {
        let within = |name: &str, value: u32, least: u32, most: u32| {
            let ok = (least..=most).contains(&value);
            if ok { Ok(()) } else { Err(format!("{name}: {value} is out of range; {least} to {most} is allowed")) }
        };
        within("ratePerSecond", self.rate_per_second, 1, limits::WORKLOAD_RATE_MAX)?;
        match &self.keys {
            Keys::Null => {}
            Keys::Of(list) => within(
                "keys.of: number of keys",
                u32::try_from(list.len()).unwrap_or(u32::MAX),
                1,
                limits::WORKLOAD_KEYS_MAX,
            )?,
            Keys::Numbered { count, skew, .. } => {
                within("keys.numbered.count", *count, 1, limits::WORKLOAD_KEYS_MAX)?;
                if let Skew::Hot { per_mille } = skew {
                    within("keys.numbered.skew.hot.perMille", *per_mille, 0, 1000)?;
                }
            }
        }
        match &self.values {
            Values::Json { bytes } => within("values.json.bytes", *bytes, 0, limits::WORKLOAD_VALUE_BYTES_MAX),
            Values::Random { min_bytes, max_bytes } => {
                within("values.random.minBytes", *min_bytes, 0, *max_bytes)?;
                within("values.random.maxBytes", *max_bytes, 0, limits::WORKLOAD_VALUE_BYTES_MAX)
            }
            Values::Text(_) | Values::Null => Ok(()),
        }
    }

    /// When the n-th send is due, counted from the first one: exact over any length of time.
    #[must_use]
    pub fn due_after(&self, n: u64) -> VirtualTime {
        let micros = u128::from(n) * 1_000_000 / u128::from(self.rate_per_second.max(1));
        VirtualTime(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

/// Draws keys and values for one workload. The tables are shared between copies of the state.
#[derive(Clone, Debug)]
pub struct WorkloadGenerator {
    keys: KeySource,
    values: Values,
    filler: Bytes,
    made: u64,
}

#[derive(Clone, Debug)]
enum KeySource {
    Null,
    Even(Arc<[Bytes]>),
    InTurn(Arc<[Bytes]>),
    /// Keys and the running sum of their weights.
    Weighted(Arc<[Bytes]>, Arc<[u64]>),
}

impl WorkloadGenerator {
    /// The generator of a valid workload.
    #[must_use]
    pub fn new(workload: &Workload) -> Self {
        let filler_bytes = match workload.values {
            Values::Json { bytes } => bytes as usize,
            _ => 0,
        };
        let filler = b"standard delivery; leave with neighbour; ".iter().copied().cycle().take(filler_bytes).collect();
        Self { keys: KeySource::new(&workload.keys), values: workload.values.clone(), filler, made: 0 }
    }

    /// The next record's key and value.
    pub fn draw(&mut self, prng: &mut Prng) -> (Option<Bytes>, Option<Bytes>) {
        let key = self.keys.draw(self.made, prng);
        let value = self.draw_value(key.as_ref(), prng);
        self.made += 1;
        (key, value)
    }

    fn draw_value(&self, key: Option<&Bytes>, prng: &mut Prng) -> Option<Bytes> {
        match &self.values {
            Values::Null => None,
            Values::Text(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
            Values::Json { bytes } => Some(self.order(*bytes as usize, key, prng)),
            Values::Random { min_bytes, max_bytes } => {
                let length = prng.between(u64::from(*min_bytes), u64::from(*max_bytes));
                Some(random_letters(usize::try_from(length).expect("at most WORKLOAD_VALUE_BYTES_MAX"), prng))
            }
        }
    }

    /// An order as JSON. Written by hand: this is in the hot path of every simulated record.
    fn order(&self, bytes: usize, key: Option<&Bytes>, prng: &mut Prng) -> Bytes {
        let drawn = prng.next_u64();
        let mut text = Vec::with_capacity(bytes.max(80));
        text.extend_from_slice(b"{\"order\":");
        push_decimal(&mut text, self.made);
        if let Some(key) = key.filter(|key| key.iter().all(|byte| is_plain(*byte))) {
            text.extend_from_slice(b",\"by\":\"");
            text.extend_from_slice(key);
            text.push(b'"');
        }
        text.extend_from_slice(b",\"cents\":");
        push_decimal(&mut text, (drawn & 0xffff) % 50_000 + 100);
        text.extend_from_slice(b",\"items\":");
        push_decimal(&mut text, (drawn >> 32) % 9 + 1);
        let closing = b",\"note\":\"\"}".len();
        if text.len() + closing < bytes {
            let room = bytes - text.len() - closing;
            text.extend_from_slice(b",\"note\":\"");
            text.extend_from_slice(&self.filler[..room]);
            text.extend_from_slice(b"\"}");
        } else {
            text.push(b'}');
        }
        Bytes::from(text)
    }
}

impl KeySource {
    fn new(keys: &Keys) -> Self {
        match keys {
            Keys::Null => KeySource::Null,
            Keys::Of(list) => KeySource::Even(list.iter().map(|key| Bytes::copy_from_slice(key.as_bytes())).collect()),
            Keys::Numbered { prefix, count, skew } => {
                let list: Arc<[Bytes]> = (0..*count).map(|n| Bytes::from(format!("{prefix}{n}"))).collect();
                match skew {
                    Skew::Even => KeySource::Even(list),
                    Skew::InTurn => KeySource::InTurn(list),
                    Skew::Hot { per_mille } => KeySource::Weighted(list, running_sum(hot_weights(*count, *per_mille))),
                    Skew::Zipf => {
                        KeySource::Weighted(list, running_sum((1..=u64::from(*count)).map(|rank| 1_000_000_000 / rank)))
                    }
                }
            }
        }
    }

    fn draw(&self, made: u64, prng: &mut Prng) -> Option<Bytes> {
        let pick = |list: &Arc<[Bytes]>, at: u64| list.get(usize::try_from(at).ok()?).cloned();
        match self {
            KeySource::Null => None,
            KeySource::Even(list) => pick(list, prng.below(list.len() as u64)),
            KeySource::InTurn(list) => pick(list, made % (list.len() as u64).max(1)),
            KeySource::Weighted(list, sums) => {
                let drawn = prng.below(sums.last().copied().unwrap_or(0));
                list.get(sums.partition_point(|sum| *sum <= drawn)).cloned()
            }
        }
    }
}

/// The first key's share against the others', in units that divide evenly.
fn hot_weights(count: u32, per_mille: u32) -> impl Iterator<Item = u64> {
    let others = u64::from(count.saturating_sub(1)).max(1);
    let hot = if count == 1 { 1 } else { u64::from(per_mille) * others };
    (0..count).map(move |n| if n == 0 { hot } else { u64::from(1000 - per_mille.min(1000)) })
}

fn running_sum(weights: impl Iterator<Item = u64>) -> Arc<[u64]> {
    weights
        .scan(0_u64, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}

fn random_letters(length: usize, prng: &mut Prng) -> Bytes {
    let mut text = Vec::with_capacity(length + 8);
    while text.len() < length {
        // 12 letters of 5 bits from one draw: 32 signs, close to what base32 text has.
        let mut drawn = prng.next_u64();
        for _ in 0..12 {
            text.push(b"abcdefghijklmnopqrstuvwxyz234567"[(drawn & 31) as usize]);
            drawn >>= 5;
        }
    }
    text.truncate(length);
    Bytes::from(text)
}

/// A sign that stands in a JSON text as it is.
fn is_plain(byte: u8) -> bool {
    (b' '..0x7f).contains(&byte) && byte != b'"' && byte != b'\\'
}

fn push_decimal(text: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(keys: Keys, values: Values) -> Workload {
        Workload {
            topic: None,
            rate_per_second: 3,
            keys,
            values,
            caller: Caller::Async,
            count: None,
            running: true,
            start_us: 0,
        }
    }

    #[test]
    fn the_rate_is_exact_in_the_long_run() {
        let workload = workload(Keys::Null, Values::Null);
        assert_eq!(workload.due_after(1), VirtualTime(333_333));
        assert_eq!(workload.due_after(3_000_000), VirtualTime(1_000_000_000_000));
    }

    #[test]
    fn a_hot_key_gets_its_share() {
        let keys = Keys::Numbered { prefix: "user-".into(), count: 10, skew: Skew::Hot { per_mille: 500 } };
        let mut generator = WorkloadGenerator::new(&workload(keys, Values::Null));
        let mut prng = Prng::stream(1, "test");
        let hot = (0..10_000).filter(|_| generator.draw(&mut prng).0.unwrap() == "user-0").count();
        assert!((4_700..5_300).contains(&hot), "{hot}");
    }

    #[test]
    fn values_have_the_length_asked_for() {
        let mut prng = Prng::stream(1, "test");
        let mut json = WorkloadGenerator::new(&workload(Keys::Null, Values::Json { bytes: 100 }));
        for _ in 0..100 {
            let value = json.draw(&mut prng).1.unwrap();
            assert_eq!(value.len(), 100);
            serde_json::from_slice::<serde_json::Value>(&value).unwrap();
        }
        let mut random = WorkloadGenerator::new(&workload(Keys::Null, Values::Random { min_bytes: 5, max_bytes: 30 }));
        for _ in 0..100 {
            assert!((5..=30).contains(&random.draw(&mut prng).1.unwrap().len()));
        }
    }

    #[test]
    fn a_number_out_of_range_is_named() {
        let mut wrong = workload(Keys::Null, Values::Null);
        wrong.rate_per_second = 0;
        assert_eq!(wrong.validate().unwrap_err(), "ratePerSecond: 0 is out of range; 1 to 1000000 is allowed");
    }
}
