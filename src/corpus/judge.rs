//! The judge of stories: reads a text by the grammar that [`super::stories`] writes by, and says of
//! each sentence whether the grammar allows it. That makes grammar errors of a model countable.

use super::stories::{Part, RULES, Slots, expansions, part};

/// The rules of which each gives a sentence; a question with its answer counts as one.
const SENTENCES: [&str; 4] = ["opening", "middle", "second", "ending"];

/// What the grammar says of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The grammar gives it, and it agrees with the sentences before it in the story.
    Right,
    /// The grammar gives it, but about another hero, thing or place than the story's.
    Strayed,
    /// No rule gives it.
    Wrong,
}

/// A sentence of a text and what the grammar says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// The sentence.
    pub words: String,
    /// What the grammar says.
    pub verdict: Verdict,
}

/// What the judge found in a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// The sentences that have an end, in reading order.
    pub sentences: Vec<Sentence>,
    /// How many stories have an end: a line break after them.
    pub stories: usize,
    /// How many of these the grammar gives as a whole, the order of their sentences included.
    pub right_stories: usize,
}

impl Judgement {
    /// How many sentences got this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.sentences.iter().filter(|s| s.verdict == verdict).count()
    }

    /// The share of sentences that are right; 0 of none.
    pub fn valid(&self) -> f64 {
        self.count(Verdict::Right) as f64 / self.sentences.len().max(1) as f64
    }

    /// Adds what was found in another text.
    pub fn add(&mut self, other: Self) {
        self.sentences.extend(other.sentences);
        self.stories += other.stories;
        self.right_stories += other.right_stories;
    }
}

/// Judges stories, one a line; an unfinished sentence at the end of the text does not count. For each
/// sentence all readings are followed: O(words) for this grammar, which has no recursion.
///
/// ```
/// use llm_lab::corpus::judge::{Verdict, judge};
/// let text = "Once there was a kind girl who lived by the sea . He found a ball and showed it to the owl .";
/// let found = judge(text);
/// assert_eq!(found.sentences[0].verdict, Verdict::Right);
/// assert_eq!(found.sentences[1].verdict, Verdict::Strayed); // a girl is She
/// assert_eq!(judge("Once a girl there was .").sentences[0].verdict, Verdict::Wrong);
/// ```
pub fn judge(text: &str) -> Judgement {
    let mut found = Judgement::default();
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        let ended = lines.peek().is_some();
        let words: Vec<&str> = line.split(' ').collect();
        let known = Slots::new();
        if ended {
            found.stories += 1;
            let whole = readings("story", &words, 0, &known);
            found.right_stories += usize::from(whole.iter().any(|(end, _)| *end == words.len()));
        }
        sentences(&words, ended, &mut found.sentences);
    }
    found
}

/// Cuts a story into sentences: the longest that the grammar gives, or up to the next full stop.
fn sentences(words: &[&str], ended: bool, found: &mut Vec<Sentence>) {
    let (mut at, mut known) = (0, Slots::new());
    while at < words.len() {
        let longest = |known: &Slots| {
            let all = SENTENCES.iter().flat_map(|rule| readings(rule, words, at, known));
            all.max_by_key(|(end, _)| *end)
        };
        let (end, verdict) = match (longest(&known), longest(&Slots::new())) {
            // an opening, or what agrees with the story so far
            (Some((end, slots)), free) if free.as_ref().is_none_or(|f| f.0 <= end) => {
                known = slots;
                (end, Verdict::Right)
            }
            (_, Some((end, _))) => (end, Verdict::Strayed),
            _ => match words[at..].iter().position(|word| *word == ".") {
                Some(stop) => (at + stop + 1, Verdict::Wrong),
                None if ended => (words.len(), Verdict::Wrong),
                None => return,
            },
        };
        found.push(Sentence { words: words[at..end].join(" "), verdict });
        at = end;
    }
}

/// Every way in which a rule gives words from `at` on: where it ends and what is then remembered. A
/// slot of which nothing is known may hold whatever the grammar can put there.
fn readings(rule: &str, words: &[&str], at: usize, known: &Slots) -> Vec<(usize, Slots)> {
    let one = |expansion: &'static str| {
        let mut states = vec![(at, known.clone())];
        for word in expansion.split(' ') {
            states = states.into_iter().flat_map(|state| step(word, words, state)).collect();
        }
        states
    };
    expansions(rule).iter().flat_map(|(_, expansion)| one(expansion)).collect()
}

/// Every way in which one part of an expansion goes on from a place.
fn step(word: &'static str, words: &[&str], (at, known): (usize, Slots)) -> Vec<(usize, Slots)> {
    let with = |entry: Option<(&'static str, String)>, end: usize, mut slots: Slots| {
        slots.extend(entry);
        (end, slots)
    };
    match part(word) {
        Part::Rule { name, slot } => readings(name, words, at, &known)
            .into_iter()
            .map(|(end, slots)| with(slot.map(|s| (s, words[at..end].join(" "))), end, slots))
            .collect(),
        Part::Repeat(slot) => {
            let held = known.iter().rev().find(|entry| entry.0 == slot);
            let values = held.map_or_else(|| values(slot), |entry| vec![entry.1.clone()]);
            let fits = values.into_iter().filter_map(|value| {
                let length = value.split(' ').count();
                let here = words.get(at..at + length)?;
                here.iter().copied().eq(value.split(' ')).then_some((value, at + length))
            });
            fits.map(|(value, end)| with(Some((slot, value)), end, known.clone())).collect()
        }
        Part::Word(shown, memo) if words.get(at) == Some(&shown) => {
            vec![with(memo.map(|(slot, held)| (slot, held.to_string())), at + 1, known)]
        }
        Part::Word(..) => Vec::new(),
    }
}

/// Everything that the grammar can put into a slot.
fn values(slot: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in RULES.iter().flat_map(|rule| rule.1).flat_map(|(_, e)| e.split(' ')) {
        match part(word) {
            Part::Rule { name, slot: Some(filled) } if filled == slot => {
                let shown = |word| match part(word) {
                    Part::Word(shown, _) => shown,
                    _ => "",
                };
                let all = expansions(name).iter().map(|(_, expansion)| {
                    expansion.split(' ').map(shown).collect::<Vec<_>>().join(" ")
                });
                found.extend(all);
            }
            Part::Word(_, Some((filled, held))) if filled == slot => found.push(held.to_string()),
            _ => {}
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::stories::Stories;
    use ndarray_rand::rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_story_of_the_grammar_is_right() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let text = Stories.text(60_000, &mut rng);
        let found = judge(&text);
        assert_eq!(found.stories, text.lines().count());
        assert_eq!(found.right_stories, found.stories);
        assert_eq!(found.count(Verdict::Right), found.sentences.len());
        assert_eq!(found.valid(), 1.0);
        assert!(found.sentences.len() > 3 * found.stories);
    }

    #[test]
    fn a_word_put_out_of_its_place_is_found() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for _ in 0..300 {
            let (story, _) = Stories.story(&mut rng);
            let mut words: Vec<&str> = story.split(' ').collect();
            let (i, j) = (rng.random_range(0..words.len()), rng.random_range(0..words.len()));
            if words[i] == words[j] {
                continue;
            }
            words.swap(i, j);
            let broken = words.join(" ") + "\n";
            assert_eq!(judge(&broken).right_stories, 0, "{broken}");
        }
    }

    #[test]
    fn what_was_said_binds_what_follows() {
        let start = "Once there was a lazy fox who lived by the sea . It lost a lamp , and nobody but the owl saw it .";
        let verdicts = |rest: &str| {
            let found = judge(&format!("{start} {rest}"));
            found.sentences.iter().map(|s| s.verdict).collect::<Vec<_>>()
        };
        use Verdict::*;
        let ending = "The fox gave the lamp to the owl and went home by the sea .";
        assert_eq!(verdicts(ending), [Right, Right, Right]);
        for wrong in
            [("fox", "girl"), ("lamp", "kite"), ("owl", "cat"), ("by the sea", "on the moon")]
        {
            assert_eq!(verdicts(&ending.replace(wrong.0, wrong.1)), [Right, Right, Strayed]);
        }
        let talk = "\" Is the lamp yours ? \" asked the owl . \" No , \" said the fox .";
        assert_eq!(verdicts(talk), [Right, Right, Right]);
        assert_eq!(
            verdicts("\" Is the lamp yours ? \" asked the owl . \" No"),
            [Right, Right, Wrong]
        );
        assert_eq!(verdicts("the the the ."), [Right, Right, Wrong]);
        assert_eq!(verdicts("The fox gave"), [Right, Right]);
        // all sentences right, but a story has one ending
        assert_eq!(judge(&format!("{start} {ending} {ending}\n")).right_stories, 0);
        assert_eq!(judge("\n\n"), Judgement::default());
    }
}
