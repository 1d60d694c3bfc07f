//! The circular queue: the reference against a naive model, operation lists and their errors, the judge, the replay.

use highwater::engine::common::Prng;
use highwater::ring::{
    Answer, CALLS_MAX, Capacity, CircularQueue, Operation, OperationList, OperationName, Replay, Value, Verdict, judge,
    operation_list::AnswersLine,
};
use std::collections::VecDeque;

const LEETCODE_EXAMPLE: &str = r#"["MyCircularQueue", "enQueue", "enQueue", "enQueue", "enQueue", "Rear", "isFull", "deQueue", "enQueue", "Rear"]
[[3], [1], [2], [3], [4], [], [], [], [4], []]
[null, true, true, true, false, 3, true, true, true, 4]"#;

fn answers_of(text: &str) -> String {
    let mut replay = Replay::of(OperationList::parse(text).expect("a good list"));
    replay.run();
    let answers: Vec<Answer> = replay.made().iter().map(|call| call.answer).collect();
    AnswersLine(&answers).to_string()
}

#[track_caller]
fn check_verdict(text: &str, expected: &str) {
    let list = OperationList::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(judge(&list).to_string(), expected, "{text}");
}

#[track_caller]
fn check_error(text: &str, expected: &str) {
    let error = OperationList::parse(text).expect_err(text);
    let token = &text[error.place.token.clone()];
    assert_eq!(format!("{error} ⟨{token}⟩"), expected, "{text}");
}

#[test]
fn the_example_of_the_exercise_is_answered_as_printed() {
    assert_eq!(answers_of(LEETCODE_EXAMPLE), "[null,true,true,true,false,3,true,true,true,4]");
    check_verdict(LEETCODE_EXAMPLE, "Right. 10 of 10 answers as expected.");
}

#[test]
fn an_empty_queue_answers_minus_one_and_refuses() {
    assert_eq!(
        answers_of(
            r#"["MyCircularQueue","Front","Rear","deQueue","isEmpty","isFull","enQueue","isEmpty","isFull"] [[1],[],[],[],[],[],[0],[],[]]"#
        ),
        "[null,-1,-1,false,true,false,true,false,true]"
    );
}

#[test]
fn the_judge_names_the_first_wrong_call() {
    let names_and_arguments = "[\"MyCircularQueue\",\"enQueue\",\"Rear\",\"isFull\"]\n[[2],[7],[],[]]\n";
    check_verdict(names_and_arguments, "4 calls, no answers expected.");
    check_verdict(&format!("{names_and_arguments}[null,true,7,false]"), "Right. 4 of 4 answers as expected.");
    check_verdict(
        &format!("{names_and_arguments}[null,true,8,false]"),
        "Wrong at call 3 of 4: Rear() answers 7, the list expects 8.",
    );
    check_verdict(
        &format!("{names_and_arguments}[true,true,7,0]"),
        "Wrong at call 1 of 4: MyCircularQueue(2) answers null, the list expects true. 2 answers are wrong.",
    );
}

#[test]
fn blanks_and_line_ends_between_tokens_mean_nothing() {
    let spread =
        "\u{feff}\r\n [ \"MyCircularQueue\" ,\r\n\t\"enQueue\"\n]\n\n[[ 3 ],\n[\u{a0}9 ]\n]\r\n\r\n[ null , true ] \n";
    check_verdict(spread, "Right. 2 of 2 answers as expected.");
    let escaped = r#"["MyCircularQueue","\u0065nQueue"][[3],[9]]"#;
    assert_eq!(answers_of(escaped), "[null,true]");
}

#[test]
fn a_list_prints_as_it_is_read() {
    let printed = OperationList::parse(LEETCODE_EXAMPLE).expect("a good list").to_string();
    assert_eq!(printed, LEETCODE_EXAMPLE.replace(", ", ","));
    assert_eq!(OperationList::parse(&printed), OperationList::parse(LEETCODE_EXAMPLE));
}

#[test]
fn every_error_of_syntax_names_its_place() {
    let names = "[\"MyCircularQueue\",\"enQueue\",\"Rear\"]";
    check_error("", "Line 1, column 1: the text ends before the list of names, which should be line 1. ⟨⟩");
    check_error("  \n ", "Line 2, column 2: the text ends before the list of names, which should be line 1. ⟨⟩");
    check_error(names, "Line 1, column 37: the text ends before the list of arguments, which should be line 2. ⟨⟩");
    check_error("[]", "Line 1, column 2: the list of names is empty; it begins with \"MyCircularQueue\". ⟨]⟩");
    check_error("{}", "Line 1, column 1: the character { has no place here. ⟨{⟩");
    check_error("Input\n", "Line 1, column 1: Input is no JSON word; names stand in double quotes. ⟨Input⟩");
    check_error("3", "Line 1, column 1: expected [, which opens the list of names, found 3. ⟨3⟩");
    check_error(
        "['MyCircularQueue']",
        "Line 1, column 2 (call 1): JSON puts names in straight double quotes: \"enQueue\". ⟨'⟩",
    );
    check_error("[\"MyCircularQueue", "Line 1, column 2 (call 1): this name has no closing quote. ⟨\"MyCircularQueue⟩");
    check_error(
        "[\"MyCircularQueue\"",
        "Line 1, column 19 (call 2): expected a comma or ], found the end of the text. ⟨⟩",
    );
    check_error("[\"MyCircularQueue\",]", "Line 1, column 20 (call 2): expected a name in double quotes, found ]. ⟨]⟩");
    check_error(
        "[\"MyCircularQueue\" \"Rear\"]",
        "Line 1, column 20 (call 2): expected a comma or ], found \"Rear\". ⟨\"Rear\"⟩",
    );
    check_error(
        "[\"My\\xCircularQueue\"]",
        "Line 1, column 2 (call 1): this backslash is followed by nothing that JSON knows. ⟨\"My\\x⟩",
    );
    check_error(
        &format!("{names}\n[[3],[1.5],[]]"),
        "Line 2, column 7 (call 2, enQueue): 1.5 is not a whole number as JSON writes it. ⟨1.5⟩",
    );
    check_error(
        &format!("{names}\n[[3],[01],[]]"),
        "Line 2, column 7 (call 2, enQueue): 01 is not a whole number as JSON writes it. ⟨01⟩",
    );
    check_error(
        &format!("{names}\n[[3],[1],[]]\n[null,True,1]"),
        "Line 3, column 7 (call 2, enQueue): JSON writes true, not True. ⟨True⟩",
    );
    check_error(
        &format!("{names}\n[[3],[1],[]]\n[None,true,1]"),
        "Line 3, column 2 (call 1, MyCircularQueue): JSON writes null, not None. ⟨None⟩",
    );
    check_error(
        &format!("{names}\n[[3],[1],[]]\n[null,true,1]\n[]"),
        "Line 4, column 1: nothing may follow the list of expected answers, found [. ⟨[⟩",
    );
    check_error(
        &format!("{names}\n[[3],[1],[]]\nnull"),
        "Line 3, column 1: expected [, which opens the list of expected answers, found null. ⟨null⟩",
    );
}

#[test]
fn every_error_of_meaning_names_its_place() {
    let names = "[\"MyCircularQueue\",\"enQueue\",\"Rear\"]";
    check_error(
        "[\"Front\"]",
        "Line 1, column 2 (call 1): the first call is Front, but it must be MyCircularQueue. ⟨\"Front\"⟩",
    );
    check_error(
        "[\"MyCircularQueue\",\"MyCircularQueue\"]",
        "Line 1, column 20 (call 2): MyCircularQueue may only be the first call. ⟨\"MyCircularQueue\"⟩",
    );
    check_error(
        "[\"MyCircularQueue\",\"enqueue\"]",
        "Line 1, column 20 (call 2): the call is written enQueue, not enqueue. ⟨\"enqueue\"⟩",
    );
    check_error(
        "[\"MyCircularQueue\",\n \"push\"]",
        "Line 2, column 2 (call 2): push is no call of the exercise; there are enQueue, deQueue, Front, Rear, isEmpty and isFull. ⟨\"push\"⟩",
    );
    check_error(
        "[\"MyCircularQueue\",null]",
        "Line 1, column 20 (call 2): expected a name in double quotes, found null. ⟨null⟩",
    );
    check_error(
        &format!("{names}\n[[0],[1],[]]"),
        "Line 2, column 3 (call 1, MyCircularQueue): 0 is not from 1 to 1000. ⟨0⟩",
    );
    check_error(
        &format!("{names}\n[[1001],[1],[]]"),
        "Line 2, column 3 (call 1, MyCircularQueue): 1001 is not from 1 to 1000. ⟨1001⟩",
    );
    check_error(
        &format!("{names}\n[[3],[-1],[]]"),
        "Line 2, column 7 (call 2, enQueue): -1 is not from 0 to 1000. ⟨-1⟩",
    );
    check_error(
        &format!("{names}\n[[3],[],[]]"),
        "Line 2, column 7 (call 2, enQueue): this call takes 1 argument, as in [3]. ⟨]⟩",
    );
    check_error(
        &format!("{names}\n[[3],[1,2],[]]"),
        "Line 2, column 8 (call 2, enQueue): this call takes 1 argument, as in [3]. ⟨,⟩",
    );
    check_error(&format!("{names}\n[[3],[1 2],[]]"), "Line 2, column 9 (call 2, enQueue): expected ], found 2. ⟨2⟩");
    check_error(
        &format!("{names}\n[[3],[true],[]]"),
        "Line 2, column 7 (call 2, enQueue): expected a whole number, found true. ⟨true⟩",
    );
    check_error(
        &format!("{names}\n[[3],[1],[7]]"),
        "Line 2, column 11 (call 3, Rear): this call takes no argument: []. ⟨7⟩",
    );
    check_error(
        &format!("{names}\n[[3],1,[]]"),
        "Line 2, column 6 (call 2, enQueue): expected the argument list of this call, as [] or [3], found 1. ⟨1⟩",
    );
    check_error(
        &format!("{names}\n[[3],[1]]"),
        "Line 2, column 9 (call 3, Rear): the list of arguments ends after 2 of 3 calls. ⟨]⟩",
    );
    check_error(
        &format!("{names}\n[[3],[1],[],[]]"),
        "Line 2, column 13: the list of arguments has an entry more than the 3 calls. ⟨[⟩",
    );
    check_error(
        &format!("{names}\n[[3],[1],[]]\n[]"),
        "Line 3, column 2 (call 1, MyCircularQueue): the list of expected answers ends after 0 of 3 calls. ⟨]⟩",
    );
    check_error(
        &format!("{names}\n[[3],[1],[]]\n[null,true,1,1]"),
        "Line 3, column 14: the list of expected answers has an entry more than the 3 calls. ⟨1⟩",
    );
    check_error(
        &format!("{names}\n[[3],[1],[]]\n[null,[],1]"),
        "Line 3, column 7 (call 2, enQueue): expected null, true, false or a whole number, found [. ⟨[⟩",
    );
    check_error(
        &format!("{names}\n[[99999999999999999999],[1],[]]"),
        "Line 2, column 3 (call 1, MyCircularQueue): 99999999999999999999 is larger than any number of the exercise. ⟨99999999999999999999⟩",
    );
}

#[test]
fn columns_count_characters_and_tokens_stand_on_their_boundaries() {
    check_error(
        "[\"MyCircularQueue\",\"größe\",\"x\"]",
        "Line 1, column 20 (call 2): größe is no call of the exercise; there are enQueue, deQueue, Front, Rear, isEmpty and isFull. ⟨\"größe\"⟩",
    );
    check_error(
        "[\"MyCircularQueue\"]\n[[3]]\n[“]",
        "Line 3, column 2 (call 1, MyCircularQueue): JSON puts names in straight double quotes: \"enQueue\". ⟨“⟩",
    );
}

#[test]
fn three_thousand_calls_are_taken_and_no_more() {
    let list_of = |calls: usize| {
        let names = ["\"MyCircularQueue\""].into_iter().chain(std::iter::repeat_n("\"isEmpty\"", calls));
        let arguments = ["[1000]"].into_iter().chain(std::iter::repeat_n("[]", calls));
        format!("[{}]\n[{}]", names.collect::<Vec<_>>().join(","), arguments.collect::<Vec<_>>().join(","))
    };
    let mut replay = Replay::of(OperationList::parse(&list_of(CALLS_MAX)).expect("3000 calls are allowed"));
    replay.run();
    assert_eq!(replay.made().len(), CALLS_MAX + 1);
    assert!(replay.call(Operation::Front).is_err(), "the 3001st call is refused");
    assert_eq!(replay.made().len(), CALLS_MAX + 1);
    let error = OperationList::parse(&list_of(CALLS_MAX + 1)).expect_err("one too many");
    assert_eq!(
        error.to_string(),
        "Line 1, column 30020 (call 3002): the exercise makes at most 3000 calls after MyCircularQueue."
    );
    let long = format!("[{}", " ".repeat(2 << 20));
    assert!(
        OperationList::parse(&long).expect_err("too long").to_string().contains("the text goes on after 1048576 bytes")
    );
}

#[test]
fn a_replay_steps_both_ways_and_a_call_by_hand_takes_the_place_of_the_rest() {
    let mut replay = Replay::of(OperationList::parse(LEETCODE_EXAMPLE).expect("a good list"));
    let mut pictures = vec![replay.clone()];
    while replay.step() {
        pictures.push(replay.clone());
    }
    assert_eq!(pictures.len(), 10);
    for picture in pictures.iter().rev().skip(1) {
        assert!(replay.step_back());
        assert_eq!(&replay, picture);
    }
    assert!(!replay.step_back(), "the constructor stays");
    replay.seek(4);
    assert_eq!((replay.queue().head(), replay.queue().tail(), replay.queue().count()), (0, 0, 3));
    replay.call(Operation::DeQueue).expect("there is room");
    assert_eq!(
        (replay.made().len(), replay.to_come().len(), replay.last().touched),
        (5, 0, Some((0, Value::try_new(1).expect("in range"))))
    );
    assert_eq!(judge(replay.list()), Verdict::Right { answers: 4 });
}

fn random_operation(prng: &mut Prng) -> Operation {
    match prng.below(8) {
        0..=2 => Operation::EnQueue { value: Value::try_new(prng.between(0, 1000) as i64).expect("in range") },
        3..=4 => Operation::DeQueue,
        5 => Operation::Front,
        6 => Operation::Rear,
        _ => [Operation::IsEmpty, Operation::IsFull][prng.below(2) as usize],
    }
}

/// The exercise in the plainest way: a list that grows and shrinks.
fn naive_answer(model: &mut VecDeque<i64>, k: usize, operation: Operation) -> Answer {
    match operation {
        Operation::New { .. } => Answer::Null,
        Operation::EnQueue { .. } if model.len() == k => Answer::Bool(false),
        Operation::EnQueue { value } => {
            model.push_back(i64::from(value.get()));
            Answer::Bool(true)
        }
        Operation::DeQueue => Answer::Bool(model.pop_front().is_some()),
        Operation::Front => Answer::Int(model.front().copied().unwrap_or(-1)),
        Operation::Rear => Answer::Int(model.back().copied().unwrap_or(-1)),
        Operation::IsEmpty => Answer::Bool(model.is_empty()),
        Operation::IsFull => Answer::Bool(model.len() == k),
    }
}

#[test]
fn the_reference_agrees_with_a_naive_model() {
    for seed in 0..300 {
        let mut prng = Prng::stream(seed, "circular queue");
        let bound = [3, 10, 1000][prng.below(3) as usize];
        let k = prng.between(1, bound) as usize;
        let mut queue = CircularQueue::new(Capacity::try_new(k as i64).expect("in range"));
        let mut model = VecDeque::new();
        for call in 0..CALLS_MAX {
            let operation = random_operation(&mut prng);
            let expected = naive_answer(&mut model, k, operation);
            assert_eq!(queue.call(operation), expected, "seed {seed}, k {k}, call {call}: {operation}");
            assert_eq!(queue.count(), model.len(), "seed {seed}, call {call}");
            let held: Vec<i64> = (0..queue.count())
                .filter_map(|index| queue.held_in((queue.head() + index) % k))
                .map(|value| i64::from(value.get()))
                .collect();
            if call % 16 == 0 {
                assert_eq!(held, model.iter().copied().collect::<Vec<_>>(), "seed {seed}, call {call}");
                assert_eq!((0..=k).filter(|&slot| queue.held_in(slot).is_some()).count(), model.len(), "seed {seed}");
                assert_eq!(queue.tail(), (queue.head() + model.len()) % k, "seed {seed}");
            }
        }
    }
}

fn random_list(prng: &mut Prng) -> String {
    let capacity = Capacity::try_new(prng.between(1, 5) as i64).expect("in range");
    let mut list = OperationList::new(capacity);
    for _ in 0..prng.below(12) {
        list.push(random_operation(prng)).expect("there is room");
    }
    let mut replay = Replay::of(list.clone());
    replay.run();
    let answers: Vec<Answer> = replay.made().iter().map(|call| call.answer).collect();
    let text = list.to_string();
    if prng.chance(500) { format!("{text}\n{}", AnswersLine(&answers)) } else { text }
}

fn mutate(prng: &mut Prng, text: &mut Vec<char>) {
    const PIECES: [&str; 16] = [
        "[",
        "]",
        ",",
        "\"",
        "-",
        "1001",
        "null",
        "true",
        "\\u12",
        "\n",
        "é",
        "😀",
        "MyCircularQueue",
        "Front",
        "0",
        " ",
    ];
    let at = prng.below(text.len() as u64 + 1) as usize;
    match prng.below(4) {
        0 => drop(text.splice(at..at, PIECES[prng.below(16) as usize].chars())),
        1 if at < text.len() => drop(text.remove(at)),
        2 => text.truncate(at),
        _ if at < text.len() => text[at] = char::from(prng.between(1, 126) as u8),
        _ => {}
    }
}

#[test]
fn mutated_lists_never_panic_and_what_is_read_prints_and_reads_back() {
    let seed = 0x2622;
    let mut prng = Prng::stream(seed, "operation lists");
    let mut good = 0;
    for input in 0..120_000 {
        let mut characters: Vec<char> = random_list(&mut prng).chars().collect();
        for _ in 0..prng.below(4) {
            mutate(&mut prng, &mut characters);
        }
        let text: String = characters.into_iter().collect();
        match OperationList::parse(&text) {
            Ok(list) => {
                good += 1;
                assert_eq!(OperationList::parse(&list.to_string()), Ok(list), "seed {seed}, input {input}: {text}");
            }
            Err(error) => {
                assert!(text.get(error.place.token.clone()).is_some(), "seed {seed}, input {input}: {text}");
                let line = text.split('\n').nth(error.place.line - 1).expect("the line exists");
                assert!(
                    error.place.column <= line.chars().count() + 1,
                    "seed {seed}, input {input}: {error} in {text}"
                );
                assert!(error.to_string().ends_with('.'), "{error}");
            }
        }
    }
    assert!((20_000..100_000).contains(&good), "the mutations leave a mix of good and bad lists, here {good}");
}

#[test]
fn names_are_found_whatever_their_capitals() {
    for name in OperationName::ALL {
        assert_eq!(OperationName::from_word(name.word()), Some(name));
        assert_eq!(OperationName::meant_by(&name.word().to_uppercase()), Some(name));
    }
}
