//! The Ring buffer room as plain data: pictures, table and the room's own machine, through what a learner does.

use highwater::ring::OperationName::{DeQueue, EnQueue, Front, IsFull, Rear};
use highwater::ring::{OperationName, Verdict};
use highwater::view::ring::room::{FieldError, RingTrouble};
use highwater::view::ring::{CallList, Detail, Mark, RingAction, RingPicture, RingRoom, Touch, words};

fn room_of(capacity: &str) -> RingRoom {
    let mut room = RingRoom::default();
    room.apply(RingAction::TypeCapacity(capacity.to_owned()));
    room
}

fn call(room: &mut RingRoom, name: OperationName, value: &str) {
    room.apply(RingAction::TypeValue(value.to_owned()));
    room.apply(RingAction::Call(name));
}

/// The ring in a line: each slot, then head, tail and count.
fn drawn(room: &RingRoom) -> String {
    let picture = RingPicture::of(&room.replay);
    let slots = picture.slots.iter().map(|slot| {
        let touch = match slot.touch {
            Some(Touch::Written) => "+",
            Some(Touch::Left) => "-",
            Some(Touch::Read) => "?",
            None => "",
        };
        format!("{}{touch}", slot.value.map_or("_".to_owned(), |value| value.to_string()))
    });
    let slots = slots.collect::<Vec<_>>().join(" ");
    let refused = if picture.refused { " refused" } else { "" };
    format!("[{slots}] head {} tail {} count {}{refused}", picture.head.slot, picture.tail.slot, picture.count)
}

#[track_caller]
fn check(room: &mut RingRoom, name: OperationName, value: &str, picture: &str, sentence: &str) {
    call(room, name, value);
    assert_eq!((drawn(room).as_str(), words::in_the_ring(&room.replay).as_str()), (picture, sentence));
}

#[test]
fn every_call_is_drawn_and_told() {
    let mut room = room_of("3");
    assert_eq!(drawn(&room), "[_ _ _] head 0 tail 0 count 0");
    let room = &mut room;
    check(room, Front, "", "[_ _ _] head 0 tail 0 count 0", "Front() answers −1: the queue is empty.");
    check(
        room,
        DeQueue,
        "",
        "[_ _ _] head 0 tail 0 count 0 refused",
        "deQueue() answers false: the queue is empty. Nothing changes.",
    );
    check(room, EnQueue, "1", "[1+ _ _] head 0 tail 1 count 1", "enQueue(1) writes 1 into slot 0. tail is now slot 1.");
    check(
        room,
        EnQueue,
        " 2 ",
        "[1 2+ _] head 0 tail 2 count 2",
        "enQueue(2) writes 2 into slot 1. tail is now slot 2.",
    );
    check(
        room,
        EnQueue,
        "1000",
        "[1 2 1000+] head 0 tail 0 count 3",
        "enQueue(1000) writes 1000 into slot 2. tail is now slot 0.",
    );
    check(
        room,
        EnQueue,
        "4",
        "[1 2 1000] head 0 tail 0 count 3 refused",
        "enQueue(4) answers false: all 3 slots are taken. Nothing changes.",
    );
    check(room, IsFull, "4", "[1 2 1000] head 0 tail 0 count 3", "isFull() answers true: count is 3 of 3.");
    check(
        room,
        DeQueue,
        "4",
        "[_- 2 1000] head 1 tail 0 count 2",
        "deQueue() takes 1 from slot 0, which is free now. head is now slot 1.",
    );
    check(
        room,
        EnQueue,
        "4",
        "[4+ 2 1000] head 1 tail 1 count 3",
        "enQueue(4) writes 4 into slot 0. tail is now slot 1.",
    );
    check(room, Rear, "4", "[4? 2 1000] head 1 tail 1 count 3", "Rear() reads slot 0, one before tail: 4.");
    check(room, Front, "4", "[4 2? 1000] head 1 tail 1 count 3", "Front() reads slot 1, which is head: 2.");
    assert_eq!(
        RingPicture::of(&room.replay).description(),
        "A ring of 3 slots, 3 taken. head is slot 1, tail is slot 1."
    );
}

#[test]
fn markers_only_ever_move_on_and_never_cover_each_other() {
    for capacity in ["1", "2", "5", "20", "64", "65", "1000"] {
        let mut room = room_of(capacity);
        let mut before = RingPicture::of(&room.replay);
        for turn in 0..100 {
            call(&mut room, if turn % 3 == 2 { DeQueue } else { EnQueue }, "5");
            let now = RingPicture::of(&room.replay);
            let step = 360.0 / now.capacity as f64 + 30.0;
            for (old, new) in [(before.head, now.head), (before.tail, now.tail)] {
                let turned = new.pointer_angle - old.pointer_angle;
                assert!((-9.0..=step).contains(&turned), "k {capacity}, turn {turn}: {old:?} to {new:?}");
            }
            let apart = (now.tail.label_angle - now.head.label_angle).rem_euclid(360.0);
            assert!(apart.min(360.0 - apart) > 21.9, "k {capacity}, turn {turn}: labels {apart} apart");
            before = now;
        }
    }
}

#[test]
fn large_rings_draw_less() {
    let detail = |capacity: &str| RingPicture::of(&room_of(capacity).replay).detail;
    assert_eq!(
        ["8", "9", "24", "25", "64", "65"].map(detail),
        [Detail::Named, Detail::Numbered, Detail::Numbered, Detail::Bare, Detail::Bare, Detail::Window]
    );
    let mut room = room_of("1000");
    assert_eq!(RingPicture::of(&room.replay).held, None);
    call(&mut room, EnQueue, "3");
    let picture = RingPicture::of(&room.replay);
    assert!(picture.slots.is_empty() && picture.whole.is_some() && picture.held.is_some());
}

#[test]
fn a_bad_field_is_told_and_calls_nothing() {
    let mut room = room_of("3");
    for (text, trouble) in
        [("", "A number is missing."), ("7a", "That is not a whole number."), ("1001", "1001 is not from 0 to 1000.")]
    {
        call(&mut room, EnQueue, text);
        match &room.trouble {
            Some(RingTrouble::Value(error)) => assert_eq!(error.to_string(), trouble),
            other => panic!("{text}: {other:?}"),
        }
        assert_eq!(room.replay.made().len(), 1);
    }
    room.apply(RingAction::TypeCapacity("0".to_owned()));
    assert!(matches!(room.trouble, Some(RingTrouble::Capacity(FieldError::OutOfRange(_)))));
    assert_eq!(room.replay.queue().capacity(), 3, "the old queue stays");
    call(&mut room, EnQueue, "9");
    assert_eq!(room.trouble, None);
}

#[test]
fn a_list_runs_steps_and_resets() {
    let mut room = RingRoom::default();
    room.apply(RingAction::Run);
    assert_eq!(room.verdict_words(), "Right. 10 of 10 answers as expected.");
    assert_eq!((room.capacity.as_str(), drawn(&room).as_str()), ("3", "[4? 2 3] head 1 tail 1 count 3"));
    room.apply(RingAction::Reset);
    assert_eq!((drawn(&room).as_str(), room.replay.to_come().len()), ("[_ _ _] head 0 tail 0 count 0", 9));
    room.apply(RingAction::Step);
    room.apply(RingAction::Step);
    assert_eq!(room.verdict_words(), "Right so far. 3 of 10 answers as expected.");
    room.apply(RingAction::StepBack);
    assert_eq!(drawn(&room), "[1+ _ _] head 0 tail 1 count 1");
    room.apply(RingAction::TypeList("[\"MyCircularQueue\",\"Rear\"]\n[[7],[]]\n[null,4]".to_owned()));
    room.apply(RingAction::Step);
    assert_eq!((room.replay.queue().capacity(), room.replay.made().len()), (7, 1));
    room.apply(RingAction::Step);
    assert_eq!(room.verdict_words(), "Wrong at call 2 of 2: Rear() answers -1, the list expects 4.");
    assert!(!room.can_step());
    assert!(matches!(room.verdict, Some(Verdict::Wrong { .. })));
    room.apply(RingAction::TypeList("[\"MyCircularQueue\"]\n[[7}]".to_owned()));
    room.apply(RingAction::Run);
    match &room.trouble {
        Some(RingTrouble::List(error)) => {
            assert_eq!(
                error.to_string(),
                "Line 2, column 4 (call 1, MyCircularQueue): the character } has no place here."
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(room.replay.made().len(), 2, "what was run stays to be looked at");
}

#[test]
fn the_table_stays_small_and_keeps_the_last_call_in_sight() {
    let names = ["\"MyCircularQueue\""].into_iter().chain(std::iter::repeat_n("\"isEmpty\"", 3000));
    let arguments = ["[3]"].into_iter().chain(std::iter::repeat_n("[]", 3000));
    let list = format!("[{}]\n[{}]", names.collect::<Vec<_>>().join(","), arguments.collect::<Vec<_>>().join(","));
    let mut room = RingRoom::default();
    room.apply(RingAction::TypeList(list));
    room.apply(RingAction::Step);
    for made in [1, 2, 150, 1000, 2990, 3001] {
        room.replay.seek(made);
        let calls = CallList::of(&room.replay);
        assert_eq!(calls.earlier + calls.rows.len() + calls.later, 3001);
        assert_eq!(calls.rows.len(), 200);
        assert_eq!(calls.rows.iter().filter(|row| row.is_last).map(|row| row.number).collect::<Vec<_>>(), [made]);
        assert_eq!(calls.rows.iter().filter(|row| row.mark == Mark::ToCome).count() + calls.later, 3001 - made);
    }
}

#[test]
fn the_value_steps_within_its_range() {
    let mut room = RingRoom::default();
    for (text, change, value) in
        [("7", 1, "8"), ("0", -1, "0"), ("1000", 1, "1000"), ("x", 1, "0"), ("-5", -1, "0"), ("5000", -1, "1000")]
    {
        room.apply(RingAction::TypeValue(text.to_owned()));
        room.apply(RingAction::AddToValue(change));
        assert_eq!((room.value.as_str(), &room.trouble), (value, &None), "{text} {change}");
    }
}

#[test]
fn calls_by_hand_can_be_taken_back_and_made_again() {
    let mut room = room_of("3");
    call(&mut room, EnQueue, "1");
    call(&mut room, EnQueue, "2");
    room.apply(RingAction::StepBack);
    assert_eq!(drawn(&room), "[1+ _ _] head 0 tail 1 count 1");
    for again in [RingAction::Step, RingAction::StepForward] {
        room.apply(again);
        assert_eq!(drawn(&room), "[1 2+ _] head 0 tail 2 count 2");
        room.apply(RingAction::StepBack);
    }
}
