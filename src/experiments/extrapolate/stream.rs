//! `extrapolate stream`: a text without end through a cache of fixed size: the last tokens only, or the
//! first few and the last.

use serde::{Deserialize, Serialize};

use super::plan::{Place, Plan};
use super::ways::{position, stretched};
use super::words::Words;
use crate::experiments::{Context, params};
use crate::math::loss::cross_entropy_rows;
use crate::model::{Cache, Pass, Trace, Transformer, Workspace};
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, Text, number, text};

/// Texts in which the weight on the first token is measured.
const LOOKS: usize = 16;

/// Read a long text token by token with a cache of fixed size: everything kept, the last tokens only, or the first few (attention sinks) and the last ‖ 用固定大小的缓存逐 token 读长文本：全部保留、只留最近的、或保留开头几个（注意力汇）加最近的
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "extrapolate stream\nextrapolate stream --sinks 1\nextrapolate stream --words 2048 --seeds 1"
)]
pub struct Stream {
    /// First tokens that are kept ‖ 保留开头几个 token
    #[arg(long, value_name = "N", default_value = "4", value_parser = params::count(1, 64))]
    pub sinks: usize,
    /// Words to read ‖ 读多少个词
    #[arg(long, value_name = "N", default_value = "512", value_parser = params::count(64, 8192))]
    pub words: usize,
    /// Runs of each, with seeds of their own ‖ 每种设置训练几次（种子不同）
    #[arg(long, value_name = "N", default_value = "3", value_parser = params::count(1, 20))]
    pub seeds: usize,
    /// The models ‖ 模型
    #[command(flatten)]
    pub plan: Plan,
    /// A file to keep the results in ‖ 保存结果的文件
    #[arg(long, value_name = "FILE")]
    pub save: Option<String>,
}

/// What a cache keeps.
#[derive(Debug, Clone, Copy)]
enum Keep {
    /// Everything.
    All,
    /// The last so many.
    Window(usize),
    /// The first so many, and with the last so many in all.
    Sinks(usize, usize),
}

/// The losses of one model read in one way, one a seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    /// Which model: trained with or without a mark before every text.
    pub model: String,
    /// What is kept.
    pub way: String,
    /// Nats per word, past the training length.
    pub losses: Vec<f64>,
}

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Streams {
    /// The command that makes it.
    pub command: String,
    /// Tokens of the cache, as many as a text has in training.
    pub window: usize,
    /// First tokens that are kept.
    pub sinks: usize,
    /// Words that are read.
    pub words: usize,
    /// What was found.
    pub rows: Vec<Losses>,
    /// Weight on the first token, by model.
    pub first: Vec<First>,
}

/// How much weight goes to the first token, a mean over texts and seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct First {
    /// Which model.
    pub model: String,
    /// Mean of all heads.
    pub weight: f64,
    /// What it would be if all tokens got the same.
    pub even: f64,
    /// The head with the most.
    pub largest: f64,
}

impl Stream {
    /// Trains two models and reads in every way.
    ///
    /// # Errors
    /// Bad input, found before anything is trained, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (window, n) = (self.plan.train_length, self.words);
        if self.sinks >= window {
            return Err(Error::input(text(
                format!("{} first tokens leave no room in a cache of {window}", self.sinks),
                format!("缓存只有 {window} 个位置，放不下开头 {} 个之外的 token", self.sinks),
            ))
            .allowed(text("--sinks below --train-length", "--sinks 小于 --train-length"))
            .example("llm-lab extrapolate stream --sinks 4"));
        }
        self.plan.fits(n)?;
        self.plan.config(256, n + 1, position("rope"))?;
        let plan = &self.plan;
        let seed =
            if context.seed == 0 { String::new() } else { format!(" --seed {}", context.seed) };
        let mut found = Streams {
            command: format!(
                "llm-lab extrapolate stream --sinks {} --words {n} --train-length {window} --steps {} --seeds {}{seed}",
                self.sinks, plan.steps, self.seeds
            ),
            window,
            sinks: self.sinks,
            words: n,
            rows: Vec::new(),
            first: Vec::new(),
        };
        let total = 2 * self.seeds * plan.steps;
        for seed in 0..self.seeds {
            let lab = context.reseeded(context.seed.wrapping_add(seed as u64));
            for (m, name) in ["plain", "marked"].into_iter().enumerate() {
                let words = Words::drawn(&mut lab.rng(2));
                let words = if m == 1 { words.marked() } else { words };
                let place = Place { done: (2 * seed + m) * plan.steps, total, name };
                let model = plan.train(&words, (window, position("rope")), &place, &lab)?;
                found.look(name, &model, &words, self.seeds);
                let model = stretched(&model, n + 1, None)?;
                for (way, keep) in [
                    ("all", Keep::All),
                    ("window", Keep::Window(window)),
                    ("sinks", Keep::Sinks(self.sinks, window)),
                ] {
                    lab.step(place.done + plan.steps, total, &text("reading", "读取中"))?;
                    let loss = read(&model, &words, (n, window), keep);
                    found.add(name, way, loss);
                }
                found.add(name, "afresh", afresh(&model, &words, (n, window)));
            }
        }
        if let Some(file) = &self.save {
            let json = serde_json::to_vec(&found).unwrap_or_default();
            context.files().write(file, &json)?;
        }
        Ok(found.report())
    }
}

/// The tokens that are read: the mark where there is one, then the kept text.
fn stream(words: &Words, n: usize) -> Vec<u32> {
    let text = words.mark.iter().chain(&words.kept);
    text.copied().take(n + 1).collect()
}

/// The mean surprise past the first `window` tokens, token by token through a cache.
fn read(model: &Transformer<f32>, words: &Words, (n, window): (usize, usize), keep: Keep) -> f64 {
    let tokens = stream(words, n);
    let (mut cache, mut ws) = (Cache::new(&model.config), Workspace::default());
    let (mut sum, mut count) = (0.0, 0);
    for (i, pair) in tokens.windows(2).enumerate() {
        ws.prepare(&model.config, 1, 1);
        model.forward(&pair[..1], &mut ws, Some(&mut cache), Pass::default());
        if i >= window {
            model.logits(&mut ws, 0..1); // (V)
            sum += cross_entropy_rows(&mut ws.logits, model.config.vocab, &pair[1..], 0.0, 1.0);
            count += 1;
        }
        // room for the next token, so that it and what it sees are never more than the cache
        match keep {
            Keep::Window(most) if cache.length >= most => cache.forget(0..1, model),
            Keep::Sinks(first, most) if cache.length >= most => {
                cache.forget(first..first + 1, model)
            }
            _ => {}
        }
    }
    sum / f64::from(count.max(1))
}

/// The same with the last tokens read afresh for each: right, and slow.
fn afresh(model: &Transformer<f32>, words: &Words, (n, window): (usize, usize)) -> f64 {
    let tokens = stream(words, n);
    let mut ws = Workspace::default();
    let mut sum = 0.0;
    for i in window..tokens.len() - 1 {
        let own = window - usize::from(words.mark.is_some());
        let seen: Vec<u32> = words.mark.iter().chain(&tokens[i + 1 - own..=i]).copied().collect();
        ws.prepare(&model.config, 1, seen.len());
        model.forward(&seen, &mut ws, None, Pass::default());
        model.logits(&mut ws, seen.len() - 1..seen.len()); // (V)
        sum +=
            cross_entropy_rows(&mut ws.logits, model.config.vocab, &tokens[i + 1..i + 2], 0.0, 1.0);
    }
    sum / (tokens.len() - 1 - window) as f64
}

impl Streams {
    fn add(&mut self, model: &str, way: &str, loss: f64) {
        match self.rows.iter_mut().find(|r| r.model == model && r.way == way) {
            Some(row) => row.losses.push(loss),
            None => self.rows.push(Losses {
                model: model.to_string(),
                way: way.to_string(),
                losses: vec![loss],
            }),
        }
    }

    /// Adds a seed's mean weight on the first token of texts as long as in training.
    fn look(&mut self, name: &str, model: &Transformer<f32>, words: &Words, seeds: usize) {
        let t = self.window;
        let queries = t / 2..t;
        let count = (LOOKS * queries.len() * seeds) as f64;
        let heads = model.config.layers * model.config.heads;
        let mut by_head = vec![0.0; heads];
        for look in 0..LOOKS {
            let own = t - usize::from(words.mark.is_some());
            let start = look * own % (words.kept.len() - own);
            let text = words.mark.iter().chain(&words.kept[start..start + own]);
            let ids: Vec<u32> = text.copied().collect();
            let Ok(trace) = Trace::of(model, &ids) else { continue };
            for (h, sum) in by_head.iter_mut().enumerate() {
                let w = trace.attention(h / model.config.heads, h % model.config.heads); // (T, T)
                *sum += queries.clone().map(|i| f64::from(w[[i, 0]])).sum::<f64>() / count;
            }
        }
        let even = queries.clone().map(|i| 1.0 / (i + 1) as f64).sum::<f64>();
        let found = First {
            model: name.to_string(),
            weight: by_head.iter().sum::<f64>() / heads as f64,
            even: even / (queries.len() * seeds) as f64,
            largest: by_head.iter().copied().fold(0.0, f64::max),
        };
        match self.first.iter_mut().find(|f| f.model == name) {
            Some(sum) => {
                sum.weight += found.weight;
                sum.even += found.even;
                sum.largest += found.largest;
            }
            None => self.first.push(found),
        }
    }

    fn loss(&self, model: &str, way: &str) -> f64 {
        let row = self.rows.iter().find(|r| r.model == model && r.way == way);
        row.map_or(f64::NAN, |r| r.losses.iter().sum::<f64>() / r.losses.len() as f64)
    }

    /// The report of a run.
    pub fn report(&self) -> Report {
        let mut report = Report::new(text("A stream through a small cache", "用小缓存读长流"));
        report.say(text(
            format!(
                "RoPE models trained on {} tokens read {} words, one after the other; the loss counts from word {} on. *plain*: texts begin anywhere. \
                 *marked*: every text in training began with one special token, as most published models have it.",
                self.window, self.words, self.window + 1
            ),
            format!(
                "用 {} 个 token 训练的 RoPE 模型逐词读 {} 个词，从第 {} 个词起计损失。*plain*：训练文本从任意处开始。*marked*：训练时每段文本都以同一个特殊 token 开头，多数公开模型就是这样。",
                self.window, self.words, self.window + 1
            ),
        ));
        let mut table = Table::new(text("Loss (nats per word)", "损失（nat/词）"))
            .words(text("the cache keeps", "缓存保留"))
            .numbers(Text::same("plain"))
            .numbers(Text::same("marked"));
        let ways = [
            ("all", text("everything", "全部")),
            (
                "window",
                text(format!("the last {}", self.window), format!("最近 {} 个", self.window)),
            ),
            (
                "sinks",
                text(
                    format!("the first {} and the last {}", self.sinks, self.window - self.sinks),
                    format!("开头 {} 个加最近 {} 个", self.sinks, self.window - self.sinks),
                ),
            ),
            (
                "afresh",
                text(
                    format!("nothing: the last {} are read afresh for each word", self.window),
                    format!("不缓存：每个词都重新读最近 {} 个", self.window),
                ),
            ),
        ];
        for (way, words) in ways {
            table.row(vec![
                words.into(),
                self.loss("plain", way).into(),
                self.loss("marked", way).into(),
            ]);
        }
        report.table(table);
        for row in &self.rows {
            let loss = self.loss(&row.model, &row.way);
            report.metric_in(format!("{}.{}.loss", row.model, row.way), loss, "nats");
            let least = row.losses.iter().copied().fold(f64::INFINITY, f64::min);
            let most = row.losses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            report.metric_in(format!("{}.{}.range", row.model, row.way), most - least, "nats");
        }
        for First { model, weight, even, largest } in &self.first {
            report.metric(format!("{model}.first.weight"), *weight);
            report.metric(format!("{model}.first.over_even"), weight / even);
            report.metric(format!("{model}.first.largest"), *largest);
            report.say(text(
                format!(
                    "*{model}*: the first token gets {} of the weight, {} times an equal share; in the head that looks there most, {}.",
                    number(*weight), number(weight / even), number(*largest)
                ),
                format!(
                    "*{model}*：第一个 token 平均得到 {} 的权重，是平均份额的 {} 倍；最关注它的那个头给了 {}。",
                    number(*weight), number(weight / even), number(*largest)
                ),
            ));
        }
        for name in ["plain", "marked"] {
            let cost = self.loss(name, "window") - self.loss(name, "sinks");
            report.metric_in(format!("{name}.sinks.gain"), cost, "nats");
        }
        report.figure(self.picture());
        report.say(text(
            format!("Made by `{}`.", self.command),
            format!("由 `{}` 得到。", self.command),
        ));
        report
    }

    fn picture(&self) -> Figure {
        let ways = ["all", "window", "sinks", "afresh"];
        let of = |model: &str| -> Vec<f64> { ways.iter().map(|w| self.loss(model, w)).collect() };
        let names = ["everything", "last tokens", "first and last", "read afresh"];
        Figure::new(
            "stream",
            format!("A stream through a cache of {} tokens", self.window),
            Axis::names("the cache keeps", names.map(str::to_string).to_vec()),
            Axis::new("cross-entropy (nats)"),
            Content::Bars(Bars {
                series: vec![
                    ("plain".to_string(), of("plain")),
                    ("marked".to_string(), of("marked")),
                ],
            }),
        )
    }
}
