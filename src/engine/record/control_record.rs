//! Control records: what the markers in a log say (`org.apache.kafka.common.record.ControlRecordType`).
//!
//! Only read here; brokers and controllers write them. The key holds a version and the type, 16 bits each.

/// The kind of a control record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ControlRecordType {
    /// A transaction was aborted.
    Abort,
    /// A transaction was committed.
    Commit,
    /// KRaft: a leader took over.
    LeaderChange,
    /// KRaft: a snapshot begins.
    SnapshotHeader,
    /// KRaft: a snapshot ends.
    SnapshotFooter,
    /// KRaft: the protocol version of the quorum.
    KraftVersion,
    /// KRaft: the voters of the quorum.
    KraftVoters,
    /// A type that this version does not know.
    Unknown(i16),
}

impl ControlRecordType {
    /// The kind that a control record's key says; none if the key is shorter than four bytes or its version is negative.
    #[must_use]
    pub fn parse(key: &[u8]) -> Option<ControlRecordType> {
        let (version, id) = (i16_at(key, 0)?, i16_at(key, 2)?);
        (version >= 0).then(|| Self::from_id(id))
    }

    /// The kind with this number.
    #[must_use]
    pub fn from_id(id: i16) -> ControlRecordType {
        match id {
            0 => Self::Abort,
            1 => Self::Commit,
            2 => Self::LeaderChange,
            3 => Self::SnapshotHeader,
            4 => Self::SnapshotFooter,
            5 => Self::KraftVersion,
            6 => Self::KraftVoters,
            other => Self::Unknown(other),
        }
    }

    /// Kafka's name of it, as its dump tool prints it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Abort => "ABORT",
            Self::Commit => "COMMIT",
            Self::LeaderChange => "LEADER_CHANGE",
            Self::SnapshotHeader => "SNAPSHOT_HEADER",
            Self::SnapshotFooter => "SNAPSHOT_FOOTER",
            Self::KraftVersion => "KRAFT_VERSION",
            Self::KraftVoters => "KRAFT_VOTERS",
            Self::Unknown(_) => "UNKNOWN",
        }
    }
}

/// The coordinator epoch in the value of an end-of-transaction marker (`EndTransactionMarker`): version 0, then the epoch.
#[must_use]
pub fn coordinator_epoch(value: &[u8]) -> Option<i32> {
    Some(i32::from_be_bytes(value.get(2..6)?.try_into().ok()?))
}

fn i16_at(bytes: &[u8], at: usize) -> Option<i16> {
    Some(i16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_says_the_type() {
        assert_eq!(ControlRecordType::parse(&[0, 0, 0, 1]), Some(ControlRecordType::Commit));
        assert_eq!(ControlRecordType::parse(&[0, 0, 0, 9]), Some(ControlRecordType::Unknown(9)));
        assert_eq!(ControlRecordType::parse(&[0, 0, 0]), None);
        assert_eq!(ControlRecordType::parse(&[0xff, 0xff, 0, 0]), None);
        assert_eq!(coordinator_epoch(&[0, 0, 0, 0, 0, 12]), Some(12));
    }
}
