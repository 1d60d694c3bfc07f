//! The command line: dump, recover, seek, partition and run over the same engine as the page.

fn main() {}
