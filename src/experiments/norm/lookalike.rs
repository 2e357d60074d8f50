//! `norm lookalike`: a listing that circulates as DeepNorm, beside the true rule.

use super::seen::{Seen, alike, mean_cosine, spread};
use super::task::{Step, Task};
use super::toy::{Progress, Toy};
use crate::experiments::{Context, params};
use crate::math::linalg::{frobenius, rms};
use crate::model::Placement;
use crate::model::lookalike::Lookalike as Plain;
use crate::report::{
    Axis, Bars, Cell, Content, Error, Figure, Panel, Report, Table, Text, number, text,
};

/// The listing Linear → LayerNorm → ReLU that circulates as DeepNorm, beside the true rule ‖ 网上流传的“DeepNorm 代码”（Linear → LayerNorm → ReLU）与真正的 DeepNorm 并排测量
#[derive(Debug, Clone, clap::Args)]
pub struct Lookalike {
    /// Depth, in layers ‖ 深度（层数）
    #[arg(long, value_name = "L", value_parser = params::count(2, 400), default_value = "100")]
    pub depth: usize,
    /// Learning rate of the step ‖ 这一步的学习率
    #[arg(long, value_name = "X", value_parser = params::between(1e-6, 100.0), default_value = "0.01")]
    pub rate: f64,
    /// The stack ‖ 网络
    #[command(flatten)]
    pub toy: Toy,
}

/// What is compared, averaged over the draws.
struct Row {
    id: &'static str,
    name: Text,
    cosine: f64,
    alike: f64,
    change: f64,
    last_over_first: f64,
}

impl Lookalike {
    /// Measures both.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut progress = Progress::new(3 * self.depth * self.toy.draws);
        let mut rows = Vec::new();
        for (id, placement) in [("deepnorm", Placement::DeepNorm), ("post", Placement::Post)] {
            let config = self.toy.config(placement, self.depth)?;
            let step = Step { rate: self.rate, norms: false };
            let seen = self.toy.look(&config, Some(step), context, &mut progress)?;
            rows.push(row(id, Text::same(placement.name()), &seen));
        }
        let mut plain = Vec::new();
        for draw in 0..self.toy.draws {
            progress.show(context)?;
            plain.push(self.plain(draw, context));
            progress.advance(self.depth);
        }
        rows.push(row("listing", text("the listing", "流传的代码"), &plain));
        Ok(self.report(&rows))
    }

    /// One draw of the listing, looked at as the others are.
    fn plain(&self, draw: usize, context: &Context) -> Seen {
        let mut rng = context.rng(1 + draw as u64);
        let task = Task::draw(self.toy.tokens, self.toy.dim, &mut rng);
        let mut stack = Plain::<f64>::new(self.depth, self.toy.dim, &mut rng);
        let (y, kept) = stack.forward(task.x.clone()); // (T, d)
        let gradients = stack.backward(&kept, task.gradient(&y).view());
        for (layer, gradient) in stack.layers.iter_mut().zip(&gradients) {
            layer.weight.scaled_add(-self.rate, &gradient.weight);
        }
        let moved = stack.forward(task.x.clone()).0; // (T, d)
        Seen {
            w2_gradient: gradients.iter().map(|g| frobenius(&g.weight)).collect(),
            rms: vec![rms(&y)],
            largest: Vec::new(),
            added: Vec::new(),
            change: Some(rms(&(moved - &y))),
            cosine: mean_cosine(&task.x, &y),
            alike: alike(&y),
            parameters: stack.layers.iter().map(|l| l.weight.len()).sum(),
        }
    }

    fn report(&self, rows: &[Row]) -> Report {
        let mut report = Report::new(text(
            "A listing that is not DeepNorm, beside the true rule",
            "冒名的 DeepNorm 与真正的 DeepNorm",
        ));
        report.formula("DeepNorm: x ← LN(α·x + F(x))    the listing: x ← relu(LN(x·W))");
        let mut table = Table::new(text(
            format!("{} layers at initialization", self.depth),
            format!("{} 层，初始化时", self.depth),
        ))
        .words(text("stack", "网络"))
        .numbers(text("cosine(input, output)", "余弦（输入，输出）"))
        .numbers(text("cosine between tokens at the end", "末端 token 之间的余弦"))
        .numbers(text("output change, one step", "一步后的输出改变量"))
        .numbers(text("gradient, last / first", "梯度，最后 / 第一层"));
        for r in rows {
            table.row(vec![
                Cell::from(r.name.clone()),
                r.cosine.into(),
                r.alike.into(),
                r.change.into(),
                r.last_over_first.into(),
            ]);
            report
                .metric(format!("{}.cosine", r.id), r.cosine)
                .metric(format!("{}.change", r.id), r.change)
                .metric(format!("{}.last_over_first", r.id), r.last_over_first);
            if self.toy.tokens > 1 {
                report.metric(format!("{}.alike", r.id), r.alike); // a single token has no other
            }
        }
        report.table(table);
        report.say(text(
            format!(
                "The change is relative to the output's own RMS, η = {}. The listing has no residual: \
                 nothing of the input survives and all tokens become one. DeepNorm starts near the identity; \
                 plain Post-LN at this depth has lost the input too, which is why α and β are needed.",
                number(self.rate)
            ),
            format!(
                "改变量相对于输出自身的 RMS，η = {}。流传的代码没有残差：输入荡然无存，\
                 所有 token 变成同一个向量。DeepNorm 从接近恒等映射处出发；这么深的普通 Post-LN 同样丢掉了输入，\
                 所以才需要 α 和 β。",
                number(self.rate)
            ),
        ));
        report.figure(figure(rows, self.depth));
        report
    }
}

fn row(id: &'static str, name: Text, seen: &[Seen]) -> Row {
    let first = spread(seen, |s| s.w2_gradient.first().copied().unwrap_or(f64::NAN)).0;
    let last = spread(seen, |s| s.w2_gradient.last().copied().unwrap_or(f64::NAN)).0;
    Row {
        id,
        name,
        cosine: spread(seen, |s| s.cosine).0,
        alike: spread(seen, |s| s.alike).0,
        change: spread(seen, |s| {
            let size = s.rms.last().copied().unwrap_or(f64::NAN);
            s.change.map_or(f64::NAN, |change| change / size)
        })
        .0,
        last_over_first: last / first,
    }
}

fn figure(rows: &[Row], depth: usize) -> Figure {
    let panel = |title: &str, number: fn(&Row) -> f64| {
        let series = vec![(String::new(), rows.iter().map(number).collect())];
        Panel {
            title: title.to_string(),
            x: Axis::names("", rows.iter().map(|r| r.name.en.clone()).collect()),
            y: Axis::new("cosine"),
            content: Content::Bars(Bars { series }),
        }
    };
    let panels = vec![
        panel("input against output", |r| r.cosine),
        panel("between tokens at the end", |r| r.alike),
    ];
    Figure::grid("lookalike", format!("What is left of the input after {depth} layers"), 2, panels)
}
