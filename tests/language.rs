//! The Chinese that learners read is set as a Chinese text: next to a Chinese character no half-width comma,
//! semicolon, question mark, exclamation mark or colon.

#![allow(clippy::disallowed_methods, clippy::expect_used)] // a test reads the repository

use std::fs;
use std::path::{Path, PathBuf};

/// Half-width signs that Chinese prose writes full-width.
const HALF: [char; 5] = [',', ';', '?', '!', ':'];

/// A Chinese character, or one of the full-width signs and quotes around it.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{3011}' | '\u{3400}'..='\u{9fff}' | '\u{ff01}'..='\u{ff1f}')
}

/// The half-width signs of a line that touch a Chinese character, each with what stands around it. Code spans
/// between backticks may hold what they like.
fn wrong(line: &str) -> Vec<String> {
    let prose: Vec<&str> = line.split('`').step_by(2).collect();
    let signs: Vec<char> = prose.join("``").chars().collect();
    let touches = |i: usize| {
        let before = i.checked_sub(1).and_then(|i| signs.get(i));
        [before, signs.get(i + 1)].into_iter().flatten().any(|&c| is_chinese(c))
    };
    (0..signs.len())
        .filter(|&i| HALF.contains(&signs[i]) && touches(i))
        .map(|i| signs[i.saturating_sub(8)..(i + 8).min(signs.len())].iter().collect())
        .collect()
}

/// Every file below a folder with one of the endings.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found
}

#[test]
fn chinese_has_full_width_punctuation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    let mut problems = Vec::new();
    for (folder, ending) in [("lessons", "yaml"), ("src", "rs")] {
        for path in files(&root.join(folder), ending) {
            let text = fs::read_to_string(&path).expect("UTF-8");
            // Unit tests feed half-width signs on purpose; no learner reads them.
            let shown = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (i, line) in shown.lines().enumerate() {
                seen += usize::from(line.chars().any(is_chinese));
                let path = path.strip_prefix(root).unwrap_or(&path).display();
                problems.extend(wrong(line).iter().map(|near| format!("{path}:{}: {near}", i + 1)));
            }
        }
    }
    assert!(seen > 1000, "only {seen} lines with Chinese: are the folders right?");
    assert!(problems.is_empty(), "half-width punctuation in Chinese:\n{}", problems.join("\n"));
}

#[test]
fn the_check_sees_each_sign_on_either_side() {
    for sign in HALF {
        assert_eq!(wrong(&format!("\u{5c42}{sign}b")).len(), 1, "after: {sign}");
        assert_eq!(wrong(&format!("b{sign}\u{5c42}")).len(), 1, "before: {sign}");
        assert_eq!(wrong(&format!("zh{sign} \"\u{5c42}\"")).len(), 0, "apart: {sign}");
    }
    assert_eq!(wrong("b `\u{5c42}:1` b"), Vec::<String>::new(), "in code");
    assert_eq!(wrong("\u{5c42}\u{ff0c}\u{5c42}\u{ff1f}"), Vec::<String>::new());
}
