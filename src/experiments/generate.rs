//! `generate`: a model goes on from given tokens.

use std::time::Instant;

use ndarray_rand::rand::RngCore;

use crate::experiments::model::folder::{self, Ids};
use crate::experiments::strategy::Filters;
use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::model::Generation;
use crate::model::decoding::{Chain, Draw, Greedy, Mirostat, Sampler, Settings, Temperature};
use crate::report::{Error, Report, Table, Text, text};
use crate::tokenizer::Tokenizer;

/// Let a model go on from given tokens ‖ 让模型从给定的 token 继续生成
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "generate\ngenerate --prompt \"Once there was a dragon\" --temperature 0.8\ngenerate --model my-model --ids 1,2,3 --count 20\ngenerate --model my-model --ids 1,2,3 --greedy\ngenerate --temperature 0.9 --top-p 0.9 --repetition-penalty 1.2"
)]
pub struct Generate {
    /// The folder of the model; stories is the one that the lab carries ‖ 模型所在文件夹；stories 是自带的模型
    #[arg(long, value_name = "DIR", default_value = folder::STORIES)]
    pub model: String,
    /// The tokens to go on from ‖ 起始 token 编号
    #[arg(long, value_name = "1,2,3", conflicts_with = "prompt")]
    pub ids: Option<Ids>,
    /// The text to go on from; without it and ids, the start of a line ‖ 起始文本；与 ids 都不给时从行首开始
    #[arg(long, value_name = "TEXT")]
    pub prompt: Option<String>,
    /// How many tokens to add; as many as fit, up to 100, if not given ‖ 生成多少个 token；默认填满上下文，最多 100
    #[arg(long, value_name = "N", value_parser = params::count(1, 1_000_000))]
    pub count: Option<usize>,
    /// Always the most likely token ‖ 总是选概率最大的 token
    #[arg(long, conflicts_with_all = ["temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff", "mirostat"])]
    pub greedy: bool,
    /// What shapes the distribution ‖ 对分布的调整
    #[command(flatten)]
    pub filters: Filters,
    /// Steer towards a surprise: version 1 or 2 of Mirostat ‖ 控制惊奇度：Mirostat 第 1 版或第 2 版
    #[arg(long, value_name = "VERSION", value_parser = params::count(1, 2))]
    pub mirostat: Option<usize>,
    /// Mirostat's target in bits ‖ Mirostat 的目标惊奇度（bit）
    #[arg(long, value_name = "BITS", default_value = "3", requires = "mirostat", value_parser = params::between(0.01, 30.0))]
    pub mirostat_tau: f64,
    /// How fast Mirostat corrects itself ‖ Mirostat 的学习率
    #[arg(long, value_name = "X", default_value = "0.1", requires = "mirostat", value_parser = params::between(0.0, 1.0))]
    pub mirostat_eta: f64,
}

impl Generate {
    /// The tokens to go on from.
    fn start(&self, tokenizer: Option<&Tokenizer>) -> Result<Vec<u32>, Error> {
        if let Some(ids) = &self.ids {
            return Ok(ids.0.clone());
        }
        match tokenizer {
            Some(tokenizer) => tokenizer.encode(self.prompt.as_deref().unwrap_or("\n")),
            None => Err(Error::input(text(
                format!("{} has no tokenizer.json, so it reads no text", self.model),
                format!("{} 没有 tokenizer.json，无法读取文本", self.model),
            ))
            .allowed(text("token ids", "token 编号"))
            .example(format!("llm-lab generate --model {} --ids 1,2,3", self.model))),
        }
    }

    /// Chooses and reads `count` tokens as the flags say.
    fn go(
        &self,
        generation: &mut Generation<f32>,
        count: usize,
        rng: &mut dyn RngCore,
        each: impl FnMut(u32) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let settings = self.filters.settings();
        let temperature = settings.temperature;
        // temperature alone needs no pass of its own over the logits
        if settings == (Settings { temperature, ..Settings::default() }) && self.mirostat.is_none()
        {
            return match self.greedy {
                true => generation.run(count, &mut Greedy, each),
                false => generation.run(count, &mut Temperature { temperature, rng }, each),
            };
        }
        let processors = settings.processors();
        let (tau, eta) = (self.mirostat_tau, self.mirostat_eta);
        let then: &mut dyn Sampler<f32> = match self.mirostat {
            _ if self.greedy => &mut Greedy,
            Some(1) => &mut Mirostat::zipf(tau, eta, rng),
            Some(_) => &mut Mirostat::new(tau, eta, rng),
            None => &mut Draw { rng },
        };
        generation.run(count, &mut Chain { processors, then }, each)
    }

    /// Generates.
    ///
    /// # Errors
    /// If the folder holds no model that the lab can read, or the context is too short.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let model = folder::open(context, &self.model)?;
        if model.config.mask == Mask::None {
            return Err(Error::input(text(
                "this model looks at both sides of a token: it fills gaps and does not go on",
                "这个模型会看 token 两侧：它用来填空，不能向后续写",
            ))
            .allowed(text("a model with a causal mask", "因果掩码的模型"))
            .example("llm-lab model logits DIR --ids 1,2,3"));
        }
        let tokenizer = folder::tokenizer(context, &self.model)?;
        let (prompt, most) = (&self.start(tokenizer.as_ref())?, model.config.context);
        let room = most.saturating_sub(prompt.len());
        let count = self.count.unwrap_or(room.min(100));
        if count > room {
            return Err(Error::input(text(
                format!("{count} tokens do not fit after {}", prompt.len()),
                format!("{} 个起始 token 之后放不下 {count} 个", prompt.len()),
            ))
            .allowed(text(
                format!("--count up to {room} in a context of {most}"),
                format!("上下文为 {most}，--count 最多 {room}"),
            )));
        }
        let mut generation = Generation::new(&model, prompt)?;
        let mut said: Vec<usize> = Vec::with_capacity(count);
        let what = text("generating", "生成中");
        let start = Instant::now();
        let each = |token: u32| {
            said.push(token as usize);
            match said.len() % 16 {
                0 => context.step(said.len(), count, &what),
                _ => Ok(()),
            }
        };
        self.go(&mut generation, count, &mut context.rng(0), each)?;
        let seconds = start.elapsed().as_secs_f64();
        let mut report = Report::new(text("Generation", "生成"));
        let mut table = Table::new(text("Generated tokens", "生成的 token"))
            .numbers(text("place", "位置"))
            .numbers(text("id", "编号"));
        for (i, id) in said.iter().enumerate() {
            table.row(vec![(prompt.len() + i).into(), (*id).into()]);
        }
        let ids = said.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        report.output = Some(format!("{ids}\n"));
        if let Some(tokenizer) = &tokenizer {
            let new: Vec<u32> = said.iter().map(|id| *id as u32).collect();
            // a model may have more rows than its tokenizer has pieces: what has none says nothing
            let piece = |id: &u32| tokenizer.decode_bytes(&[*id]).unwrap_or_default();
            let words = |ids: &[u32]| {
                let bytes: Vec<u8> = ids.iter().flat_map(piece).collect();
                String::from_utf8_lossy(&bytes).into_owned()
            };
            let (given, new) = (words(prompt), words(&new));
            report.say(Text::same(format!("{given}{new}")));
            if self.ids.is_none() {
                report.output = Some(format!("{}\n", format!("{given}{new}").trim()));
            }
            report.metric("text", new);
        }
        report.table(table);
        report.metric("ids", ids);
        report.metric("tokens", said.len());
        report.metric("throughput.tokens_per_s", said.len() as f64 / seconds.max(1e-9));
        Ok(report)
    }
}
