//! How many partitions a producer divides by: those it has heard of, which may be fewer than there are.

use super::Frame;

/// How many partitions a producer believes its topic to have, beside how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPartitions {
    /// The producer's name.
    pub producer: String,
    /// How many it knows of: it divides by this number.
    pub known: i32,
    /// How many there are.
    pub there: i32,
}

impl KnownPartitions {
    /// A sentence, if the two differ.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let Self { producer, known, there } = self;
        (known != there).then(|| {
            format!(
                "The topic has {there} partitions; {producer} still knows {known} and divides by that, until it asks for metadata again (metadata.max.age.ms)."
            )
        })
    }
}

/// What the first producer that runs knows; none before it has asked for the first time.
#[must_use]
pub fn partitions_known(frame: &Frame) -> Option<KnownPartitions> {
    let producer = frame.producers.iter().find(|producer| producer.open)?;
    let (producer, known) = (producer.name.clone(), producer.partitions_known);
    (known > 0).then_some(KnownPartitions { producer, known, there: frame.partitions })
}
