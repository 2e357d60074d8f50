//! `look attention`: where each head looks.

use ndarray::Array2;

use super::subject::{Reader, Subject, largest, one_of};
use crate::experiments::{Context, params};
use crate::report::{
    Axis, Content, Error, Figure, Heatmap, Palette, Panel, Report, Table, number, text,
};

/// Small panels in one picture.
const PANELS: usize = 32;

/// Where heads look, as heat maps with a summary of each head ‖ 各注意力头在看哪里：热图与每个头的统计
#[derive(Debug, Clone, clap::Args)]
pub struct Attention {
    /// What is read, and by which model ‖ 读什么，由哪个模型读
    #[command(flatten)]
    pub subject: Subject,
    /// One block, counted from 1; all if not given ‖ 哪一层（从 1 数起）；默认所有层
    #[arg(long, value_name = "L", value_parser = params::count(1, 1000))]
    pub layer: Option<usize>,
    /// One head, counted from 1; all if not given ‖ 哪个头（从 1 数起）；默认所有头
    #[arg(long, value_name = "H", value_parser = params::count(1, 1000))]
    pub head: Option<usize>,
}

/// What one head does, in numbers.
struct Habit {
    layer: usize,
    head: usize,
    weights: Array2<f32>,
    /// Mean entropy of a row in bits.
    entropy: f64,
    /// Mean weight on the token itself, on the one before, on the first.
    itself: f64,
    previous: f64,
    first: f64,
    /// Mean weight on tokens that once came after the same token; nothing where none repeats.
    induction: Option<f64>,
    /// The largest sum of a row's weights on tokens that come later.
    future: f64,
}

impl Attention {
    /// Looks at the heads.
    ///
    /// # Errors
    /// If there is no such model, block or head.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let reader = self.subject.open(context)?;
        let config = &reader.model.config;
        let pick = |one: Option<usize>, n: usize, what| match one {
            Some(one) => one_of(one, n, &what).map(|i| i..i + 1),
            None => Ok(0..n),
        };
        let layers = pick(self.layer, config.layers, text("layer", "层"))?;
        let heads = pick(self.head, config.heads, text("head", "头"))?;
        let trace = reader.trace()?;
        let mut habits = Vec::new();
        for layer in layers {
            context.step(layer, config.layers, &text("looking", "查看中"))?;
            for head in heads.clone() {
                let weights = trace.attention(layer, head); // (T, T)
                habits.push(Habit::of(layer, head, weights, &reader.ids));
            }
        }
        let mut report = Report::new(text("Where heads look", "注意力头在看哪里"));
        report.figure(match habits.as_slice() {
            [one] => one.alone(&reader),
            many => together(many, &reader),
        });
        if habits.len() > PANELS {
            report.say(text(
                format!("The picture shows the first {PANELS} heads."),
                format!("图中只画前 {PANELS} 个头。"),
            ));
        }
        report.table(table(&habits, &reader));
        said(&habits, &reader, &mut report);
        Ok(report)
    }
}

impl Habit {
    fn of(layer: usize, head: usize, weights: Array2<f32>, ids: &[u32]) -> Self {
        let w = |i: usize, j: usize| f64::from(weights[[i, j]]);
        let n = ids.len();
        let mean = |from: usize, value: &dyn Fn(usize) -> f64| match n - from.min(n) {
            0 => 0.0,
            count => (from..n).map(value).sum::<f64>() / count as f64,
        };
        let bits = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
        // tokens that stand after an earlier occurrence of token i
        let again = |i: usize| (1..i).filter(move |j| ids[j - 1] == ids[i]);
        let repeated: Vec<usize> = (0..n).filter(|i| again(*i).next().is_some()).collect();
        let follows = |i: usize| again(i).map(|j| w(i, j)).sum::<f64>();
        let induction = repeated.iter().map(|i| follows(*i)).sum::<f64>() / repeated.len() as f64;
        let later = |i: usize| (i + 1..n).map(|j| w(i, j)).sum::<f64>();
        Self {
            layer,
            head,
            entropy: mean(0, &|i| (0..n).map(|j| bits(w(i, j))).sum()),
            itself: mean(0, &|i| w(i, i)),
            previous: mean(1, &|i| w(i, i - 1)),
            first: mean(1, &|i| w(i, 0)),
            induction: (!repeated.is_empty()).then_some(induction),
            future: (0..n).map(later).fold(0.0, f64::max),
            weights,
        }
    }

    fn title(&self) -> String {
        format!("layer {}, head {}", self.layer + 1, self.head + 1)
    }

    /// The weights; what the mask forbids is left empty.
    fn map(&self, reader: &Reader) -> Content {
        let n = self.weights.nrows();
        let cell = |i: usize, j: usize| match reader.model.config.mask.span(i, n).contains(&j) {
            true => f64::from(self.weights[[i, j]]),
            false => f64::NAN,
        };
        Content::Heatmap(Heatmap {
            values: (0..n).map(|i| (0..n).map(|j| cell(i, j)).collect()).collect(),
            palette: Palette::Sequential,
            unit: "attention weight".to_string(),
            show_values: false,
        })
    }

    fn alone(&self, reader: &Reader) -> Figure {
        let title = format!("Attention of {}", self.title());
        let axis = |label: &str| Axis::names(label, reader.names());
        Figure::new(
            "attention",
            title,
            axis("key: looked at"),
            axis("query: looks"),
            self.map(reader),
        )
    }

    /// Where the last token looks most, and with what weight.
    fn last(&self) -> (usize, f64) {
        let row = self.weights.row(self.weights.nrows() - 1);
        let most = largest(row.iter());
        (most, f64::from(row[most]))
    }
}

/// All heads as small panels, one row a layer.
fn together(habits: &[Habit], reader: &Reader) -> Figure {
    let panel = |habit: &Habit| Panel {
        title: habit.title(),
        x: Axis::new("key position"),
        y: Axis::new("query position"),
        content: habit.map(reader),
    };
    let columns = reader.model.config.heads.min(habits.len()).min(8);
    let panels = habits.iter().take(PANELS).map(panel).collect();
    Figure::grid("attention", "Attention, head by head", columns, panels)
}

fn table(habits: &[Habit], reader: &Reader) -> Table {
    let last = reader.last();
    let mut table = Table::new(text("Habits of the heads", "各注意力头的习惯"))
        .words(text("head", "头"))
        .numbers(text("entropy (bits)", "熵（bit）"))
        .numbers(text("on itself", "自身"))
        .numbers(text("on the one before", "前一个"))
        .numbers(text("on the first", "第一个"))
        .numbers(text("after the same token", "同一 token 之后"))
        .words(text(format!("the last, {last}, looks at"), format!("末尾 {last} 看向")));
    for habit in habits {
        let (at, weight) = habit.last();
        let token = reader.token(reader.ids[at] as usize);
        table.row(vec![
            text(habit.title(), format!("层 {} 头 {}", habit.layer + 1, habit.head + 1)).into(),
            habit.entropy.into(),
            habit.itself.into(),
            habit.previous.into(),
            habit.first.into(),
            habit.induction.map_or(crate::report::Cell::Empty, Into::into),
            format!("{token} ({weight:.2})").into(),
        ]);
    }
    table
}

/// The strongest habits in a sentence, and the numbers.
fn said(habits: &[Habit], reader: &Reader, report: &mut Report) {
    let most = |value: fn(&Habit) -> f64| {
        habits.iter().max_by(|a, b| value(a).total_cmp(&value(b))).map(|h| (h, value(h)))
    };
    if let (true, Some((habit, weight))) = (habits.len() > 1, most(|h| h.previous)) {
        report.metric("previous.head", habit.title());
        report.metric("previous.weight", weight);
        report.say(text(
            format!(
                "The head that looks most at the token before is {}: {} of its weight on average.",
                habit.title(),
                number(weight)
            ),
            format!(
                "最关注前一个 token 的是第 {} 层第 {} 头：平均权重 {}。",
                habit.layer + 1,
                habit.head + 1,
                number(weight)
            ),
        ));
    }
    let sum = |row: ndarray::ArrayView1<f32>| row.iter().map(|w| f64::from(*w)).sum::<f64>();
    let rows = habits.iter().flat_map(|h| h.weights.rows()).map(|row| (sum(row) - 1.0).abs());
    report.metric("rows.error", rows.fold(0.0, f64::max));
    report.metric("weight.future", habits.iter().map(|h| h.future).fold(0.0, f64::max));
    report.metric("heads", habits.len());
    report.metric("tokens", reader.ids.len());
    let many = habits.len() > 1;
    for habit in habits {
        let name = |what: &str| match many {
            true => format!("layer{}.head{}.{what}", habit.layer + 1, habit.head + 1),
            false => what.to_string(),
        };
        report.metric_in(name("entropy"), habit.entropy, "bits");
        report.metric(name("weight.self"), habit.itself);
        report.metric(name("weight.previous"), habit.previous);
        report.metric(name("weight.first"), habit.first);
        if let Some(induction) = habit.induction {
            report.metric(name("weight.induction"), induction);
        }
        let (at, weight) = habit.last();
        report.metric(name("last.position"), at);
        report.metric(name("last.token"), reader.token(reader.ids[at] as usize));
        report.metric(name("last.weight"), weight);
    }
}
