//! What concerns the pack as a whole: file names, order, needs, ids.

use std::collections::{HashMap, HashSet};

use super::Desk;
use crate::course::problem::meant;
use crate::course::yaml::guard;
use crate::course::{Entry, Pack, Place, Problem};
use crate::report::text;

/// Checks the order file, the file names and what lessons need.
pub fn check(pack: &Pack) -> Vec<Problem> {
    let mut problems = index(pack);
    let ids: Vec<&str> = pack.lessons().iter().map(|e| e.header.id.as_str()).collect();
    let mut files: HashMap<&str, &str> = HashMap::new();
    for (at, entry) in pack.lessons().iter().enumerate() {
        let header = &entry.header;
        let place = |path: &str| {
            let guarded = guard(&entry.file, crate::course::read::head(entry.bytes()));
            guarded.map_or(Place::START, |g| g.tree.place(path))
        };
        let mut note = |path: &str, what, mend| {
            problems.push(Problem::new(&entry.file, place(path), what, mend))
        };
        if let Some(first) = files.insert(&header.id, &entry.file) {
            note(
                "id",
                text(
                    format!("the lesson `{}` twice", header.id),
                    format!("课程 `{}` 重复", header.id),
                ),
                text(format!("{first} has it already"), format!("{first} 已经使用这个 id")),
            );
        }
        let expected = format!("{}/{}.yaml", header.track, header.id);
        if entry.file != expected {
            note(
                "id",
                text("the file's name does not fit its track and id", "文件名与 track、id 不符"),
                text(format!("name it {expected}"), format!("请改名为 {expected}")),
            );
        }
        for (i, need) in header.needs.iter().enumerate() {
            let path = format!("needs/{i}");
            match pack.lessons().iter().position(|e| e.header.id == *need) {
                None => note(
                    &path,
                    text(
                        format!("needs `{need}`, which is no lesson"),
                        format!("needs 里的 `{need}` 不是课程"),
                    ),
                    meant(need, ids.iter().copied()),
                ),
                Some(other) if reaches(pack, &pack.lessons()[other], &header.id) => note(
                    &path,
                    text(
                        format!("needs `{need}`, which needs this lesson"),
                        format!("与 `{need}` 循环依赖"),
                    ),
                    text("remove one of the two needs", "请删去其中一个 needs"),
                ),
                Some(other) if other > at && pack.lessons()[other].header.track == header.track => {
                    note(
                        &path,
                        text(
                            format!("needs `{need}`, which comes later"),
                            format!("所需的 `{need}` 排在后面"),
                        ),
                        text("change the order in pack.yaml", "请在 pack.yaml 里调整顺序"),
                    )
                }
                Some(_) => {}
            }
        }
    }
    problems
}

/// Whether a lesson needs another, by whatever way.
fn reaches(pack: &Pack, from: &Entry, id: &str) -> bool {
    let (mut open, mut seen) = (vec![from], HashSet::new());
    while let Some(entry) = open.pop() {
        if entry.header.id == id {
            return true;
        }
        if seen.insert(&entry.header.id) {
            let needs = &entry.header.needs;
            open.extend(pack.lessons().iter().filter(|e| needs.contains(&e.header.id)));
        }
    }
    false
}

/// Checks `pack.yaml` against the files.
fn index(pack: &Pack) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some(guarded) =
        pack.index().and_then(|bytes| guard(crate::course::pack::INDEX, bytes).ok())
    else {
        return problems;
    };
    let mut seen = HashSet::new();
    for (t, track) in pack.tracks().iter().enumerate() {
        for (i, topic) in track.topics.iter().enumerate() {
            let place = guarded.tree.place(&format!("tracks/{t}/topics/{i}"));
            let mut note =
                |what, mend| problems.push(Problem::new(guarded.file, place, what, mend));
            let file = format!("{}/{topic}.yaml", track.id);
            let unreadable = pack.problems().iter().any(|p| p.file == file);
            let exists = unreadable || pack.of_track(&track.id).any(|e| e.header.id == *topic);
            if !seen.insert(topic) {
                note(
                    text(format!("the topic `{topic}` twice"), format!("主题 `{topic}` 重复")),
                    text("keep one of them", "请只保留一个"),
                );
            } else if !exists {
                note(
                    text(format!("the lesson {file} is missing"), format!("缺少课程 {file}")),
                    text("write it, or remove the topic", "请补上该文件，或删去这个主题"),
                );
            }
        }
    }
    for entry in pack.lessons().iter().filter(|e| !seen.contains(&e.header.id)) {
        let (track, id) = (&entry.header.track, &entry.header.id);
        problems.push(Problem::new(
            &entry.file,
            Place::START,
            text("an orphan: pack.yaml does not name it", "孤立的文件：pack.yaml 没有列出它"),
            text(
                format!("add `{id}` to the topics of `{track}`"),
                format!("请把 `{id}` 加到 `{track}` 的 topics 中"),
            ),
        ));
    }
    problems
}

/// The ids of claims, myths and items that were seen, with where.
#[derive(Default)]
pub struct Ids(HashMap<String, String>);

impl Ids {
    /// Ids must be unique in the whole pack: progress and `verify` go by them.
    pub fn check(&mut self, desk: &mut Desk) {
        let lesson = desk.lesson;
        let claims =
            lesson.claims.iter().enumerate().map(|(i, c)| (format!("claims/{i}/id"), &c.id));
        let myths = lesson.myths.iter().enumerate().map(|(i, m)| (format!("myths/{i}/id"), &m.id));
        let items = lesson.quiz.iter().enumerate().map(|(i, q)| (format!("quiz/{i}/id"), &q.id));
        for (path, id) in claims.chain(myths).chain(items) {
            self.one(desk, &path, id);
        }
        let header = &lesson.header;
        for (path, id) in [("id", &header.id), ("track", &header.track)] {
            spelled(desk, path, id);
        }
    }

    fn one(&mut self, desk: &mut Desk, path: &str, id: &str) {
        spelled(desk, path, id);
        let place = desk.guarded.tree.place(path);
        let here = format!("{}:{}", desk.guarded.file, place.line);
        if let Some(first) = self.0.get(id) {
            let mend = text(
                format!("{first} has it already: choose another"),
                format!("{first} 已经用过：请换一个"),
            );
            desk.note(path, text(format!("the id `{id}` twice"), format!("id `{id}` 重复")), mend);
        } else {
            self.0.insert(id.to_string(), here);
        }
    }
}

/// Ids are typed by learners: lower-case words with hyphens.
fn spelled(desk: &mut Desk, path: &str, id: &str) {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(good) {
        desk.note(
            path,
            text(format!("the id `{id}`"), format!("id `{id}`")),
            text("lower-case letters, digits and hyphens", "只能用小写字母、数字和连字符"),
        );
    }
}
