//! `extrapolate lengths`: train short, test long.

use super::plan::{Place, Plan};
use super::results::{Curve, Results};
use super::score::by_place;
use super::ways::{KINDS, position, stretched, ways};
use super::words::Words;
use crate::experiments::{Context, params};
use crate::model::Transformer;
use crate::report::{Error, Report, text};

/// Groups of places in a curve by place.
const GROUPS: usize = 32;

/// Train a small model on short texts for each kind of positions, and test it on longer ones; RoPE also in every extended way ‖ 用短文本训练小模型（各种位置编码），在更长的文本上测试；RoPE 还测试各种扩展方法
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "extrapolate lengths\nextrapolate lengths rope alibi --seeds 1 --steps 200\nextrapolate lengths rope --longest 512 --finetune 100"
)]
pub struct Lengths {
    /// Which kinds of positions ‖ 哪些位置编码
    #[arg(value_name = "KIND", value_parser = KINDS, default_values = KINDS)]
    pub kinds: Vec<String>,
    /// The longest text of the tests ‖ 测试的最长文本
    #[arg(long, value_name = "T", default_value = "256", value_parser = params::count(16, 2048))]
    pub longest: usize,
    /// Words of the test text ‖ 测试文本的词数
    #[arg(long, value_name = "N", default_value = "4096", value_parser = params::count(64, 20_000))]
    pub test_words: usize,
    /// Steps of tuning on the longest texts, for the ways that are tuned; 0 leaves them out ‖ 在最长文本上微调的步数；0 表示不做微调
    #[arg(long, value_name = "N", default_value = "60", value_parser = params::count(0, 10_000))]
    pub finetune: usize,
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

impl Lengths {
    /// Trains and tests.
    ///
    /// # Errors
    /// Bad input, found before anything is trained, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (short, longest) = (self.plan.train_length, self.longest.min(self.test_words));
        if longest <= short {
            return Err(Error::input(text(
                format!("tests of up to {longest} words are no longer than training, {short}"),
                format!("测试最长 {longest} 个词，不比训练的 {short} 个词长"),
            ))
            .allowed(text("--longest above --train-length", "--longest 大于 --train-length"))
            .example("llm-lab extrapolate lengths --train-length 32 --longest 256"));
        }
        self.plan.fits(longest)?;
        let kinds = params::distinct(&self.kinds);
        for kind in &kinds {
            self.plan.config(256, longest, position(kind))?;
        }
        let mut lengths = vec![short];
        while let Some(next) = lengths.last().map(|l| l * 2).filter(|l| *l < longest) {
            lengths.push(next);
        }
        lengths.push(longest);
        let mut run = Run {
            what: self,
            context,
            lengths,
            done: 0,
            total: self.total(&kinds),
            curves: Vec::new(),
        };
        let mut limits = (0.0, 0.0);
        for seed in 0..self.seeds {
            let lab = context.reseeded(context.seed.wrapping_add(seed as u64));
            let words = Words::drawn(&mut lab.rng(2));
            limits = ((words.vocab as f64).ln(), words.entropy);
            for kind in &kinds {
                run.kind(kind, &words, &lab)?;
            }
        }
        let results = Results {
            command: self.command(&kinds, context.seed),
            train_length: short,
            factor: longest as f64 / short as f64,
            lengths: run.lengths,
            chance: limits.0,
            entropy: limits.1,
            curves: run.curves,
        };
        if let Some(file) = &self.save {
            let json = serde_json::to_vec(&results).unwrap_or_default();
            context.files().write(file, &json)?;
        }
        Ok(results.report())
    }

    /// Steps of training in all.
    fn total(&self, kinds: &[String]) -> usize {
        let tuned = if kinds.iter().any(|k| k == "rope") { 2 * self.finetune } else { 0 };
        self.seeds * (kinds.len() * self.plan.steps + tuned)
    }

    /// The line that makes these results.
    fn command(&self, kinds: &[String], seed: u64) -> String {
        let plan = &self.plan;
        let names = if kinds.len() == KINDS.len() {
            String::new()
        } else {
            format!(" {}", kinds.join(" "))
        };
        let seed = if seed == 0 { String::new() } else { format!(" --seed {seed}") };
        format!(
            "llm-lab extrapolate lengths{names} --train-length {} --longest {} --steps {} --finetune {} --seeds {}{seed}",
            plan.train_length, self.longest, plan.steps, self.finetune, self.seeds
        )
    }
}

/// A run as it goes.
struct Run<'a> {
    what: &'a Lengths,
    context: &'a Context<'a>,
    lengths: Vec<usize>,
    done: usize,
    total: usize,
    curves: Vec<Curve>,
}

impl Run<'_> {
    /// Trains one kind with one seed and tests it in all its ways.
    fn kind(&mut self, kind: &str, words: &Words, lab: &Context) -> Result<(), Error> {
        let (plan, short) = (&self.what.plan, self.what.plan.train_length);
        let longest = self.lengths[self.lengths.len() - 1];
        // only a learned table has rows for places that training never shows
        let context = if kind == "learned" { longest } else { short };
        let place = Place { done: self.done, total: self.total, name: kind };
        let model = plan.train(words, (context, position(kind)), &place, lab)?;
        self.done += plan.steps;
        if kind != "rope" {
            let model = stretched(&model, longest, None)?;
            return self.test(kind, &model, words);
        }
        for way in ways(longest as f64 / short as f64, short) {
            if way.tuned && self.what.finetune == 0 {
                continue;
            }
            let mut longer = stretched(&model, longest, Some(&way))?;
            if way.tuned {
                let place = Place { done: self.done, total: self.total, name: way.name };
                longer = plan.tune(longer, words, (longest, self.what.finetune), &place, lab)?;
                self.done += self.what.finetune;
            }
            self.test(way.name, &longer, words)?;
        }
        Ok(())
    }

    fn test(&mut self, label: &str, model: &Transformer<f32>, words: &Words) -> Result<(), Error> {
        let tokens = &words.kept[..(self.what.test_words + 1).min(words.kept.len())];
        let n = self.lengths.len();
        let index = self.curves.iter().position(|c| c.label == label).unwrap_or_else(|| {
            let places = vec![0.0; GROUPS.min(self.lengths[n - 1])];
            self.curves.push(Curve {
                label: label.to_string(),
                losses: vec![Vec::new(); n],
                places,
            });
            self.curves.len() - 1
        });
        for (i, length) in self.lengths.iter().enumerate() {
            // asked between tests, and the bar keeps its place
            self.context.step(self.done, self.total, &text("testing", "测试中"))?;
            let by_place = by_place(model, tokens, *length);
            let curve = &mut self.curves[index];
            curve.losses[i].push(by_place.iter().sum::<f64>() / *length as f64);
            if i + 1 == n {
                let groups = curve.places.len();
                for (g, sum) in curve.places.iter_mut().enumerate() {
                    let part = &by_place[g * length / groups..(g + 1) * length / groups];
                    *sum += part.iter().sum::<f64>() / part.len() as f64 / self.what.seeds as f64;
                }
            }
        }
        Ok(())
    }
}
