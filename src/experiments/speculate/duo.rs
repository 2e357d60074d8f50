//! Two models with one vocabulary, and the flags that choose them.

use crate::experiments::Context;
use crate::experiments::teller::Teller;
use crate::report::{Error, text};

/// Which models, and what they go on from.
#[derive(Debug, Clone, clap::Args)]
pub struct Models {
    /// The folder of the model whose distribution counts ‖ 目标模型所在文件夹（以它的分布为准）
    #[arg(long, value_name = "DIR", default_value = "stories")]
    pub model: String,
    /// The folder of the model that drafts; draft is the one that the lab carries ‖ 草稿模型所在文件夹；draft 是自带的模型
    #[arg(long, value_name = "DIR", default_value = "draft")]
    pub draft: String,
    /// The text to go on from ‖ 起始文本
    #[arg(long, value_name = "TEXT", default_value = "\\nOnce there was a")]
    pub prompt: String,
}

/// Both, opened.
pub struct Duo {
    /// Whose distribution counts.
    pub target: Teller,
    /// Who drafts.
    pub draft: Teller,
    /// What they go on from.
    pub prompt: Vec<u32>,
}

impl Models {
    /// Opens both.
    ///
    /// # Errors
    /// If one is missing, they cut text differently, or cannot read the prompt.
    pub fn open(&self, context: &Context) -> Result<Duo, Error> {
        let (target, draft) =
            (Teller::open(context, &self.model)?, Teller::open(context, &self.draft)?);
        let rows = target.tokenizer.rows().max(draft.tokenizer.rows()) as u32;
        let other = (0..rows).find(|id| target.tokenizer.piece(*id) != draft.tokenizer.piece(*id));
        if let Some(id) = other {
            return Err(Error::input(text(
                format!(
                    "{} and {} have different vocabularies: token {id} is `{}` and `{}`",
                    self.model,
                    self.draft,
                    target.name(id),
                    draft.name(id)
                ),
                format!(
                    "{} 与 {} 的词表不同：token {id} 分别是 `{}` 和 `{}`",
                    self.model,
                    self.draft,
                    target.name(id),
                    draft.name(id)
                ),
            ))
            .allowed(text("two models with one tokenizer", "分词器相同的两个模型"))
            .example("llm-lab speculate run --model stories --draft draft"));
        }
        let prompt = target.read(&self.prompt)?;
        draft.read(&self.prompt)?;
        Ok(Duo { target, draft, prompt })
    }
}

impl Duo {
    /// How many tokens may come after the prompt.
    pub fn room(&self) -> usize {
        let context = self.target.model.config.context.min(self.draft.model.config.context);
        context - self.prompt.len().min(context)
    }

    /// Parameters of the draft over those of the target: about what one of its tokens costs.
    pub fn cost(&self) -> f64 {
        self.draft.model.layout.total as f64 / self.target.model.layout.total as f64
    }
}
