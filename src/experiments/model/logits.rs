//! `model logits`: what a model says after each of some tokens.

use std::fmt::Write;

use super::folder;
use crate::experiments::Context;
use crate::math::softmax::softmax;
use crate::model::generate;
use crate::report::{Error, Report, Table, text};

/// The model and the tokens that it reads.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "model logits my-model --ids 1,2,3")]
pub struct Logits {
    /// The folder of the model; stories is the one that the lab carries ‖ 模型所在文件夹；stories 是自带的模型
    #[arg(value_name = "DIR", default_value = folder::STORIES)]
    pub folder: String,
    /// The tokens that it reads ‖ 输入的 token 编号
    #[arg(long, value_name = "1,2,3", required = true)]
    pub ids: folder::Ids,
    /// Which sentence each token belongs to, in a BERT: 0 or 1 ‖ BERT 中每个 token 属于第几句：0 或 1
    #[arg(long, value_name = "0,0,1")]
    pub types: Option<folder::Ids>,
}

impl Logits {
    /// Computes the logits of every position.
    ///
    /// # Errors
    /// If the folder holds no model that the lab can read, or a token is unknown to it.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let ids = &self.ids.0;
        let model = folder::open(context, &self.folder)?;
        let v = model.config.vocab;
        let types = self.types.as_ref().map_or(&[][..], |types| &types.0);
        let logits = generate::typed_logits(&model, ids, types)?;
        let mut report = Report::new(text("Logits of every position", "每个位置的 logits"));
        let mut table = Table::new(text("logits", "logits"))
            .numbers(text("position", "位置"))
            .numbers(text("token", "token"));
        for token in 0..v {
            let title = token.to_string();
            table = table.numbers(text(title.clone(), title));
        }
        let mut output = String::new();
        for (i, (id, row)) in ids.iter().zip(logits.chunks(v)).enumerate() {
            let mut cells = vec![i.into(), (*id as usize).into()];
            cells.extend(row.iter().map(|x| f64::from(*x).into()));
            table.row(cells);
            let words: Vec<String> = row.iter().map(ToString::to_string).collect();
            let _ = writeln!(output, "{}", words.join(" "));
        }
        report.table(table);
        let last = &logits[logits.len() - v..];
        let probabilities = ndarray::ArrayView2::from_shape((1, v), last).map(softmax);
        let best = (0..v).reduce(|a, b| if last[b] > last[a] { b } else { a }).unwrap_or(0);
        report.metric("positions", ids.len());
        report.metric("next.id", best);
        if let Ok(p) = probabilities {
            report.metric("next.probability", f64::from(p[[0, best]]));
        }
        report.output = Some(output);
        Ok(report)
    }
}
