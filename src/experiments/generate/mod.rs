//! `generate`: a model goes on from given tokens.

mod beams;
mod said;

use std::ops::ControlFlow;
use std::time::Instant;

use ndarray_rand::rand::RngCore;

use crate::experiments::model::folder::{self, Ids};
use crate::experiments::strategy::{self, Beams, Filters};
use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::model::decoding::{
    Chain, Contrastive, Draw, Greedy, Mirostat, Sampler, Settings, Temperature,
};
use crate::model::{Generation, Transformer};
use crate::report::{Error, Report, text};
use crate::tokenizer::Tokenizer;
use said::Said;

/// Let a model go on from given tokens, by any strategy ‖ 让模型从给定的 token 继续生成，可用任意解码策略
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "generate\ngenerate --prompt \"Once there was a dragon\" --temperature 0.8\ngenerate --model my-model --ids 1,2,3 --count 20\ngenerate --model my-model --ids 1,2,3 --greedy\ngenerate --temperature 0.9 --top-p 0.9 --repetition-penalty 1.2\ngenerate --num-beams 4 --num-return-sequences 4 --count 12\ngenerate --penalty-alpha 0.6 --top-k 4 --count 30\ngenerate --mirostat 2 --mirostat-tau 1.5"
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
    #[arg(long, visible_alias = "max-new-tokens", value_name = "N", value_parser = params::count(1, 1_000_000))]
    pub count: Option<usize>,
    /// The token that ends a text: its number, or a text that is one token (\n is a line break) ‖ 结束 token：编号，或恰为一个 token 的文本（\n 表示换行）
    #[arg(long, visible_alias = "eos", value_name = "TOKEN")]
    pub eos_token_id: Option<String>,
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
    /// Beam search ‖ 束搜索
    #[command(flatten)]
    pub beams: Beams,
    /// How many of the best texts ‖ 列出几个最优文本
    #[arg(long, value_name = "N", default_value = "1", requires = "num_beams", value_parser = params::count(1, 1000))]
    pub num_return_sequences: usize,
    /// Contrastive search: how much likeness to what was counts, from 0 to 1 ‖ 对比搜索：与已有内容相似的扣分权重，0 到 1
    #[arg(long, visible_alias = "contrastive", value_name = "A", value_parser = params::between(0.0, 1.0), conflicts_with_all = ["greedy", "temperature", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff", "mirostat", "num_beams"])]
    pub penalty_alpha: Option<f64>,
}

/// How many tokens contrastive search weighs if nothing else is asked for.
const WEIGHED: usize = 4;

/// What is gone on from, and how far.
struct Task<'a> {
    model: &'a Transformer<f32>,
    tokenizer: Option<&'a Tokenizer>,
    prompt: &'a [u32],
    count: usize,
    end: Option<u32>,
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

    /// Chooses and reads tokens one after the other as the flags say.
    fn sample(
        &self,
        task: &Task,
        rng: &mut dyn RngCore,
        each: &mut dyn FnMut(u32) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        let mut generation = Generation::new(task.model, task.prompt)?;
        let settings = self.filters.settings();
        if let Some(alpha) = self.penalty_alpha {
            let search = Contrastive { alpha, k: self.filters.top_k.unwrap_or(WEIGHED) };
            let each = |token, _: &[_]| Ok(each(token)?.is_continue());
            return search.run(generation, task.count, &mut settings.penalties(), each);
        }
        let temperature = settings.temperature;
        let bare = settings == Settings { temperature, ..Settings::default() };
        // temperature alone needs no pass of its own over the logits
        if bare && self.mirostat.is_none() {
            return match self.greedy {
                true => generation.run(task.count, &mut Greedy, each),
                false => generation.run(task.count, &mut Temperature { temperature, rng }, each),
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
        generation.run(task.count, &mut Chain { processors, then }, each)
    }

    /// Generates.
    ///
    /// # Errors
    /// If the folder holds no model that the lab can read, or the context is too short.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let model = &folder::open(context, &self.model)?;
        if model.config.mask == Mask::None {
            return Err(Error::input(text(
                "this model looks at both sides of a token: it fills gaps and does not go on",
                "这个模型会看 token 两侧：它用来填空，不能向后续写",
            ))
            .allowed(text("a model with a causal mask", "因果掩码的模型"))
            .example("llm-lab model logits DIR --ids 1,2,3"));
        }
        let tokenizer = folder::tokenizer(context, &self.model)?;
        let tokenizer = tokenizer.as_ref();
        let (prompt, most) = (&self.start(tokenizer)?, model.config.context);
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
        let end = self.eos_token_id.as_deref();
        let end =
            end.map(|word| strategy::token(word, tokenizer, model.config.vocab)).transpose()?;
        let task = &Task { model, tokenizer, prompt, count, end };
        if let Some(beams) = self.beams.num_beams {
            let warped = !self.filters.settings().warpers::<f32>().is_empty();
            if warped || self.greedy || self.mirostat.is_some() {
                return Err(Error::input(text(
                    "beam search draws nothing: neither temperature nor filters act on it",
                    "束搜索不做随机抽取：温度与过滤器对它不起作用",
                ))
                .allowed(text(
                    "penalties and --no-repeat-ngram-size",
                    "各种惩罚与 --no-repeat-ngram-size",
                ))
                .example("llm-lab generate --num-beams 4 --length-penalty 0.6"));
            }
            return self.search(task, beams, context);
        }
        let mut said: Vec<u32> = Vec::with_capacity(count);
        let what = text("generating", "生成中");
        let start = Instant::now();
        let mut each = |token: u32| {
            said.push(token);
            if said.len().is_multiple_of(16) {
                context.step(said.len(), count, &what)?;
            }
            Ok(if Some(token) == end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        };
        self.sample(task, &mut context.rng(0), &mut each)?;
        let seconds = start.elapsed().as_secs_f64();
        let mut report = Report::new(text("Generation", "生成"));
        Said { prompt, new: &said, ids_only: self.ids.is_some() }.show(tokenizer, &mut report);
        report.metric("throughput.tokens_per_s", said.len() as f64 / seconds.max(1e-9));
        Ok(report)
    }
}
