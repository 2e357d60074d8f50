//! `norm init`: DeepNorm's initialization written with `in`, and with the `is` of the paper's informal
//! pseudo-code taken literally.

use super::seen::spread;
use super::task::Step;
use super::toy::{Progress, Toy};
use crate::experiments::{Context, params};
use crate::math::linear::xavier;
use crate::math::norm::DeepNorm;
use crate::model::Placement;
use crate::model::stack::{Branch, Config, Stack};
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, text};

/// DeepNorm's initialization: `if w in [...]` against `if w is [...]` ‖ DeepNorm 的初始化：`if w in [...]` 与 `if w is [...]` 之别
#[derive(Debug, Clone, clap::Args)]
pub struct Init {
    /// Depth N, in layers ‖ 深度 N（层数）
    #[arg(long, value_name = "N", value_parser = params::count(2, 400), default_value = "96")]
    pub depth: usize,
    /// The stack ‖ 网络
    #[command(flatten)]
    pub toy: Toy,
}

/// The weights that DeepNorm starts smaller.
const SCALED: [&str; 4] = ["ffn.w1", "ffn.w2", "value", "output"];
/// All matrices of a block.
const WEIGHTS: [&str; 6] = ["ffn.w1", "ffn.w2", "value", "output", "query", "key"];

/// `w in [...]`: whether the list holds an equal string.
fn is_in(w: &str, list: &[&str]) -> bool {
    list.contains(&w)
}

/// `w is [...]`: whether the string and the list are one object in memory. They never are.
fn is_same_object(w: &str, list: &[&str]) -> bool {
    std::ptr::addr_eq(w, list)
}

/// One spelling of the condition.
struct Spelling {
    id: &'static str,
    code: &'static str,
    /// Gain measured on each of [`WEIGHTS`].
    gains: Vec<f64>,
    /// RMS change of the output after one step.
    change: f64,
}

impl Init {
    /// Initializes by both spellings and takes a step.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let beta = DeepNorm::single(self.depth).beta;
        let mut progress = Progress::new(2 * self.depth * self.toy.draws);
        let mut spellings = Vec::new();
        for (id, code, holds) in [
            ("in", "if w in [...]", is_in as fn(&str, &[&str]) -> bool),
            ("is", "if w is [...]", is_same_object),
        ] {
            // the stack multiplies these four by gain·β: undo it where the condition never holds
            let gain = if SCALED.iter().all(|w| holds(w, &SCALED)) { 1.0 } else { 1.0 / beta };
            let config = Config { gain, ..self.toy.config(Placement::DeepNorm, self.depth)? };
            let step = Step { rate: 0.01, norms: false };
            let seen = self.toy.look(&config, Some(step), context, &mut progress)?;
            let change = spread(&seen, |s| s.change.unwrap_or(f64::NAN)).0;
            spellings.push(Spelling { id, code, gains: measured(&config, context), change });
        }
        Ok(self.report(&spellings, beta))
    }

    fn report(&self, spellings: &[Spelling], beta: f64) -> Report {
        let mut report = Report::new(text(
            "DeepNorm's initialization: `in` and `is`",
            "DeepNorm 的初始化：`in` 与 `is`",
        ));
        report.formula(
            "if w in ['ffn', 'value', 'output']: xavier(w, gain=β)\nelif w in ['query', 'key']:       xavier(w, gain=1)",
        );
        report.say(text(
            "`is` asks whether two names stand for one object. A string and a list never do, so the \
             condition is false for every weight, and α stays without its β. The gain is measured: the \
             weights' standard deviation over Xavier's.",
            "`is` 问的是两个名字是否指向同一个对象。字符串和列表不可能是同一个对象，所以条件对每个权重都为假，\
             只剩 α 而没有 β。表中的增益是实测值：权重的标准差除以 Xavier 的标准差。",
        ));
        let mut table = Table::new(text(
            format!("Gains measured, N = {}", self.depth),
            format!("实测增益，N = {}", self.depth),
        ))
        .words(text("weight", "权重"))
        .numbers(text("`in`", "`in`"))
        .numbers(text("`is`", "`is`"));
        for (i, w) in WEIGHTS.iter().enumerate() {
            let mut row = vec![(*w).into()];
            row.extend(spellings.iter().map(|s| s.gains[i].into()));
            table.row(row);
        }
        let mut last = vec![text("output change, one step", "一步后的输出改变量").into()];
        last.extend(spellings.iter().map(|s| s.change.into()));
        table.row(last);
        report.table(table).metric("beta", beta);
        for s in spellings {
            for (w, gain) in WEIGHTS.iter().zip(&s.gains) {
                report.metric(format!("{}.{w}.gain", s.id), *gain);
            }
            let scaled = s.gains.iter().filter(|g| **g < 0.5 * (1.0 + beta)).count();
            report.metric(format!("{}.scaled", s.id), scaled);
            report.metric(format!("{}.change", s.id), s.change);
        }
        if let [a, b] = spellings {
            report.metric("change_ratio", b.change / a.change);
        }
        let series = spellings.iter().map(|s| (s.code.to_string(), s.gains.clone())).collect();
        report.figure(Figure::new(
            "init",
            "Gain of each weight by the two spellings",
            Axis::names("weight", WEIGHTS.map(str::to_string).to_vec()),
            Axis::new("gain over Xavier"),
            Content::Bars(Bars { series }),
        ));
        report
    }
}

/// The standard deviation of each of [`WEIGHTS`] over Xavier's, on two blocks of width 128.
fn measured(config: &Config, context: &Context) -> Vec<f64> {
    let d = 128;
    let wide = Config { d, d_ff: 4 * d, heads: 4, ..*config };
    let beta = config.deepnorm().beta;
    // a shallow stack of the same β: what a block looks like does not depend on how many follow
    let shallow =
        Config { layers: 2, placement: Placement::Post, gain: beta * config.gain, ..wide };
    let mut rng = context.rng(0);
    let stack = Stack::<f64>::new(&shallow, &mut rng);
    let std = |a: &ndarray::Array2<f64>| a.std(0.0);
    let unit = |rows: usize, columns: usize, rng: &mut rand_chacha::ChaCha8Rng| {
        std(&xavier(rows, columns, 1.0, rng))
    };
    let (square, tall) = (unit(d, d, &mut rng), unit(d, 4 * d, &mut rng));
    let mut gains = vec![f64::NAN; WEIGHTS.len()];
    for sublayer in &stack.sublayers {
        match &sublayer.branch {
            Branch::FeedForward(block) => {
                gains[0] = std(&block.input.weight) / tall;
                gains[1] = std(&block.output.weight) / tall;
            }
            Branch::Attention(a, _) => {
                for (i, part) in [&a.value, &a.output, &a.query, &a.key].into_iter().enumerate() {
                    gains[2 + i] = std(&part.weight) / square;
                }
            }
        }
    }
    gains
}
