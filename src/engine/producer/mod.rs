//! The producer: partitioners, accumulator, sender.
