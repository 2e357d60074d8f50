//! `loss scaling`: is a loss divided by ten the same as a learning rate divided by ten? Optimizers
//! answer on a bowl of two parameters.

use crate::experiments::{Context, params};
use crate::math::quadratic;
use crate::model::{Moments, Rule, Step};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number, text,
};

/// Loss / 10 against learning rate / 10, for SGD, momentum, Adam, with weight decay, with clipping ‖ 损失除以 10 与学习率除以 10：SGD、动量、Adam、权重衰减、梯度裁剪
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "loss scaling\nloss scaling --factor 100\nloss scaling --eps 0.01\nloss scaling --decay 0 --clip 1000"
)]
pub struct Scaling {
    /// By what the loss, or the rate, is divided ‖ 损失（或学习率）除以多少
    #[arg(long, value_name = "K", value_parser = params::between(0.001, 1e6), default_value = "10")]
    pub factor: f64,
    /// Steps ‖ 步数
    #[arg(long, value_name = "N", value_parser = params::count(1, 10_000), default_value = "50")]
    pub steps: usize,
    /// Learning rate of SGD ‖ SGD 的学习率
    #[arg(long, value_name = "X", value_parser = params::between(1e-6, 0.1), default_value = "0.04")]
    pub rate: f64,
    /// Learning rate of Adam and AdamW ‖ Adam 与 AdamW 的学习率
    #[arg(long, value_name = "X", value_parser = params::between(1e-6, 1.0), default_value = "0.1")]
    pub adam_rate: f64,
    /// Weight decay, where there is one ‖ 权重衰减系数（用到时）
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 1.0), default_value = "0.25")]
    pub decay: f64,
    /// The largest gradient norm, where it is clipped ‖ 梯度范数上限（用到裁剪时）
    #[arg(long, value_name = "X", value_parser = params::between(1e-3, 1e6), default_value = "1")]
    pub clip: f64,
    /// Adam's ε ‖ Adam 的 ε
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 1.0), default_value = "1e-8")]
    pub eps: f64,
}

/// The bowl's curvatures, and where every run starts.
const CURVATURES: [f64; 2] = [1.0, 10.0];
const START: [f64; 2] = [3.0, -2.0];

/// One optimizer with all that stands around it.
struct Way {
    key: &'static str,
    name: Text,
    rule: Rule,
    rate: f64,
    decay: f64,
    clip: Option<f64>,
}

/// Places on the way, the start first.
type Path = Vec<[f64; 2]>;

impl Way {
    /// Descends with the loss and the rate divided by so much.
    fn descend(&self, loss: f64, rate: f64, steps: usize) -> Path {
        let (mut theta, mut m, mut v) = (START, [0.0; 2], [0.0; 2]);
        let mut path = vec![theta];
        for number in 1..=steps as u64 {
            let gradient: Vec<f64> =
                quadratic::gradient(&CURVATURES, &theta).iter().map(|g| g / loss).collect();
            let norm = gradient[0].hypot(gradient[1]);
            let factor = self.clip.map_or(1.0, |most| if norm > most { most / norm } else { 1.0 });
            let step = Step { rate: self.rate / rate, decay: self.decay, factor, number };
            self.rule.step(step, &mut theta, &gradient, &mut m, &mut v);
            path.push(theta);
        }
        path
    }
}

/// The three runs of one optimizer.
struct Runs {
    base: Path,
    loss: Path,
    rate: Path,
}

fn end(path: &Path) -> [f64; 2] {
    path[path.len() - 1]
}

fn distance(a: &Path, b: &Path) -> f64 {
    let (a, b) = (end(a), end(b));
    (a[0] - b[0]).hypot(a[1] - b[1])
}

impl Scaling {
    /// Three runs for each optimizer.
    ///
    /// # Errors
    /// Only an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let ways = self.ways();
        let mut all = Vec::new();
        for (i, way) in ways.iter().enumerate() {
            context.step(i, ways.len(), &text("optimizers", "优化器"))?;
            all.push(Runs {
                base: way.descend(1.0, 1.0, self.steps),
                loss: way.descend(self.factor, 1.0, self.steps),
                rate: way.descend(1.0, self.factor, self.steps),
            });
        }
        let k = number(self.factor);
        let mut report = Report::new(text(
            format!("Loss / {k} against learning rate / {k}"),
            format!("损失 / {k} 与学习率 / {k}"),
        ));
        report.formula("f(x, y) = x²/2 + 10 y²/2,  start (3, −2)");
        let mut table = Table::new(text(
            format!("Where {} steps end", self.steps),
            format!("{} 步之后的位置", self.steps),
        ))
        .words(text("optimizer", "优化器"))
        .numbers(text("as it is", "原样"))
        .numbers(text(format!("loss / {k}"), format!("损失 / {k}")))
        .numbers(text(format!("rate / {k}"), format!("学习率 / {k}")))
        .words(text("the same?", "相同？"));
        for (way, runs) in ways.iter().zip(&all) {
            let place = |path: &Path| {
                let [x, y] = end(path);
                format!("({x:.3}, {y:.3})")
            };
            let (apart, moved) =
                (distance(&runs.loss, &runs.rate), distance(&runs.base, &runs.loss));
            let verdict = match (apart < 1e-6, moved < 1e-6) {
                (true, _) => text("both the same", "二者相同"),
                (_, true) => text("loss does nothing", "除损失毫无作用"),
                _ => text("no", "不同"),
            };
            table.row(vec![
                way.name.clone().into(),
                place(&runs.base).into(),
                place(&runs.loss).into(),
                place(&runs.rate).into(),
                verdict.into(),
            ]);
            report
                .metric(format!("{}.apart", way.key), apart)
                .metric(format!("{}.moved", way.key), moved)
                .metric(format!("{}.loss.x", way.key), end(&runs.loss)[0])
                .metric(format!("{}.rate.x", way.key), end(&runs.rate)[0]);
        }
        report.table(table);
        report.say(text(
            "SGD and momentum are linear in the gradient: a factor on the loss is a factor on the rate. Weight decay apart from the loss and clipping break that. \
             Adam divides the gradient by its own size, so a factor on the loss cancels (up to ε) and only the rate sets the step.",
            "SGD 和动量对梯度是线性的：损失上的系数就是学习率上的系数。损失之外的权重衰减和梯度裁剪会打破这一点。\
             Adam 用梯度自身的大小去除梯度，损失上的系数（除 ε 外）约掉了，步长只由学习率决定。",
        ));
        report.figure(self.picture(&ways, &all));
        Ok(report)
    }

    fn ways(&self) -> Vec<Way> {
        let moments = Moments { beta1: 0.9, beta2: 0.999, eps: self.eps };
        let way = |key, name, rule, rate| Way { key, name, rule, rate, decay: 0.0, clip: None };
        let sgd = |key, name| way(key, name, Rule::Sgd, self.rate);
        let momentum = Rule::Momentum { mu: 0.9 };
        vec![
            sgd("sgd", Text::same("SGD")),
            way("momentum", text("SGD, momentum 0.9", "SGD，动量 0.9"), momentum, self.rate / 4.0),
            Way {
                decay: self.decay,
                ..sgd("sgd_decay", text("SGD, weight decay", "SGD，权重衰减"))
            },
            Way {
                clip: Some(self.clip),
                ..sgd("sgd_clip", text("SGD, clipping", "SGD，梯度裁剪"))
            },
            way("adam", Text::same("Adam"), Rule::Adam(moments), self.adam_rate),
            Way {
                decay: self.decay,
                ..way("adamw", Text::same("AdamW"), Rule::AdamW(moments), self.adam_rate)
            },
        ]
    }

    /// A panel for each optimizer: the height over the steps.
    fn picture(&self, ways: &[Way], all: &[Runs]) -> Figure {
        let k = number(self.factor);
        let panel = |(way, runs): (&Way, &Runs)| {
            let curve = |path: &Path| {
                let height = |theta: &[f64; 2]| quadratic::value(&CURVATURES, theta).max(1e-12);
                (0..).map(f64::from).zip(path.iter().map(height)).collect::<Vec<_>>()
            };
            Panel {
                title: way.name.en.clone(),
                x: Axis::new("step"),
                y: Axis::log("f(x, y)"),
                content: Content::Lines(Lines {
                    series: vec![
                        Series::new("as it is", curve(&runs.base)),
                        Series::new(format!("rate / {k}"), curve(&runs.rate)),
                        Series::new(format!("loss / {k}"), curve(&runs.loss))
                            .stroke(Stroke::Dashed), // on top of whichever it equals
                    ],
                    markers: Vec::new(),
                }),
            }
        };
        Figure::grid(
            "scaling",
            format!("Loss / {k} or learning rate / {k}?"),
            3,
            ways.iter().zip(all).map(panel).collect(),
        )
    }
}
