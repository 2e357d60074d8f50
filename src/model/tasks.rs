//! Small tasks with a right answer, to see what a Transformer can learn: copy, reverse, sort, add,
//! and repeat what followed last time (induction).
//!
//! A sequence is a question, a separator and the answer, padded to its length; only the answer is
//! asked for.

use ndarray_rand::rand::Rng;

use crate::math::loss::IGNORED;

use super::batch::Batch;

/// Which task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// Say the symbols again.
    Copy,
    /// Say them backwards.
    Reverse,
    /// Say them in order.
    Sort,
    /// Add two numbers, digit by digit from the least.
    Addition,
    /// Random symbols said twice: the second time each is known from what followed it before
    /// (Olsson et al. 2022).
    Induction,
}

/// The token that fills up and separates.
pub const BREAK: u32 = 0;
/// Tokens of addition besides the digits: [`BREAK`] and plus.
pub const ADDITION_VOCAB: usize = 12;
const PLUS: u32 = 11;

impl Task {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Copy, Self::Reverse, Self::Sort, Self::Addition, Self::Induction];

    /// The name that one types.
    pub fn name(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Reverse => "reverse",
            Self::Sort => "sort",
            Self::Addition => "addition",
            Self::Induction => "induction",
        }
    }

    /// The task of a name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.name() == name)
    }

    /// The question and its answer in at most `room` tokens together with a separator; symbols are
    /// 1 … `vocab` − 1. Digits of addition are 1 … 10 for 0 … 9.
    pub fn draw(self, vocab: usize, room: usize, rng: &mut impl Rng) -> (Vec<u32>, Vec<u32>) {
        if self == Self::Addition {
            return addition(room, rng);
        }
        let n = (room.saturating_sub(1) / 2).max(1);
        let symbols: Vec<u32> = (0..n).map(|_| rng.random_range(1..vocab.max(3) as u32)).collect();
        let mut answer = symbols.clone();
        match self {
            Self::Reverse => answer.reverse(),
            Self::Sort => answer.sort_unstable(),
            _ => {}
        }
        (symbols, answer)
    }

    /// Adds one drawn sequence to a batch.
    ///
    /// ```
    /// use llm_lab::model::{Batch, tasks::Task};
    /// use ndarray_rand::rand::SeedableRng;
    /// let mut batch = Batch::new(8);
    /// Task::Reverse.push(&mut batch, 5, &mut rand_chacha::ChaCha8Rng::seed_from_u64(0));
    /// let (tokens, targets) = (&batch.tokens, &batch.targets);
    /// assert_eq!(tokens[4], 0); // the separator after four symbols
    /// assert_eq!(targets[4..8], [tokens[3], tokens[2], tokens[1], tokens[0]]);
    /// ```
    pub fn push(self, batch: &mut Batch, vocab: usize, rng: &mut impl Rng) {
        let (question, answer) = self.draw(vocab, batch.length + 1, rng);
        let line: Vec<u32> =
            question.iter().copied().chain([BREAK]).chain(answer.iter().copied()).collect();
        let at = |i: usize| line.get(i).copied().unwrap_or(BREAK);
        let tokens: Vec<u32> = (0..batch.length).map(at).collect();
        let asked = question.len()..line.len() - 1;
        let target = |i: usize| if asked.contains(&i) { at(i + 1) } else { IGNORED };
        let targets: Vec<u32> = (0..batch.length).map(target).collect();
        batch.push(&tokens, &targets);
    }
}

/// Two numbers of as many digits as fit, and their sum, least digit first.
fn addition(room: usize, rng: &mut impl Rng) -> (Vec<u32>, Vec<u32>) {
    // a + b = c: n + 1 + n digits, the separator, n + 1 digits
    let n = (room.saturating_sub(3) / 3).clamp(1, 15);
    let most = 10_u64.pow(n as u32);
    let (a, b) = (rng.random_range(0..most), rng.random_range(0..most));
    let digits = |x: u64, n: usize| (0..n).map(move |i| (x / 10_u64.pow(i as u32) % 10) as u32 + 1);
    let question = digits(a, n).chain([PLUS]).chain(digits(b, n)).collect();
    (question, digits(a + b, n + 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray_rand::rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_task_asks_for_its_answer_and_for_nothing_else() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for task in Task::ALL {
            for length in [4, 9, 32] {
                let mut batch = Batch::new(length);
                task.push(&mut batch, 12, &mut rng);
                let asked: Vec<usize> =
                    (0..length).filter(|i| batch.targets[*i] != IGNORED).collect();
                assert_eq!(asked.len(), batch.asked());
                assert!(!asked.is_empty() && asked.iter().all(|i| batch.targets[*i] < 12));
                assert_eq!(batch.tokens[asked[0]], BREAK, "{task:?} {length}");
            }
        }
    }

    #[test]
    fn sums_are_right() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for _ in 0..50 {
            let (question, answer) = Task::Addition.draw(12, 20, &mut rng);
            let number = |digits: &[u32]| {
                digits.iter().rev().fold(0_u64, |sum, d| sum * 10 + u64::from(d - 1))
            };
            let plus = question.iter().position(|t| *t == PLUS).unwrap();
            let (a, b) = (number(&question[..plus]), number(&question[plus + 1..]));
            assert_eq!(a + b, number(&answer));
        }
    }
}
