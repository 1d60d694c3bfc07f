//! The cluster as a whole, over the tiny driver: what a client is answered, what is stored, who leads.

mod acks;
mod elections;
mod failover;
mod faults;
mod idempotence;
mod isr;
mod lifecycle;
mod requests;
