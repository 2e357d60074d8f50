//! Watches a computation for the learner: a progress bar once it takes a while, and Ctrl-C.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::app::Settings;
use crate::experiments::Watcher;
use crate::render::terminal;
use crate::report::{Lang, Text};

/// What takes less than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(300);

static COMPUTING: AtomicBool = AtomicBool::new(false);
static STOP: AtomicBool = AtomicBool::new(false);
static IN_REPL: AtomicBool = AtomicBool::new(false);
static PRESSED: AtomicUsize = AtomicUsize::new(0);
static HANDLER: Once = Once::new();

/// How often one must press Ctrl-C to leave a computation that does not listen.
const PATIENT: usize = 3;

/// Takes Ctrl-C over. While something computes it is asked to stop; while nothing does, the process
/// ends, except in the REPL, which only `exit` and Ctrl-D leave.
pub fn listen() {
    HANDLER.call_once(|| {
        // without a handler Ctrl-C ends the process, which is still right
        let _ = ctrlc::set_handler(|| {
            if COMPUTING.load(Ordering::SeqCst) {
                STOP.store(true, Ordering::SeqCst);
                if PRESSED.fetch_add(1, Ordering::SeqCst) + 1 < PATIENT {
                    return;
                }
            } else if IN_REPL.load(Ordering::SeqCst) {
                return;
            }
            std::process::exit(130);
        });
    });
}

/// From now on Ctrl-C does not end the process.
pub fn stay() {
    IN_REPL.store(true, Ordering::SeqCst);
    listen();
}

/// Someone at the terminal who watches one computation.
pub struct Watch {
    lang: Lang,
    shows: bool,
    began: Instant,
    bar: RefCell<Option<ProgressBar>>,
}

impl Watch {
    /// Begins to watch.
    pub fn new(settings: &Settings) -> Self {
        listen();
        STOP.store(false, Ordering::SeqCst);
        PRESSED.store(0, Ordering::SeqCst);
        COMPUTING.store(true, Ordering::SeqCst);
        let shows = !settings.quiet && std::io::stderr().is_terminal();
        Self { lang: settings.lang, shows, began: Instant::now(), bar: RefCell::new(None) }
    }

    fn new_bar(&self, total: usize) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        let look = match self.lang {
            Lang::En => "{msg} {wide_bar} {pos}/{len}, {eta} left",
            Lang::Zh => "{msg} {wide_bar} {pos}/{len}，剩余 {eta}",
        };
        if let Ok(style) = ProgressStyle::with_template(look) {
            bar.set_style(style);
        }
        bar
    }
}

impl Watcher for Watch {
    fn progress(&self, done: usize, total: usize, what: &Text) {
        if !self.shows || self.began.elapsed() < PATIENCE {
            return;
        }
        let mut bar = self.bar.borrow_mut();
        let bar = bar.get_or_insert_with(|| self.new_bar(total));
        bar.set_length(total as u64);
        bar.set_message(what.get(self.lang).to_string());
        bar.set_position(done as u64);
    }

    fn note(&self, words: &Text) {
        if self.shows {
            let mut bar = self.bar.borrow_mut();
            let bar = bar.get_or_insert_with(|| self.new_bar(0));
            bar.println(terminal::sanitize(words.get(self.lang)));
        }
    }

    fn cancelled(&self) -> bool {
        STOP.load(Ordering::SeqCst)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        COMPUTING.store(false, Ordering::SeqCst);
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }
}
