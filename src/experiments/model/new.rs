//! `model new`: random weights as a checkpoint, to load elsewhere or to train later.

use super::choices::Choices;
use super::folder;
use crate::experiments::Context;
use crate::model::{Transformer, checkpoint::Family};
use crate::report::{Error, Report, text};

/// What the model is made of, and where it goes.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "model new --preset llama --save my-model\nmodel new --preset gpt2 --save my-model --d-model 128 --layers 2"
)]
pub struct New {
    /// What the model is made of ‖ 模型结构
    #[command(flatten)]
    pub model: Choices,
    /// The folder to save it in ‖ 保存到的文件夹
    #[arg(long, value_name = "DIR", required = true)]
    pub save: String,
}

impl New {
    /// Draws the weights and saves them.
    ///
    /// # Errors
    /// Bad input, or a disk that refuses.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let config = self.model.config(256)?;
        let model = Transformer::<f32>::new(config, &mut context.rng(0))?;
        folder::save(context, &self.save, &model)?;
        let mut report = Report::new(text("A model with random weights", "随机权重的模型"));
        let family = Family::of(&model.config);
        report.say(text(
            format!("Saved in `{}` in the layout of {}.", self.save, family.name()),
            format!("已按 {} 的格式存入 `{}`。", family.name(), self.save),
        ));
        report.metric("parameters", model.layout.total);
        report.metric("family", family.name());
        Ok(report)
    }
}
