//! `generate`: a model goes on from given tokens.

use std::time::Instant;

use crate::experiments::model::folder::{self, Ids};
use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::model::{Generation, Greedy, Temperature};
use crate::report::{Error, Report, Table, text};

/// Let a model go on from given tokens ‖ 让模型从给定的 token 继续生成
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "generate --model my-model --ids 1,2,3 --count 20\ngenerate --model my-model --ids 1,2,3 --greedy\ngenerate --model my-model --ids 1,2,3 --temperature 0.8"
)]
pub struct Generate {
    /// The folder of the model ‖ 模型所在文件夹
    #[arg(long, value_name = "DIR", required = true)]
    pub model: String,
    /// The tokens to go on from ‖ 起始 token 编号
    #[arg(long, value_name = "1,2,3", required = true)]
    pub ids: Ids,
    /// How many tokens to add ‖ 生成多少个 token
    #[arg(long, value_name = "N", default_value = "32", value_parser = params::count(1, 1_000_000))]
    pub count: usize,
    /// Always the most likely token ‖ 总是选概率最大的 token
    #[arg(long, conflicts_with = "temperature")]
    pub greedy: bool,
    /// Below 1 sharper, above 1 flatter ‖ 小于 1 更集中，大于 1 更分散
    #[arg(long, value_name = "T", default_value = "1", value_parser = params::between(0.01, 100.0))]
    pub temperature: f64,
}

impl Generate {
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
        let (prompt, most) = (&self.ids.0, model.config.context);
        let room = most.saturating_sub(prompt.len());
        if self.count > room {
            return Err(Error::input(text(
                format!("{} tokens do not fit after {}", self.count, prompt.len()),
                format!("{} 个起始 token 之后放不下 {} 个", prompt.len(), self.count),
            ))
            .allowed(text(
                format!("--count up to {room} in a context of {most}"),
                format!("上下文为 {most}，--count 最多 {room}"),
            )));
        }
        let mut rng = context.rng(0);
        let mut sampler = Temperature { temperature: self.temperature, rng: &mut rng };
        let mut generation = Generation::new(&model, prompt)?;
        let mut said: Vec<usize> = Vec::with_capacity(self.count);
        let what = text("generating", "生成中");
        let start = Instant::now();
        let each = |token: u32| {
            said.push(token as usize);
            match said.len() % 16 {
                0 => context.step(said.len(), self.count, &what),
                _ => Ok(()),
            }
        };
        match self.greedy {
            true => generation.run(self.count, &mut Greedy, each)?,
            false => generation.run(self.count, &mut sampler, each)?,
        }
        let seconds = start.elapsed().as_secs_f64();
        let mut report = Report::new(text("Generation", "生成"));
        let mut table = Table::new(text("Generated tokens", "生成的 token"))
            .numbers(text("place", "位置"))
            .numbers(text("id", "编号"));
        for (i, id) in said.iter().enumerate() {
            table.row(vec![(prompt.len() + i).into(), (*id).into()]);
        }
        report.table(table);
        let ids = said.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        report.metric("ids", ids.clone());
        report.metric("tokens", said.len());
        report.metric("throughput.tokens_per_s", said.len() as f64 / seconds.max(1e-9));
        report.output = Some(format!("{ids}\n"));
        Ok(report)
    }
}
