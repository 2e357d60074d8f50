//! `heads copy`: say the token before and the token three before, both at once. One head must mix
//! them; two heads need not.

use ndarray::{Array2, Axis as Along, Slice};
use ndarray_rand::rand::Rng;

use super::learner::{Learner, POSITIONS, SYMBOLS};
use crate::experiments::{Context, params};
use crate::math::attention::{Mask, attend};
use crate::math::loss::cross_entropy;
use crate::math::search::highest;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, number, text,
};

/// Random tokens whose copies are asked for.
const TOKENS: usize = 64;
/// The largest factor of the readout.
const SCALE: f64 = 1000.0;
/// Steps of the share of the weight.
const SHARES: u32 = 100;
/// Steps between two looks at a training run.
const EVERY: usize = 10;

/// Copy two earlier tokens at once with one head or two ‖ 用一个或两个头同时复制前面的两个 token
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "heads copy\nheads copy --symbols 32\nheads copy --steps 300")]
pub struct Copy {
    /// Different tokens ‖ 不同 token 的个数
    #[arg(long, value_name = "V", default_value = "8", value_parser = params::count(3, 64))]
    pub symbols: usize,
    /// Also train a layer with one head and one with two for so many steps ‖ 另外训练一个头和两个头的层各若干步
    #[arg(long, value_name = "N", default_value = "0", value_parser = params::count(0, 5000))]
    pub steps: usize,
}

/// What a readout of one head's mixture loses, in nats: of the token before, of the one three before.
struct Lost {
    share: f64,
    near: f64,
    far: f64,
    /// Share of the places where both are right.
    both: f64,
}

impl Copy {
    /// Builds the heads by hand, and trains some if that is asked for.
    ///
    /// # Errors
    /// An interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let mut rng = context.rng(0);
        let tokens: Vec<usize> = (0..TOKENS).map(|_| rng.random_range(0..self.symbols)).collect();
        let mut report = Report::new(text("Two copies at once", "同时复制两个 token"));
        report.formula(
            "one head   p·e(x[i−1]) + (1−p)·e(x[i−3])\ntwo heads  e(x[i−1])  and  e(x[i−3])",
        );
        let mut all = Vec::new();
        for step in 0..=SHARES {
            context.step(step as usize, SHARES as usize, &text("mixing", "混合中"))?;
            all.push(self.one(&tokens, f64::from(step) / f64::from(SHARES)));
        }
        let two = self.two(&tokens);
        self.say(&mut report, &all, &two);
        report.figure(picture(&all, &two));
        if self.steps > 0 {
            self.train(&mut report, context)?;
        }
        Ok(report)
    }

    /// What a head finds that puts `share` of its weight on the token before and the rest on the one
    /// three before, `(T − 3, V)`: the attention of the lab, with queries built by hand.
    fn mixed(&self, tokens: &[usize], share: f64) -> Array2<f64> {
        let n = tokens.len();
        let log = |p: f64| p.max(1e-30).ln();
        // position i asks for positions i − 1 and i − 3; a key is its position
        let query = Array2::from_shape_fn((n, n), |(i, j)| match i.saturating_sub(j) {
            1 => log(share),
            3 => log(1.0 - share),
            _ => -1e3,
        }) * (n as f64).sqrt(); // (T, T)
        let key = Array2::eye(n); // (T, T)
        let (out, _) = attend(query.view(), key.view(), self.embedded(tokens).view(), Mask::Causal);
        out.slice_axis(Along(0), Slice::from(3..)).to_owned() // (T − 3, V)
    }

    /// Tokens as unit vectors, `(T, V)`.
    fn embedded(&self, tokens: &[usize]) -> Array2<f64> {
        Array2::from_shape_fn(
            (tokens.len(), self.symbols),
            |(i, v)| {
                if tokens[i] == v { 1.0 } else { 0.0 }
            },
        )
    }

    /// One head, its mixture read as well as a linear readout can. The loss is convex in the readout
    /// and treats all tokens alike, so that the best readout does so too: a factor times the mixture.
    /// Its top is the heavier token, whichever of the two is asked for.
    fn one(&self, tokens: &[usize], share: f64) -> Lost {
        let mixed = self.mixed(tokens, share); // (T − 3, V)
        let tops = best(&mixed);
        self.lost(tokens, share, [&mixed, &mixed], [&tops, &tops])
    }

    /// Two heads, each read by itself.
    fn two(&self, tokens: &[usize]) -> Lost {
        let [near, far] = [1.0, 0.0].map(|share| self.mixed(tokens, share)); // (T − 3, V) each
        self.lost(tokens, 1.0, [&near, &far], [&best(&near), &best(&far)])
    }

    fn lost(
        &self,
        tokens: &[usize],
        share: f64,
        found: [&Array2<f64>; 2],
        tops: [&[usize]; 2],
    ) -> Lost {
        let n = tokens.len();
        let (near, far) = (&tokens[2..n - 1], &tokens[..n - 3]);
        let right = |i: &usize| tops[0][*i] == near[*i] && tops[1][*i] == far[*i];
        let both = (0..n - 3).filter(right).count() as f64 / (n - 3) as f64;
        Lost { share, near: least(found[0], near), far: least(found[1], far), both }
    }

    fn say(&self, report: &mut Report, all: &[Lost], two: &Lost) {
        let mut table =
            Table::new(text("Loss of the best linear readout (nats)", "最佳线性读出的损失（nat）"))
                .words(text("heads", "头"))
                .numbers(text("weight on i − 1", "i − 1 的权重"))
                .numbers(text("token i − 1", "token i − 1"))
                .numbers(text("token i − 3", "token i − 3"))
                .numbers(text("mean", "平均"))
                .numbers(text("both right (%)", "两个都对（%）"));
        let mut row = |name, lost: &Lost| {
            table.row(vec![
                name,
                lost.share.into(),
                lost.near.into(),
                lost.far.into(),
                lost.mean().into(),
                (100.0 * lost.both).into(),
            ]);
        };
        for lost in all.iter().step_by(25) {
            row(text("one", "一个").into(), lost);
        }
        row(text("two", "两个").into(), two);
        report.table(table);
        let least = all.iter().min_by(|a, b| a.mean().total_cmp(&b.mean()));
        let best = least.map_or(f64::NAN, Lost::mean);
        let right = all.iter().map(|lost| lost.both).fold(0.0, f64::max);
        report.metric_in("one.loss", best, "nats");
        report.metric("one.right", right);
        report.metric_in("two.loss", two.mean(), "nats");
        report.metric("two.right", two.both);
        report.metric("one.share", least.map_or(f64::NAN, |lost| lost.share));
        report.metric_in("loss.chance", (self.symbols as f64).ln(), "nats");
        let limit = 2_f64.ln() * (1.0 - 1.0 / self.symbols as f64) / 2.0;
        report.metric_in("one.loss.limit", limit, "nats");
        let [best, limit, loss] = [best, limit, two.mean()].map(number);
        let [one, two] = [right, two.both].map(|share| number(100.0 * share));
        report.say(text(
            format!(
                "One softmax has one unit of weight to give. Split it, and the mixture tells which two tokens, not which is which: the best readout of the lighter one still points at the heavier, and is right where both are equal ({one} %). At best {best} nats a token; no split comes below ln 2·(1 − 1/V)/2 = {limit}. Two heads: {loss} nats, {two} %."
            ),
            format!(
                "一个 softmax 只有一份权重可分。一旦分开，混合结果只能说明是哪两个 token，说不清谁是谁：想读出较轻的那个，最佳读出仍指向较重的那个，只有两者恰好相同时才都对（{one} %）。最好也要 {best} nat / token，怎么分都低不过 ln 2·(1 − 1/V)/2 = {limit}。两个头：{loss} nat，{two} %。"
            ),
        ));
    }

    /// Trains a layer of attention alone with one head and with two.
    fn train(&self, report: &mut Report, context: &Context) -> Result<(), Error> {
        let mut series = Vec::new();
        for (i, heads) in [1, 2].into_iter().enumerate() {
            let mut learner = Learner::new(heads, &mut context.rng(1));
            let mut rng = context.rng(2);
            let mut curve = vec![(0.0, learner.look(&mut context.rng(3)).0)];
            for step in 1..=self.steps {
                let words = text(format!("{heads} heads"), format!("{heads} 个头"));
                context.step(i * self.steps + step, 2 * self.steps, &words)?;
                learner.step(&mut rng);
                if step.is_multiple_of(EVERY) || step == self.steps {
                    curve.push((step as f64, learner.look(&mut context.rng(3)).0));
                }
            }
            let (loss, right) = learner.look(&mut context.rng(3));
            let name = ["one", "two"][i];
            report.metric_in(format!("trained.{name}.loss"), loss, "nats");
            report.metric(format!("trained.{name}.right"), right);
            report.metric(format!("trained.{name}.parameters"), learner.parameters());
            let label = if heads == 1 { "one head" } else { "two heads" };
            series.push(Series::new(label, curve));
        }
        report.figure(Figure::new(
            "training",
            format!("A layer of attention learns both copies ({SYMBOLS} tokens, T = {POSITIONS})"),
            Axis::new("step"),
            Axis::new("loss on fresh tokens (nats)"),
            Content::Lines(Lines { series, markers: Vec::new() }),
        ));
        Ok(())
    }
}

impl Lost {
    fn mean(&self) -> f64 {
        (self.near + self.far) / 2.0
    }
}

/// The largest of each row, the first of equals.
fn best(found: &Array2<f64>) -> Vec<usize> {
    let top = |row: ndarray::ArrayView1<f64>| {
        let better = |best: usize, i: usize| if row[i] > row[best] { i } else { best };
        (1..row.len()).fold(0, better)
    };
    found.rows().into_iter().map(top).collect()
}

/// The lowest cross-entropy that a factor times what was found can reach. It is convex in the factor.
fn least(found: &Array2<f64>, targets: &[usize]) -> f64 {
    let loss = |scale: f64| cross_entropy((found * scale).view(), targets).0;
    loss(highest(|scale| -loss(scale), 0.0, SCALE))
}

/// Both losses against the share of the weight, and two heads below.
fn picture(all: &[Lost], two: &Lost) -> Figure {
    let curve = |name: &str, value: fn(&Lost) -> f64| {
        Series::new(name, all.iter().map(|lost| (lost.share, value(lost))).collect())
    };
    let flat = vec![(0.0, two.mean()), (1.0, two.mean())];
    let series = vec![
        curve("one head: token i − 1", |lost| lost.near),
        curve("one head: token i − 3", |lost| lost.far),
        curve("one head: mean", Lost::mean),
        Series::new("two heads", flat).stroke(Stroke::Dashed),
    ];
    Figure::new(
        "mixing",
        "One head must mix, two need not",
        Axis::new("weight on token i − 1 (the rest lies on i − 3)").between(0.0, 1.0),
        Axis::new("loss of the best linear readout (nats)"),
        Content::Lines(Lines { series, markers: Vec::new() }),
    )
}
