//! An item as it is put to a learner: options shuffled, a drill's numbers drawn and its answer
//! computed. Graded without knowing where it is asked.

use ndarray_rand::rand::SeedableRng;
use ndarray_rand::rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::draw::Draw;
use super::grade::{Grade, fold, label, letters, numbers, same};
use super::lesson::{Choice, Item, Kind, Numeric, Within};
use super::words::{APART, chinese};
use super::{Part, Runner};
use crate::report::{Error, Text, number, text};

/// An item ready to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Posed {
    /// The item's id.
    pub id: String,
    /// The question, its placeholders filled.
    pub ask: Text,
    /// Helps without giving away.
    pub hint: Text,
    /// Why the answer is so.
    pub explain: Text,
    form: Form,
}

#[derive(Debug, Clone, PartialEq)]
enum Form {
    One(Vec<Choice>),
    Many(Vec<Choice>),
    Number {
        answer: f64,
        within: Within,
        unit: Option<String>,
    },
    Words(Vec<String>),
    /// The things as shown, and the right order as indices into them.
    Order(Vec<Text>, Vec<usize>),
}

/// A generator of its own for each item, so that one item more does not reshuffle the others.
fn generator(seed: u64, id: &str) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // FNV-1a: the same on every machine and in every version.
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    rng.set_stream(hash);
    rng
}

impl Posed {
    /// Makes an item ready. Options are shuffled by the seed alone, so that they stand still on a
    /// retry; a drill draws anew for each `attempt`.
    ///
    /// # Errors
    /// What the command of a drill gives, or that it lacks the metric.
    pub fn new(item: &Item, seed: u64, attempt: u64, runner: &dyn Runner) -> Result<Self, Error> {
        let mut rng = generator(seed, &item.id);
        let (mut ask, mut hint, mut explain) =
            (item.kind.ask().clone(), item.kind.hint().clone(), item.kind.explain().clone());
        let form = match &item.kind {
            Kind::Choice(k) => Form::One(shuffled(&k.options, &mut rng)),
            Kind::Multi(k) => Form::Many(shuffled(&k.options, &mut rng)),
            Kind::Number(Numeric { answer, within, unit, .. }) => {
                Form::Number { answer: *answer, within: *within, unit: unit.clone() }
            }
            Kind::Text(k) => Form::Words(k.accept.clone()),
            Kind::Order(k) => {
                let mut places: Vec<usize> = (0..k.items.len()).collect();
                places.shuffle(&mut rng);
                if places.is_sorted() {
                    // The order as written is the answer: never show it.
                    let by = usize::from(places.len() > 1);
                    places.rotate_left(by);
                }
                let mut right = vec![0; places.len()];
                places.iter().enumerate().for_each(|(shown, item)| right[*item] = shown);
                Form::Order(places.iter().map(|i| k.items[*i].clone()).collect(), right)
            }
            Kind::Drill(drill) => {
                let mut drawn = Draw::new(drill, &mut rng, attempt);
                let answer = drawn.answer(drill, runner)?;
                (ask, hint) = (drawn.fill(&ask), drawn.fill(&hint));
                drawn.values.push(("answer".into(), number(answer)));
                explain = drawn.fill(&explain);
                Form::Number { answer, within: drill.within, unit: drill.unit.clone() }
            }
        };
        Ok(Self { id: item.id.clone(), ask, hint, explain, form })
    }

    /// The question, its options, and what can be typed.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = vec![Part::say(self.ask.clone())];
        let list = |en: Vec<&str>, zh: Vec<&str>| {
            let lines = |words: Vec<&str>| {
                let each = words.iter().enumerate();
                each.map(|(i, w)| format!("- **{})** {w}", label(i))).collect::<Vec<_>>().join("\n")
            };
            Part::say(text(lines(en), lines(zh)))
        };
        match &self.form {
            Form::One(options) | Form::Many(options) => parts.push(list(
                options.iter().map(|o| o.en.as_str()).collect(),
                options.iter().map(|o| o.zh.as_str()).collect(),
            )),
            Form::Order(items, _) => parts.push(list(
                items.iter().map(|o| o.en.as_str()).collect(),
                items.iter().map(|o| o.zh.as_str()).collect(),
            )),
            Form::Number { .. } | Form::Words(_) => {}
        }
        parts.push(Part::Note(self.how()));
        parts
    }

    /// What can be typed.
    pub fn how(&self) -> Text {
        match &self.form {
            Form::One(options) => {
                let last = label(options.len().saturating_sub(1));
                text(format!("one letter, a–{last}"), format!("选一个字母：a–{last}"))
            }
            Form::Many(_) => text(
                "select all that apply, such as `a c`",
                "多选题：选出所有正确的选项，例如 `a c`",
            ),
            Form::Number { unit: Some(unit), .. } => {
                text(format!("a number in {unit}"), format!("填一个数，单位 {unit}"))
            }
            Form::Number { .. } => text("a number", "填一个数"),
            Form::Words(_) => text("a word or a few", "填一个词或短语"),
            Form::Order(items, _) => {
                let example: String = (0..items.len()).rev().map(label).collect();
                text(
                    format!("all letters in their order, such as `{example}`"),
                    format!("按顺序写出全部字母，例如 `{example}`"),
                )
            }
        }
    }

    /// Whether a letter alone is an answer here.
    pub(super) fn takes(&self, line: &str) -> bool {
        match &self.form {
            Form::One(options) | Form::Many(options) => letters(line, options.len()).is_some(),
            Form::Order(items, _) => letters(line, items.len()).is_some(),
            Form::Words(_) => true,
            Form::Number { .. } => false,
        }
    }

    /// The right answer, for the learner to read.
    pub fn answer(&self) -> Text {
        let joined = |indices: Vec<usize>, words: &dyn Fn(usize) -> (String, String), by: &str| {
            let both: Vec<(String, String)> = indices.into_iter().map(words).collect();
            let join = |half: fn(&(String, String)) -> &str, by: &str| {
                both.iter().map(half).collect::<Vec<_>>().join(by)
            };
            text(join(|b| &b.0, by), join(|b| &b.1, chinese(by)))
        };
        match &self.form {
            Form::One(options) | Form::Many(options) => {
                let right = (0..options.len()).filter(|i| options[*i].right).collect();
                let words = |i: usize| {
                    let letter = label(i);
                    (format!("{letter}) {}", options[i].en), format!("{letter}) {}", options[i].zh))
                };
                joined(right, &words, APART)
            }
            Form::Order(items, right) => {
                let words = |i: usize| (items[i].en.clone(), items[i].zh.clone());
                joined(right.clone(), &words, " → ")
            }
            Form::Number { answer, unit, .. } => {
                let unit = unit.as_ref().map(|u| format!(" {u}")).unwrap_or_default();
                Text::same(format!("{}{unit}", number(*answer)))
            }
            Form::Words(accept) => Text::same(accept.first().cloned().unwrap_or_default()),
        }
    }

    /// The right answer as one types it; the grader must take it.
    pub fn model(&self) -> String {
        match &self.form {
            Form::One(options) | Form::Many(options) => {
                (0..options.len()).filter(|i| options[*i].right).map(label).collect()
            }
            Form::Order(_, right) => right.iter().map(|i| label(*i)).collect(),
            Form::Number { answer, unit: Some(unit), .. } => format!("{answer} {unit}"),
            Form::Number { answer, .. } => answer.to_string(),
            Form::Words(accept) => accept.first().cloned().unwrap_or_default(),
        }
    }

    /// Grades a line.
    pub fn grade(&self, line: &str) -> Grade {
        match &self.form {
            Form::One(options) => match one_option(line, options) {
                Some(i) if options[i].right => Grade::Right,
                Some(i) => Grade::Wrong(options[i].why.iter().cloned().collect()),
                None => Grade::Unreadable(self.how()),
            },
            Form::Many(options) => match letters(line, options.len()) {
                Some(chosen) => many(options, &chosen),
                None => match one_option(line, options) {
                    Some(chosen) => many(options, &[chosen]),
                    None => Grade::Unreadable(self.how()),
                },
            },
            Form::Number { answer, within, unit } => match numbers(line, unit.as_deref()) {
                Ok(values) if values.iter().any(|x| within.holds(*x, *answer)) => Grade::Right,
                Ok(values) => Grade::Wrong(off_by(&values, *answer)),
                Err(allowed) => Grade::Unreadable(allowed),
            },
            Form::Words(accept) => {
                if accept.iter().any(|form| same(form, line)) {
                    Grade::Right
                } else if fold(line).chars().any(char::is_alphanumeric) {
                    Grade::Wrong(Vec::new())
                } else {
                    Grade::Unreadable(self.how())
                }
            }
            Form::Order(items, right) => match letters(line, items.len()) {
                Some(given) if given == *right => Grade::Right,
                Some(given) if is_permutation(&given, items.len()) => {
                    let good = given.iter().zip(right).take_while(|(a, b)| a == b).count();
                    Grade::Wrong(vec![in_place(good)])
                }
                _ => Grade::Unreadable(self.how()),
            },
        }
    }
}

fn shuffled(options: &[Choice], rng: &mut ChaCha8Rng) -> Vec<Choice> {
    let mut options = options.to_vec();
    options.shuffle(rng);
    options
}

/// The option that a line names: by letter, by its own words, by number.
fn one_option(line: &str, options: &[Choice]) -> Option<usize> {
    let named = letters(line, options.len());
    let by_digit = fold(line).chars().any(|c| c.is_ascii_digit());
    let by_words = options.iter().position(|o| same(&o.en, line) || same(&o.zh, line));
    let by_name = match named.as_deref() {
        Some([one]) => Some(*one),
        _ => None,
    };
    if by_digit { by_words.or(by_name) } else { by_name.or(by_words) }
}

fn many(options: &[Choice], chosen: &[usize]) -> Grade {
    let wrong: Vec<Text> = (0..options.len())
        .filter(|i| chosen.contains(i))
        .filter_map(|i| options[i].why.clone())
        .collect();
    let false_ones = chosen.iter().any(|i| !options[*i].right);
    let missed = (0..options.len()).filter(|i| options[*i].right && !chosen.contains(i)).count();
    if !false_ones && missed == 0 {
        return Grade::Right;
    }
    let mut reasons = wrong;
    if missed > 0 {
        reasons.push(text(
            format!(
                "{missed} more of the options {} right.",
                if missed == 1 { "is" } else { "are" }
            ),
            format!("还有 {missed} 个正确的选项没有选。"),
        ));
    }
    Grade::Wrong(reasons)
}

fn is_permutation(given: &[usize], count: usize) -> bool {
    given.len() == count && (0..count).all(|i| given.contains(&i))
}

fn in_place(good: usize) -> Text {
    match good {
        0 => text("Already the first is not.", "第一个就不对。"),
        1 => text("The first is in its place.", "第一个位置对了。"),
        n => text(format!("The first {n} are in their places."), format!("前 {n} 个位置对了。")),
    }
}

/// A slip that is easily made and can be named without giving the answer away.
fn off_by(values: &[f64], answer: f64) -> Vec<Text> {
    let near = |a: f64, b: f64| Within::Relative(1e-6).holds(a, b);
    let Some(&value) = values.first().filter(|v| **v != 0.0 && answer != 0.0) else {
        return Vec::new();
    };
    if near(-value, answer) {
        return vec![text("Look at the sign.", "注意符号。")];
    }
    let power = (value / answer).abs().log10();
    if power.abs() >= 0.999 && (power - power.round()).abs() < 1e-6 {
        return vec![text("Off by a power of ten.", "差了 10 的若干次方。")];
    }
    Vec::new()
}
