//! The room's state for the page: kept while the tab lives, changed by actions alone.

use crate::view::ring::{RingAction, RingRoom};
use std::rc::Rc;
use yew::prelude::*;

/// The room, shared by its components; a change is a new one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RingState(pub RingRoom);

impl Reducible for RingState {
    type Action = RingAction;

    fn reduce(self: Rc<Self>, action: RingAction) -> Rc<Self> {
        let mut next = Rc::unwrap_or_clone(self);
        next.0.apply(action);
        Rc::new(next)
    }
}

/// The room and the way to change it.
pub type RingStore = UseReducerHandle<RingState>;

/// Makes the room. Called where it outlives a visit to another room.
#[hook]
pub fn use_ring_store() -> RingStore {
    use_reducer(RingState::default)
}
