//! The one owner of the engine on the page: it plays the run of the open place and publishes what the panels show.
//!
//! Sixty times a second: animation frame → playback → engine → canvas, with no Yew in it. At most twenty times a second the
//! slices are published, and a component renders again only if its slice changed. While the engine works, the run is taken
//! out of its slot: if the engine panics, nothing stays borrowed, the slot stays empty, and the page says so and goes on.

use super::published::{BrokenRun, Published};
use super::run::Run;
use super::wish::Wish;
use crate::course::Place;
use crate::engine::common::VirtualTime;
use crate::engine::sim::State;
use crate::web::panic_message;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// Shortest time between two publications, in milliseconds: twenty a second.
const PUBLISH_MS: f64 = 50.0;

/// Paints what moves: called every frame in which something may have moved, outside Yew.
pub type Painter = Rc<dyn Fn(&State, VirtualTime)>;

type Listener = Rc<dyn Fn(&Published)>;

/// The owner of the engine.
pub struct Runner {
    place: Cell<Place>,
    runs: RefCell<BTreeMap<Place, Run>>,
    /// The place whose run is in the engine's hands now; still set on the next frame only if the engine panicked.
    busy: Cell<Option<Place>>,
    published: RefCell<Published>,
    listeners: RefCell<BTreeMap<u64, Listener>>,
    listeners_made: Cell<u64>,
    painter: RefCell<Option<Painter>>,
    dirty: Cell<bool>,
    repaint: Cell<bool>,
    last_frame_ms: Cell<Option<f64>>,
    last_publish_ms: Cell<f64>,
}

impl Runner {
    /// An owner without a run, at `place`.
    #[must_use]
    pub fn new(place: Place) -> Rc<Self> {
        let runner = Rc::new(Self {
            place: Cell::new(place),
            runs: RefCell::default(),
            busy: Cell::new(None),
            published: RefCell::new(Published::empty(place)),
            listeners: RefCell::default(),
            listeners_made: Cell::new(0),
            painter: RefCell::default(),
            dirty: Cell::new(true),
            repaint: Cell::new(true),
            last_frame_ms: Cell::new(None),
            last_publish_ms: Cell::new(f64::MIN),
        });
        runner.enter(place);
        runner
    }

    /// Goes to a place: the run of the one before pauses, the place's own is made if it is new.
    pub fn enter(&self, place: Place) {
        if place != self.place.get() {
            self.with_run(Run::leave);
        }
        self.place.set(place);
        if place.has_run() && !self.runs.borrow().contains_key(&place) {
            self.busy.set(Some(place));
            let run = Run::start(place);
            self.busy.set(None);
            self.runs.borrow_mut().insert(place, run);
        }
        self.publish();
    }

    /// Does what the reader asks for. Answers whether it was possible.
    pub fn wish(&self, wish: Wish) -> bool {
        if wish == Wish::Reset && self.published.borrow().broken.is_some() {
            self.start_again();
            return true;
        }
        let granted = self.with_run(|run| run.grant(wish));
        self.mark_dirty();
        granted == Some(true)
    }

    /// Runs `work` on the place's run, which is out of its slot meanwhile.
    fn with_run<R>(&self, work: impl FnOnce(&mut Run) -> R) -> Option<R> {
        let place = self.place.get();
        let mut run = self.runs.borrow_mut().remove(&place)?;
        run.note_attempt();
        self.busy.set(Some(place));
        let result = work(&mut run);
        self.busy.set(None);
        self.runs.borrow_mut().insert(place, run);
        Some(result)
    }

    /// One frame of the browser.
    pub fn on_frame(&self, now_ms: f64) {
        if let Some(place) = self.busy.take() {
            self.report_broken(place);
        }
        let passed_ms = self.last_frame_ms.replace(Some(now_ms)).map_or(0.0, |last| now_ms - last);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at most 100 ms count
        let passed_us = (passed_ms.clamp(0.0, 1_000.0) * 1000.0) as u64;
        if self.with_run(|run| run.tick(passed_us)) == Some(true) {
            self.mark_dirty();
        }
        if self.repaint.take() {
            self.paint();
        }
        if self.dirty.get() && now_ms - self.last_publish_ms.get() >= PUBLISH_MS {
            self.last_publish_ms.set(now_ms);
            self.publish();
        }
    }

    fn mark_dirty(&self) {
        self.dirty.set(true);
        self.repaint.set(true);
    }

    /// Asks for a new painting: the layout or the colours changed.
    pub fn repaint(&self) {
        self.repaint.set(true);
    }

    fn paint(&self) {
        let painter = self.painter.borrow().clone();
        if let (Some(painter), Some(run)) = (painter, self.runs.borrow().get(&self.place.get())) {
            painter(run.state(), run.now());
        }
    }

    /// Who paints what moves; none while there is no stage.
    pub fn set_painter(&self, painter: Option<Painter>) {
        *self.painter.borrow_mut() = painter;
        self.repaint.set(true);
    }

    fn publish(&self) {
        self.dirty.set(false);
        let mut published = self.published.borrow().clone();
        published.place = self.place.get();
        self.with_run(|run| run.publish(&mut published));
        *self.published.borrow_mut() = published;
        self.tell();
    }

    fn tell(&self) {
        let listeners: Vec<Listener> = self.listeners.borrow().values().cloned().collect();
        let published = self.published.borrow().clone();
        for listener in listeners {
            listener(&published);
        }
    }

    fn report_broken(&self, place: Place) {
        let message = panic_message::take().unwrap_or_else(|| "The engine stopped.".to_string());
        let broken = BrokenRun { message, scenario: super::run::last_attempt() };
        let mut published = self.published.borrow().clone();
        published.place = place;
        published.broken = Some(Rc::new(broken));
        *self.published.borrow_mut() = published;
        self.tell();
    }

    fn start_again(&self) {
        self.published.borrow_mut().broken = None;
        self.runs.borrow_mut().remove(&self.place.get());
        self.enter(self.place.get());
    }

    /// The run as a scenario that ends at the moment shown; empty where there is no run.
    #[must_use]
    pub fn scenario_text(&self) -> String {
        self.with_run(|run| run.scenario_text()).unwrap_or_default()
    }

    /// What `look` makes of the state at the moment shown; none where there is no run.
    pub fn look<R>(&self, look: impl FnOnce(&State) -> R) -> Option<R> {
        self.with_run(|run| look(run.state()))
    }

    /// The producer of this name, or the first one.
    #[must_use]
    pub fn producer_or_first(&self, name: &str) -> String {
        let published = self.published.borrow();
        let known = published.producers.iter().find(|producer| *producer == name);
        known.or(published.producers.first()).cloned().unwrap_or_default()
    }

    /// Whether the run plays.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.published.borrow().transport.playing
    }

    fn select<T>(&self, select: fn(&Published) -> T) -> T {
        select(&self.published.borrow())
    }

    fn subscribe(&self, listener: Listener) -> u64 {
        let id = self.listeners_made.get();
        self.listeners_made.set(id + 1);
        self.listeners.borrow_mut().insert(id, listener);
        id
    }

    fn unsubscribe(&self, id: u64) {
        self.listeners.borrow_mut().remove(&id);
    }
}

/// What components hold of the owner.
#[derive(Clone)]
pub struct RunnerHandle(pub Rc<Runner>);

impl PartialEq for RunnerHandle {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::ops::Deref for RunnerHandle {
    type Target = Runner;
    fn deref(&self) -> &Runner {
        &self.0
    }
}

impl RunnerHandle {
    /// A click that wishes for something.
    #[must_use]
    pub fn on_click(&self, wish: Wish) -> Callback<MouseEvent> {
        let runner = self.clone();
        Callback::from(move |_: MouseEvent| {
            runner.wish(wish.clone());
        })
    }

    /// An element's input that may wish for something.
    #[must_use]
    pub fn on_input<E: JsCast + 'static>(&self, wish: fn(E) -> Option<Wish>) -> Callback<InputEvent> {
        let runner = self.clone();
        Callback::from(move |event: InputEvent| runner.wish_of_target(event.target(), wish))
    }

    /// An element's change that may wish for something.
    #[must_use]
    pub fn on_change<E: JsCast + 'static>(&self, wish: fn(E) -> Option<Wish>) -> Callback<Event> {
        let runner = self.clone();
        Callback::from(move |event: Event| runner.wish_of_target(event.target(), wish))
    }

    fn wish_of_target<E: JsCast>(&self, target: Option<web_sys::EventTarget>, wish: fn(E) -> Option<Wish>) {
        let element = target.and_then(|target| target.dyn_into::<E>().ok());
        if let Some(wish) = element.and_then(wish) {
            self.wish(wish);
        }
    }
}

/// The owner of the engine.
///
/// # Panics
/// Outside the page, which provides it.
#[hook]
pub fn use_runner() -> RunnerHandle {
    use_context::<RunnerHandle>().expect("the page provides the runner")
}

/// A slice of what was published; the component renders again when it changes.
#[hook]
pub fn use_slice<T: Clone + PartialEq + 'static>(select: fn(&Published) -> T) -> T {
    let runner = use_runner();
    let value = use_state_eq(|| runner.select(select));
    {
        let setter = value.setter();
        use_effect_with(runner, move |runner| {
            let runner = runner.clone();
            // Something may have been published between the first rendering and this effect.
            setter.set(runner.select(select));
            let id = runner.subscribe(Rc::new(move |published| setter.set(select(published))));
            move || runner.unsubscribe(id)
        });
    }
    (*value).clone()
}
