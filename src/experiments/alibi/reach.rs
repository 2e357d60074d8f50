//! `alibi reach`: over how many tokens each head spreads its weight.

use ndarray::Array2;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};

use crate::experiments::{Context, params};
use crate::math::position::alibi_slope;
use crate::math::softmax::softmax;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, number, text,
};

/// Draws of random scores.
const DRAWS: usize = 16;

/// How far each head looks: the mean distance and the entropy of its weights over random scores ‖ 每个头能看多远：随机分数下权重的平均距离与熵
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "alibi reach\nalibi reach --heads 16 --tokens 4096\nalibi reach --std 0")]
pub struct Reach {
    /// Heads ‖ 注意力头数
    #[arg(long, value_name = "H", default_value = "8", value_parser = params::count(1, 256))]
    pub heads: usize,
    /// Tokens that the last one looks back at, itself included ‖ 最后一个 token 能看到的 token 数（含自己）
    #[arg(long, value_name = "T", default_value = "1024", value_parser = params::count(2, 16_384))]
    pub tokens: usize,
    /// Standard deviation of the scores before the bias ‖ 加偏置前分数的标准差
    #[arg(long, value_name = "STD", default_value = "1", value_parser = params::between(0.0, 50.0))]
    pub std: f64,
}

/// One head's habits.
struct Habit {
    slope: f64,
    entropy: f64,
    distance: f64,
    half: usize,
}

impl Reach {
    /// Weighs random scores with each head's bias.
    ///
    /// # Errors
    /// Bad input if the scores would not fit, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let t = self.tokens;
        let mut rng = context.rng(0);
        let scores = Array2::from_shape_simple_fn((DRAWS, t), || {
            let z: f64 = StandardNormal.sample(&mut rng);
            self.std * z
        }); // (draws, T), column r being the key at distance r
        let mut habits = Vec::new();
        for h in 0..self.heads {
            context.step(h, self.heads, &text("weighing", "计算中"))?;
            habits.push(Habit::of(&scores, alibi_slope(h, self.heads)));
        }
        let flat = Habit::of(&scores, 0.0);
        let mut report = Report::new(text("How far each head reaches", "每个头能看多远"));
        report.formula("wᵣ = softmax(s − m r),  reach = Σ r wᵣ,  effective tokens = exp(H(w))");
        let mut table = Table::new(text(
            format!("The last of {t} tokens, {DRAWS} draws of scores"),
            format!("{t} 个 token 中的最后一个，分数抽样 {DRAWS} 次"),
        ))
        .words(text("head", "头"))
        .numbers(text("slope m", "斜率 m"))
        .numbers(text("entropy (nats)", "熵（nat）"))
        .numbers(text("effective tokens", "有效 token 数"))
        .numbers(text("mean distance", "平均距离"))
        .numbers(text("half of the weight within", "一半权重所在的距离"));
        for (h, habit) in habits.iter().enumerate() {
            habit.row(&mut table, text(format!("{}", h + 1), format!("{}", h + 1)));
            let name = |what: &str| format!("head{}.{what}", h + 1);
            report.metric_in(name("entropy"), habit.entropy, "nats");
            report.metric(name("effective"), habit.entropy.exp());
            report.metric(name("distance"), habit.distance);
            report.metric(name("half"), habit.half);
        }
        flat.row(&mut table, text("no bias", "无偏置"));
        report.table(table);
        report.metric("flat.effective", flat.entropy.exp()).metric("flat.distance", flat.distance);
        let (first, last) = (&habits[0], &habits[habits.len() - 1]);
        report.say(text(
            format!(
                "The steepest head looks at {} tokens in effect, the flattest at {}, without a bias it would be {}. What lies beyond a few times 1/m is as good as cut off: \
                 a longer text changes nothing for steep heads.",
                number(first.entropy.exp()), number(last.entropy.exp()), number(flat.entropy.exp())
            ),
            format!(
                "最陡的头实际上只看 {} 个 token，最缓的看 {} 个，没有偏置则是 {} 个。距离超过几倍 1/m 的内容几乎被切掉：对陡的头来说，文本再长也没有区别。",
                number(first.entropy.exp()), number(last.entropy.exp()), number(flat.entropy.exp())
            ),
        ));
        report.figure(picture(&habits, t));
        Ok(report)
    }
}

impl Habit {
    fn of(scores: &Array2<f64>, slope: f64) -> Self {
        let t = scores.ncols();
        let biased =
            Array2::from_shape_fn(scores.dim(), |(i, r)| scores[[i, r]] - slope * r as f64);
        let w = softmax(biased.view()); // (draws, T)
        let draws = w.nrows() as f64;
        let entropy = -w.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>() / draws;
        let mean: Vec<f64> = (0..t).map(|r| w.column(r).sum() / draws).collect(); // (T)
        let distance = mean.iter().enumerate().map(|(r, p)| r as f64 * p).sum();
        let mut seen = 0.0;
        let half = mean.iter().position(|p| {
            seen += p;
            seen >= 0.5
        });
        Self { slope, entropy, distance, half: half.unwrap_or(t - 1) }
    }

    fn row(&self, table: &mut Table, name: crate::report::Text) {
        table.row(vec![
            name.into(),
            self.slope.into(),
            self.entropy.into(),
            self.entropy.exp().into(),
            self.distance.into(),
            self.half.into(),
        ]);
    }
}

fn picture(habits: &[Habit], t: usize) -> Figure {
    let heads = |value: fn(&Habit) -> f64| -> Vec<(f64, f64)> {
        habits.iter().enumerate().map(|(h, habit)| ((h + 1) as f64, value(habit))).collect()
    };
    let series = vec![
        Series::new("exp(entropy)", heads(|h| h.entropy.exp())).stroke(Stroke::Dotted),
        Series::new("mean distance", heads(|h| h.distance.max(1e-3))).stroke(Stroke::Dotted),
    ];
    // the shape alone, without chance
    let shape = |habit: &Habit| {
        let total: f64 = (0..t).map(|r| (-habit.slope * r as f64).exp()).sum();
        let points = (0..t.min(200))
            .map(|r| (r as f64, ((-habit.slope * r as f64).exp() / total).max(1e-9)));
        points.collect()
    };
    let some =
        habits.iter().enumerate().filter(|(h, _)| habits.len() <= 8 || h % (habits.len() / 8) == 0);
    let curves = some.map(|(h, habit)| Series::new(format!("head {}", h + 1), shape(habit)));
    let panels = vec![
        Panel {
            title: "Reach".to_string(),
            x: Axis::new("head h"),
            y: Axis::log("tokens"),
            content: Content::Lines(Lines { series, markers: Vec::new() }),
        },
        Panel {
            title: "Weight by distance, equal scores".to_string(),
            x: Axis::new("distance i − j"),
            y: Axis::log("weight").between(1e-6, 1.0),
            content: Content::Lines(Lines { series: curves.collect(), markers: Vec::new() }),
        },
    ];
    Figure::grid("reach", "Steep heads look near, flat heads far", 2, panels)
}
