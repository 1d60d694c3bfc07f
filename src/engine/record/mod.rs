//! Record batches: bytes in and out.
