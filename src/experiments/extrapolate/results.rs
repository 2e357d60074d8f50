//! What a run found, as data that can be kept in a file, and the report that it becomes.

use serde::{Deserialize, Serialize};

use crate::report::{
    Axis, Cell, Content, Figure, Lines, Panel, Report, Series, Stroke, Table, Text, number, text,
};

/// The losses of one way of knowing positions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Its name.
    pub label: String,
    /// Loss in nats per token, `(lengths, seeds)`.
    pub losses: Vec<Vec<f64>>,
    /// Mean loss at groups of places of the longest texts.
    pub places: Vec<f64>,
}

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The command that makes it.
    pub command: String,
    /// Tokens of a text in training.
    pub train_length: usize,
    /// Lengths of the tests.
    pub lengths: Vec<usize>,
    /// The factor of the scalings.
    pub factor: f64,
    /// ln V.
    pub chance: f64,
    /// The true entropy of a token in nats.
    pub entropy: f64,
    /// One for each way.
    pub curves: Vec<Curve>,
}

impl Curve {
    /// Mean and standard deviation over seeds at a length; no deviation for one seed.
    fn at(&self, length: usize) -> (f64, f64) {
        let losses = &self.losses[length];
        let n = losses.len() as f64;
        let mean = losses.iter().sum::<f64>() / n;
        let squares: f64 = losses.iter().map(|l| (l - mean).powi(2)).sum();
        (mean, if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { 0.0 })
    }
}

/// What a way is, in words.
fn words(label: &str) -> Text {
    match label {
        "learned" => text("learned table, rows past it untrained", "可学习的表，超出部分未训练"),
        "sinusoidal" => text("sinusoids, added", "正弦编码，相加"),
        "none" => text("no positions", "无位置编码"),
        "t5" => text("T5's biases", "T5 相对偏置"),
        "alibi" => text("ALiBi", "ALiBi"),
        "rope" => text("RoPE, untouched", "RoPE，不做改动"),
        "pi" => text("RoPE, positions interpolated", "RoPE + 位置插值"),
        "ntk" => text("RoPE, NTK-aware base", "RoPE + NTK-aware 底数"),
        "dynamic" => text("RoPE, dynamic NTK", "RoPE + 动态 NTK"),
        "yarn" => text("RoPE, YaRN", "RoPE + YaRN"),
        "window" => text("RoPE, sliding window", "RoPE + 滑动窗口"),
        "tuned" => text("RoPE, tuned on long texts", "RoPE，长文本微调"),
        _ => text("RoPE, interpolated and tuned", "RoPE + 位置插值 + 微调"),
    }
}

impl Results {
    /// The report of a run.
    pub fn report(&self) -> Report {
        let mut report = Report::new(text("Train short, test long", "短训长测"));
        let longest = self.lengths.last().copied().unwrap_or(self.train_length);
        let seeds = self.curves.first().map_or(0, |c| c.losses[0].len());
        report.say(text(
            format!(
                "Trained on texts of {} words, tested on up to {longest}; {seeds} seed(s). Loss in nats per word over all places of the text; \
                 chance is {}. The scalings have factor {}.",
                self.train_length, number(self.chance), number(self.factor)
            ),
            format!(
                "训练文本长 {} 个词，测试最长 {longest} 个词；{seeds} 个种子。损失为全文各位置的平均，单位 nat/词；瞎猜为 {}。各种缩放的倍数为 {}。",
                self.train_length, number(self.chance), number(self.factor)
            ),
        ));
        let mut table = Table::new(text("Loss by length of the text", "损失随文本长度的变化"))
            .words(text("way", "做法"))
            .words(Text::default());
        for length in &self.lengths {
            table = table.numbers(Text::same(format!("T = {length}")));
        }
        table = table.numbers(text("± over seeds, longest", "± 种子间标准差（最长）"));
        let last = self.lengths.len() - 1;
        for curve in &self.curves {
            let mut row: Vec<Cell> = vec![curve.label.clone().into(), words(&curve.label).into()];
            row.extend((0..=last).map(|i| Cell::from((curve.at(i).0 * 1e4).round() / 1e4)));
            row.push(curve.at(last).1.into());
            table.row(row);
            self.measure(curve, &mut report);
        }
        report.table(table);
        self.verdict(&mut report);
        report
            .metric_in("loss.chance", self.chance, "nats")
            .metric_in("loss.entropy", self.entropy, "nats")
            .metric("seeds", seeds);
        report.figure(self.picture());
        report.say(text(
            format!("Made by `{}`.", self.command),
            format!("由 `{}` 得到。", self.command),
        ));
        report
    }

    fn measure(&self, curve: &Curve, report: &mut Report) {
        let label = &curve.label;
        for (i, length) in self.lengths.iter().enumerate() {
            let (mean, spread) = curve.at(i);
            report.metric_in(format!("{label}.loss.at_{length}"), mean, "nats");
            report.metric_in(format!("{label}.spread.at_{length}"), spread, "nats");
        }
        let rise = curve.at(self.lengths.len() - 1).0 - curve.at(0).0;
        report.metric_in(format!("{label}.rise"), rise, "nats");
    }

    /// Who rose, who fell.
    fn verdict(&self, report: &mut Report) {
        let last = self.lengths.len() - 1;
        let mut ranked: Vec<_> = self.curves.iter().map(|c| (c, c.at(last).0)).collect();
        ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (Some(best), Some(worst)) = (ranked.first(), ranked.last()) else { return };
        let rises: Vec<&str> = self
            .curves
            .iter()
            .filter(|c| c.at(last).0 > c.at(0).0 + 0.05)
            .map(|c| c.label.as_str())
            .collect();
        report.metric("best", best.0.label.as_str()).metric("worst", worst.0.label.as_str());
        let list = if rises.is_empty() { "–".to_string() } else { rises.join(", ") };
        report.say(text(
            format!(
                "On the longest texts the lowest loss is that of {} ({}), the highest that of {} ({}). More than 0.05 above its loss at the training length: {list}.",
                best.0.label, number(best.1), worst.0.label, number(worst.1)
            ),
            format!(
                "最长文本上损失最低的是 {}（{}），最高的是 {}（{}）。比训练长度上的损失高出 0.05 以上的有：{list}。",
                best.0.label, number(best.1), worst.0.label, number(worst.1)
            ),
        ));
    }

    fn picture(&self) -> Figure {
        let family = |label: &str| {
            ["pi", "ntk", "dynamic", "yarn", "window", "tuned", "pi-tuned"].contains(&label)
        };
        let curve = |curve: &Curve| {
            let at = |i: usize| (self.lengths[i] as f64, curve.at(i).0);
            let band = |i: usize| (curve.at(i).0 - curve.at(i).1, curve.at(i).0 + curve.at(i).1);
            let n = self.lengths.len();
            Series {
                band: if curve.losses[0].len() > 1 {
                    (0..n).map(band).collect()
                } else {
                    Vec::new()
                },
                ..Series::new(curve.label.clone(), (0..n).map(at).collect()).stroke(Stroke::Dotted)
            }
        };
        let place = |curve: &Curve| {
            let longest = self.lengths.last().copied().unwrap_or(1) as f64;
            let step = longest / curve.places.len() as f64;
            let points = curve.places.iter().enumerate();
            let points = points.map(|(i, y)| ((i as f64 + 0.5) * step, *y)).collect();
            Series::new(curve.label.clone(), points)
        };
        let kinds: Vec<&Curve> = self.curves.iter().filter(|c| !family(&c.label)).collect();
        let ways: Vec<&Curve> =
            self.curves.iter().filter(|c| family(&c.label) || c.label == "rope").collect();
        let mut panels = Vec::new();
        for (name, some) in [("positions", kinds), ("RoPE, extended", ways)] {
            if some.is_empty() || (name != "positions" && some.len() < 2) {
                continue;
            }
            let panel = |title: String, x: Axis, series: Vec<Series>| Panel {
                title,
                x,
                y: Axis::new("cross-entropy (nats)"),
                content: Content::Lines(Lines { series, markers: Vec::new() }),
            };
            let series = some.iter().map(|c| curve(c)).collect();
            panels.push(panel(
                format!("{name}: loss by length"),
                Axis::log("length of the text (words)"),
                series,
            ));
            let series = some.iter().map(|c| place(c)).collect();
            panels.push(panel(
                format!("{name}: longest text, place by place"),
                Axis::new("place in the text"),
                series,
            ));
        }
        Figure::grid(
            "extrapolation",
            format!("Trained on {} words, tested on longer texts", self.train_length),
            2,
            panels,
        )
    }
}
