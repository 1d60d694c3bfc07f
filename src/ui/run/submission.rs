//! What the reader does to the run: a command is submitted, and what is refused gets its reason.

use super::{Run, attempt};
use crate::engine::common::RecordId;
use crate::engine::sim::{Command, EventKind, ProducerEvent, TimedCommand};
use crate::view::{Subject, news, partition_acts};
use std::rc::Rc;

impl Run {
    /// If the engine panics over a command, the command is part of the run to report.
    fn attempt_command(&self, command: &Command) {
        let mut script = self.timeline.to_scenario();
        script.commands.push(TimedCommand { at: self.now(), command: command.clone() });
        attempt::note(&Rc::new(script), self.now());
    }

    pub(super) fn submit(&mut self, command: Command) {
        let first_new = RecordId(self.state().ledger.records_count() as u64);
        self.attempt_command(&command);
        if let Err(error) = self.timeline.submit(command.clone()) {
            self.refuse(&command, Rc::from(error.to_string()));
            return;
        }
        self.script = Rc::new(self.timeline.to_scenario());
        self.is_tail_back = false;
        self.outlook = None;
        self.hear();
        self.notice = partition_acts::refusal(self.state(), &command, self.timeline.news()).map(Rc::from);
        if let Command::Send { .. } | Command::Burst { .. } = command {
            self.refusal = self.refused_send(&command).map(Rc::from);
            if self.state().ledger.record(first_new).is_some() {
                self.subject = Some(Subject::Record(first_new));
                self.refused = self.refusal.clone().map(|why| (Subject::Record(first_new), why));
            }
            self.last_sent = Some((Rc::new(command), self.now()));
        }
    }

    /// Says why a command was refused: beside the form that sends, or over the page and beside the setting that it sets.
    fn refuse(&mut self, command: &Command, why: Rc<str>) {
        match command {
            Command::Send { .. } | Command::Burst { .. } => self.refusal = Some(why),
            _ => {
                self.setting_refusals.note(command, &why);
                self.notice = Some(why);
            }
        }
    }

    /// Why the call of `send()` that was just made failed, as Kafka words it.
    fn refused_send(&self, command: &Command) -> Option<String> {
        let (Command::Send { record, .. } | Command::Burst { record, .. }) = command else { return None };
        let failed = |event: &EventKind| match event {
            EventKind::Producer { session, event: ProducerEvent::SendFailed { why, .. } } => Some((*session, *why)),
            _ => None,
        };
        let (session, why) = self.timeline.news().iter().find_map(|event| failed(&event.kind))?;
        Some(news::refusal(self.state(), session, why, record))
    }
}
