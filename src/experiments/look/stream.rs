//! `look stream`: how the residual stream grows from place to place.

use ndarray::Array2;

use super::subject::{Reader, Subject};
use crate::experiments::Context;
use crate::report::{
    Axis, Content, Error, Figure, Heatmap, Lines, Palette, Panel, Report, Series, Stroke, Table,
    number, text,
};

/// The norm of the residual stream after each sub-layer, token by token ‖ 每个子层之后残差流的范数，逐 token 显示
#[derive(Debug, Clone, clap::Args)]
pub struct Stream {
    /// What is read, and by which model ‖ 读什么，由哪个模型读
    #[command(flatten)]
    pub subject: Subject,
}

/// The stream at one place of the model.
struct Place {
    /// `embedding`, `1 attention`, `1 FFN`.
    name: String,
    /// ‖x‖ of each token.
    norms: Vec<f64>,
    /// Mean ‖Δx‖ since the place before, and mean cosine between there and here.
    change: Option<(f64, f64)>,
}

impl Stream {
    /// Measures.
    ///
    /// # Errors
    /// If there is no such model, or it cannot read the text.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let reader = self.subject.open(context)?;
        let trace = reader.trace()?;
        let mut places: Vec<Place> = Vec::new();
        let mut before: Option<Array2<f32>> = None;
        for i in 0..=2 * reader.model.config.layers {
            let x = trace.stream(i); // (T, d)
            places.push(Place::of(i, &x, before.as_ref()));
            before = Some(x);
        }
        let mut report = Report::new(text("The residual stream", "残差流"));
        report.figure(picture(&places, &reader));
        report.table(table(&places));
        said(&places, &mut report);
        Ok(report)
    }
}

impl Place {
    fn of(i: usize, x: &Array2<f32>, before: Option<&Array2<f32>>) -> Self {
        let name = match (i, i % 2) {
            (0, _) => "embedding".to_string(),
            (_, 1) => format!("{} attention", i.div_ceil(2)),
            _ => format!("{} FFN", i / 2),
        };
        let wide = |x: &Array2<f32>| x.mapv(f64::from);
        let x = wide(x);
        let norms: Vec<f64> = x.rows().into_iter().map(|row| row.dot(&row).sqrt()).collect();
        let change = before.map(wide).map(|old| {
            let step = &x - &old;
            let each = |i: usize| {
                let (a, b, d) = (old.row(i), x.row(i), step.row(i));
                let lengths = (a.dot(&a) * b.dot(&b)).sqrt().max(f64::MIN_POSITIVE);
                (d.dot(&d).sqrt(), a.dot(&b) / lengths)
            };
            let n = norms.len() as f64;
            let sum = (0..norms.len()).map(each).fold((0.0, 0.0), |s, e| (s.0 + e.0, s.1 + e.1));
            (sum.0 / n, sum.1 / n)
        });
        Self { name, norms, change }
    }

    fn mean(&self) -> f64 {
        self.norms.iter().sum::<f64>() / self.norms.len() as f64
    }

    fn ends(&self) -> (f64, f64) {
        let ends = |(low, high): (f64, f64), x: &f64| (low.min(*x), high.max(*x));
        self.norms.iter().fold((f64::INFINITY, 0.0), ends)
    }
}

/// The norms as curves over the places, and as a map over places and tokens.
fn picture(places: &[Place], reader: &Reader) -> Figure {
    let half = |i: usize| i as f64 / 2.0;
    let curve = |value: &dyn Fn(&Place) -> f64| -> Vec<(f64, f64)> {
        places.iter().enumerate().map(|(i, p)| (half(i), value(p))).collect()
    };
    let mut mean = Series::new("mean of all tokens", curve(&Place::mean)).stroke(Stroke::Dotted);
    mean.band = places.iter().map(Place::ends).collect();
    let series = vec![
        mean,
        Series::new("first token", curve(&|p| p.norms[0])),
        Series::new("what was added, ‖Δx‖", curve(&|p| p.change.map_or(f64::NAN, |c| c.0)))
            .stroke(Stroke::Dashed),
    ];
    let map = Heatmap {
        values: places.iter().map(|p| p.norms.clone()).collect(),
        palette: Palette::Sequential,
        unit: "‖x‖".to_string(),
        show_values: false,
    };
    let panels = vec![
        Panel {
            title: "Norm by depth (band: least to most)".to_string(),
            x: Axis::new("blocks passed"),
            y: Axis::new("‖x‖"),
            content: Content::Lines(Lines { series, markers: Vec::new() }),
        },
        Panel {
            title: "Norm by place and token".to_string(),
            x: Axis::names("token", reader.names()),
            y: Axis::names("after", places.iter().map(|p| p.name.clone()).collect()),
            content: Content::Heatmap(map),
        },
    ];
    Figure::grid("stream", "The residual stream", 1, panels)
}

fn table(places: &[Place]) -> Table {
    let mut table = Table::new(text("Norm of the stream", "残差流的范数"))
        .words(text("after", "位置"))
        .numbers(text("mean ‖x‖", "平均 ‖x‖"))
        .numbers(text("least", "最小"))
        .numbers(text("most", "最大"))
        .numbers(text("added: mean ‖Δx‖", "增量：平均 ‖Δx‖"))
        .numbers(text("cosine with the place before", "与前一位置的余弦"));
    for place in places {
        let (low, high) = place.ends();
        let mut row = vec![place.name.clone().into(), place.mean().into(), low.into(), high.into()];
        match place.change {
            Some((size, cosine)) => row.extend([size.into(), cosine.into()]),
            None => row.extend([crate::report::Cell::Empty, crate::report::Cell::Empty]),
        }
        table.row(row);
    }
    table
}

fn said(places: &[Place], report: &mut Report) {
    let (Some(start), Some(end)) = (places.first(), places.last()) else { return };
    let growth = end.mean() / start.mean();
    let cosines = places.iter().filter_map(|p| p.change).map(|c| c.1);
    let n = places.len().saturating_sub(1).max(1) as f64;
    report.say(text(
        format!(
            "From the embedding to the end the stream grows {} times: each sub-layer reads the stream and adds its part.",
            number(growth)
        ),
        format!(
            "从词嵌入到末尾，残差流的范数变为 {} 倍：每个子层读取残差流，再加上自己的一份。",
            number(growth)
        ),
    ));
    report.metric("norm.start", start.mean());
    report.metric("norm.end", end.mean());
    report.metric("norm.growth", growth);
    report.metric("norm.first_token.end", end.norms[0]);
    report.metric("cosine.mean", cosines.sum::<f64>() / n);
    report.metric("places", places.len());
}
