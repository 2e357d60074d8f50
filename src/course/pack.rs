//! A pack: the lessons of a folder, given as names and bytes. Opening it reads only `pack.yaml` and
//! what stands before `steps:` in each lesson, so that the list of lessons is there at once; a
//! lesson is read whole when it is played.
//!
//! `pack.yaml` gives the order in which a learner meets things:
//!
//! ```yaml
//! format: 1
//! title: {en: "…", zh: "…"}
//! tracks:
//!   - id: activations                # the folder
//!     title: {en: "…", zh: "…"}
//!     topics: [relu, gelu, swish]    # activations/relu.yaml and so on, in this order
//! ```
//!
//! A pack without it is ordered by name, each lesson after those that it needs.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;

use super::Problem;
use super::lesson::{FORMAT, Header, Lesson};
use super::problem::unknown;
use super::read;
use super::yaml::{Guarded, forbidden, guard};
use crate::report::{Error, Text, text};

/// The name of the file with the pack's title and order.
pub const INDEX: &str = "pack.yaml";

/// A file's name inside the pack, with `/` between folders, and its bytes.
pub type File = (String, Cow<'static, [u8]>);

/// The lessons of one folder.
#[derive(Debug, Clone)]
pub struct Pack {
    title: Text,
    tracks: Vec<Track>,
    lessons: Vec<Entry>,
    problems: Vec<Problem>,
    index: Option<Cow<'static, [u8]>>,
}

/// A chapter of the pack.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// The folder's name.
    pub id: String,
    /// The title.
    pub title: Text,
    /// Ids of its lessons, in order.
    pub topics: Vec<String>,
}

/// One lesson file, its header read.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The file's name inside the pack.
    pub file: String,
    /// What stands before `steps:`.
    pub header: Header,
    bytes: Cow<'static, [u8]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    format: u32,
    title: Text,
    tracks: Vec<Track>,
}

impl Entry {
    /// The file, guarded.
    ///
    /// # Errors
    /// What the guard refuses.
    pub fn guarded(&self) -> Result<Guarded<'_>, Problem> {
        guard(&self.file, &self.bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The whole lesson.
    ///
    /// # Errors
    /// Everything that is wrong with its form.
    pub fn lesson(&self) -> Result<Lesson, Vec<Problem>> {
        read::lesson(&self.guarded().map_err(|p| vec![p])?)
    }
}

impl Pack {
    /// Opens a pack. Files that do not end in `.yaml` or `.yml` are passed over; what is wrong with
    /// the others is kept in [`Pack::problems`].
    pub fn open(files: impl IntoIterator<Item = File>) -> Self {
        let mut pack = Self {
            title: text("Lessons", "课程"),
            tracks: Vec::new(),
            lessons: Vec::new(),
            problems: Vec::new(),
            index: None,
        };
        let mut files: Vec<File> = files
            .into_iter()
            .filter(|(name, _)| name.ends_with(".yaml") || name.ends_with(".yml"))
            .collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        let mut index = None;
        for (file, bytes) in files {
            // A name is shown beside what is wrong: it must not reach the terminal as it is.
            let file = file.replace(forbidden, "\u{fffd}");
            if file == INDEX {
                match read_index(&bytes) {
                    Ok(read) => (index, pack.index) = (Some(read), Some(bytes)),
                    Err(problem) => pack.problems.push(problem),
                }
                continue;
            }
            match read::header(&file, &bytes) {
                Ok(header) => pack.lessons.push(Entry { file, header, bytes }),
                Err(problem) => pack.problems.push(problem),
            }
        }
        if let Some(index) = index {
            (pack.title, pack.tracks) = (index.title, index.tracks);
        }
        pack.order();
        pack
    }

    /// The pack's title.
    pub fn title(&self) -> &Text {
        &self.title
    }

    /// The bytes of `pack.yaml`, if the pack has a sound one.
    pub(super) fn index(&self) -> Option<&[u8]> {
        self.index.as_deref()
    }

    /// The tracks, in order.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// The lessons, track by track, in order.
    pub fn lessons(&self) -> &[Entry] {
        &self.lessons
    }

    /// The lessons of a track, in order.
    pub fn of_track<'a>(&'a self, track: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.lessons.iter().filter(move |entry| entry.header.track == track)
    }

    /// What is wrong with the headers and with `pack.yaml`.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The pack, if its headers can all be read.
    ///
    /// # Errors
    /// The first problem.
    pub fn sound(self) -> Result<Self, Error> {
        match self.problems.into_iter().next() {
            Some(problem) => Err(problem.into()),
            None => Ok(Self { problems: Vec::new(), ..self }),
        }
    }

    /// The entry of a lesson.
    ///
    /// # Errors
    /// No such lesson, with the nearest id.
    pub fn entry(&self, id: &str) -> Result<&Entry, Error> {
        self.lessons
            .iter()
            .find(|entry| entry.header.id == id)
            .ok_or_else(|| self.unknown(id, self.lessons.iter().map(|e| e.header.id.as_str())))
    }

    /// A whole lesson.
    ///
    /// # Errors
    /// No such lesson, with the nearest id; or the first problem of its file.
    pub fn lesson(&self, id: &str) -> Result<Lesson, Error> {
        self.entry(id)?.lesson().map_err(first)
    }

    /// The lessons that words name: ids of lessons or of tracks; all lessons for no words.
    ///
    /// # Errors
    /// A word that names neither; or the first problem of a file.
    pub fn select(&self, words: &[String]) -> Result<Vec<Lesson>, Error> {
        let tracks = self.tracks.iter().map(|t| t.id.as_str());
        for word in words {
            let known = |e: &Entry| e.header.id == *word || e.header.track == *word;
            if !self.lessons.iter().any(known) {
                let lessons = self.lessons.iter().map(|e| e.header.id.as_str());
                return Err(self.unknown(word, tracks.chain(lessons)));
            }
        }
        let named = |e: &&Entry| {
            words.is_empty() || words.iter().any(|w| *w == e.header.id || *w == e.header.track)
        };
        self.lessons.iter().filter(named).map(|e| e.lesson().map_err(first)).collect()
    }

    fn unknown<'a>(&self, id: &str, known: impl Iterator<Item = &'a str>) -> Error {
        let id: String = id.chars().filter(|c| !c.is_control()).take(60).collect();
        let wrong = text(format!("no lesson `{id}`"), format!("没有名为 `{id}` 的课程"));
        unknown(wrong, &id, known).example("llm-lab lessons")
    }

    /// Sorts the lessons: tracks as the index says, then by name; in a track likewise, and without
    /// an index each lesson after those it needs.
    fn order(&mut self) {
        let indexed = !self.tracks.is_empty();
        for entry in &self.lessons {
            if !self.tracks.iter().any(|t| t.id == entry.header.track) {
                let id = entry.header.track.clone();
                self.tracks.push(Track { title: Text::same(&id), id, topics: Vec::new() });
            }
        }
        if !indexed {
            self.lessons = after_needs(std::mem::take(&mut self.lessons));
        }
        let place = |entry: &Entry| {
            let track = self.tracks.iter().position(|t| t.id == entry.header.track);
            let topics = track.map(|i| self.tracks[i].topics.as_slice()).unwrap_or_default();
            let topic = topics.iter().position(|id| *id == entry.header.id);
            (track, topic.unwrap_or(usize::MAX))
        };
        let mut lessons = std::mem::take(&mut self.lessons);
        lessons.sort_by_cached_key(place);
        self.lessons = lessons;
    }
}

/// Puts each lesson after those that it needs, otherwise as given; lessons in a cycle come last.
fn after_needs(lessons: Vec<Entry>) -> Vec<Entry> {
    let mut waiting: Vec<(String, Entry)> =
        lessons.into_iter().map(|e| (e.header.id.clone(), e)).collect();
    let mut names: HashSet<String> = waiting.iter().map(|(id, _)| id.clone()).collect();
    let mut done: Vec<Entry> = Vec::new();
    loop {
        let (ready, rest): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|(_, entry)| !entry.header.needs.iter().any(|id| names.contains(id)));
        let stuck = ready.is_empty();
        for (id, entry) in ready {
            names.remove(&id);
            done.push(entry);
        }
        waiting = rest;
        if stuck {
            done.extend(waiting.into_iter().map(|(_, entry)| entry));
            return done;
        }
    }
}

fn first(problems: Vec<Problem>) -> Error {
    match problems.into_iter().next() {
        Some(problem) => problem.into(),
        None => Error::input(text("the lesson cannot be read", "无法读取该课程")),
    }
}

fn read_index(bytes: &[u8]) -> Result<Index, Problem> {
    let guarded = guard(INDEX, bytes)?;
    let index: Index = read::document(&guarded)?;
    if index.format == FORMAT {
        return Ok(index);
    }
    Err(Problem::new(
        INDEX,
        guarded.tree.place("format"),
        text(format!("format {}", index.format), format!("格式版本 {}", index.format)),
        text(
            format!("this program reads `format: {FORMAT}`"),
            format!("本程序只读 `format: {FORMAT}`"),
        ),
    ))
}
