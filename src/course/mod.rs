//! The course as data: rooms, their texts and presets.
