//! The log: segments over a segment store, with indexes, retention and recovery.
