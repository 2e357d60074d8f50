//! `constrain`: texts that must match, by choice list, regular expression or JSON schema. The automaton
//! lies in `model::constraint`.

mod rule;
#[cfg(test)]
mod tests;

use crate::experiments::strategy::Filters;
use crate::experiments::teller::Teller;
use crate::experiments::{Context, params};
use crate::model::constraint::{Constraint, Guard};
use crate::model::decoding::{Chain, Draw, Greedy, History, Processor, Sampler, probabilities};
use crate::model::{Generation, Transformer};
use crate::report::{
    Axis, Bars, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, number, text,
};
use rule::Rule;

/// Let a model write only what a list, a regular expression or a JSON schema allows ‖ 让模型只输出选项列表、正则表达式或 JSON schema 允许的内容
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "constrain --choices \" girl\" \" boy\" \" fox\" --prompt \"\\nOnce there was a brave\"\nconstrain --regex \"[0-9]{3}-[0-9]{4}\" --untrained\nconstrain --schema '{\"type\":\"object\",\"properties\":{\"hero\":{\"enum\":[\"girl\",\"fox\"]},\"age\":{\"type\":\"integer\"}}}'"
)]
pub struct Constrain {
    /// What must hold ‖ 约束
    #[command(flatten)]
    pub rule: rule::Given,
    /// The folder of the model; stories is the one that the lab carries ‖ 模型所在文件夹；stories 是自带的模型
    #[arg(long, value_name = "DIR", default_value = "stories")]
    pub model: String,
    /// The same model with random weights, as before training ‖ 同一结构、随机权重（训练之前）
    #[arg(long)]
    pub untrained: bool,
    /// The text to go on from ‖ 起始文本
    #[arg(long, value_name = "TEXT", default_value = "\\n")]
    pub prompt: String,
    /// How many tokens a text may have at most; as many as fit, up to 60, if not given ‖ 每段文本最多多少个 token；默认填满上下文，最多 60
    #[arg(long, value_name = "N", value_parser = params::count(1, 100_000))]
    pub count: Option<usize>,
    /// How many texts, with the constraint and without ‖ 有约束和无约束各生成多少段
    #[arg(long, value_name = "N", default_value = "20", value_parser = params::count(1, 10_000))]
    pub samples: usize,
    /// Always the most likely token that is allowed ‖ 总是选允许范围内概率最大的 token
    #[arg(long, conflicts_with_all = ["temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff"])]
    pub greedy: bool,
    /// What shapes the distribution that is left ‖ 对剩余分布的调整
    #[command(flatten)]
    pub filters: Filters,
}

/// The token that ends a text, as a text.
const END: &str = "\n";
/// Steps shown.
const SHOWN: usize = 24;

/// One step under the constraint.
struct Step {
    token: u32,
    allowed: usize,
    /// The probability that the model had given to all that is allowed.
    mass: f64,
    /// The token that the model would have said, and its probability.
    wanted: (u32, f64),
}

/// A model, where it starts and how long it may write.
struct Task<'a> {
    teller: &'a Teller,
    prompt: Vec<u32>,
    most: usize,
    end: u32,
}

impl Constrain {
    /// Writes.
    ///
    /// # Errors
    /// If the constraint is none or cannot be met, or the model cannot read the prompt.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let rule = Rule::new(&self.rule, context)?;
        let mut teller = Teller::open(context, &self.model)?;
        if self.untrained {
            teller.model = Transformer::new(teller.model.config, &mut context.rng(7))?;
        }
        let rows = teller.model.config.vocab as u32;
        let piece = |id| teller.tokenizer.piece(id).map(<[u8]>::to_vec).unwrap_or_default();
        let pieces: Vec<Vec<u8>> = (0..rows).map(piece).collect();
        let constraint = rule.compile(&pieces)?;
        let prompt = teller.read(&self.prompt)?;
        let room = teller.model.config.context - prompt.len();
        let most = self.count.unwrap_or(room.min(60));
        let shortest = constraint.shortest();
        if most > room || most < shortest {
            return Err(Error::input(text(
                format!("{most} tokens: the context has room for {room}, the shortest text has {shortest}"),
                format!("{most} 个 token：上下文还能放 {room} 个，最短的文本需要 {shortest} 个"),
            ))
            .allowed(match shortest <= room {
                true => text(
                    format!("--count from {shortest} to {room}"),
                    format!("--count 从 {shortest} 到 {room}"),
                ),
                false => text(
                    format!("a constraint with a text of up to {room} tokens"),
                    format!("存在不超过 {room} 个 token 的文本的约束"),
                ),
            }));
        }
        let end = teller.tokenizer.encode(END)?.first().copied().unwrap_or(0);
        let task = Task { teller: &teller, prompt, most, end };
        let mut first = Vec::new();
        let (mut texts, mut free) = (Vec::new(), Vec::new());
        for i in 0..self.samples {
            context.step(i, self.samples, &text("writing", "生成中"))?;
            let mut steps = Vec::new();
            texts.push(self.write(&task, Some(&constraint), context, i, &mut steps)?);
            free.push(self.write(&task, None, context, i, &mut Vec::new())?);
            if i == 0 {
                first = steps;
            }
        }
        let mut report = Report::new(text("Constrained decoding", "约束解码"));
        report.formula("allowed: a token after whose bytes the automaton can still reach its end, in time\nz = −∞ for all others, then softmax");
        report.say(text(
            format!("Must match: `{}`", rule.shown()),
            format!("必须匹配：`{}`", rule.shown()),
        ));
        report.table(steps_table(&teller, &first));
        report.table(texts_table(&texts, &free));
        if let Some(words) = rule.choices() {
            self.shares(&task, words, &texts, &mut report)?;
        }
        report.figure(picture(&teller, &first, rows as usize));
        let share = |texts: &[String]| {
            let valid = texts.iter().filter(|t| constraint.accepts(t) && rule.parses(t)).count();
            valid as f64 / texts.len() as f64
        };
        let (with, without) = (share(&texts), share(&free));
        let masked = 1.0 - first.iter().map(|s| s.mass).sum::<f64>() / first.len().max(1) as f64;
        report.say(text(
            format!("Valid: {} with the mask, {} without. In the first text a step ruled out {} of the model's probability on average.", number(with), number(without), number(masked)),
            format!("合法的比例：有掩码 {}，无掩码 {}。第一段文本中，每步平均屏蔽了模型 {} 的概率。", number(with), number(without), number(masked)),
        ));
        report
            .metric("valid", with)
            .metric("valid.unconstrained", without)
            .metric("masked.mean", masked)
            .metric("allowed.first", first.first().map_or(0, |s| s.allowed))
            .metric("vocabulary", rows as usize)
            .metric("states", constraint.size())
            .metric("shortest", shortest)
            .metric("text", texts.first().cloned().unwrap_or_default());
        Ok(report)
    }

    /// One text, with the constraint or without; it stops at the end token.
    fn write(
        &self,
        task: &Task,
        constraint: Option<&Constraint>,
        context: &Context,
        sample: usize,
        steps: &mut Vec<Step>,
    ) -> Result<String, Error> {
        let mut generation = Generation::new(&task.teller.model, &task.prompt)?;
        let mut rng = context.rng(sample as u64);
        let then: &mut dyn Sampler<f32> = match self.greedy {
            true => &mut Greedy,
            false => &mut Draw { rng: &mut rng },
        };
        let guard =
            constraint.map(|constraint| Guard { constraint, most: task.most, end: task.end });
        let mut processors: Vec<Box<dyn Processor<f32> + '_>> = Vec::new();
        if let Some(guard) = &guard {
            processors.push(Box::new(guard.clone()));
        }
        processors.extend(self.filters.settings().processors());
        let mut chain = Chain { processors, then };
        let mut tokens = task.prompt.clone();
        while tokens.len() - task.prompt.len() < task.most {
            let history = History { tokens: &tokens, prompt: task.prompt.len() };
            let choice = guard.as_ref().map(|guard| guard.choice(history));
            if choice.is_some_and(|choice| choice.tokens == 0 && choice.end) {
                break; // nothing can follow: the text is complete
            }
            let mut logits = generation.logits().to_vec();
            let before = logits.clone();
            let token = chain.choose(history, &mut logits)?;
            if let (Some(guard), Some(choice)) = (&guard, choice) {
                let allowed = choice.tokens + usize::from(choice.end);
                steps.push(step(guard.clone(), history, before, token, allowed)?);
            }
            let complete = constraint.is_none_or(|c| c.complete(history.chosen()));
            if token == task.end && complete {
                break;
            }
            tokens.push(token);
            if generation.length() < task.teller.model.config.context {
                generation.read(token)?;
            }
        }
        Ok(task.teller.words(&tokens[task.prompt.len()..]))
    }

    /// How likely the model finds each choice, given that it is one of them, and how often it came.
    fn shares(
        &self,
        task: &Task,
        words: &[String],
        texts: &[String],
        report: &mut Report,
    ) -> Result<(), Error> {
        let mut likely = Vec::new();
        for word in words {
            let mut generation = Generation::new(&task.teller.model, &task.prompt)?;
            let (mut p, mut place) = (1.0, Vec::new());
            for token in task.teller.tokenizer.encode(word)? {
                probabilities(generation.logits(), &mut place);
                p *= f64::from(place[token as usize]);
                generation.read(token)?;
            }
            likely.push(p);
        }
        let total = likely.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let mut table = Table::new(text("The choices", "各选项"))
            .words(text("choice", "选项"))
            .numbers(text("p by the model", "模型给出的 p"))
            .numbers(text("given that it is one of them", "已知是其中之一时"))
            .numbers(text("came, under the mask", "掩码下出现的比例"));
        for (i, (word, p)) in words.iter().zip(&likely).enumerate() {
            let came = texts.iter().filter(|t| *t == word).count() as f64 / texts.len() as f64;
            table.row(vec![word.clone().into(), (*p).into(), (p / total).into(), came.into()]);
            report.metric(format!("choice{}.given", i + 1), p / total);
            report.metric(format!("choice{}.came", i + 1), came);
        }
        report.table(table);
        Ok(())
    }
}

/// What the mask did to the distribution of one step.
fn step(
    mut guard: Guard,
    history: History,
    mut logits: Vec<f32>,
    token: u32,
    allowed: usize,
) -> Result<Step, Error> {
    let mut p = Vec::new();
    probabilities(&logits, &mut p);
    guard.process(history, &mut logits)?;
    let kept = logits.iter().zip(&p).filter(|(z, _)| **z > f32::NEG_INFINITY);
    let mass = kept.map(|(_, p)| f64::from(*p)).sum();
    let wanted = crate::model::decoding::argmax(&p);
    Ok(Step { token, allowed, mass, wanted: (wanted, f64::from(p[wanted as usize])) })
}

fn steps_table(teller: &Teller, steps: &[Step]) -> Table {
    let mut table = Table::new(text("The first text, token by token", "第一段文本，逐个 token"))
        .numbers(text("step", "步"))
        .words(text("said", "输出"))
        .numbers(text("tokens allowed", "允许的 token 数"))
        .numbers(text("their probability by the model", "模型给它们的概率"))
        .words(text("the model wanted", "模型原想输出"))
        .numbers(text("with probability", "概率"));
    for (i, step) in steps.iter().enumerate().take(SHOWN) {
        table.row(vec![
            (i + 1).into(),
            teller.name(step.token).into(),
            step.allowed.into(),
            step.mass.into(),
            teller.name(step.wanted.0).into(),
            step.wanted.1.into(),
        ]);
    }
    table
}

fn texts_table(texts: &[String], free: &[String]) -> Table {
    let mut table = Table::new(text("Texts", "文本"))
        .words(text("with the mask", "有掩码"))
        .words(text("without", "无掩码"));
    let short = |text: &String| match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.clone(),
    };
    for (with, without) in texts.iter().zip(free).take(5) {
        table.row(vec![short(with).into(), short(without).into()]);
    }
    table
}

/// Above how many tokens are allowed, below how much probability is masked.
fn picture(teller: &Teller, steps: &[Step], vocabulary: usize) -> Figure {
    let shown = &steps[..steps.len().min(SHOWN)];
    let names: Vec<String> = shown.iter().map(|s| teller.name(s.token)).collect();
    let count =
        shown.iter().enumerate().map(|(i, s)| (i as f64, s.allowed.max(1) as f64)).collect();
    let all = vec![(0.0, vocabulary as f64), (shown.len().max(2) as f64 - 1.0, vocabulary as f64)];
    let allowed = Panel {
        title: "Tokens allowed".to_string(),
        x: Axis::new("step"),
        y: Axis::log("tokens"),
        content: Content::Lines(Lines {
            series: vec![
                Series::new("allowed", count).stroke(Stroke::Dotted),
                Series::new("vocabulary", all).stroke(Stroke::Dashed),
            ],
            markers: Vec::new(),
        }),
    };
    let masked = Panel {
        title: "Probability of the model that the mask ruled out".to_string(),
        x: Axis::names("token said", names),
        y: Axis::new("masked probability").between(0.0, 1.0),
        content: Content::Bars(Bars {
            series: vec![(
                "masked".to_string(),
                shown.iter().map(|s| (1.0 - s.mass).clamp(0.0, 1.0)).collect(),
            )],
        }),
    };
    Figure::grid("mask", "What a constraint leaves, step by step", 1, vec![allowed, masked])
}
