//! The cluster: brokers, replication and the controller.
