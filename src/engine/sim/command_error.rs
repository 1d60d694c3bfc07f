//! Why a command was refused, in sentences.

use crate::engine::config::ConfigError;
use std::fmt;

/// Why a command was refused. Nothing changed then, and it is not part of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// No producer, consumer, topic, partition, broker or controller goes by this name.
    Unknown {
        /// Which kind of thing.
        kind: &'static str,
        /// The name that was given.
        name: String,
    },
    /// The setting or its value is none.
    Config(ConfigError),
    /// Settings that do not go together, in the words of Kafka's exception.
    Conflict(String),
    /// A number outside what is allowed.
    OutOfRange(String),
    /// It is so already, such as crashing a broker that is down.
    AlreadySo(String),
    /// The run has reached one of its limits.
    LimitReached(String),
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandError::Unknown { kind, name } => write!(f, "there is no {kind} `{name}`"),
            CommandError::Config(error) => error.fmt(f),
            CommandError::Conflict(text)
            | CommandError::OutOfRange(text)
            | CommandError::AlreadySo(text)
            | CommandError::LimitReached(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for CommandError {}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        CommandError::Config(error)
    }
}
