//! The native tests, one binary: each module holds one subject to its vectors.
mod partitioners;
mod ring;
mod ring_view;
mod vectors;
