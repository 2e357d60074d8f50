//! The quiz: a pure machine over items. A line goes in, a [`Reply`] comes out.

use ndarray_rand::rand::SeedableRng;
use ndarray_rand::rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::asking::{Answered, Asking, Outcome};
use super::lesson::{Item, Lesson};
use super::words::Word;
use super::{Part, Reply, Runner, State};
use crate::report::{Block, Cell, Error, Table, Text, text};

/// A question of the quiz with the lesson that it comes from.
#[derive(Debug, Clone)]
struct Question {
    lesson: (String, Text),
    item: Item,
    outcome: Option<Outcome>,
    asking: Option<Asking>,
}

/// A quiz in progress.
#[derive(Debug, Clone)]
pub struct Quiz {
    questions: Vec<Question>,
    at: usize,
    seed: u64,
}

impl Quiz {
    /// A quiz over the items of lessons, shuffled once by the seed; at most `count` of them.
    ///
    /// # Errors
    /// The lessons have no items, or `count` is 0.
    pub fn new(lessons: &[Lesson], count: Option<usize>, seed: u64) -> Result<Self, Error> {
        let mut questions: Vec<Question> = lessons
            .iter()
            .flat_map(|lesson| {
                let of = (lesson.header.id.clone(), lesson.header.title.clone());
                lesson.quiz.iter().map(move |item| Question {
                    lesson: of.clone(),
                    item: item.clone(),
                    outcome: None,
                    asking: None,
                })
            })
            .collect();
        questions.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        questions.truncate(count.unwrap_or(usize::MAX));
        if questions.is_empty() {
            return Err(Error::input(text("a quiz of no questions", "没有可问的题目"))
                .allowed(text(
                    "lessons with a quiz, and `--count` of at least 1",
                    "带题目的课程，且 `--count` 至少为 1",
                ))
                .example("llm-lab quiz --count 5"));
        }
        Ok(Self { questions, at: 0, seed })
    }

    /// How many questions there are.
    pub fn len(&self) -> usize {
        self.questions.len()
    }

    /// Whether there is no question; never so for a quiz that could be made.
    pub fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }

    /// The first screen.
    pub fn open(&mut self, runner: &dyn Runner) -> Reply {
        let mut reply = Reply::waiting(Vec::new());
        self.show(&mut reply, runner);
        reply
    }

    /// Answers a line.
    pub fn respond(&mut self, line: &str, runner: &dyn Runner) -> Reply {
        let mut reply = Reply::waiting(Vec::new());
        let count = self.questions.len();
        let Some(asking) = self.questions.get_mut(self.at).and_then(|q| q.asking.as_mut()) else {
            self.finish(&mut reply, State::Finished);
            return reply;
        };
        let free = line.trim().strip_prefix([':', '\u{ff1a}']);
        if free.is_some() || (!asking.right(line) && runner.check(line).is_ok()) {
            reply.parts = free_command(free.unwrap_or(line), runner);
            return reply;
        }
        match asking.word(line) {
            Some(Word::Hint) => reply.parts = asking.hint(),
            Some(Word::Answer) => {
                let answered = asking.give_up();
                self.take(answered, &mut reply, runner);
            }
            Some(Word::Skip) => self.step(&mut reply, runner),
            Some(Word::Back) if self.at > 0 => {
                self.at -= 1;
                self.show(&mut reply, runner);
            }
            Some(Word::Back) => {
                reply.parts.push(Part::Note(text("This is the first question.", "这是第一题。")))
            }
            Some(Word::Jump(n)) if (1..=count).contains(&n) => {
                self.at = n - 1;
                self.show(&mut reply, runner);
            }
            Some(Word::Jump(_)) => reply.parts.push(Part::Wrong(self.no_such_question())),
            Some(Word::Repeat) => self.show(&mut reply, runner),
            Some(Word::Quit) => self.finish(&mut reply, State::Left),
            Some(Word::Help | Word::Next) => reply.parts.push(Part::Note(help())),
            None => {
                let answered = asking.answer(line, runner);
                self.take(answered, &mut reply, runner);
            }
        }
        reply
    }

    fn no_such_question(&self) -> Error {
        let n = self.questions.len();
        Error::input(text("no such question", "没有这一题"))
            .allowed(text(format!("1 to {n}"), format!("1 到 {n}")))
            .example("jump 1")
    }

    /// Shows an answer's parts; goes on if the question is closed.
    fn take(&mut self, answered: Answered, reply: &mut Reply, runner: &dyn Runner) {
        reply.parts.extend(answered.parts);
        reply.graded.extend(answered.graded);
        let question = &mut self.questions[self.at];
        if let Some(outcome) = question.asking.as_ref().and_then(Asking::outcome) {
            // The first outcome is the score: going back to repeat does not change it.
            question.outcome.get_or_insert(outcome);
            self.step(reply, runner);
        }
    }

    fn step(&mut self, reply: &mut Reply, runner: &dyn Runner) {
        self.at += 1;
        self.show(reply, runner);
    }

    /// Shows the question at which the quiz stands, passing over those that cannot be put; ends the
    /// quiz after the last.
    fn show(&mut self, reply: &mut Reply, runner: &dyn Runner) {
        while self.at < self.questions.len() {
            let (number, of) = (self.at + 1, self.questions.len());
            let question = &mut self.questions[self.at];
            let title = question.lesson.1.clone();
            let put = match &mut question.asking {
                Some(asking) if asking.outcome().is_some() => asking.again(runner),
                Some(_) => Ok(()),
                None => Asking::new(&question.item, self.seed, runner)
                    .map(|asking| question.asking = Some(asking)),
            };
            match put {
                Ok(()) => {
                    reply.parts.push(Part::Place { title, number, of });
                    reply.parts.extend(question.asking.iter().flat_map(Asking::parts));
                    return;
                }
                Err(error) => reply.parts.push(Part::Wrong(error)),
            }
            self.at += 1;
        }
        self.finish(reply, State::Finished);
    }

    fn finish(&mut self, reply: &mut Reply, state: State) {
        reply.state = state;
        if state == State::Finished || self.questions.iter().any(|q| q.outcome.is_some()) {
            reply.parts.extend(self.summary());
        }
    }

    /// The score, and what to repeat.
    fn summary(&self) -> Vec<Part> {
        let count = |o: Outcome| self.questions.iter().filter(|q| q.outcome == Some(o)).count();
        let (right, helped, wrong) =
            (count(Outcome::Right), count(Outcome::Helped), count(Outcome::Wrong));
        let open = self.questions.len() - right - helped - wrong;
        let mut parts = vec![
            Part::heading(text("Summary", "小结")),
            Part::say(text(
                format!(
                    "**{right} of {}** right at the first try; {helped} with help; {wrong} wrong; {open} left out.",
                    self.questions.len()
                ),
                format!(
                    "**{} 题中 {right} 题**一次答对；借助提示或重试答对 {helped} 题；答错 {wrong} 题；未作答 {open} 题。",
                    self.questions.len()
                ),
            )),
        ];
        let mut table = Table::new(text("To repeat", "需要复习"))
            .words(text("question", "题目"))
            .words(text("lesson", "课程"))
            .words(text("result", "结果"));
        for question in self.questions.iter().filter(|q| q.outcome != Some(Outcome::Right)) {
            let result = match question.outcome {
                Some(Outcome::Helped) => text("with help", "借助提示或重试"),
                Some(_) => text("wrong", "答错"),
                None => text("left out", "未作答"),
            };
            let lesson = Cell::from(question.lesson.0.as_str());
            table.row(vec![question.item.id.as_str().into(), lesson, result.into()]);
        }
        if !table.rows.is_empty() {
            parts.push(Part::Block(Block::Table(table)));
        }
        parts
    }
}

/// Runs a command that is tried in between; nothing else changes.
pub(super) fn free_command(line: &str, runner: &dyn Runner) -> Vec<Part> {
    let command = line.trim().to_string();
    let part = match runner.run(&command) {
        Ok(report) => Part::Report { command, report: Box::new(report) },
        Err(error) => Part::Wrong(error),
    };
    let back = text(
        "(tried in between; `repeat` shows where you are)",
        "（插入的尝试；输入 `repeat` 回到当前内容）",
    );
    vec![part, Part::Note(back)]
}

fn help() -> Text {
    text(
        "Type an answer; or `hint`, `answer`, `skip`, `back`, `repeat`, `jump 3`, `quit`. Any command, such \
         as `plot relu`, can be tried in between.",
        "请输入答案；也可以输入 `hint` 提示、`answer` 看答案、`skip` 跳过、`back` 上一题、`repeat` 再看一遍、\
         `jump 3`、`quit` 退出。中途可以随时试任何命令，例如 `plot relu`。",
    )
}

#[cfg(test)]
mod tests {
    use super::super::posed::Posed;
    use super::super::sample::{Swish, lesson, said};
    use super::*;
    use proptest::prelude::*;

    fn quiz(seed: u64) -> (Quiz, String) {
        let mut quiz = Quiz::new(&[lesson()], None, seed).unwrap();
        let first = said(&quiz.open(&Swish));
        (quiz, first)
    }

    fn say(quiz: &mut Quiz, line: &str) -> String {
        said(&quiz.respond(line, &Swish))
    }

    /// The right answer to the question that is asked now.
    fn model(quiz: &Quiz) -> String {
        Posed::new(&quiz.questions[quiz.at].item, quiz.seed, 0, &Swish).unwrap().model()
    }

    /// Goes on to the question with an id.
    fn until(quiz: &mut Quiz, id: &str) -> String {
        let n = quiz.questions.iter().position(|q| q.item.id == id).unwrap() + 1;
        say(quiz, &format!("jump {n}"))
    }

    #[test]
    fn model_answers_give_the_full_score() {
        let (mut quiz, first) = quiz(3);
        assert!(first.starts_with("[1/5]"), "{first}");
        for n in 1..=5 {
            let line = model(&quiz);
            let reply = quiz.respond(&line, &Swish);
            assert!(said(&reply).starts_with("true: Right."), "{line}: {}", said(&reply));
            assert_eq!((reply.graded.len(), reply.graded[0].right), (1, true));
            assert_eq!(reply.state, if n < 5 { State::Waiting } else { State::Finished });
            if n == 5 {
                assert!(said(&reply).contains("**5 of 5** right at the first try"));
            }
        }
    }

    #[test]
    fn a_wrong_option_has_its_reason_and_options_stand_still_on_the_retry() {
        let (mut quiz, _) = quiz(0);
        let asked = until(&mut quiz, "swish-demo-zero");
        let wrong = quiz.respond("ReLU(x)", &Swish);
        assert!(said(&wrong).contains("That is the limit for a large β."));
        assert_eq!((wrong.graded.len(), wrong.graded[0].right), (1, false));
        assert_eq!(say(&mut quiz, "repeat"), asked);
        let right = quiz.respond("x/2", &Swish);
        assert!(right.graded[0].right && right.graded[0].helped);
    }

    #[test]
    fn two_wrong_answers_show_the_solution() {
        let (mut quiz, _) = quiz(0);
        until(&mut quiz, "swish-demo-name");
        assert!(say(&mut quiz, "GELU").contains("Once more"));
        assert!(say(&mut quiz, "ReLU").contains("**Answer:** SiLU"));
    }

    #[test]
    fn a_drill_has_other_numbers_on_the_retry() {
        let (mut quiz, _) = quiz(0);
        let first = until(&mut quiz, "swish-demo-slope");
        let again = say(&mut quiz, "1000");
        assert!(again.contains("Once more, with other numbers:"));
        let question = |s: &str| s.lines().find(|l| l.contains("for β =")).map(String::from);
        assert_ne!(question(&first), question(&again));
    }

    #[test]
    fn multi_says_select_all_and_counts_what_is_missing() {
        let (mut quiz, _) = quiz(0);
        assert!(until(&mut quiz, "swish-demo-smooth").contains("select all that apply"));
        let partly = say(&mut quiz, "Swish");
        assert!(partly.contains("1 more of the options is right."), "{partly}");
    }

    #[test]
    fn skipping_leaving_and_coming_back() {
        let (mut quiz, first) = quiz(1);
        assert!(say(&mut quiz, "skip").starts_with("[2/5]"));
        assert_eq!(say(&mut quiz, "back"), first);
        assert!(say(&mut quiz, "back").contains("first question"));
        assert!(quiz.respond("answer", &Swish).graded.iter().all(|g| !g.right));
        let left = quiz.respond("quit", &Swish);
        assert_eq!(left.state, State::Left);
        assert!(said(&left).contains("1 wrong; 4 left out"), "{}", said(&left));
        assert!(said(&left).contains("table of 5"));
    }

    #[test]
    fn a_count_cuts_and_none_is_bad_input() {
        assert_eq!(Quiz::new(&[lesson()], Some(2), 0).unwrap().len(), 2);
        assert_eq!(Quiz::new(&[lesson()], Some(0), 0).unwrap_err().exit_code(), 2);
        assert_eq!(Quiz::new(&[], None, 0).unwrap_err().exit_code(), 2);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(lines in proptest::collection::vec("\\PC{0,12}|[a-f ]{1,5}|skip|back|hint|answer|jump [0-9]", 0..20)) {
            let (mut quiz, _) = quiz(0);
            for line in lines {
                quiz.respond(&line, &Swish);
            }
        }

        #[test]
        fn every_item_takes_its_own_answer(seed in any::<u64>(), attempt in 0_u64..1000) {
            for item in &lesson().quiz {
                let posed = Posed::new(item, seed, attempt, &Swish).unwrap();
                prop_assert_eq!(posed.grade(&posed.model()), super::super::grade::Grade::Right);
                let words = posed.answer();
                prop_assert!(!words.en.is_empty() && !words.zh.is_empty());
            }
        }
    }
}
