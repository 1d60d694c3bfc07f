//! The native tests, one binary: each module holds one subject to its vectors.
mod batches;
mod corrupt;
mod partitioners;
mod ring;
mod ring_view;
mod vectors;
