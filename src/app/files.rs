//! Texts for experiments and where they keep results: the disk, and what the lab carries itself.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use serde_yaml::Value;

use super::pack;
use crate::experiments::{Files, NoFiles};
use crate::report::{Error, text};

/// The three files of a model in `assets`.
macro_rules! model {
    ($name:literal) => {
        [
            (
                concat!($name, "/config.json"),
                include_bytes!(concat!("../../assets/", $name, "/config.json")).as_slice(),
            ),
            (
                concat!($name, "/model.safetensors"),
                include_bytes!(concat!("../../assets/", $name, "/model.safetensors")),
            ),
            (
                concat!($name, "/tokenizer.json"),
                include_bytes!(concat!("../../assets/", $name, "/tokenizer.json")),
            ),
        ]
    };
}

/// The models that `llm-lab train` made for the binary; CONTRIBUTING.md says how.
const MODELS: [[(&str, &[u8]); 3]; 2] = [model!("stories"), model!("draft")];

/// Larger files are refused before they are read.
fn largest(name: &str) -> u64 {
    if name.ends_with(".safetensors") { 2 << 30 } else { 256 << 20 }
}

/// The disk, standard input as `-`, and what the lab carries.
pub struct Disk;

/// Only what the lab carries: for lines of a pack, which may come from a stranger.
pub struct Carried;

impl Files for Disk {
    fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        // a learner's own folder of that name comes first
        let own = name.contains('/') && Path::new(name).exists();
        if let Some(text) = carried(name).filter(|_| !own) {
            return Ok(text);
        }
        let path = if name == "-" { "/dev/stdin" } else { name };
        let mut bytes = Vec::new();
        let file = fs::File::open(path).map_err(|e| cannot_read(name, &e))?;
        let most = largest(name);
        if file.metadata().is_ok_and(|about| about.len() > most) {
            return Err(too_large(name));
        }
        file.take(most + 1).read_to_end(&mut bytes).map_err(|e| cannot_read(name, &e))?;
        if bytes.len() as u64 > most {
            return Err(too_large(name));
        }
        Ok(bytes)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let folder = match Path::new(name).parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // Written beside and renamed, so that no reader ever sees half a file.
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(bytes)?;
            file.persist(name)?;
            Ok(())
        };
        write().map_err(|error| {
            let wrong =
                text(format!("cannot write {name}: {error}"), format!("无法写入 {name}：{error}"));
            match error.kind() {
                _ if Path::new(name).is_dir() => Error::input(wrong),
                ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::InvalidInput => {
                    Error::input(wrong)
                }
                _ => Error::Machine(wrong),
            }
        })
    }
}

impl Files for Carried {
    fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        carried(name).map_or_else(|| NoFiles.read(name), Ok)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        NoFiles.write(name, bytes)
    }
}

fn too_large(name: &str) -> Error {
    let most = largest(name) >> 20;
    Error::input(text(format!("{name} is too large"), format!("{name} 太大")))
        .allowed(text(format!("up to {most} MB"), format!("最多 {most} MB")))
}

fn cannot_read(name: &str, error: &std::io::Error) -> Error {
    Error::input(text(format!("cannot read {name}: {error}"), format!("无法读取 {name}：{error}")))
        .allowed(text(
            "a file, - for standard input, lessons-en, lessons-zh or stories",
            "文件、-（标准输入）、lessons-en、lessons-zh 或 stories",
        ))
}

/// A file of a model, or the text of the lessons in one language.
fn carried(name: &str) -> Option<Vec<u8>> {
    if let Some((_, bytes)) = MODELS.iter().flatten().find(|(file, _)| *file == name) {
        return Some(bytes.to_vec());
    }
    let lang = match name {
        "lessons-en" => "en",
        "lessons-zh" => "zh",
        _ => return None,
    };
    let mut files = pack::carried();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let mut prose = String::new();
    for (_, bytes) in &files {
        if let Ok(value) = serde_yaml::from_slice(bytes) {
            collect(&value, lang, &mut prose);
        }
    }
    Some(prose.into_bytes())
}

/// Every string under a key named after the language, each on lines of its own.
fn collect(value: &Value, lang: &str, prose: &mut String) {
    match value {
        Value::Sequence(list) => list.iter().for_each(|inner| collect(inner, lang, prose)),
        Value::Mapping(map) => {
            for (key, inner) in map {
                match inner.as_str() {
                    Some(words) if key.as_str() == Some(lang) => {
                        prose.push_str(words.trim_end());
                        prose.push('\n');
                    }
                    Some(_) => {}
                    None => collect(inner, lang, prose),
                }
            }
        }
        _ => {}
    }
}
