//! A lesson played step by step: a pure machine. A line goes in, a [`Reply`] comes out.

use super::asking::{Answered, Asking, Outcome};
use super::grade::numbers;
use super::lesson::{Lesson, Predict, Step};
use super::quiz::free_command;
use super::words::{self, Word};
use super::{Part, Reply, Runner, State};
use crate::report::{Error, Text, number, text};

/// What the step at which the lesson stands still waits for.
#[derive(Debug, Clone)]
enum Waits {
    /// Enter.
    Enter,
    /// A number, before the command runs.
    Prediction,
    /// An answer.
    Answer(Box<Asking>),
}

/// A lesson being played.
#[derive(Debug, Clone)]
pub struct Player {
    lesson: Lesson,
    at: usize,
    seed: u64,
    waits: Waits,
    asked: usize,
    right: usize,
}

impl Player {
    /// A lesson from a step, counted from 0; a step beyond its end is its beginning.
    pub fn new(lesson: Lesson, step: usize, seed: u64) -> Self {
        let at = if step < lesson.steps.len() { step } else { 0 };
        Self { lesson, at, seed, waits: Waits::Enter, asked: 0, right: 0 }
    }

    /// The lesson.
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// The step at which to resume, counted from 0.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The first screen: where one is, and the step.
    pub fn open(&mut self, runner: &dyn Runner) -> Reply {
        let mut reply = Reply::waiting(Vec::new());
        if self.at > 0 {
            let n = self.at + 1;
            reply.parts.push(Part::Note(text(
                format!("Resuming at step {n}; `jump 1` begins anew."),
                format!("从第 {n} 步继续；输入 `jump 1` 重新开始。"),
            )));
        }
        self.enter(&mut reply, runner);
        reply
    }

    /// Answers a line.
    pub fn respond(&mut self, line: &str, runner: &dyn Runner) -> Reply {
        let mut reply = Reply::waiting(Vec::new());
        let right = matches!(&self.waits, Waits::Answer(asking) if asking.right(line));
        let free = line.trim().strip_prefix([':', '\u{ff1a}']);
        if free.is_some() || (!right && runner.check(line).is_ok()) {
            reply.parts = free_command(free.unwrap_or(line), runner);
            return reply;
        }
        let word = match &self.waits {
            Waits::Answer(asking) => asking.word(line),
            _ => Word::read(line),
        };
        match word {
            Some(word) => self.obey(word, &mut reply, runner),
            None => self.take(line, &mut reply, runner),
        }
        reply
    }

    fn obey(&mut self, word: Word, reply: &mut Reply, runner: &dyn Runner) {
        match (word, &mut self.waits) {
            (Word::Next, Waits::Enter) | (Word::Skip, _) => self.go(self.at + 1, reply, runner),
            (Word::Next, Waits::Prediction) => reply.parts.push(Part::Note(commit())),
            (Word::Next, Waits::Answer(_)) => reply.parts.push(Part::Note(text(
                "An answer first; or `hint`, `answer`, `skip`.",
                "请先作答；也可以输入 `hint`、`answer` 或 `skip`。",
            ))),
            (Word::Back, _) if self.at > 0 => self.go(self.at - 1, reply, runner),
            (Word::Back, _) => {
                reply.parts.push(Part::Note(text("This is the first step.", "这是第一步。")))
            }
            (Word::Repeat, _) => self.enter(reply, runner),
            (Word::Jump(n), _) if (1..=self.lesson.steps.len()).contains(&n) => {
                self.go(n - 1, reply, runner);
            }
            (Word::Jump(_), _) => {
                let n = self.lesson.steps.len();
                let wrong = Error::input(text("no such step", "没有这一步"));
                let wrong =
                    wrong.allowed(text(format!("1 to {n}"), format!("1 到 {n}"))).example("jump 1");
                reply.parts.push(Part::Wrong(wrong));
            }
            (Word::Hint, Waits::Answer(asking)) => reply.parts = asking.hint(),
            (Word::Answer, Waits::Answer(asking)) => {
                let answered = asking.give_up();
                self.close(answered, reply);
            }
            (Word::Answer, Waits::Prediction) => self.reveal(None, reply, runner),
            (Word::Hint, Waits::Prediction) => reply.parts.push(Part::Note(text(
                "No hint here: a guess is enough; `answer` shows it, `skip` goes on.",
                "这里没有提示：猜一个数即可；`answer` 看答案，`skip` 跳过。",
            ))),
            (Word::Hint | Word::Answer, _) => reply.parts.push(Part::Note(text(
                "Nothing is asked here; Enter goes on.",
                "这一步没有提问；按回车继续。",
            ))),
            (Word::Help, _) => reply.parts.push(Part::Note(words::help())),
            (Word::Quit, _) => {
                reply.state = State::Left;
                reply.parts.push(Part::Note(text(
                    format!(
                        "Kept at step {}; `lesson {}` goes on.",
                        self.at + 1,
                        self.lesson.header.id
                    ),
                    format!(
                        "已保存在第 {} 步；输入 `lesson {}` 继续。",
                        self.at + 1,
                        self.lesson.header.id
                    ),
                )));
            }
        }
    }

    /// Takes a line that is neither a command nor a word: an answer, where one is waited for.
    fn take(&mut self, line: &str, reply: &mut Reply, runner: &dyn Runner) {
        match &mut self.waits {
            Waits::Enter => {
                // Say what is wrong with it as a command: that is what it can only have been.
                let wrong = runner.check(line).err();
                reply.parts.extend(wrong.map(Part::Wrong));
                reply.parts.push(Part::Note(text(
                    "Enter goes on; `help` says what else.",
                    "按回车继续；输入 `help` 查看其他操作。",
                )));
            }
            Waits::Prediction => match numbers(line, None) {
                Ok(values) => self.reveal(Some(values), reply, runner),
                Err(allowed) => {
                    let words =
                        text(format!("Type {}", allowed.en), format!("请输入{}", allowed.zh));
                    reply.parts.push(Part::Note(words));
                }
            },
            Waits::Answer(asking) => {
                let answered = asking.answer(line, runner);
                self.close(answered, reply);
            }
        }
    }

    fn go(&mut self, step: usize, reply: &mut Reply, runner: &dyn Runner) {
        self.at = step;
        if step < self.lesson.steps.len() {
            return self.enter(reply, runner);
        }
        self.at = 0;
        reply.state = State::Finished;
        reply.parts.extend(self.ending());
    }

    /// Shows the step at which the lesson stands, and runs what it runs.
    fn enter(&mut self, reply: &mut Reply, runner: &dyn Runner) {
        let Some(step) = self.lesson.steps.get(self.at).cloned() else {
            reply.state = State::Finished;
            reply.parts.extend(self.ending());
            return;
        };
        let title = self.lesson.header.title.clone();
        reply.parts.push(Part::Place { title, number: self.at + 1, of: self.lesson.steps.len() });
        self.waits = Waits::Enter;
        match step {
            Step::Say(words) => reply.parts.push(Part::say(words)),
            Step::Run { run, look } => {
                match runner.run(&run) {
                    Ok(report) => {
                        reply.parts.push(Part::Report { command: run, report: Box::new(report) })
                    }
                    Err(error) => reply.parts.push(Part::Wrong(error)),
                }
                reply.parts.push(Part::say(look));
            }
            Step::Predict(predict) => {
                self.waits = Waits::Prediction;
                reply.parts.push(Part::say(predict.ask));
                reply.parts.push(Part::Note(commit()));
            }
            Step::Ask(id) => {
                match self.lesson.item(&id).map(|item| Asking::new(item, self.seed, runner)) {
                    Some(Ok(asking)) => {
                        reply.parts.extend(asking.parts());
                        self.waits = Waits::Answer(Box::new(asking));
                    }
                    Some(Err(error)) => reply.parts.push(Part::Wrong(error)),
                    None => reply.parts.push(Part::Wrong(no_item(&id))),
                }
            }
        }
    }

    /// Runs the command of a prediction and compares.
    fn reveal(&mut self, predicted: Option<Vec<f64>>, reply: &mut Reply, runner: &dyn Runner) {
        let Some(Step::Predict(predict)) = self.lesson.steps.get(self.at) else { return };
        let report = match runner.run(&predict.run) {
            Ok(report) => report,
            Err(error) => return reply.parts.push(Part::Wrong(error)),
        };
        let measured = report.number(&predict.metric);
        let command = predict.run.clone();
        reply.parts.push(Part::Report { command, report: Box::new(report) });
        reply.parts.extend(measured.map(|x| compared(predict, predicted.as_deref(), x)));
        reply.parts.push(Part::say(predict.explain.clone()));
        self.waits = Waits::Enter;
    }

    /// Shows an answer's parts; a closed question then waits for Enter.
    fn close(&mut self, answered: Answered, reply: &mut Reply) {
        reply.parts.extend(answered.parts);
        reply.graded.extend(answered.graded);
        let Waits::Answer(asking) = &self.waits else { return };
        if let Some(outcome) = asking.outcome() {
            self.asked += 1;
            self.right += usize::from(outcome != Outcome::Wrong);
            self.waits = Waits::Enter;
        }
    }

    /// What to take along: the short answers of the interview, and how the questions went.
    fn ending(&self) -> Vec<Part> {
        let mut parts = vec![Part::heading(text("The lesson ends here", "本课到此结束"))];
        if self.asked > 0 {
            let (right, asked) = (self.right, self.asked);
            parts.push(Part::say(text(
                format!("{right} of {asked} questions right."),
                format!("{asked} 个问题答对 {right} 个。"),
            )));
        }
        for entry in &self.lesson.interview {
            parts.push(Part::heading(text(
                format!("In an interview: {}", entry.question),
                format!("面试时：{}", entry.question),
            )));
            parts.push(Part::say(entry.short.clone()));
        }
        let id = &self.lesson.header.id;
        parts.push(Part::Note(text(
            format!("`quiz {id}` asks the rest; `lesson {id} --print` is the lesson to keep."),
            format!("输入 `quiz {id}` 做完其余题目；`lesson {id} --print` 可以打印整课内容。"),
        )));
        parts
    }
}

fn commit() -> Text {
    text(
        "Commit to a number first; `answer` shows it, `skip` goes on.",
        "请先写下一个数；`answer` 看结果，`skip` 跳过。",
    )
}

fn no_item(id: &str) -> Error {
    Error::input(text(format!("the lesson has no item `{id}`"), format!("本课没有题目 `{id}`")))
}

/// Measured beside predicted, and whether that was near.
fn compared(predict: &Predict, predicted: Option<&[f64]>, measured: f64) -> Part {
    let found = number(measured);
    let Some(nearest) = predicted.and_then(|values| {
        values.iter().copied().min_by(|a, b| (a - measured).abs().total_cmp(&(b - measured).abs()))
    }) else {
        return Part::say(text(
            format!("Measured: **{found}**."),
            format!("实测值：**{found}**。"),
        ));
    };
    let said = number(nearest);
    let right = predict.within.holds(nearest, measured);
    let (en, zh) =
        if right { ("near enough", "足够接近") } else { ("not near", "差得较远") };
    let words = text(
        format!("You said {said}, measured is {found}: {en}."),
        format!("你的预测是 {said}，实测值是 {found}：{zh}。"),
    );
    Part::Verdict { right, words }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Swish, lesson, said};
    use super::*;
    use proptest::prelude::*;

    fn at(step: usize) -> (Player, String) {
        let mut player = Player::new(lesson(), step, 0);
        let reply = player.open(&Swish);
        (player, said(&reply))
    }

    fn say(player: &mut Player, line: &str) -> String {
        said(&player.respond(line, &Swish))
    }

    #[test]
    fn a_lesson_is_played_to_its_end() {
        let (mut player, first) = at(0);
        assert!(first.starts_with("[1/5]\nSwish is"), "{first}");
        assert!(say(&mut player, "").contains("Commit to a number"));
        let shown = say(&mut player, "-1.3");
        assert!(shown.starts_with("> plot swish --beta 1\ntrue: You said -1.3"), "{shown}");
        assert!(say(&mut player, "").contains("> plot swish --beta 0.1 1 10"));
        assert!(say(&mut player, "").contains("[4/5]"));
        assert!(say(&mut player, "x / 2").contains("true: Right."));
        assert!(say(&mut player, "next").contains("[5/5]"));
        let given = player.respond("answer", &Swish);
        assert_eq!(given.graded.len(), 1);
        assert!(!given.graded[0].right);
        let end = player.respond("", &Swish);
        assert_eq!(end.state, State::Finished);
        assert!(said(&end).contains("1 of 2 questions right."));
        assert_eq!(player.position(), 0);
    }

    #[test]
    fn a_prediction_may_be_far_or_left_out() {
        let (mut player, _) = at(1);
        assert!(say(&mut player, "").contains("Commit"));
        assert!(say(&mut player, "somewhere left").contains("Type a number"));
        assert!(say(&mut player, "hint").contains("No hint here"));
        assert!(say(&mut player, "3").contains("false: You said 3"));
        let (mut player, _) = at(1);
        assert!(say(&mut player, "answer").contains("Measured: **-1.278**"));
        assert!(say(&mut player, "").contains("[3/5]"));
    }

    #[test]
    fn one_can_go_anywhere_and_try_commands_without_losing_the_place() {
        let (mut player, first) = at(3);
        assert!(first.starts_with("(Resuming at step 4"), "{first}");
        assert!(say(&mut player, "plot swish --beta 4").starts_with("> plot swish --beta 4"));
        assert!(say(&mut player, ":nonsense").starts_with("! unknown command"));
        assert_eq!(player.position(), 3);
        assert!(say(&mut player, "hint").contains("**Hint:** What is σ(0)?"));
        assert!(say(&mut player, "zzz").contains("Not counted"));
        assert!(say(&mut player, "back").contains("[3/5]"));
        assert!(say(&mut player, "jump 1").contains("[1/5]"));
        assert!(say(&mut player, "back").contains("first step"));
        assert!(say(&mut player, "jump 9").starts_with("! no such step; allowed: 1 to 5"));
        assert!(say(&mut player, "plot").starts_with("! unknown command"));
        assert!(say(&mut player, "skip").contains("[2/5]"));
        assert_eq!(player.respond("quit", &Swish).state, State::Left);
        assert_eq!(player.position(), 1);
    }

    #[test]
    fn a_step_beyond_the_end_is_the_beginning() {
        assert_eq!(Player::new(lesson(), 99, 0).position(), 0);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(lines in proptest::collection::vec("\\PC{0,12}|[a-f ]{1,5}|next|skip|back|hint|answer|jump [0-9]", 0..20)) {
            let (mut player, _) = at(0);
            for line in lines {
                player.respond(&line, &Swish);
                prop_assert!(player.position() < player.lesson().steps.len());
            }
        }
    }
}
