//! The values of a heatmap as colours, for pictures and the terminal alike.

use super::palette::{self, Rgb};
use super::scale::Span;
use crate::report::{Axis, Heatmap, Palette};

/// How one heatmap's values become colours.
pub struct Shades {
    kind: Kind,
    /// The ends of the colour bar.
    pub span: Span,
}

enum Kind {
    Sequential,
    Diverging,
    Categories,
}

impl Shades {
    /// Fits the colours to the finite values; a diverging palette is symmetric around zero.
    pub fn of(map: &Heatmap) -> Self {
        let finite = || map.values.iter().flatten().copied().filter(|v| v.is_finite());
        let axis = Axis::new("");
        let most = finite().fold(0.0f64, |most, v| most.max(v.abs()));
        let (kind, span) = match map.palette {
            Palette::Sequential => (Kind::Sequential, Span::fit(&axis, finite(), 0.0)),
            Palette::Diverging => {
                (Kind::Diverging, Span::fit(&axis, [-most, most].into_iter(), 0.0))
            }
            Palette::Categories(_) => (Kind::Categories, Span::fit(&axis, finite(), 0.0)),
        };
        Self { kind, span }
    }

    /// The colour of a value; none for NaN. Infinite values take the colour of their end.
    pub fn color(&self, value: f64) -> Option<Rgb> {
        if value.is_nan() {
            return None;
        }
        if let Kind::Categories = self.kind {
            return Some(palette::series(value.clamp(0.0, 1e6) as usize));
        }
        Some(self.at(self.level(value)))
    }

    /// Where a value stands between the ends, 0 to 1.
    pub fn level(&self, value: f64) -> f64 {
        if value.is_infinite() {
            return if value > 0.0 { 1.0 } else { 0.0 };
        }
        self.span.place(value).unwrap_or(0.0).clamp(0.0, 1.0)
    }

    /// The colour at a place of the bar.
    pub fn at(&self, place: f64) -> Rgb {
        match self.kind {
            Kind::Diverging => palette::diverging(place),
            _ => palette::sequential(place),
        }
    }
}

/// At most `rows` by `columns` values, each the mean of the finite ones that it covers, so that a
/// large heatmap stays drawable. Categories are sampled, for their mean means nothing.
pub fn thinned(map: &Heatmap, rows: usize, columns: usize) -> Vec<Vec<f64>> {
    let height = map.values.len();
    let width = map.values.iter().map(Vec::len).min().unwrap_or(0);
    if height <= rows && width <= columns {
        return map.values.iter().map(|row| row[..width].to_vec()).collect();
    }
    let (rows, columns) = (rows.clamp(1, height.max(1)), columns.clamp(1, width.max(1)));
    let categories = matches!(map.palette, Palette::Categories(_));
    let part = |i: usize, n: usize, of: usize| (i * of / n)..((i + 1) * of / n).max(i * of / n + 1);
    let cell = |r: usize, c: usize| {
        let rows = part(r, rows, height).filter_map(|i| map.values.get(i));
        let mut values = rows.flat_map(|row| row[part(c, columns, width)].iter().copied());
        if categories {
            return values.next().unwrap_or(f64::NAN);
        }
        let finite: Vec<f64> = values.filter(|v| v.is_finite()).collect();
        finite.iter().sum::<f64>() / finite.len() as f64
    };
    (0..rows).map(|r| (0..columns).map(|c| cell(r, c)).collect()).collect()
}

/// A short number for inside a cell.
pub fn short(value: f64) -> String {
    let size = value.abs();
    let words = match size {
        _ if !value.is_finite() => crate::report::number(value),
        _ if size >= 1e5 || (size > 0.0 && size < 5e-3) => format!("{value:.0e}"),
        _ if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        _ if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    words.replace('-', "−")
}
