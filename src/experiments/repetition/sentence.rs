//! `repetition sentence`: does a sentence that has been said grow more likely?

use crate::experiments::teller::{Teller, nats};
use crate::experiments::{Context, params};
use crate::model::decoding::{argmax, surprise};
use crate::model::generate::logits;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, number, text,
};

/// How likely a sentence is at each repetition: does what has been said reinforce itself? ‖ 一句话每重复一遍的概率：说过的话会自我强化吗？
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "repetition sentence\nrepetition sentence --text \" The cat was tired .\" --times 10\nrepetition sentence --model draft"
)]
pub struct Sentence {
    /// What is repeated; several sentences are compared ‖ 被重复的句子；给多个则逐一比较
    #[arg(long, value_name = "TEXT", num_args = 1.., default_values = [" Then the girl ran by the sea and back again .", " The cat was tired .", " moon kite and . queen said Far"])]
    pub text: Vec<String>,
    /// How often ‖ 重复多少遍
    #[arg(long, value_name = "N", default_value = "8", value_parser = params::count(2, 1000))]
    pub times: usize,
    /// The folder of the model; stories is the one that the lab carries ‖ 模型所在文件夹；stories 是自带的模型
    #[arg(long, value_name = "DIR", default_value = "stories")]
    pub model: String,
    /// The text before them ‖ 之前的文本
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "\\nOnce there was a little girl who lived by the sea . She found a ball and showed it to the cat ."
    )]
    pub prompt: String,
}

/// One round of a sentence.
struct Round {
    probability: f64,
    winners: f64,
    entropy: f64,
}

impl Sentence {
    /// Repeats.
    ///
    /// # Errors
    /// If the model cannot read so much.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let teller = Teller::open(context, &self.model)?;
        let prompt = teller.read(&self.prompt)?;
        let mut report = Report::new(text("A sentence, said again and again", "一句话，说了又说"));
        report
            .formula("p̄ₙ = geometric mean over the tokens of round n of p(token | all before it)");
        let mut series = Vec::new();
        let mut entropies = Vec::new();
        for (i, sentence) in self.text.iter().enumerate() {
            context.step(i, self.text.len(), &text("reading", "读取中"))?;
            let rounds = self.rounds(&teller, &prompt, sentence)?;
            let mut table = Table::new(text(format!("`{sentence}`"), format!("`{sentence}`")))
                .numbers(text("round", "遍"))
                .numbers(text("mean probability of its tokens", "各 token 的平均概率"))
                .numbers(text("share that is the most likely", "为最大概率者的占比"))
                .numbers(text("entropy (nats)", "熵（nat）"));
            for (n, round) in rounds.iter().enumerate() {
                let Round { probability, winners, entropy } = *round;
                table.row(vec![(n + 1).into(), probability.into(), winners.into(), entropy.into()]);
                let name = |what: &str| format!("text{}.round{}.{what}", i + 1, n + 1);
                report.metric(name("probability"), probability);
                report.metric(name("winners"), winners);
                report.metric_in(name("entropy"), entropy, "nats");
            }
            report.table(table);
            let (first, last) = (&rounds[0], &rounds[rounds.len() - 1]);
            report.metric(format!("text{}.growth", i + 1), last.probability / first.probability);
            report.say(text(
                format!(
                    "`{}`: from {} in the first round to {} in the last.",
                    sentence.trim(),
                    number(first.probability),
                    number(last.probability)
                ),
                format!(
                    "`{}`：从第一遍的 {} 到最后一遍的 {}。",
                    sentence.trim(),
                    number(first.probability),
                    number(last.probability)
                ),
            ));
            let points = |value: &dyn Fn(&Round) -> f64| -> Vec<(f64, f64)> {
                rounds.iter().enumerate().map(|(n, r)| ((n + 1) as f64, value(r))).collect()
            };
            let label = sentence.trim().to_string();
            series.push(
                Series::new(label.clone(), points(&|r| r.probability)).stroke(Stroke::Dotted),
            );
            entropies.push(Series::new(label, points(&|r| r.entropy)).stroke(Stroke::Dotted));
        }
        report.figure(Figure::new(
            "probability",
            "Self-reinforcement: how likely a sentence is when it comes again",
            Axis::new("round"),
            Axis::log("mean probability of its tokens"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        ));
        report.figure(Figure::new(
            "entropy",
            "How sure the model is meanwhile",
            Axis::new("round"),
            Axis::new("entropy of the next token (nats)"),
            Content::Lines(Lines { series: entropies, markers: Vec::new() }),
        ));
        Ok(report)
    }

    fn rounds(&self, teller: &Teller, prompt: &[u32], sentence: &str) -> Result<Vec<Round>, Error> {
        let round = teller.tokenizer.encode(sentence)?;
        let tokens: Vec<u32> = prompt
            .iter()
            .copied()
            .chain(round.iter().copied().cycle().take(round.len() * self.times))
            .collect();
        let (v, most) = (teller.model.config.vocab, teller.model.config.context);
        if round.is_empty() || tokens.len() > most {
            let room = most.saturating_sub(prompt.len()) / round.len().max(1);
            return Err(Error::input(text(
                format!("{} rounds of {} tokens do not fit", self.times, round.len()),
                format!("放不下 {} 遍、每遍 {} 个 token", self.times, round.len()),
            ))
            .allowed(text(
                format!("a sentence of 1 or more tokens, and here --times up to {room}"),
                format!("句子至少 1 个 token；此处 --times 最多 {room}"),
            )));
        }
        let all = logits(&teller.model, &tokens)?; // (T·V)
        let (mut place, m) = (Vec::new(), round.len() as f64);
        let one = |n: usize| {
            let mut sum = Round { probability: 0.0, winners: 0.0, entropy: 0.0 };
            for (i, token) in round.iter().enumerate() {
                let at = prompt.len() + n * round.len() + i - 1; // what is foretold after this place
                let row = &all[at * v..(at + 1) * v];
                sum.probability -= surprise(row, *token) / m;
                sum.winners += f64::from(u8::from(argmax(row) == *token)) / m;
                sum.entropy += nats(row, &mut place) / m;
            }
            Round { probability: sum.probability.exp(), ..sum }
        };
        Ok((0..self.times).map(one).collect())
    }
}
