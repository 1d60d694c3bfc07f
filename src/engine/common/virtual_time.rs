//! Virtual time: integer microseconds since the run began. The only clock that the engine knows.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A point on, or a span of, the run's clock, in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VirtualTime(pub u64);

/// A record's timestamp: milliseconds since 1970, as Kafka stores it. −1: none (`RecordBatch.NO_TIMESTAMP`).
pub type Timestamp = i64;

impl VirtualTime {
    /// The start of the run.
    pub const ZERO: VirtualTime = VirtualTime(0);
    /// After everything.
    pub const NEVER: VirtualTime = VirtualTime(u64::MAX);

    /// From Kafka's milliseconds; a negative span counts as none, one past the end of time as never.
    #[must_use]
    pub fn from_ms(ms: i64) -> Self {
        Self(u64::try_from(ms).unwrap_or(0).saturating_mul(1000))
    }

    /// Whole milliseconds, rounded down.
    #[must_use]
    pub fn as_ms(self) -> i64 {
        i64::try_from(self.0 / 1000).unwrap_or(i64::MAX)
    }

    /// The span since an earlier moment, or zero if that moment is later.
    #[must_use]
    pub fn since(self, earlier: VirtualTime) -> VirtualTime {
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl Add for VirtualTime {
    type Output = VirtualTime;
    /// Saturates at [`VirtualTime::NEVER`].
    fn add(self, span: VirtualTime) -> VirtualTime {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign for VirtualTime {
    fn add_assign(&mut self, span: VirtualTime) {
        *self = *self + span;
    }
}

impl Sub for VirtualTime {
    type Output = VirtualTime;
    fn sub(self, earlier: VirtualTime) -> VirtualTime {
        debug_assert!(self >= earlier, "time runs forward");
        self.since(earlier)
    }
}

impl fmt::Debug for VirtualTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us", self.0)
    }
}

impl fmt::Display for VirtualTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} ms", self.0 / 1000, self.0 % 1000)
    }
}
