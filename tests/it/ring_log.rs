//! The log beside the ring: the engine's own log, in step with the calls.

use highwater::engine::common::{Offset, Prng};
use highwater::engine::storage::ReadUpTo;
use highwater::ring::OperationName::{self, DeQueue, EnQueue, Front};
use highwater::ring::retained_log::{BATCH_BYTES, records_per_segment};
use highwater::ring::{Capacity, Feed, Operation, Replay, RetainedLog, Value};
use highwater::view::ring::{LogPicture, RingAction, RingRoom, SegmentState};

/// The log in a line: segments with values, `(read)`, `*` the active one, `x` a deleted one.
fn drawn(room: &RingRoom) -> String {
    let picture = LogPicture::of(&room.replay, room.feed);
    let segments = picture.segments.iter().map(|segment| {
        let values = segment
            .records
            .iter()
            .map(|record| if record.is_read { format!("({})", record.value) } else { record.value.to_string() });
        let mark = match segment.state {
            SegmentState::Deleted => "x",
            SegmentState::Closed => "",
            SegmentState::Active => "*",
        };
        format!("{mark}{}[{}]", segment.base_offset, values.collect::<Vec<_>>().join(" "))
    });
    let segments = segments.collect::<Vec<_>>().join(" ");
    format!(
        "{segments} start {} position {} end {}",
        picture.log_start_offset, picture.position, picture.log_end_offset
    )
}

#[track_caller]
fn check(room: &mut RingRoom, name: OperationName, value: &str, log: &str, sentence: &str) {
    room.apply(RingAction::TypeValue(value.to_owned()));
    room.apply(RingAction::Call(name));
    assert_eq!(drawn(room), log);
    assert_eq!(LogPicture::of(&room.replay, room.feed).sentence, sentence);
}

fn room_of(capacity: &str) -> RingRoom {
    let mut room = RingRoom::default();
    room.apply(RingAction::TypeCapacity(capacity.to_owned()));
    room
}

#[test]
fn the_log_keeps_what_was_read_until_retention_takes_the_oldest_segment() {
    let room = &mut room_of("3");
    check(room, Front, "1", "*0[] start 0 position 0 end 0", "The log does not change.");
    check(room, DeQueue, "1", "*0[] start 0 position 0 end 0", "The consumer stands at the log end: nothing to read.");
    check(room, EnQueue, "10", "*0[10] start 0 position 0 end 1", "The log appends it at offset 0.");
    check(room, EnQueue, "20", "*0[10 20] start 0 position 0 end 2", "The log appends it at offset 1.");
    check(
        room,
        EnQueue,
        "30",
        "0[10 20] *2[30] start 0 position 0 end 3",
        "The log appends it at offset 2. It did not fit segment 0, so a new one begins.",
    );
    check(
        room,
        EnQueue,
        "40",
        "0[10 20] *2[30] start 0 position 0 end 3",
        "The ring refuses because it is full, so the producer has to wait. A log would take the record, and in time delete its oldest segment.",
    );
    check(
        room,
        DeQueue,
        "",
        "0[(10) 20] *2[30] start 0 position 1 end 3",
        "The consumer reads offset 0 and moves its position on. The log keeps the record.",
    );
    check(room, EnQueue, "40", "0[(10) 20] *2[30 40] start 0 position 1 end 4", "The log appends it at offset 3.");
    check(
        room,
        DeQueue,
        "",
        "0[(10) (20)] *2[30 40] start 0 position 2 end 4",
        "The consumer reads offset 1 and moves its position on. The log keeps the record.",
    );
    check(
        room,
        EnQueue,
        "50",
        "x0[(10) (20)] 2[30 40] *4[50] start 2 position 2 end 5",
        "The log appends it at offset 4. It did not fit segment 2, so a new one begins. Retention deletes segment 0: without it 216 B are left, and retention.bytes is 216. logStartOffset is now 2.",
    );
}

#[test]
fn a_log_that_is_given_everything_forgets_what_was_never_read() {
    let room = &mut room_of("3");
    room.apply(RingAction::SetFeed(Feed::Everything));
    for value in ["1", "2", "3", "4"] {
        room.apply(RingAction::TypeValue(value.to_owned()));
        room.apply(RingAction::Call(EnQueue));
    }
    assert_eq!(drawn(room), "0[1 2] *2[3 4] start 0 position 0 end 4");
    check(
        room,
        EnQueue,
        "5",
        "x0[1 2] 2[3 4] *4[5] start 2 position 0 end 5",
        "The log takes what the ring refused, at offset 4. It did not fit segment 2, so a new one begins. Retention deletes segment 0: without it 216 B are left, and retention.bytes is 216. logStartOffset is now 2.",
    );
    check(
        room,
        DeQueue,
        "",
        "x0[1 2] 2[(3) 4] *4[5] start 2 position 3 end 5",
        "Offset 0 is gone: OFFSET_OUT_OF_RANGE. With auto.offset.reset=earliest the consumer goes on at 2; 2 records were never read.",
    );
    room.apply(RingAction::SetFeed(Feed::Accepted));
    assert_eq!(
        drawn(room),
        "0[(1) 2] *2[3] start 0 position 1 end 3",
        "the same calls, with the ring's refusals left out"
    );
}

#[test]
fn ring_and_log_move_in_step() {
    for seed in 0..60 {
        let mut prng = Prng::stream(seed, "ring and log");
        let bound = [1, 4, 12, 200][prng.below(4) as usize];
        let capacity = Capacity::try_new(prng.between(1, bound) as i64).expect("in range");
        let k = i64::from(capacity.get());
        let mut replay = Replay::new(capacity);
        for _ in 0..60 {
            for _ in 0..prng.below(12) {
                let operation = match prng.below(5) {
                    0..=2 => {
                        Operation::EnQueue { value: Value::try_new(prng.between(0, 1000) as i64).expect("in range") }
                    }
                    3 => Operation::DeQueue,
                    _ => Operation::Rear,
                };
                replay.call(operation).expect("there is room");
            }
            let retained = RetainedLog::after(capacity, replay.made(), Feed::Accepted);
            let (log, queue, window) = (retained.log(), replay.queue(), replay.window());
            let at = format!("seed {seed}, k {k}, call {}", replay.made().len());
            assert_eq!(log.log_end_offset(), Offset(window.added as i64), "{at}");
            assert_eq!(retained.position(), Offset(window.removed as i64), "{at}");
            assert!(log.log_start_offset() <= retained.position(), "what the ring holds, the log holds: {at}");
            assert_eq!(log.high_watermark(), log.log_end_offset(), "{at}");
            for index in 0..queue.count() {
                let offset = retained.position().plus(index as i64);
                assert_eq!(queue.held_in(offset.0 as usize % queue.capacity()), retained.value_at(offset), "{at}");
            }
            let size = log.size_in_bytes() as i64;
            assert_eq!(size, (log.log_end_offset().0 - log.log_start_offset().0) * BATCH_BYTES, "{at}");
            assert!(size < (k + records_per_segment(capacity)) * BATCH_BYTES, "the window is bounded: {at}");
            let read =
                log.clone().read(retained.position(), 1, ReadUpTo::HighWatermark).expect("the position is in the log");
            assert_eq!(read.batches.is_empty(), queue.is_empty(), "{at}");
        }
    }
}

#[test]
fn a_long_list_is_drawn_in_little_time_and_space() {
    let mut room = room_of("1000");
    for index in 0..3000 {
        room.replay
            .call(if index % 3 == 2 { Operation::DeQueue } else { Operation::EnQueue { value: Value::MAX } })
            .expect("room");
    }
    let picture = LogPicture::of(&room.replay, room.feed);
    assert!(picture.segments.len() <= 6, "{} segments", picture.segments.len());
    assert!(picture.segments.iter().all(|segment| segment.records.is_empty()));
    assert_eq!(
        picture.description(),
        "A log of 4 segments: logStartOffset 668, position of the consumer 1000, log end offset 1999."
    );
}
