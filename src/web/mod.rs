//! The browser, wrapped: small files without a Kafka word in them.
