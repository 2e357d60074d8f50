//! `norm deepnorm`: α and β by depth.

use crate::experiments::{Context, params};
use crate::math::norm::DeepNorm;
use crate::math::parameters::Parameters;
use crate::model::Placement;
use crate::model::stack::{Config, Stack};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, text,
};

/// DeepNorm's α and β by depth, also for an encoder–decoder, and what it costs in parameters ‖ DeepNorm 的 α、β 随深度的取值（含编码器–解码器），以及参数量
#[derive(Debug, Clone, clap::Args)]
pub struct Deepnorm {
    /// Depths N, in layers ‖ 深度 N（层数）
    #[arg(long, num_args = 1..=64, value_name = "N", value_parser = params::count(1, 100_000), default_values = ["6", "12", "24", "48", "100", "200", "500", "1000"])]
    pub layers: Vec<usize>,
    /// Encoder and decoder layers N M of an encoder–decoder ‖ 编码器–解码器的层数 N M
    #[arg(long, num_args = 2, value_names = ["N", "M"], value_parser = params::count(1, 100_000), default_values = ["6", "6"])]
    pub encoder_decoder: Vec<usize>,
}

impl Deepnorm {
    /// Computes the table.
    ///
    /// # Errors
    /// None: every depth has its α and β.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut depths = self.layers.clone();
        depths.sort_unstable();
        depths.dedup();
        let mut report = Report::new(text("DeepNorm: α and β by depth", "DeepNorm：α、β 与深度"));
        report.formula("x ← LN(α·x + G(x))\nα = (2N)^(1/4)    β = (8N)^(−1/4)");
        report.say(text(
            "α enlarges the residual at every sub-layer. β is the gain of Xavier's initialization for the \
             feed-forward, value and output weights of G; queries and keys keep gain 1.",
            "α 在每个子层放大残差。β 是 G 中前馈层、value 与输出投影权重做 Xavier 初始化时的增益；\
             query 和 key 的增益仍为 1。",
        ));
        let mut table = Table::new(text("One stack of N layers", "单个 N 层网络"))
            .numbers(text("N", "N"))
            .numbers(text("α", "α"))
            .numbers(text("β", "β"))
            .numbers(text("α / β", "α / β"));
        for &n in &depths {
            let DeepNorm { alpha, beta } = DeepNorm::single(n);
            table.row(vec![n.into(), alpha.into(), beta.into(), (alpha / beta).into()]);
            report
                .metric(format!("alpha.{n}"), alpha)
                .metric(format!("beta.{n}"), beta)
                .metric(format!("alpha_over_beta.{n}"), alpha / beta);
        }
        report.table(table);
        report.say(text(
            "α/β = 2√N at every depth: so 4N·β²/α² = 1. The 2N sub-layers, each with two matrices, share one \
             fixed budget of change.",
            "任何深度都有 α/β = 2√N，即 4N·β²/α² = 1：2N 个子层、每层两个矩阵，分享同一份固定的“改变量预算”。",
        ));
        if let [n, m] = self.encoder_decoder[..] {
            encoder_decoder(&mut report, n, m);
        }
        parameters(&mut report, context);
        report.figure(figure(&depths));
        Ok(report)
    }
}

fn encoder_decoder(report: &mut Report, n: usize, m: usize) {
    let sides = [
        (
            "encoder",
            text("encoder", "编码器"),
            "0.81·(N⁴M)^(1/16), 0.87·(N⁴M)^(−1/16)",
            DeepNorm::encoder(n, m),
        ),
        ("decoder", text("decoder", "解码器"), "(3M)^(1/4), (12M)^(−1/4)", DeepNorm::decoder(m)),
    ];
    let mut table = Table::new(text(
        format!("Encoder–decoder, N = {n}, M = {m}"),
        format!("编码器–解码器，N = {n}，M = {m}"),
    ))
    .words(text("side", "部分"))
    .words(text("α, β", "α, β"))
    .numbers(text("α", "α"))
    .numbers(text("β", "β"));
    for (id, name, rule, DeepNorm { alpha, beta }) in sides {
        table.row(vec![name.into(), rule.into(), alpha.into(), beta.into()]);
        report.metric(format!("{id}.alpha"), alpha).metric(format!("{id}.beta"), beta);
    }
    report.table(table);
}

/// Builds a small stack of each placement and counts.
fn parameters(report: &mut Report, context: &Context) {
    let mut table = Table::new(text(
        "Parameters of 6 layers, d = 32, LayerNorm",
        "6 层、d = 32、LayerNorm 的参数量",
    ))
    .words(text("place", "位置"))
    .numbers(text("parameters", "参数量"));
    for placement in Placement::ALL {
        let config = Config { placement, ..Config::default() };
        let count = Stack::<f32>::new(&config, &mut context.rng(0)).count();
        table.row(vec![placement.name().into(), count.into()]);
        report.metric(format!("{}.parameters", placement.id()), count);
    }
    report.table(table);
    report.say(text(
        "DeepNorm learns exactly what Post-LN learns: α and β are constants. Pre-LN has one norm more, at \
         the end; Sandwich-LN one more in every sub-layer.",
        "DeepNorm 学习的参数与 Post-LN 完全相同：α、β 都是常数。Pre-LN 末端多一个归一化；\
         Sandwich-LN 每个子层多一个。",
    ));
}

fn figure(depths: &[usize]) -> Figure {
    let panel = |title: &str, number: fn(DeepNorm) -> f64| {
        let points = depths.iter().map(|&n| (n as f64, number(DeepNorm::single(n)))).collect();
        let series = vec![Series::new(title, points).stroke(Stroke::Dotted)];
        Panel {
            title: title.to_string(),
            x: Axis::log("depth N (layers)"),
            y: Axis::new(title),
            content: Content::Lines(Lines { series, markers: Vec::new() }),
        }
    };
    let panels = vec![panel("α = (2N)^(1/4)", |d| d.alpha), panel("β = (8N)^(−1/4)", |d| d.beta)];
    Figure::grid("deepnorm", "DeepNorm: α and β by depth", 2, panels)
}
