//! What a setting is: its row in the registry, its value, and the macro that makes a typed struct of a table of rows.

use serde::Serialize;
use std::fmt;

/// A setting's value, as a scenario or a control gives it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number, in the setting's unit.
    Int(i64),
    /// A fraction.
    Float(f64),
    /// A word, such as `lz4`.
    Text(String),
}

impl Value {
    /// Reads a value from a scenario's JSON; a list, an object or null is none.
    #[must_use]
    pub fn from_json(json: &serde_json::Value) -> Option<Value> {
        match json {
            serde_json::Value::Bool(value) => Some(Value::Bool(*value)),
            serde_json::Value::Number(number) => {
                number.as_i64().map(Value::Int).or_else(|| number.as_f64().map(Value::Float))
            }
            serde_json::Value::String(text) => Some(Value::Text(text.clone())),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => value.fmt(f),
            Value::Int(value) => value.fmt(f),
            Value::Float(value) => value.fmt(f),
            Value::Text(value) => value.fmt(f),
        }
    }
}

/// What values a setting takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SettingKind {
    /// `true` or `false`.
    Bool,
    /// A whole number in a closed range.
    Int {
        /// Smallest allowed.
        min: i64,
        /// Largest allowed.
        max: i64,
    },
    /// A fraction in a closed range.
    Float {
        /// Smallest allowed.
        min: f64,
        /// Largest allowed.
        max: f64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// One row of the registry.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Kafka's name, such as `linger.ms`.
    pub name: &'static str,
    /// What values it takes.
    pub kind: SettingKind,
    /// `ms`, `bytes`, or empty.
    pub unit: &'static str,
    /// Kafka's default.
    pub default: Value,
    /// One sentence for a learner.
    pub help: &'static str,
    /// Why it cannot be changed here, if so.
    pub locked: Option<&'static str>,
}

impl Setting {
    /// Whether `value` is Kafka's default.
    #[must_use]
    pub fn is_default(&self, value: &Value) -> bool {
        self.default == *value
    }
}

/// Why a setting was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// No setting has this name.
    Unknown {
        /// As given.
        name: String,
    },
    /// The value is of the wrong kind or out of range.
    Invalid {
        /// The setting.
        name: &'static str,
        /// What was given, and what would do.
        message: String,
    },
    /// The setting has one value only, for a reason.
    Locked {
        /// The setting.
        name: &'static str,
        /// The reason.
        reason: &'static str,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Unknown { name } => write!(f, "unknown setting `{name}`"),
            ConfigError::Invalid { name, message } => write!(f, "{name}: {message}"),
            ConfigError::Locked { name, reason } => write!(f, "{name} cannot be changed: {reason}"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// A Rust type that a setting's value can be read into.
pub trait SettingValue: Sized {
    /// As the registry shows it.
    fn to_value(&self) -> Value;
    /// Reads it, or says what would do.
    ///
    /// # Errors
    /// A sentence with what was given and what is allowed.
    fn from_value(value: &Value, kind: &SettingKind) -> Result<Self, String>;
}

impl SettingValue for bool {
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
    fn from_value(value: &Value, _kind: &SettingKind) -> Result<Self, String> {
        match value {
            Value::Bool(value) => Ok(*value),
            Value::Text(text) if text == "true" => Ok(true),
            Value::Text(text) if text == "false" => Ok(false),
            other => Err(format!("`{other}` is not true or false")),
        }
    }
}

impl SettingValue for i64 {
    fn to_value(&self) -> Value {
        Value::Int(*self)
    }
    fn from_value(value: &Value, kind: &SettingKind) -> Result<Self, String> {
        let number = match value {
            Value::Int(number) => *number,
            Value::Text(text) => text.trim().parse().map_err(|_| format!("`{text}` is not a whole number"))?,
            other => return Err(format!("`{other}` is not a whole number")),
        };
        match kind {
            SettingKind::Int { min, max } if !(*min..=*max).contains(&number) => {
                Err(format!("{number} is out of range; {min} to {max} is allowed"))
            }
            _ => Ok(number),
        }
    }
}

impl SettingValue for f64 {
    fn to_value(&self) -> Value {
        Value::Float(*self)
    }
    fn from_value(value: &Value, kind: &SettingKind) -> Result<Self, String> {
        #[allow(clippy::cast_precision_loss)] // a fraction given as a whole number is small
        let number = match value {
            Value::Float(number) => *number,
            Value::Int(number) => *number as f64,
            Value::Text(text) => parse_fraction(text.trim()).ok_or_else(|| format!("`{text}` is not a number"))?,
            Value::Bool(other) => return Err(format!("`{other}` is not a number")),
        };
        match kind {
            SettingKind::Float { min, max } if !(number >= *min && number <= *max) => {
                Err(format!("{number} is out of range; {min} to {max} is allowed"))
            }
            _ => Ok(number),
        }
    }
}

/// A number as JSON writes it, or without the 0 before its point. JSON's parser is in the program already; the standard library's has tables
/// that would weigh as much as a room of the page.
fn parse_fraction(text: &str) -> Option<f64> {
    let text = if text.starts_with('.') { format!("0{text}") } else { text.to_string() };
    serde_json::from_str(&text).ok()
}

/// An enum whose values are Kafka's words.
macro_rules! word_setting {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal $(| $alias:literal)*,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// The words, in the order the page offers them.
            pub const WORDS: &'static [&'static str] = &[$($word,)*];

            /// Kafka's word for it.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl $crate::engine::config::setting::SettingValue for $name {
            fn to_value(&self) -> $crate::engine::config::Value {
                $crate::engine::config::Value::Text(self.word().to_string())
            }
            fn from_value(
                value: &$crate::engine::config::Value,
                _kind: &$crate::engine::config::SettingKind,
            ) -> Result<Self, String> {
                let text = value.to_string();
                match text.as_str() {
                    $($word $(| $alias)* => Ok(Self::$variant),)*
                    other => Err(format!("`{other}` is not one of {}", Self::WORDS.join(", "))),
                }
            }
        }
    };
}
pub(crate) use word_setting;

/// A typed struct of settings and its rows in the registry, from one table.
macro_rules! settings {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty = $default:expr, $kafka:literal, $unit:literal, $kind:expr, $help:literal $(, locked $locked:literal)?;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $(#[doc = concat!("`", $kafka, "`: ", $help)] pub $field: $type,)*
        }

        impl Default for $name {
            /// Kafka's defaults.
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $name {
            /// The rows, in the order of the table.
            #[must_use]
            pub fn settings() -> Vec<$crate::engine::config::Setting> {
                use $crate::engine::config::setting::SettingValue as _;
                let defaults = Self::default();
                vec![$($crate::engine::config::Setting {
                    name: $kafka,
                    kind: $kind,
                    unit: $unit,
                    default: defaults.$field.to_value(),
                    help: $help,
                    locked: [$($locked,)?].first().copied(),
                },)*]
            }

            /// The value of the setting with Kafka's name `name`.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<$crate::engine::config::Value> {
                use $crate::engine::config::setting::SettingValue as _;
                match name { $($kafka => Some(self.$field.to_value()),)* _ => None }
            }

            /// Sets the setting with Kafka's name `name`.
            ///
            /// # Errors
            /// The name is unknown, the setting is locked at another value, or the value does not fit.
            pub fn set(
                &mut self,
                name: &str,
                value: &$crate::engine::config::Value,
            ) -> Result<(), $crate::engine::config::ConfigError> {
                use $crate::engine::config::setting::SettingValue as _;
                match name {
                    $($kafka => {
                        let parsed = <$type>::from_value(value, &$kind)
                            .map_err(|message| $crate::engine::config::ConfigError::Invalid { name: $kafka, message })?;
                        let lock: Option<&'static str> = [$($locked,)?].first().copied();
                        if let Some(reason) = lock && parsed != self.$field {
                            return Err($crate::engine::config::ConfigError::Locked { name: $kafka, reason });
                        }
                        self.$field = parsed;
                        Ok(())
                    })*
                    _ => Err($crate::engine::config::ConfigError::Unknown { name: name.to_string() }),
                }
            }
        }
    };
}
pub(crate) use settings;
