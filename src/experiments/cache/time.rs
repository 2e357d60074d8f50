//! `cache time`: the time of the next token against the length, with the cache and without.

use super::subject::{Subject, fits, tokens};
use crate::experiments::clock::{Times, WARM_UP, in_turns};
use crate::experiments::{Context, params};
use crate::math::power::fit;
use crate::model::{Generation, Greedy};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// The time of the next token against the length, with the cache and without ‖ 下一个 token 的耗时随长度的变化：有缓存与无缓存
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "cache time\ncache time --model stories\ncache time --context 2048 --d-model 128"
)]
pub struct Time {
    /// Which model generates ‖ 由哪个模型生成
    #[command(flatten)]
    pub subject: Subject,
    /// Timed tokens at each length, after two that warm up ‖ 每个长度计时的 token 数（另有两个预热）
    #[arg(long, value_name = "N", default_value = "5", value_parser = params::count(1, 100))]
    pub repeats: usize,
}

impl Time {
    /// Measures both ways at doubling lengths, in turns.
    ///
    /// # Errors
    /// If there is no such model, its context is too short, or it is asked to stop.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let model = self.subject.open(context)?;
        let beyond = WARM_UP + self.repeats + 1;
        let longest = model.config.context.saturating_sub(beyond);
        let mut lengths: Vec<usize> = (3..).map(|p| 1 << p).take_while(|n| *n < longest).collect();
        lengths.push(longest);
        if lengths.len() < 2 {
            return Err(Error::input(text(
                format!(
                    "a context of {} is too short for {} timed tokens",
                    model.config.context, self.repeats
                ),
                format!(
                    "上下文 {} 太短，放不下 {} 个计时 token",
                    model.config.context, self.repeats
                ),
            ))
            .allowed(text("fewer --repeats or a longer context", "减少 --repeats 或加长上下文")));
        }
        fits(&model, longest)?;
        let text_ids = tokens(&model, longest, context);
        let mut times: [Vec<Times>; 2] = [Vec::new(), Vec::new()];
        for (i, &length) in lengths.iter().enumerate() {
            let mut cached = Generation::new(&model, &text_ids[..length])?;
            let prompt = &text_ids[..length];
            let mut calls: Vec<Box<dyn FnMut() + '_>> = vec![
                Box::new(|| {
                    std::hint::black_box(cached.next(&mut Greedy).is_ok());
                }),
                Box::new(|| {
                    let whole = Generation::new(&model, prompt);
                    std::hint::black_box(
                        whole.and_then(|mut whole| whole.choose(&mut Greedy)).is_ok(),
                    );
                }),
            ];
            let what = Text::same(format!("T = {length}"));
            let seen = in_turns(context, &mut calls, self.repeats, (i, lengths.len()), &what)?;
            times.iter_mut().zip(seen).for_each(|(all, one)| all.push(one));
        }
        Ok(self.report(&lengths, &times))
    }

    fn report(&self, lengths: &[usize], [with, without]: &[Vec<Times>; 2]) -> Report {
        let mut report = Report::new(text("The time of the next token", "下一个 token 的耗时"));
        let mut table = Table::new(text("Median time (ms)", "中位耗时（ms）"))
            .numbers(text("tokens so far", "已有 token 数"))
            .numbers(text("with the cache", "有缓存"))
            .numbers(text("without", "无缓存"))
            .numbers(text("ratio", "比值"))
            .numbers(text("widest quartiles' distance (%)", "最大四分位距（%）"));
        for ((length, with), without) in lengths.iter().zip(with).zip(without) {
            let ratio = without.over(with);
            let spread = 100.0 * with.spread().max(without.spread());
            table.row(vec![
                (*length).into(),
                (1e3 * with.median()).into(),
                (1e3 * without.median()).into(),
                ratio.into(),
                spread.into(),
            ]);
            report
                .metric_in(format!("t{length}.with"), 1e3 * with.median(), "ms")
                .metric_in(format!("t{length}.without"), 1e3 * without.median(), "ms")
                .metric(format!("t{length}.ratio"), ratio);
        }
        let curve = |times: &[Times]| -> Vec<(f64, f64)> {
            let points = lengths.iter().zip(times);
            points.map(|(n, t)| (*n as f64, 1e3 * t.least())).collect()
        };
        let (flat, rising) = (curve(with), curve(without));
        let growth = |curve: &[(f64, f64)]| match (curve.first(), curve.last()) {
            (Some(first), Some(last)) => last.1 / first.1,
            _ => f64::NAN,
        };
        let last = lengths.len() - 1;
        let ratio = without[last].over(&with[last]);
        report
            .metric("exponent.with", fit(&flat).exponent)
            .metric("exponent.without", fit(&rising).exponent)
            .metric("growth.with", growth(&flat))
            .metric("growth.without", growth(&rising))
            .metric("ratio.longest", ratio);
        report.say(text(
            format!(
                "From {} to {} tokens the next one takes {} times as long with the cache, {} times as long without; at the end the cache is **{}** times faster. With it a token costs its weights and a look at T cached keys, O(d² + T·d) in each block; without it the whole text is read again, O(T·d² + T²·d). {} tokens in turns: the table has medians, the curves the fastest, since noise only adds.",
                lengths[0], lengths[last], number(growth(&flat)), number(growth(&rising)), number(ratio), self.repeats
            ),
            format!(
                "从 {} 到 {} 个 token，下一个 token 的耗时：有缓存时变为 {} 倍，无缓存时变为 {} 倍；最长处缓存快 **{}** 倍。有缓存时每层只需读一遍权重、看一遍 T 个缓存的键：O(d² + T·d)；无缓存要把全文重算一遍：O(T·d² + T²·d)。轮流各计时 {} 个 token：表中是中位数，曲线取最快的一次，因为干扰只会让时间变长。",
                lengths[0], lengths[last], number(growth(&flat)), number(growth(&rising)), number(ratio), self.repeats
            ),
        ));
        report.table(table);
        let series = vec![
            Series::new("without", rising).stroke(Stroke::Dotted),
            Series::new("with the cache", flat).stroke(Stroke::Dotted),
        ];
        report.figure(Figure::new(
            "time",
            format!("Time of the next token, {}", self.subject.name()),
            Axis::log("tokens so far"),
            Axis::log("time (ms)"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        ));
        report
    }
}
