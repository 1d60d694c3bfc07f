//! What our encoders make of the same records, as one number a codec: the same natively and in WebAssembly, or a run would differ
//! between a browser and a native program. A new version of a codec's crate may change a number, but on every machine alike.

use crate::random_records::{self, COMPRESSIONS};
use highwater::engine::common::Prng;
use highwater::engine::record::{Compression, Compressor, crc32c};

/// The numbers, in the order of [`COMPRESSIONS`].
pub(crate) const EXPECTED: [u32; COMPRESSIONS.len()] =
    [0x547e_6b8f, 0xfac8_f0d9, 0x7d4f_4197, 0x8f93_9716, 0x69e4_9ca8, 0x144a_51ee];

/// The checksum over 40 batches, small ones and such as span several blocks of every codec.
pub(crate) fn fingerprint(compression: Compression) -> u32 {
    let mut compressor = Compressor::default();
    (0..40).fold(0, |crc, seed| {
        let mut prng = Prng::stream(seed, "codec fingerprints");
        let (records_max, value_max) = if seed % 8 == 0 { (60, 20_000) } else { (60, 300) };
        let sent = random_records::records(&mut prng, records_max, value_max);
        let batch = random_records::batch(&mut prng, &sent, compression, &mut compressor);
        crc32c::extend(crc, &batch.to_vec())
    })
}
