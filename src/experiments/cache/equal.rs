//! `cache equal`: the same tokens with the cache and without.

use super::subject::Subject;
use crate::experiments::model::folder::{self, Ids};
use crate::experiments::{Context, params};
use crate::model::cost::{Load, cost};
use crate::model::{Cache, Generation, Greedy, Transformer};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, number, text,
};

/// Generate with the cache and without it, and compare tokens and logits ‖ 用与不用缓存各生成一遍，比较 token 与 logits
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "cache equal\ncache equal --model stories --prompt \"Once there was a\" --count 40\ncache equal --heads 8 --kv-heads 2 --count 100"
)]
pub struct Equal {
    /// Which model generates; stories if neither a folder nor a size is given ‖ 由哪个模型生成
    #[command(flatten)]
    pub subject: Subject,
    /// The text to go on from ‖ 起始文本
    #[arg(long, value_name = "TEXT", conflicts_with = "ids")]
    pub prompt: Option<String>,
    /// The tokens to go on from ‖ 起始 token 编号
    #[arg(long, value_name = "1,2,3")]
    pub ids: Option<Ids>,
    /// How many tokens to generate; as many as fit, up to 60, if not given ‖ 生成多少个 token；默认填满上下文，最多 60
    #[arg(long, value_name = "N", value_parser = params::count(1, 4096))]
    pub count: Option<usize>,
}

impl Equal {
    /// Generates twice, greedily.
    ///
    /// # Errors
    /// If there is no such model, its context is too short, or it is asked to stop.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let model = self.subject.open(context)?;
        let prompt = self.start(&model, context)?;
        let room = model.config.context.saturating_sub(prompt.len());
        let count = self.count.unwrap_or(room.min(60));
        if count > room || count == 0 {
            return Err(Error::input(text(
                format!("{count} tokens do not fit after {}", prompt.len()),
                format!("{} 个起始 token 之后放不下 {count} 个", prompt.len()),
            ))
            .allowed(text(format!("--count up to {room}"), format!("--count 最多 {room}"))));
        }
        super::subject::fits(&model, prompt.len() + count)?;
        let what = text("generating twice", "生成两遍");
        let mut cached = Generation::new(&model, &prompt)?;
        let (mut tokens, mut apart, mut same) = (prompt.clone(), Vec::new(), 0);
        for step in 0..count {
            context.step(step, count, &what)?;
            // without a cache: everything that has been written is read again
            let mut whole = Generation::new(&model, &tokens)?;
            let pairs = whole.logits().iter().zip(cached.logits());
            apart.push(pairs.map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max));
            let (without, with) = (whole.choose(&mut Greedy)?, cached.next(&mut Greedy)?);
            same += usize::from(without == with);
            tokens.push(without);
        }
        Ok(self.report(&model, prompt.len(), same, &apart))
    }

    fn start(&self, model: &Transformer<f32>, context: &Context) -> Result<Vec<u32>, Error> {
        if let Some(ids) = &self.ids {
            return Ok(ids.0.clone());
        }
        let tokenizer = match &self.subject.model {
            Some(folder) => folder::tokenizer(context, folder)?,
            None => None,
        };
        match (tokenizer, &self.prompt) {
            (Some(tokenizer), prompt) => tokenizer.encode(prompt.as_deref().unwrap_or("\n")),
            (None, None) => Ok(super::subject::tokens(model, 4, context)),
            (None, Some(_)) => Err(Error::input(text(
                "random weights and folders without a tokenizer.json read no text",
                "随机权重或没有 tokenizer.json 的文件夹无法读取文本",
            ))
            .allowed(text("token ids", "token 编号"))
            .example("llm-lab cache equal --ids 1,2,3")),
        }
    }

    fn report(&self, model: &Transformer<f32>, start: usize, same: usize, apart: &[f64]) -> Report {
        let count = apart.len();
        let worst = apart.iter().copied().fold(0.0, f64::max);
        let flops = |load| cost(&model.config, load).iter().map(|part| part.flops).sum::<f64>();
        let lengths = || (start..start + count).map(|n| n as f64);
        let with: f64 = lengths().map(|n| flops(Load::decode(1.0, n))).sum();
        let without: f64 = lengths().map(|n| flops(Load::prefill(1.0, n))).sum();
        let bytes = |n: usize| n as f64 * Cache::<f32>::bytes_per_token(&model.config);
        let mut report = Report::new(text("With the KV cache and without", "用与不用 KV 缓存"));
        report.formula("with:     K ← [K; k_new], V ← [V; v_new];  softmax(q_new·Kᵀ/√d_h)·V\nwithout:  Q, K, V of every token again, and only the last row is used");
        report.say(text(
            format!(
                "{same} of {count} tokens are the same; the logits differ by at most **{}**: the same sums in another order. The cache does not change what the model says, because under a causal mask keys and values of old tokens do not depend on new ones. It saves a factor of {} in FLOPs over these {count} tokens, and holds {} bytes at the end.",
                number(worst), number(without / with), number(bytes(start + count))
            ),
            format!(
                "{count} 个 token 中有 {same} 个相同；logits 最多相差 **{}**：求和顺序不同而已。缓存不改变模型的输出，因为在因果掩码下，旧 token 的 K、V 与新 token 无关。这 {count} 个 token 的 FLOPs 减少到 1/{}，结束时缓存占 {} 字节。",
                number(worst), number(without / with), number(bytes(start + count))
            ),
        ));
        let mut table = Table::new(text("Largest difference of the logits", "logits 的最大差"))
            .numbers(text("tokens before", "此前的 token 数"))
            .numbers(text("difference", "差"));
        for (i, off) in apart.iter().enumerate().take(8) {
            table.row(vec![(start + i).into(), (*off).into()]);
        }
        report.table(table);
        report
            .metric("tokens", count)
            .metric("tokens.same", same)
            .metric("tokens.equal", same == count)
            .metric("logits.apart", worst)
            .metric_in("flops.with", with, "FLOPs")
            .metric_in("flops.without", without, "FLOPs")
            .metric("flops.ratio", without / with)
            .metric_in("cache.bytes", bytes(start + count), "bytes");
        let points = |of: &dyn Fn(f64) -> f64| lengths().map(|n| (n, of(n))).collect();
        let series = vec![
            Series::new("without", points(&|n| flops(Load::prefill(1.0, n)))),
            Series::new("with the cache", points(&|n| flops(Load::decode(1.0, n))))
                .stroke(Stroke::Solid),
        ];
        report.figure(Figure::new(
            "equal",
            format!("FLOPs of the next token, {}", self.subject.name()),
            Axis::new("tokens so far"),
            Axis::log("FLOPs"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        ));
        report
    }
}
