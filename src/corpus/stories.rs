//! Simple stories from a known grammar. Every choice has a known probability and can be read off the
//! text, so the true entropy of a story is the sum over its choices: no model, however large, can
//! reach a lower loss on such text, and a perfect one reaches exactly this.

use ndarray_rand::rand::{Rng, RngCore};

/// A rule: its name, and expansions with their weights. In an expansion `<rule>` expands a rule,
/// `<rule=slot>` also remembers the words under a slot, `$slot` repeats them, `{slot=word}` remembers
/// a word silently; all else is text. A story thus stays with its hero, which makes words far apart
/// depend on each other without costing entropy twice.
pub(super) type Rule = (&'static str, &'static [(u32, &'static str)]);

/// Rules refer only to rules further down: no recursion, so entropies are finite sums.
pub(super) const RULES: &[Rule] = &[
    ("story", &[(3, "<opening> <middle> <ending>"), (2, "<opening> <middle> <second> <ending>")]),
    (
        "opening",
        &[
            (4, "Once there was a <trait> <hero=hero> who lived <place=home> ."),
            (2, "One <time> , a <trait> <hero=hero> woke up <place=home> ."),
            (1, "Far away , <place=home> , lived a <trait> <hero=hero> ."),
        ],
    ),
    (
        "middle",
        &[
            (4, "$pronoun wanted a <thing=wish> , but the <other=other> had it ."),
            (3, "$pronoun found a <thing=wish> and showed it to the <other=other> ."),
            (2, "$pronoun lost a <thing=wish> , and nobody but the <other=other> saw it ."),
        ],
    ),
    (
        "second",
        &[
            (3, "\" Is the $wish yours ? \" asked the $other . \" <answer> , \" said the $hero ."),
            (2, "The $other was <feeling> , so the $hero waited until the <time> ."),
            (1, "Then the $hero ran <place> and back again ."),
        ],
    ),
    (
        "ending",
        &[
            (3, "In the end the $hero and the $other shared the $wish and were <feeling> ."),
            (2, "The $hero gave the $wish to the $other and went home $home ."),
            (1, "From then on the $hero kept the $wish <place> ."),
        ],
    ),
    (
        "hero",
        &[
            (8, "girl{pronoun=She}"),
            (6, "boy{pronoun=He}"),
            (4, "fox{pronoun=It}"),
            (3, "queen{pronoun=She}"),
            (2, "farmer{pronoun=He}"),
            (1, "dragon{pronoun=It}"),
        ],
    ),
    ("other", &[(8, "cat"), (5, "bear"), (4, "frog"), (2, "owl"), (2, "giant"), (1, "witch")]),
    ("thing", &[(9, "ball"), (6, "kite"), (4, "cake"), (3, "lamp"), (2, "boat"), (1, "crown")]),
    ("trait", &[(6, "little"), (4, "kind"), (3, "brave"), (2, "lazy"), (1, "curious")]),
    ("feeling", &[(6, "happy"), (3, "tired"), (2, "proud"), (1, "angry")]),
    ("answer", &[(5, "Yes"), (4, "No"), (1, "Perhaps")]),
    ("time", &[(4, "morning"), (3, "evening"), (2, "night"), (1, "winter")]),
    (
        "place",
        &[
            (5, "in a small house"),
            (4, "near the forest"),
            (3, "by the sea"),
            (2, "under a hill"),
            (1, "on the moon"),
        ],
    ),
];

/// A generator of stories.
#[derive(Debug, Default, Clone, Copy)]
pub struct Stories;

/// What the grammar says about its stories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entropy {
    /// The entropy of one story in bits: the mean of -log₂ p over all stories.
    pub bits: f64,
    /// The expected number of words of a story; punctuation marks stand alone and count.
    pub words: f64,
}

impl Entropy {
    /// The true entropy per word, in bits: what a perfect model pays for a word on average.
    pub fn bits_per_word(&self) -> f64 {
        self.bits / self.words
    }
}

impl Stories {
    /// One story on one line, words and marks apart by single spaces, and -log₂ of its probability.
    ///
    /// ```
    /// use llm_lab::corpus::stories::Stories;
    /// use ndarray_rand::rand::SeedableRng;
    /// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    /// let (story, bits) = Stories.story(&mut rng);
    /// assert!(story.ends_with('.') && bits > 10.0);
    /// ```
    pub fn story(&self, rng: &mut dyn RngCore) -> (String, f64) {
        let (mut words, mut slots, mut bits) = (Vec::new(), Vec::new(), 0.0);
        expand("story", rng, &mut words, &mut slots, &mut bits);
        (words.join(" "), bits)
    }

    /// Stories, one a line, until there are `bytes` bytes or more.
    pub fn text(&self, bytes: usize, rng: &mut dyn RngCore) -> String {
        let mut text = String::with_capacity(bytes + 512);
        while text.len() < bytes {
            text.push_str(&self.story(rng).0);
            text.push('\n');
        }
        text
    }

    /// The exact entropy and the expected length of a story, from the rules alone:
    /// `H(rule) = Σ p (−log₂ p + Σ H(parts))`.
    ///
    /// ```
    /// use llm_lab::corpus::stories::Stories;
    /// let e = Stories.entropy();
    /// assert!((e.bits_per_word() - e.bits / e.words).abs() < 1e-12);
    /// assert!(0.4 < e.bits_per_word() && e.bits_per_word() < 1.2);
    /// ```
    pub fn entropy(&self) -> Entropy {
        measure("story")
    }
}

/// The expansions of a rule. The grammar is this file's, so a missing rule expands to nothing.
pub(super) fn expansions(name: &str) -> &'static [(u32, &'static str)] {
    RULES.iter().find(|r| r.0 == name).map_or(&[], |r| r.1)
}

/// The parts of an expansion.
pub(super) enum Part<'e> {
    /// A word, and what it makes a slot remember.
    Word(&'e str, Option<(&'e str, &'e str)>),
    Rule {
        name: &'e str,
        slot: Option<&'e str>,
    },
    Repeat(&'e str),
}

pub(super) fn part(word: &str) -> Part<'_> {
    if let Some(inner) = word.strip_prefix('<').and_then(|w| w.strip_suffix('>')) {
        return match inner.split_once('=') {
            Some((name, slot)) => Part::Rule { name, slot: Some(slot) },
            None => Part::Rule { name: inner, slot: None },
        };
    }
    if let Some(slot) = word.strip_prefix('$') {
        return Part::Repeat(slot);
    }
    match word.split_once('{') {
        Some((shown, memo)) => Part::Word(shown, memo.trim_end_matches('}').split_once('=')),
        None => Part::Word(word, None),
    }
}

/// What is remembered; of two entries for one slot the later holds.
pub(super) type Slots = Vec<(&'static str, String)>;

fn expand(
    name: &str,
    rng: &mut dyn RngCore,
    words: &mut Vec<String>,
    slots: &mut Slots,
    bits: &mut f64,
) {
    let choices = expansions(name);
    let total: u32 = choices.iter().map(|c| c.0).sum();
    let mut left = rng.random_range(0..total.max(1));
    let mut chosen = "";
    for &(weight, expansion) in choices {
        if left < weight {
            chosen = expansion;
            *bits -= (f64::from(weight) / f64::from(total)).log2();
            break;
        }
        left -= weight;
    }
    for word in chosen.split(' ') {
        match part(word) {
            Part::Rule { name, slot } => {
                let from = words.len();
                expand(name, rng, words, slots, bits);
                if let Some(slot) = slot {
                    slots.push((slot, words[from..].join(" ")));
                }
            }
            Part::Repeat(slot) => {
                let held = slots.iter().rev().find(|s| s.0 == slot);
                words.push(held.map(|s| s.1.clone()).unwrap_or_default());
            }
            Part::Word(word, memo) => {
                slots.extend(memo.map(|(slot, held)| (slot, held.to_string())));
                words.push(word.to_string());
            }
        }
    }
}

fn measure(name: &str) -> Entropy {
    let choices = expansions(name);
    let total: u32 = choices.iter().map(|c| c.0).sum();
    let mut sum = Entropy { bits: 0.0, words: 0.0 };
    for (weight, expansion) in choices {
        let p = f64::from(*weight) / f64::from(total);
        sum.bits -= p * p.log2();
        for word in expansion.split(' ') {
            let inner = match part(word) {
                Part::Rule { name, .. } => measure(name),
                // A slot repeats words whose number depends on the rule that filled it.
                Part::Repeat(slot) => Entropy { bits: 0.0, words: length_of(slot) },
                Part::Word(..) => Entropy { bits: 0.0, words: 1.0 },
            };
            sum.bits += p * inner.bits;
            sum.words += p * inner.words;
        }
    }
    sum
}

/// The expected number of words in a slot.
fn length_of(slot: &str) -> f64 {
    let fills = |word: &str| match part(word) {
        Part::Rule { name, slot: Some(s) } if s == slot => Some(measure(name).words),
        _ => None,
    };
    let all = RULES.iter().flat_map(|rule| rule.1).flat_map(|(_, e)| e.split(' '));
    all.filter_map(fills).next().unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::collections::HashMap;

    #[test]
    fn the_mean_over_many_stories_is_the_entropy() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let (mut bits, mut words) = (0.0, 0.0);
        const N: usize = 20_000;
        for _ in 0..N {
            let (story, b) = Stories.story(&mut rng);
            bits += b;
            words += story.split_whitespace().count() as f64;
        }
        let exact = Stories.entropy();
        assert!((bits / N as f64 - exact.bits).abs() < 0.05, "{} {exact:?}", bits / N as f64);
        assert!((words / N as f64 - exact.words).abs() < 0.2, "{} {exact:?}", words / N as f64);
    }

    #[test]
    fn a_text_tells_its_choices() {
        // Entropy per text equals entropy per derivation only if no two derivations give one text:
        // equal stories must have equal probability, and repeats occur as often as that says.
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut seen: HashMap<String, f64> = HashMap::new();
        for _ in 0..20_000 {
            let (story, bits) = Stories.story(&mut rng);
            assert!(!story.contains(['<', '$', '{', '=']) && !story.contains("  "), "{story}");
            let before = seen.insert(story, bits);
            assert!(before.is_none_or(|b| (b - bits).abs() < 1e-9));
        }
    }

    #[test]
    fn rules_refer_only_downwards() {
        for (i, (_, expansions)) in RULES.iter().enumerate() {
            for word in expansions.iter().flat_map(|e| e.1.split(' ')) {
                if let Part::Rule { name, .. } = part(word) {
                    let at = RULES.iter().position(|r| r.0 == name);
                    assert!(at.is_some_and(|at| at > i), "{name}");
                }
            }
        }
    }
}
