//! `train`: a Transformer from scratch, with its loss curve; two or more side by side; and what
//! breaks when a part is taken out.

mod broken;
pub(super) mod compare;
mod data;
mod grid;
mod objective;
mod picture;
mod recipe;
mod report;
mod run;
#[cfg(test)]
mod tests;

use crate::experiments::Context;
use crate::experiments::model::folder;
use crate::report::{Error, Report, Text};
use crate::tokenizer::files;
use data::Data;
use recipe::Recipe;
use run::{Ended, Live};

/// Train a Transformer from scratch and watch its loss ‖ 从零训练一个 Transformer，观察损失
#[derive(Debug, Clone, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "train\ntrain --task copy --context 16 --steps 200\ntrain --corpus lessons-en --preset gpt2 --layers 2\ntrain --save my-model --steps 500\ntrain compare --position rope alibi none --seeds 2"
)]
pub struct Train {
    /// More than one run ‖ 多次训练
    #[command(subcommand)]
    pub special: Option<Special>,
    /// How ‖ 怎样训练
    #[command(flatten)]
    pub recipe: Box<Recipe>,
    /// The folder to save the model in ‖ 保存模型的文件夹
    #[arg(long, value_name = "DIR")]
    pub save: Option<String>,
}

/// What can be trained besides one model.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Special {
    /// The same data and seeds with several values of a flag: curves on one plot, final losses in a table ‖ 相同数据与种子，只改变某个选项的取值：曲线画在一张图上，最终损失列成表
    #[command(
        after_help = "train compare --position rope alibi sinusoidal none\ntrain compare --kv-heads 1 2 4 --seeds 3\ntrain compare --placement pre post --layers 4 12"
    )]
    Compare(compare::Compare),
    /// One part taken out, beside the sound model: what one sees ‖ 拿掉一个部件，与完好的模型并排训练：会看到什么
    #[command(after_help = "train break mask\ntrain break scale\ntrain break")]
    Break(broken::Break),
    /// One sentence under each objective: inputs, targets, who may look at whom ‖ 同一个句子在各种训练目标下：输入、目标、谁能看到谁
    #[command(
        after_help = "train objective span-corruption\ntrain objective --text \"the cat sat on the mat\"\ntrain objective"
    )]
    Objective(objective::Objective),
}

impl Train {
    /// Trains and reports.
    ///
    /// # Errors
    /// Bad input, or a run that diverges before anything is learned.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        match &self.special {
            Some(Special::Compare(what)) => what.run(context),
            Some(Special::Break(what)) => what.run(context),
            Some(Special::Objective(what)) => what.run(context),
            None => self.alone(context),
        }
    }

    fn alone(&self, context: &Context) -> Result<Report, Error> {
        let data = self.recipe.data(context)?;
        let mut trainer = self.recipe.trainer(&data, context)?;
        let live = Live { name: Text::default(), place: (0, 1), samples: true, context };
        let run = run::train(&self.recipe, &mut trainer, &data, &live)?;
        if let Some(Ended::Diverged { at, kept: 0 }) = run.ended {
            return Err(at.into());
        }
        let model = &trainer.model;
        if let Some(folder) = &self.save {
            folder::save(context, folder, model)?;
            if let Data::Text(corpus) = &data {
                let json = files::to_json(&corpus.tokenizer)?;
                context.files().write(&format!("{folder}/tokenizer.json"), json.as_bytes())?;
            }
        }
        let said = data.sample(model, model.config.context, &mut context.rng(3))?;
        Ok(report::single(&self.recipe, &model.config, &data, &run, said, self.save.as_deref()))
    }
}
