//! What is recorded of the frames that pass, where the arguments ask for it.

use std::cell::{Cell, OnceCell, RefCell};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use smoltcp::phy::{Device, Medium};
use smoltcp::time::{Duration, Instant};
use uppercase::Stack;
use uppercase::device::capture::{Frame, Sink};
use uppercase::simulation::{Event, Network};
use uppercase::stack::Transmission;
use uppercase::trace::pcapng::{Interface, InterfaceSink, Writer};
use uppercase::trace::{self, Side, text::Scroll};
use uppercase::trace::{Explainer, Ladder};

use super::draw;
use super::drawing::Drawing;
use super::failure::{Failure, complain};
use super::host::Clock;
use super::record::Record;
use super::screen::Screen;

/// What a capture file names as the program that has written it.
const APPLICATION: &str = concat!("uppercase ", env!("CARGO_PKG_VERSION"));

/// A drawing made row by row says how many frames have passed, if none comes for this time.
const PAUSE: Duration = Duration::from_millis(300);

/// The names of both ends in a drawing.
pub const CLIENT: &str = "client";
pub const SERVER: &str = "server";

/// Records the frames of one interface or several.
pub struct Recorder<'a> {
    args: &'a Record,
    drawing: &'a Drawing,
    /// What is drawn at the end.
    whole: Option<trace::Recorder>,
    /// What is drawn row by row.
    rows: RefCell<Option<Rows>>,
    /// Made with the first interface. Where that fails, an existing file stays as it is.
    file: OnceCell<Writer<File>>,
    /// Whether a frame could not be written.
    has_failed: Rc<Cell<bool>>,
    /// What the comments in the file are made of: for each interface, what passes there.
    comments: RefCell<Vec<trace::Recorder>>,
    /// What happens in a simulated network, and what its stacks tell of segments.
    simulated: RefCell<Option<Simulated>>,
}

/// What is drawn of a simulated network.
#[derive(Clone, Default)]
struct Simulated {
    events: Rc<RefCell<Vec<Event>>>,
    told: Rc<RefCell<Vec<Transmission>>>,
}

/// What is kept of a run in a simulated network, in events.
const MOST_EVENTS: usize = 200_000;

impl<'a> Recorder<'a> {
    pub fn new(args: &'a Record, drawing: &'a Drawing) -> Self {
        Self {
            args,
            drawing,
            whole: drawing.is_wanted().then(trace::Recorder::new),
            rows: RefCell::default(),
            file: OnceCell::new(),
            has_failed: Rc::default(),
            comments: RefCell::default(),
            simulated: RefCell::default(),
        }
    }

    /// Has what happens in a network drawn as the network tells it. Its stacks are watched later.
    pub fn watch_network(&self, network: &mut Network) {
        if self.whole.is_none() {
            return;
        }
        let simulated = Simulated::default();
        let events = Rc::clone(&simulated.events);
        network.watch(move |event| {
            let mut events = events.borrow_mut();
            if events.len() < MOST_EVENTS {
                events.push(event.clone());
            }
        });
        *self.simulated.borrow_mut() = Some(simulated);
    }

    /// Whether frames are recorded at all.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn is_on(&self) -> bool {
        self.args.capture.is_some() || self.drawing.is_wanted()
    }

    /// The option that has them recorded.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn option(&self) -> &'static str {
        match (&self.args.capture, self.drawing.ladder) {
            (Some(_), _) => "--capture",
            (_, true) => "--ladder",
            _ => "a drawing",
        }
    }

    /// Whether frames are drawn.
    pub fn is_drawing(&self) -> bool {
        self.drawing.is_wanted()
    }

    /// Draws row by row from now on, instead of at the end; `title` stands above the server.
    pub fn draw_rows(&mut self, title: Vec<String>) {
        if !self.drawing.ladder {
            return;
        }
        if !self.drawing.is_filed() {
            self.whole = None;
        }
        let titles = [vec!["clients".into()], title];
        let options = draw::options(self.drawing, &io::stderr());
        let mut scroll = Scroll::new(SERVER, Side::Right, titles, &options);
        if self.drawing.explain {
            scroll = scroll.explained();
        }
        *self.rows.borrow_mut() = Some(Rows {
            recorder: trace::Recorder::new(),
            scroll,
            screen: Screen::start(),
            is_begun: false,
            last: Instant::ZERO,
        });
    }

    /// Draws the rows of what has happened; returns how long it can be waited until more of that is
    /// to do.
    pub fn draw(&self, now: Instant, delay: Option<Duration>) -> Option<Duration> {
        match &mut *self.rows.borrow_mut() {
            Some(rows) => rows.draw(now, delay),
            None => delay,
        }
    }

    /// Has the states of a stack's connections drawn, and the reasons of its segments explained; it is
    /// that of the client, or of the server. All interfaces are known by now.
    pub fn watch<D: Device>(&self, stack: &mut Stack<'_, D>, end: &str) {
        let recorders: Vec<_> = self.recorders().collect();
        let comments = self.comments.borrow();
        let mut told: Vec<_> = recorders
            .iter()
            .chain(&*comments)
            .map(trace::Recorder::transmissions)
            .collect();
        let simulated = self.simulated.borrow();
        let all = simulated
            .as_ref()
            .map(|simulated| Rc::clone(&simulated.told));
        if self.drawing.explain && !told.is_empty() {
            stack.watch_transmissions(move |transmission| {
                told.iter_mut().for_each(|told| told(transmission));
                if let Some(all) = &all {
                    all.borrow_mut().push(*transmission);
                }
            });
        }
        if recorders.is_empty() {
            return;
        }
        let mut watchers: Vec<_> = recorders
            .iter()
            .map(|recorder| recorder.watcher(end))
            .collect();
        stack.watch(move |transition| watchers.iter_mut().for_each(|watcher| watcher(transition)));
    }

    fn recorders(&self) -> impl Iterator<Item = trace::Recorder> {
        let rows = self
            .rows
            .borrow()
            .as_ref()
            .map(|rows| rows.recorder.clone());
        self.whole.iter().cloned().chain(rows)
    }

    /// Whether those of both ends are, where both are in this program.
    pub fn has_both_ends(&self) -> bool {
        self.args.capture_both
    }

    /// What records the frames of this interface, with the times of this clock; `None` if nothing
    /// does. `end` says whether it is the client's or the server's; `is_filed`, whether its frames
    /// are for the capture file.
    pub fn interface(
        &self,
        (end, name): (&str, &str),
        medium: Medium,
        clock: &Clock,
        is_filed: bool,
    ) -> Result<Option<Recording>, Failure> {
        let path = self.args.capture.as_ref().filter(|_| is_filed);
        let file = path.map(|path| {
            let interface = Interface {
                epoch: clock.epoch(),
                ..Interface::new(name, medium.into())
            };
            let sink = self
                .writer(path)
                .and_then(|file| file.interface(&interface));
            Ok(Filed {
                sink: sink.map_err(|error| explain(path, &error))?,
                name: path.clone(),
                has_failed: Rc::clone(&self.has_failed),
                comments: self.drawing.explain.then(|| self.comments(end)),
            })
        });
        let drawn: Vec<Drawn> = self
            .recorders()
            .map(|recorder| Box::new(recorder.sink(end)) as Drawn)
            .collect();
        let recording = Recording {
            file: file.transpose()?,
            drawn,
        };
        let is_any = recording.file.is_some() || !recording.drawn.is_empty();
        Ok(is_any.then_some(recording))
    }

    /// What the frames at one end are explained by.
    fn comments(&self, end: &str) -> Comments {
        let recorder = trace::Recorder::new();
        self.comments.borrow_mut().push(recorder.clone());
        let side = if end == CLIENT {
            Side::Left
        } else {
            Side::Right
        };
        Comments {
            sink: Box::new(recorder.sink(end)),
            recorder,
            explainer: Explainer::new(end, side),
        }
    }

    fn writer(&self, path: &Path) -> io::Result<&Writer<File>> {
        if let Some(writer) = self.file.get() {
            return Ok(writer);
        }
        let writer = Writer::new(File::create(path)?, APPLICATION, None)?;
        Ok(self.file.get_or_init(|| writer))
    }

    /// Draws all that is drawn at the end.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn draw_end(&self) -> Result<(), Failure> {
        let is_by_rows = match &mut *self.rows.borrow_mut() {
            Some(rows) => {
                rows.print(Scroll::pause);
                true
            }
            None => false,
        };
        let Some(whole) = &self.whole else {
            return Ok(());
        };
        let ladder = match &*self.simulated.borrow() {
            Some(simulated) => {
                let mut records = trace::simulated::records(&simulated.events.borrow());
                trace::tell(&mut records, &simulated.told.borrow());
                Ladder::new(&records, &whole.changes())
            }
            None => whole.ladder(),
        };
        let ladder = draw::finish(self.drawing, ladder);
        if !is_by_rows {
            draw::draw(self.drawing, &ladder);
        }
        draw::file(self.drawing, &ladder)
    }

    /// What a command that went well comes to: it did not if frames are missing.
    pub fn finish(&self) -> Result<(), Failure> {
        match &self.args.capture {
            Some(path) if self.has_failed.get() => Err(Failure::Error(format!(
                "{} is not complete",
                path.display()
            ))),
            _ => Ok(()),
        }
    }
}

/// Why a file cannot be made, and what to do.
fn explain(path: &Path, error: &io::Error) -> Failure {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let next = match error.kind() {
        io::ErrorKind::NotFound => format!("make its directory: mkdir -p {}", directory.display()),
        io::ErrorKind::IsADirectory => "it is a directory: give the name of a file in it".into(),
        io::ErrorKind::StorageFull => "make room, or give a file on another disk".into(),
        _ => "give --capture a file that can be written, such as /tmp/capture.pcapng".into(),
    };
    Failure::Error(format!(
        "{} cannot be written: {error}; {next}",
        path.display()
    ))
}

/// A drawing that goes on row by row.
struct Rows {
    recorder: trace::Recorder,
    scroll: Scroll,
    screen: Screen,
    is_begun: bool,
    /// When the last frame was drawn.
    last: Instant,
}

impl Rows {
    fn draw(&mut self, now: Instant, delay: Option<Duration>) -> Option<Duration> {
        let (records, changes) = self.recorder.take();
        if !records.is_empty() || !changes.is_empty() {
            self.last = now;
            self.print(|scroll| scroll.add(&records, &changes));
        } else if now >= self.last + PAUSE {
            self.print(Scroll::pause);
        }
        match self.scroll.is_counting() {
            true => Some(delay.map_or(PAUSE, |delay| delay.min(PAUSE))),
            false => delay,
        }
    }

    fn print(&mut self, text: impl FnOnce(&mut Scroll) -> String) {
        let text = text(&mut self.scroll);
        if text.is_empty() {
            return;
        }
        let head = match std::mem::replace(&mut self.is_begun, true) {
            true => String::new(),
            false => self.scroll.head(),
        };
        self.screen.print(head + &text);
    }
}

/// The sink for the frames of one interface.
pub struct Recording {
    file: Option<Filed>,
    drawn: Vec<Drawn>,
}

/// What frames are drawn by.
type Drawn = Box<dyn FnMut(Frame<'_>)>;

impl Sink for Recording {
    fn frame(&mut self, frame: Frame<'_>) {
        if let Some(file) = &mut self.file {
            file.frame(frame);
        }
        self.drawn.iter_mut().for_each(|drawn| drawn(frame));
    }
}

/// A capture file, or the part of it that one interface has.
struct Filed {
    sink: InterfaceSink<File>,
    /// Of the file.
    name: PathBuf,
    has_failed: Rc<Cell<bool>>,
    comments: Option<Comments>,
}

/// What the comments on frames are made of.
struct Comments {
    recorder: trace::Recorder,
    sink: Drawn,
    explainer: Explainer,
}

impl Comments {
    /// The comment on a frame.
    fn of(&mut self, frame: Frame<'_>) -> Option<String> {
        (self.sink)(frame);
        let (records, changes) = self.recorder.take();
        trace::comment(&self.explainer.explain(&records, &changes))
    }
}

impl Filed {
    fn frame(&mut self, frame: Frame<'_>) {
        if self.has_failed.get() {
            return;
        }
        let comments = self.comments.as_mut();
        let comment = comments.and_then(|comments| comments.of(frame));
        if let Err(error) = self.sink.write(&frame, comment.as_deref()) {
            self.has_failed.set(true);
            let name = self.name.display();
            complain(format!("{name} cannot be written, and ends here: {error}"));
        }
    }
}
