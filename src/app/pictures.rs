//! Writes a report's figures below `--out`: a folder, or one file that ends in .png or .svg.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::Settings;
use crate::render::picture;
use crate::report::{Error, Figure, Report, Text, text};

/// Endings of pictures and documents that the lab does not write; a folder may have any other.
const OTHER_PICTURES: [&str; 14] = [
    "jpg", "jpeg", "gif", "bmp", "webp", "tif", "tiff", "pdf", "eps", "ps", "ico", "avif", "heic",
    "html",
];

/// Longest name of a file without its ending.
const NAME_LENGTH: usize = 80;

/// Writes the report's figures and says where they lie, in the order of the figures. The files are
/// named after `command` (and after the figure, if there are several).
///
/// # Errors
/// Bad input if `--out` cannot be used; a failure of the machine if the disk is full.
pub fn save(report: &Report, command: &str, settings: &Settings) -> Result<Vec<PathBuf>, Error> {
    let figures: Vec<&Figure> = report.figures().collect();
    let place = Place::of(&settings.out)?;
    if figures.is_empty() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::with_capacity(figures.len());
    for (i, figure) in figures.iter().enumerate() {
        let path = place.path(i, figure, command, figures.len());
        let bytes = match place.kind() {
            Kind::Png => picture::png(figure)?,
            Kind::Svg => picture::svg(figure)?.into_bytes(),
        };
        write(&path, &bytes).map_err(|error| trouble(&path, &error))?;
        paths.push(path);
    }
    Ok(paths)
}

/// Looks at `--out` before anything is computed, so that a long run does not end at a bad path.
///
/// # Errors
/// Bad input, if its very form is wrong.
pub fn check(settings: &Settings) -> Result<(), Error> {
    Place::of(&settings.out).map(|_| ())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Png,
    Svg,
}

/// What `--out` means.
enum Place {
    Folder(PathBuf),
    File(PathBuf, Kind),
}

impl Place {
    fn of(out: &Path) -> Result<Self, Error> {
        let shown = out.display();
        if out.as_os_str().is_empty() {
            return Err(refuse(text("--out is empty", "--out 为空")));
        }
        let ending = out.extension().map(|e| e.to_string_lossy().to_lowercase());
        let kind = match ending.as_deref() {
            Some("png") => Some(Kind::Png),
            Some("svg") => Some(Kind::Svg),
            _ => None,
        };
        if out.is_dir() {
            return Ok(Self::Folder(out.to_path_buf()));
        }
        if let Some(kind) = kind {
            return Ok(Self::File(out.to_path_buf(), kind));
        }
        if let Some(ending) = ending.filter(|e| OTHER_PICTURES.contains(&e.as_str())) {
            return Err(refuse(text(
                format!("--out {shown} ends in .{ending}"),
                format!("--out {shown} 以 .{ending} 结尾"),
            )));
        }
        if out.exists() {
            return Err(refuse(text(
                format!("--out {shown} is a file, not a folder"),
                format!("--out {shown} 是文件，不是目录"),
            )));
        }
        Ok(Self::Folder(out.to_path_buf()))
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Folder(_) => Kind::Png,
            Self::File(_, kind) => *kind,
        }
    }

    /// Where figure `i` of `count` goes.
    fn path(&self, i: usize, figure: &Figure, command: &str, count: usize) -> PathBuf {
        match self {
            Self::Folder(folder) => {
                let mut name = slug(command);
                if count > 1 {
                    name = format!("{name}_{}", slug(&figure.name));
                }
                folder.join(format!("{name}.png"))
            }
            Self::File(file, _) if i == 0 => file.clone(),
            Self::File(file, kind) => {
                let stem = file.file_stem().unwrap_or_default().to_string_lossy();
                let ending = if *kind == Kind::Png { "png" } else { "svg" };
                file.with_file_name(format!("{stem}-{}.{ending}", i + 1))
            }
        }
    }
}

/// A command line as a file name that every system takes: its words joined by `_`, flags without
/// their dashes, without the options that do not change the picture.
fn slug(command: &str) -> String {
    const IGNORED: [&str; 6] = ["--out", "--format", "--lang", "--color", "--view", "--lessons"];
    let mut words = Vec::new();
    let mut rest = command.split_whitespace().peekable();
    while let Some(word) = rest.next() {
        if IGNORED.contains(&word) {
            rest.next();
        } else if word != "-q"
            && word != "--quiet"
            && !IGNORED.iter().any(|o| word.starts_with(&format!("{o}=")))
        {
            words.push(word.trim_start_matches("--"));
        }
    }
    if words.first() == Some(&"llm-lab") {
        words.remove(0);
    }
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-._".contains(c) { c.to_ascii_lowercase() } else { '-' }
    };
    let whole = words.join("_");
    let mut name: String = whole.chars().map(plain).collect();
    let name_is_whole = name.len() <= NAME_LENGTH && name == whole.to_lowercase();
    if !name_is_whole {
        name.truncate(NAME_LENGTH - 9);
        name += &format!("_{:08x}", fingerprint(&whole));
    }
    let name = name.trim_matches(['.', '-', '_']);
    if name.is_empty() { "figure".to_string() } else { name.to_string() }
}

/// FNV-1a (Fowler, Noll & Vo): keeps two long command lines apart that begin alike.
fn fingerprint(words: &str) -> u32 {
    words.bytes().fold(0x811c_9dc5, |hash, b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

/// Writes a whole file or nothing: beside its place, then renamed over it.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".llm-lab-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: the user's umask decides, not the private mode of temporary files.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Bad input where another place would do; a failing machine else.
fn trouble(path: &Path, error: &io::Error) -> Error {
    let shown = path.display();
    let machine = matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::OutOfMemory
    );
    let (en, zh) = reason(error);
    let what = text(format!("cannot write {shown} ({en})"), format!("无法写入 {shown}（{zh}）"));
    if machine { Error::Machine(what) } else { refuse(what) }
}

/// Why, in plain words.
fn reason(error: &io::Error) -> (String, String) {
    let (en, zh) = match error.kind() {
        ErrorKind::PermissionDenied => ("permission denied", "没有权限"),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            ("a file stands where a folder is needed", "需要目录的位置上是一个文件")
        }
        ErrorKind::NotFound => ("no folder can be made there", "那里无法新建目录"),
        ErrorKind::IsADirectory => ("it is a folder", "它是目录"),
        ErrorKind::ReadOnlyFilesystem => ("read-only file system", "文件系统只读"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ("the disk is full", "磁盘已满"),
        ErrorKind::InvalidFilename => ("the name is not allowed", "文件名不合法"),
        _ => return (error.to_string(), error.to_string()),
    };
    (en.to_string(), zh.to_string())
}

fn refuse(wrong: Text) -> Error {
    Error::input(wrong)
        .allowed(text(
            "a folder, or a file ending in .png or .svg",
            "目录，或以 .png / .svg 结尾的文件",
        ))
        .example("llm-lab plot swish --out pictures/swish.svg")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Axis, Content, Lang, Lines, Series};

    fn report(figures: usize) -> Report {
        let mut report = Report::new(text("r", "r"));
        for i in 0..figures {
            let lines = Lines {
                series: vec![Series::new("a", vec![(0.0, 0.0), (1.0, 1.0)])],
                markers: Vec::new(),
            };
            report.figure(Figure::new(
                &format!("f{i}"),
                "",
                Axis::new("x"),
                Axis::new("y"),
                Content::Lines(lines),
            ));
        }
        report
    }

    fn saved(figures: usize, out: &Path) -> Result<Vec<PathBuf>, Error> {
        let settings = Settings { out: out.to_path_buf(), ..Settings::default() };
        save(&report(figures), "plot relu --range -4 4", &settings)
    }

    #[test]
    fn a_folder_is_made_and_files_are_named_after_the_command() {
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join("a/b");
        assert_eq!(saved(1, &out).unwrap(), [out.join("plot_relu_range_-4_4.png")]);
        let two = saved(2, &out).unwrap();
        assert_eq!(two[1], out.join("plot_relu_range_-4_4_f1.png"));
        assert!(fs::read(&two[1]).unwrap().starts_with(b"\x89PNG"));
        assert_eq!(fs::read_dir(&out).unwrap().count(), 3, "no temporary file is left");
        assert!(saved(0, &home.path().join("none")).unwrap().is_empty());
        assert!(!home.path().join("none").exists());
    }

    #[test]
    fn one_file_gets_numbers_for_more_figures() {
        let home = tempfile::tempdir().unwrap();
        let paths = saved(2, &home.path().join("p.SVG")).unwrap();
        assert_eq!(paths[1], home.path().join("p-2.svg"));
        assert!(fs::read_to_string(&paths[0]).unwrap().starts_with("<svg"));
    }

    #[test]
    fn an_out_that_cannot_be_used_is_bad_input() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "x").unwrap();
        let bad = [
            PathBuf::new(),
            home.path().join("p.jpg"),
            file.clone(),
            file.join("below"),
            file.join("p.png"),
        ];
        for out in bad {
            let error = saved(1, &out).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{}", out.display());
            assert!(!error.line(Lang::Zh).contains('\n'));
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "x");
    }

    #[test]
    fn file_names_are_safe_bounded_and_apart() {
        assert_eq!(
            slug("llm-lab plot swish --beta 0.5 --out /tmp/x --lang=zh -q"),
            "plot_swish_beta_0.5"
        );
        assert_ne!(slug("plot a --range -4 4"), slug("plot a --range 4 4"));
        assert_ne!(slug("norm layer --on 1,2"), slug("norm layer --on 1;2"));
        assert_eq!(slug(""), "figure");
        let long = |end: &str| slug(&format!("plot {}{end}", "swish ".repeat(80)));
        assert_ne!(long("a"), long("b"));
        for command in [&"x".repeat(500), "../../etc/passwd", "a b\\c:d*?\"<>|", "层 β"] {
            let name = slug(command);
            assert!(!name.is_empty() && name.len() <= NAME_LENGTH);
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)));
            assert!(!name.starts_with('.'));
        }
    }
}
