//! `lr quadratic`: gradient descent on a bowl, below, at and above the rate from which it diverges.

use crate::experiments::{Context, params};
use crate::math::quadratic::{critical_rate, gradient, value};
use crate::math::search::{bisect, highest};
use crate::model::{Moments, Rule, Step};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number, text,
};

/// Gradient descent on a bowl: it diverges from the rate 2/λ on; the best rate; Adam beside it ‖ 碗形函数上的梯度下降：学习率到 2/λ 就发散；最佳学习率；与 Adam 对比
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "lr quadratic\nlr quadratic --curvatures 1 100 --steps 100\nlr quadratic --momentum 0.9"
)]
pub struct Quadratic {
    /// λ: the curvature of each direction ‖ λ：各方向的曲率
    #[arg(long, num_args = 1.., value_name = "λ", value_parser = params::between(0.001, 1e4), default_values = ["1", "10"])]
    pub curvatures: Vec<f64>,
    /// Learning rates, as multiples of the critical one ‖ 学习率，取临界值的多少倍
    #[arg(long, num_args = 1.., value_name = "X", value_parser = params::between(0.001, 10.0), default_values = ["0.25", "0.9", "1", "1.05"])]
    pub times: Vec<f64>,
    /// μ of the momentum ‖ 动量系数 μ
    #[arg(long, value_name = "μ", value_parser = params::between(0.0, 0.99), default_value = "0")]
    pub momentum: f64,
    /// Learning rate of Adam ‖ Adam 的学习率
    #[arg(long, value_name = "η", value_parser = params::between(1e-6, 10.0), default_value = "0.3")]
    pub adam_rate: f64,
    /// Steps ‖ 步数
    #[arg(long, value_name = "N", value_parser = params::count(2, 1000), default_value = "40")]
    pub steps: usize,
}

/// The steps whose swings are drawn.
const FIRST: usize = 12;

/// The most directions, and the most rates.
const MOST: usize = 8;

impl Quadratic {
    /// Descends with every rate.
    ///
    /// # Errors
    /// Too many curvatures or rates.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        if self.curvatures.len() > MOST || self.times.len() > MOST {
            return Err(Error::input(text("too many numbers", "数太多"))
                .allowed(text(
                    format!("up to {MOST} curvatures and {MOST} rates"),
                    format!("最多 {MOST} 个曲率、{MOST} 个学习率"),
                ))
                .example("llm-lab lr quadratic --curvatures 1 10 --times 0.5 1 1.1"));
        }
        let steepest = self.curvatures.iter().fold(0.0, |m: f64, l| m.max(*l));
        let flattest = self.curvatures.iter().fold(f64::INFINITY, |m: f64, l| m.min(*l));
        let critical = critical_rate(steepest, self.momentum);
        let rule = Rule::Momentum { mu: self.momentum };
        let mut report = Report::new(text("Learning rate and curvature", "学习率与曲率"));
        report.formula("θ ← θ − η λ θ = (1 − η λ) θ,  so |1 − η λ| < 1 needs η < 2/λ");
        let mut table = Table::new(text(
            format!("{} steps from 1 in every direction", self.steps),
            format!("各方向从 1 出发，走 {} 步", self.steps),
        ))
        .words(text("rate", "学习率"))
        .numbers(Text::same("η"))
        .numbers(text("height at the start", "起点高度"))
        .numbers(text("height at the end", "终点高度"));
        let (mut heights, mut swings) = (Vec::new(), Vec::new());
        let times = params::distinct(&self.times);
        let mut runs: Vec<(String, String, f64, Rule)> = times
            .iter()
            .map(|x| (format!("{x} · critical"), format!("times_{x}"), x * critical, rule))
            .collect();
        let adam = Rule::Adam(Moments { beta1: 0.9, beta2: 0.999, eps: 1e-8 });
        runs.push(("Adam".to_string(), "adam".to_string(), self.adam_rate, adam));
        for (i, (name, key, rate, rule)) in runs.into_iter().enumerate() {
            context.step(i, times.len() + 1, &text("rates", "学习率"))?;
            let path = self.descend(rule, rate, self.steps);
            let height: Vec<f64> = path.iter().map(|p| value(&self.curvatures, p)).collect();
            let (first, last) = (height[0], height[self.steps]);
            table.row(vec![name.clone().into(), rate.into(), first.into(), last.into()]);
            report.metric(format!("{key}.ratio"), last / first);
            let curve = |steps: usize, of: &dyn Fn(usize) -> f64| {
                (0..=steps).map(|s| (s as f64, of(s))).collect::<Vec<_>>()
            };
            let stroke = if key == "adam" { Stroke::Dashed } else { Stroke::Solid };
            heights.push(
                Series::new(name.clone(), curve(self.steps, &|s| height[s].max(1e-12)))
                    .stroke(stroke),
            );
            let steep = self.curvatures.iter().position(|l| *l == steepest).unwrap_or(0);
            swings.push(
                Series::new(name, curve(self.steps.min(FIRST), &|s| path[s][steep])).stroke(stroke),
            );
        }
        let measured = self.threshold(rule, steepest, critical);
        report
            .metric("critical.exact", critical)
            .metric("critical.measured", measured)
            .metric("condition", steepest / flattest);
        report.table(table);
        if self.momentum == 0.0 {
            best(self, &mut report, (flattest, steepest), critical);
        }
        report.say(text(
            format!(
                "The steepest direction (λ = {}) sets the limit: {} by the formula, {} by bisection on real descents. The flattest direction sets the time: \
                 with the largest rate that holds it shrinks by 1 − ηλ a step. Adam's step does not grow with the curvature, so it swings and does not explode.",
                number(steepest), number(critical), number(measured)
            ),
            format!(
                "上限由最陡的方向（λ = {}）决定：公式给出 {}，对真实下降过程二分得到 {}。耗时由最平的方向决定：用不发散的最大学习率，它每步也只缩小到 1 − ηλ 倍。\
                 Adam 的步长不随曲率增大，所以只摆动，不爆炸。",
                number(steepest), number(critical), number(measured)
            ),
        ));
        let panel = |title: &str, y, series| Panel {
            title: title.to_string(),
            x: Axis::new("step"),
            y,
            content: Content::Lines(Lines { series, markers: Vec::new() }),
        };
        report.figure(Figure::grid(
            "quadratic",
            format!("Gradient descent on a bowl: critical rate {}", number(critical)),
            2,
            vec![
                panel("height", Axis::log("f(θ)"), heights),
                panel(
                    "the steepest direction, first steps",
                    Axis::new("θ").between(-2.0, 2.0),
                    swings,
                ),
            ],
        ));
        Ok(report)
    }

    /// Every place on the way, the start first.
    fn descend(&self, rule: Rule, rate: f64, steps: usize) -> Vec<Vec<f64>> {
        let n = self.curvatures.len();
        let (mut theta, mut m, mut v) = (vec![1.0; n], vec![0.0; n], vec![0.0; n]);
        let mut path = vec![theta.clone()];
        for number in 1..=steps as u64 {
            let g = gradient(&self.curvatures, &theta);
            let step = Step { rate, decay: 0.0, factor: 1.0, number };
            rule.step(step, &mut theta, &g, &mut m, &mut v);
            path.push(theta.clone());
        }
        path
    }

    /// The rate at which real descents along the steepest direction turn from shrinking to growing.
    fn threshold(&self, rule: Rule, steepest: f64, critical: f64) -> f64 {
        const EARLY: usize = 400;
        const LATE: usize = 800;
        let alone = Self { curvatures: vec![steepest], ..self.clone() };
        let growth = |rate: f64| {
            let path = alone.descend(rule, rate, LATE);
            let height = |s: usize| path[s][0].abs().max(f64::MIN_POSITIVE).ln();
            if path[LATE][0].is_finite() { height(LATE) - height(EARLY) } else { 1.0 }
        };
        bisect(growth, 0.5 * critical, 1.5 * critical)
    }
}

/// The rate that is best for the flattest and the steepest direction at once.
fn best(lab: &Quadratic, report: &mut Report, (flattest, steepest): (f64, f64), critical: f64) {
    const STEPS: usize = 200;
    let slowest = |rate: f64| {
        let path = lab.descend(Rule::Sgd, rate, STEPS);
        let most = |p: &Vec<f64>| p.iter().fold(f64::MIN_POSITIVE, |m: f64, t| m.max(t.abs()));
        most(&path[STEPS]).ln() / STEPS as f64
    };
    let measured = highest(|rate| -slowest(rate), 0.0, critical);
    report
        .metric("best.exact", 2.0 / (flattest + steepest))
        .metric("best.measured", measured)
        .metric("best.shrinks_to", (steepest - flattest) / (steepest + flattest));
}
