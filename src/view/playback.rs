//! Playback as a pure machine: real time and wishes in, the virtual moment to show out. It owns no clock and runs no engine.
//!
//! Whatever it is told, it never changes what happens in a run, only which moment of it is shown.

use crate::engine::common::VirtualTime;

/// Longest real time that one tick counts: a tab that slept does not leap on waking.
const TICK_US_MAX: u64 = 100_000;
/// Real time between two steps where the reader prefers steps to gliding.
const STEP_US: u64 = 700_000;
/// Real time that stays before an event which quiet time was skipped to, so that it is seen coming.
const LEAD_IN_US: u64 = 250_000;

/// Virtual time per real time, on a log scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed(usize);

impl Speed {
    const RATIOS: [(u64, u64); 16] = [
        (1, 10_000),
        (1, 5_000),
        (1, 2_000),
        (1, 1_000),
        (1, 500),
        (1, 200),
        (1, 100),
        (1, 50),
        (1, 20),
        (1, 10),
        (1, 5),
        (1, 2),
        (1, 1),
        (2, 1),
        (5, 1),
        (10, 1),
    ];
    /// How many speeds there are; a speed's step is below this.
    pub const STEPS: usize = Self::RATIOS.len();

    /// The speed at this step, or the fastest.
    #[must_use]
    pub fn at_step(step: usize) -> Self {
        Self(step.min(Self::STEPS - 1))
    }

    /// The speed nearest below or at 1/`divisor`.
    #[must_use]
    pub fn one_in(divisor: u64) -> Self {
        Self(Self::RATIOS.iter().rposition(|&(virtual_part, real)| virtual_part * divisor <= real).unwrap_or(0))
    }

    /// Its place on the scale, from 0.
    #[must_use]
    pub fn step(self) -> usize {
        self.0
    }

    /// `1/200×`, `1×`, `5×`.
    #[must_use]
    pub fn label(self) -> String {
        match Self::RATIOS[self.0] {
            (virtual_part, 1) => format!("{virtual_part}×"),
            (virtual_part, real) => format!("{virtual_part}/{real}×"),
        }
    }

    /// Virtual time in so much real time, in millionths of a microsecond so that slow speeds lose nothing.
    fn picoseconds(self, real_us: u64) -> u64 {
        let (virtual_part, real) = Self::RATIOS[self.0];
        real_us.saturating_mul(1_000_000).saturating_mul(virtual_part) / real
    }
}

/// What a tick must know of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The moment that is shown.
    pub now: VirtualTime,
    /// The next moment with a visible event or a mark, if one is known.
    pub next_visible: Option<VirtualTime>,
    /// Something that the eye follows is on its way.
    pub moving: bool,
    /// Where the run ends.
    pub end: VirtualTime,
}

/// Plays, pauses, and says which moment comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playback {
    /// It plays.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
    /// Jump over time in which nothing is to be seen.
    pub skip_quiet: bool,
    /// Show each visible event as it stands instead of gliding towards it.
    pub stepwise: bool,
    /// Virtual time that is due but is less than a microsecond, in millionths of one.
    remainder: u64,
    /// Real time since the last step, where steps are preferred.
    waited_us: u64,
}

impl Playback {
    /// Paused at the given speed.
    #[must_use]
    pub fn new(speed: Speed) -> Self {
        Self { playing: false, speed, skip_quiet: true, stepwise: false, remainder: 0, waited_us: 0 }
    }

    /// Stands still, and forgets the part of a microsecond that was due.
    pub fn pause(&mut self) {
        self.playing = false;
        self.remainder = 0;
        self.waited_us = 0;
    }

    /// `real_us` have passed: the moment to show now, if it is another. Pauses at the end of the run.
    pub fn tick(&mut self, real_us: u64, outlook: Outlook) -> Option<VirtualTime> {
        if !self.playing {
            return None;
        }
        if self.stepwise {
            return self.step(real_us, outlook);
        }
        let due = self.speed.picoseconds(real_us.min(TICK_US_MAX)) + self.remainder;
        self.remainder = due % 1_000_000;
        let mut target = outlook.now + VirtualTime(due / 1_000_000);
        if self.skip_quiet && !outlook.moving {
            target = target.max(self.skip_target(outlook));
        }
        self.arrive(target, outlook)
    }

    /// Every so often, the next visible event as it stands; nothing glides in between.
    fn step(&mut self, real_us: u64, outlook: Outlook) -> Option<VirtualTime> {
        self.waited_us += real_us.min(TICK_US_MAX);
        if self.waited_us < STEP_US {
            return None;
        }
        self.waited_us = 0;
        let due = VirtualTime(self.speed.picoseconds(STEP_US) / 1_000_000);
        self.arrive(outlook.next_visible.unwrap_or(outlook.now + due), outlook)
    }

    /// The moment to show: no further than the end, where it pauses.
    fn arrive(&mut self, target: VirtualTime, outlook: Outlook) -> Option<VirtualTime> {
        let target = target.min(outlook.end);
        if target == outlook.end {
            self.pause();
        }
        (target != outlook.now).then_some(target)
    }

    /// Just before the next visible event; where it is now if that is near.
    fn skip_target(&self, outlook: Outlook) -> VirtualTime {
        let lead_in = VirtualTime(self.speed.picoseconds(LEAD_IN_US) / 1_000_000);
        match outlook.next_visible {
            Some(next) => VirtualTime(next.0.saturating_sub(lead_in.0.max(1))),
            None => outlook.now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playing(speed: Speed) -> Playback {
        Playback { playing: true, ..Playback::new(speed) }
    }

    fn outlook(now: u64, next_visible: Option<u64>, moving: bool) -> Outlook {
        Outlook {
            now: VirtualTime(now),
            next_visible: next_visible.map(VirtualTime),
            moving,
            end: VirtualTime(60_000_000),
        }
    }

    #[test]
    fn slow_speeds_lose_no_time_at_any_frame_rate() {
        for frame_us in [4_000_u64, 16_667, 33_333] {
            let mut playback = playing(Speed::one_in(10_000));
            let mut now = 0;
            let frames = 10_000_000 / frame_us;
            for _ in 0..frames {
                if let Some(next) = playback.tick(frame_us, outlook(now, None, true)) {
                    now = next.0;
                }
            }
            assert_eq!(now, frames * frame_us / 10_000);
        }
    }

    #[test]
    fn quiet_time_is_skipped_to_just_before_the_next_event() {
        let mut playback = playing(Speed::one_in(1));
        let lead_in = 250_000;
        assert_eq!(playback.tick(16_000, outlook(0, Some(9_000_000), false)), Some(VirtualTime(9_000_000 - lead_in)));
        assert_eq!(playback.tick(16_000, outlook(8_900_000, Some(9_000_000), false)), Some(VirtualTime(8_916_000)));
        assert_eq!(playback.tick(16_000, outlook(0, Some(9_000_000), true)), Some(VirtualTime(16_000)));
        playback.skip_quiet = false;
        assert_eq!(playback.tick(16_000, outlook(0, Some(9_000_000), false)), Some(VirtualTime(16_000)));
    }

    #[test]
    fn it_pauses_at_the_end_and_a_sleeping_tab_does_not_leap() {
        let mut playback = playing(Speed::one_in(1));
        assert_eq!(playback.tick(5_000_000, outlook(0, None, true)), Some(VirtualTime(100_000)));
        assert_eq!(playback.tick(16_000, outlook(59_999_999, None, true)), Some(VirtualTime(60_000_000)));
        assert!(!playback.playing);
        assert_eq!(playback.tick(16_000, outlook(60_000_000, None, true)), None);
    }

    #[test]
    fn where_steps_are_preferred_it_goes_from_event_to_event() {
        let mut playback = Playback { stepwise: true, ..playing(Speed::one_in(200)) };
        let moments: Vec<_> = (0..20).filter_map(|_| playback.tick(100_000, outlook(500, Some(9_000), true))).collect();
        assert_eq!(moments, [VirtualTime(9_000), VirtualTime(9_000)], "one step every seven tenths of a second");
    }

    #[test]
    fn speeds_are_named_as_ratios() {
        assert_eq!(Speed::one_in(200).label(), "1/200×");
        assert_eq!(Speed::at_step(0).label(), "1/10000×");
        assert_eq!(Speed::at_step(99).label(), "10×");
        assert_eq!(Speed::one_in(1).label(), "1×");
        assert_eq!(Speed::at_step(Speed::one_in(500).step()), Speed::one_in(500));
    }
}
