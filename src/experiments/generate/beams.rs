//! Generation by beam search: the best texts with their scores.

use super::said::{Said, words};
use super::{Generate, Task};
use crate::experiments::{Context, strategy};
use crate::model::Generation;
use crate::report::{Error, Report, Table, number, text};

impl Generate {
    /// Searches.
    pub(super) fn search(
        &self,
        task: &Task,
        beams: usize,
        context: &Context,
    ) -> Result<Report, Error> {
        if self.num_return_sequences > beams {
            return Err(Error::input(text(
                format!("{beams} beams do not hold {} texts", self.num_return_sequences),
                format!("束宽 {beams} 给不出 {} 个文本", self.num_return_sequences),
            ))
            .allowed(text(
                format!("--num-return-sequences up to {beams}"),
                format!("--num-return-sequences 最多 {beams}"),
            )));
        }
        let length = task.prompt.len() + task.count;
        strategy::affords(&task.model.config, beams, length)?;
        let search = self.beams.search(beams, task.count, task.end);
        let start = Generation::new(task.model, task.prompt)?;
        let what = text("searching", "搜索中");
        let mut processors = self.filters.settings().penalties();
        let step = |done| context.step(done, task.count, &what);
        let found = search.run(start, &mut processors, step)?;

        let mut report = Report::new(text("Generation by beam search", "束搜索生成"));
        let Some(best) = found.best.first() else { return Ok(report) };
        let (prompt, new) = (task.prompt, &best.tokens);
        Said { prompt, new, ids_only: self.ids.is_some() }.show(task.tokenizer, &mut report);
        let mut table = Table::new(text("The best texts", "最优文本"))
            .numbers(text("rank", "名次"))
            .numbers(text("Σ ln p", "Σ ln p"))
            .numbers(text("tokens", "token 数"))
            .numbers(text("score", "得分"))
            .words(text("text", "文本"));
        let shown = |tokens: &[u32]| match task.tokenizer {
            Some(tokenizer) => words(tokenizer, tokens).trim().to_string(),
            None => tokens.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        };
        let listed = || found.best.iter().take(self.num_return_sequences).enumerate();
        for (i, one) in listed() {
            table.row(vec![
                (i + 1).into(),
                one.log_probability.into(),
                one.tokens.len().into(),
                one.score.into(),
                shown(&one.tokens).into(),
            ]);
        }
        if self.num_return_sequences > 1 {
            let lines =
                listed().map(|(_, one)| format!("{} {}\n", number(one.score), shown(&one.tokens)));
            report.output = Some(lines.collect());
        }
        report.table(table);
        for (i, one) in listed() {
            report.metric(format!("best{}.score", i + 1), one.score);
            report.metric_in(format!("best{}.log_probability", i + 1), one.log_probability, "nats");
        }
        Ok(report)
    }
}
