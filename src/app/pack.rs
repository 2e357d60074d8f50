//! The lesson pack: the one in the binary, or a folder. The only place that reads lesson files.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use std::borrow::Cow;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use include_dir::{Dir, include_dir};

use super::Settings;
use crate::course::{File, Pack};
use crate::report::{Error, text};

static EMBEDDED: Dir = include_dir!("$CARGO_MANIFEST_DIR/lessons");

/// A lesson is text by hand: nothing larger is read into memory.
const LARGEST: u64 = 4 << 20;
/// Folders below this depth are not looked into.
const DEEPEST: usize = 8;

/// The session's pack, whatever is wrong with it.
///
/// # Errors
/// The folder cannot be read.
pub fn open(settings: &Settings) -> Result<Pack, Error> {
    match &settings.lessons {
        None => Ok(Pack::open(carried())),
        Some(dir) => from_folder(dir),
    }
}

/// The files of the pack in the binary.
pub(super) fn carried() -> Vec<File> {
    let mut files = Vec::new();
    embedded(&EMBEDDED, &mut files);
    files
}

/// The pack in a folder, whatever is wrong with it.
///
/// # Errors
/// The folder cannot be read.
pub fn from_folder(dir: &Path) -> Result<Pack, Error> {
    let mut files = Vec::new();
    collect(dir, "", 0, &mut files).map_err(|error| {
        let dir = dir.display();
        Error::input(text(
            format!("cannot read the lessons in {dir}: {error}"),
            format!("无法读取 {dir} 里的课程：{error}"),
        ))
        .allowed(text("a folder of lesson files (.yaml)", "课程文件（.yaml）所在的目录"))
        .example("llm-lab check lessons")
    })?;
    Ok(Pack::open(files))
}

fn embedded(dir: &Dir<'static>, files: &mut Vec<File>) {
    for file in dir.files() {
        files.push((
            file.path().to_string_lossy().replace('\\', "/"),
            Cow::Borrowed(file.contents()),
        ));
    }
    dir.dirs().for_each(|dir| embedded(dir, files));
}

/// Reads the lesson files below a folder; `name` is the folder's name inside the pack.
fn collect(dir: &Path, name: &str, depth: usize, files: &mut Vec<File>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        let name = format!("{name}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            if depth < DEEPEST {
                collect(&path, &format!("{name}/"), depth + 1, files)?;
            }
        } else if path.is_file() && (name.ends_with(".yaml") || name.ends_with(".yml")) {
            // no pipe and no device, which one would read for ever
            let mut bytes = Vec::new();
            let about = |e: io::Error| io::Error::new(e.kind(), format!("{name}: {e}"));
            let file = fs::File::open(&path).map_err(about)?;
            file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(about)?;
            files.push((name, Cow::Owned(bytes)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_lesson_files() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("track")).unwrap();
        fs::write(dir.path().join("track/a.yaml"), "id: a").unwrap();
        fs::write(dir.path().join("notes.txt"), "x").unwrap();
        let mut files = Vec::new();
        collect(dir.path(), "", 0, &mut files).unwrap();
        assert_eq!(files, [("track/a.yaml".to_string(), Cow::Owned(b"id: a".to_vec()))]);
    }

    #[test]
    fn a_missing_folder_is_bad_input() {
        assert_eq!(from_folder(Path::new("/no/such/folder")).unwrap_err().exit_code(), 2);
    }
}
