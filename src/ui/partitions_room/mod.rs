//! The Partitions room: the typed key's way to its lane, the lanes' shares, and which keys move when one is added.

pub mod lanes;
pub mod moved;

use super::Class;
use super::hash_steps::HashSteps;
use super::runner::use_slice;
use super::send_form::SendHandle;
use crate::engine::config::{PartitionerClass, SettingKind, Value};
use crate::view::hashing::HashFunction;
use crate::view::known_partitions::{KnownPartitions, partitions_known};
use crate::view::settings::SettingRow;
use yew::prelude::*;

/// Properties of [`PartitionsRoom`].
#[derive(Properties, PartialEq)]
pub struct PartitionsRoomProps {
    /// The send form, whose key is followed.
    pub send: SendHandle,
}

/// The room's stage.
#[component]
pub fn PartitionsRoom(props: &PartitionsRoomProps) -> Html {
    let frame = use_slice(|published| published.frame.clone());
    let rows = use_slice(|published| published.settings.clone());
    let known = partitions_known(&frame);
    let note = known.as_ref().and_then(KnownPartitions::note).map(AttrValue::from);
    let divisor = known.map_or(frame.partitions, |known| known.known);
    let [partitions, divisor] = [frame.partitions, divisor].map(|count| usize::try_from(count).unwrap_or(1).max(1));
    let function = rows.iter().find(|row| row.name == "partitioner.class").and_then(hash_function);
    let key_bytes = props.send.key.content().map(|content| content.0);
    html! {
        <div class={Class::RoomStage}>
            <HashSteps {key_bytes} {function} partitions={divisor} {note} />
            <lanes::Lanes {frame} />
            <moved::Moved function={function.unwrap_or(HashFunction::Murmur2)} {partitions} />
        </div>
    }
}

/// The function that the first producer hashes keys with.
fn hash_function(row: &SettingRow) -> Option<HashFunction> {
    use crate::engine::config::setting::SettingValue as _;
    let kind = SettingKind::Choice(PartitionerClass::WORDS);
    let class = PartitionerClass::from_value(&Value::Text(row.value.clone()), &kind).ok()?;
    HashFunction::of(class)
}
