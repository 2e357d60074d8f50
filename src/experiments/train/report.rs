//! What one training run has to say.

use crate::model::Config;
use crate::report::{Error, Lang, Report, Table, Text, number, text};

use super::data::{Data, Sample};
use super::picture;
use super::recipe::Recipe;
use super::run::{Ended, Run};

/// The report of one run; `said` is what the model says at its end.
pub fn single(
    recipe: &Recipe,
    config: &Config,
    data: &Data,
    run: &Run,
    said: Sample,
    saved: Option<&str>,
) -> Report {
    let mut report = Report::new(text("Training", "训练"));
    let chance = (config.vocab as f64).ln();
    opening(&mut report, recipe, config, run);
    if let Some(ended) = run.ended {
        report.say(ending(ended));
    }
    report.figure(picture::curves(&run.steps, &run.validation, chance, data.floor()));
    limits(&mut report, data, chance);
    losses(&mut report, run);
    if let Some(share) = said.right() {
        report.metric("answers.right", share);
    }
    samples(&mut report, run, said);
    if let Some(folder) = saved {
        report.say(text(format!("Saved in `{folder}`."), format!("已存入 `{folder}`。")));
    }
    metrics(&mut report, config, data, run, chance);
    report
}

fn opening(report: &mut Report, recipe: &Recipe, config: &Config, run: &Run) {
    let (name, what, steps) = (style(&recipe.model.preset), recipe.subject(), run.steps.len());
    let (n, t) = (recipe.batch * recipe.accumulate, config.context);
    let parameters = number(config.parameters());
    report.say(text(
        format!(
            "A model in the style of {name} with {parameters} parameters learns **{what}**: {steps} steps of {n} sequences of {t} tokens."
        ),
        format!(
            "{name} 风格的模型（{parameters} 个参数）学习 **{what}**：{steps} 步，每步 {n} 条序列，每条 {t} 个 token。"
        ),
    ));
}

/// Why a run ended early.
pub fn ending(ended: Ended) -> Text {
    match ended {
        Ended::Stopped => text(
            "You stopped it; what was learned until then is kept.",
            "你中止了训练；到此为止学到的都保留。",
        ),
        Ended::Diverged { at, kept } => {
            let error = Error::from(at);
            let (en, zh) = (error.line(Lang::En), error.line(Lang::Zh));
            text(
                format!(
                    "**It {en}.** The weights are those of step {kept}, the last look at which the loss was finite."
                ),
                format!("**{zh}。** 保留的是第 {kept} 步的权重，即损失仍为有限值的最后一次检查。"),
            )
        }
    }
}

/// What the dashed lines of the picture are.
fn limits(report: &mut Report, data: &Data, chance: f64) {
    match data.floor() {
        Some(floor) => report.say(text(
            format!(
                "Two lines stand still: ln V = {chance:.3} is the loss of a model that knows nothing, {floor:.3} nats a token is the true entropy of the stories, computed from their grammar: no model can stay below it on text it has not seen."
            ),
            format!(
                "两条水平线：ln V = {chance:.3} 是一无所知的模型的损失；{floor:.3} nat/token 是故事的真实熵，由文法精确算出：在没见过的文本上，任何模型都不可能一直低于它。"
            ),
        )),
        None => report.say(text(
            format!("The dashed line, ln V = {chance:.3}, is the loss of a model that knows nothing."),
            format!("虚线 ln V = {chance:.3} 是一无所知的模型的损失。"),
        )),
    };
}

/// A handful of looks at the loss.
fn losses(report: &mut Report, run: &Run) {
    let mut table =
        Table::new(text("Loss on sequences never learned from", "在未学过的序列上的损失"))
            .numbers(text("step", "步"))
            .numbers(text("validation loss (nats)", "验证损失（nat）"))
            .numbers(text("perplexity", "困惑度"));
    let every = run.validation.len().div_ceil(6).max(1);
    let last = run.validation.len().saturating_sub(1);
    for (i, (step, loss)) in run.validation.iter().enumerate() {
        if i == last || (i.is_multiple_of(every) && i + every / 2 < last.max(1)) {
            table.row(vec![(*step as usize).into(), (*loss).into(), loss.exp().into()]);
        }
    }
    report.table(table);
}

/// What the model said on the way and at its end.
fn samples(report: &mut Report, run: &Run, said: Sample) {
    report.heading(text("What it says", "它说了什么"));
    for (step, sample) in &run.samples {
        let said = sample.words();
        report.say(text(
            format!("Step {step}: {}", said.get(Lang::En)),
            format!("第 {step} 步：{}", said.get(Lang::Zh)),
        ));
    }
    let said = said.words();
    report.say(text(
        format!("At the end: {}", said.get(Lang::En)),
        format!("结束时：{}", said.get(Lang::Zh)),
    ));
}

fn metrics(report: &mut Report, config: &Config, data: &Data, run: &Run, chance: f64) {
    if let Some(floor) = data.floor() {
        report.metric_in("loss.floor", floor, "nats");
    }
    if let Some(Ended::Diverged { at, kept }) = run.ended {
        report.metric("diverged.step", at.progress.step as f64);
        report.metric("diverged.kept", kept as f64);
    }
    report.metric("parameters", config.parameters());
    report.metric("steps", run.steps.len());
    report.metric_in("loss.chance", chance, "nats");
    report.metric_in("loss.start", run.steps.first().map_or(f64::NAN, |p| p.loss), "nats");
    report.metric_in("loss.train", run.steps.last().map_or(f64::NAN, |p| p.loss), "nats");
    report.metric_in("loss.validation", run.final_loss(), "nats");
    let norms = run.steps.iter().map(|p| p.gradient_norm);
    report.metric("gradient.norm.max", norms.fold(0.0, f64::max));
    report.metric_in("throughput.tokens_per_s", run.tokens_per_s, "tokens/s");
}

/// The preset's name as its authors write it.
fn style(preset: &str) -> &'static str {
    match preset {
        "gpt2" => "GPT-2",
        "qwen2" => "Qwen2",
        "glm4" => "GLM-4",
        "bert" => "BERT",
        _ => "LLaMA",
    }
}
