//! The inspector, over the presets: whatever can be clicked at any moment has something to say, the lists are as long as the
//! ledger's figures, and every byte run stands where the bytes are.

use highwater::course::PRESETS;
use highwater::engine::common::{Prng, RecordId, SessionId, VirtualTime};
use highwater::engine::sim::ledger::Figure;
use highwater::engine::sim::{Command, Scenario, State, Timeline};
use highwater::view::Subject;
use highwater::view::inspection::Inspection;

/// Everything that can be clicked now, a few of each kind.
fn subjects(state: &State, prng: &mut Prng) -> Vec<Subject> {
    let mut subjects = Vec::new();
    let records = state.ledger.records_count() as u64;
    for _ in 0..20.min(records) {
        subjects.push(Subject::Record(RecordId(prng.below(records))));
    }
    for broker in &state.brokers {
        subjects.push(Subject::Broker(broker.id()));
        for (partition, replica) in broker.partitions() {
            for segment in replica.log().segments() {
                let base_offset = segment.base_offset();
                subjects.push(Subject::Segment { partition, broker: broker.id(), base_offset });
                subjects.extend(segment.batches().take(2).map(|stored| Subject::Batch {
                    partition,
                    broker: broker.id(),
                    base_offset: stored.batch.base_offset(),
                }));
            }
        }
    }
    for session in &state.sessions {
        let queued = session.producer.accumulator().queues().flat_map(|queue| queue.batches());
        subjects
            .extend(queued.map(|queued| Subject::ProducerBatch { session: session.id, number: queued.batch.id().0 }));
    }
    subjects.extend(state.network.messages().map(|message| Subject::Request(message.id.0)));
    subjects
}

#[track_caller]
fn check_subjects(state: &State, prng: &mut Prng) {
    for subject in subjects(state, prng) {
        let inspection = Inspection::of(state, &subject);
        assert!(!inspection.fields.is_empty(), "{subject:?} says nothing: {inspection:?}");
        let begins_a_file = |at: usize| inspection.files.iter().any(|(first, _)| *first == at);
        let mut pairs = inspection.bytes.windows(2).zip(1..);
        assert!(pairs.all(|(pair, at)| begins_a_file(at) || pair[0].position <= pair[1].position), "{subject:?}");
        let linked = inspection.fields.iter().filter_map(|field| field.run);
        assert!(linked.into_iter().all(|run| run < inspection.bytes.len()), "{subject:?}");
        assert!(inspection.journey.iter().map(|moment| moment.at_us).is_sorted(), "{subject:?}");
    }
}

#[track_caller]
fn check_figures(state: &State) {
    for session in std::iter::once(None).chain((0..state.sessions.len() as u32).map(|id| Some(SessionId(id)))) {
        let totals = session.map_or(*state.ledger.totals(), |id| state.ledger.rows()[id.0 as usize]);
        for figure in Figure::ALL {
            let inspection = Inspection::of(state, &Subject::Figure { figure, session });
            assert_eq!(inspection.records_total, totals.get(figure), "{} of {session:?}", figure.word());
            assert!(inspection.records.iter().all(|record| record.at_us <= state.now.0), "{}", figure.word());
        }
    }
}

#[test]
fn whatever_can_be_clicked_says_something_and_lists_are_as_long_as_their_figures() {
    let seed = 20_260_101;
    println!("seed {seed}");
    let mut prng = Prng::stream(seed, "inspections");
    for preset in PRESETS.iter() {
        let mut timeline = Timeline::new(Scenario::from_json(preset.json).unwrap());
        timeline.advance_to(preset.opens_at);
        for moment in 0..6 {
            timeline.advance_to(timeline.position() + VirtualTime(prng.below(20_000)));
            check_subjects(timeline.state(), &mut prng);
            check_figures(timeline.state());
            if moment == 2 {
                let broker = timeline.state().brokers[0].id();
                timeline.submit(Command::CrashBroker { broker }).unwrap();
            }
        }
        timeline.seek(VirtualTime(preset.opens_at.0 / 2));
        check_subjects(timeline.state(), &mut prng);
        check_figures(timeline.state());
    }
}

#[test]
fn a_thing_that_is_not_there_is_said_to_be_absent() {
    let timeline = Timeline::new(PRESETS[0].scenario());
    let inspection = Inspection::of(timeline.state(), &Subject::Record(RecordId(1_000_000)));
    assert!(inspection.why[0].starts_with("It is not there"), "{inspection:?}");
}
