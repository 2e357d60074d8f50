//! The values of a heatmap as colours, for pictures and the terminal alike.

use super::palette::{self, Rgb};
use super::scale::Span;
use crate::report::{Axis, Heatmap, Palette, number};

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

/// Ticks of an axis of `cells` cells without names, `(place, label)`, at most about `most`: the
/// cells' indices, or round values where the axis has a range.
pub fn cell_ticks(axis: &Axis, cells: usize, most: usize) -> Vec<(f64, String)> {
    let place = |index: f64| (index + 0.5) / cells.max(1) as f64;
    let last = cells.saturating_sub(1) as f64;
    let Some((low, high)) = axis.range.filter(|(low, high)| low < high && last > 0.0) else {
        let step = (0..18u32).flat_map(|d| [1, 2, 5].map(|f| f * 10usize.pow(d)));
        let step = step.into_iter().find(|s| cells.div_ceil(*s) <= most.max(2)).unwrap_or(1);
        return (0..cells).step_by(step).map(|i| (place(i as f64), number(i as f64))).collect();
    };
    let ticks = Span::fit(axis, std::iter::empty(), 0.0).ticks((most / 2).clamp(2, 10)).into_iter();
    let index = |value: f64| (value - low) / (high - low) * last;
    ticks.map(|t| (place(index(t.value)).clamp(0.0, 1.0), t.label)).collect()
}

/// A short number for inside a cell.
pub fn short(value: f64) -> String {
    let size = value.abs();
    let words = match size {
        _ if !value.is_finite() => number(value),
        _ if size >= 1e5 || (size > 0.0 && size < 5e-3) => format!("{value:.0e}"),
        _ if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        _ if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    words.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_numbered_by_whole_numbers() {
        let labels = |cells, most| -> Vec<String> {
            cell_ticks(&Axis::new("token"), cells, most).into_iter().map(|t| t.1).collect()
        };
        assert_eq!(labels(4, 9), ["0", "1", "2", "3"]);
        assert_eq!(labels(100, 5), ["0", "20", "40", "60", "80"]);
        assert!(labels(0, 5).is_empty());
    }

    #[test]
    fn a_large_map_is_averaged_and_categories_are_sampled() {
        let mut map = Heatmap {
            values: vec![vec![1.0, 3.0, f64::NAN, 5.0]; 2],
            palette: Palette::Sequential,
            unit: String::new(),
            show_values: false,
        };
        assert_eq!(thinned(&map, 1, 2), [[2.0, 5.0]]);
        map.palette = Palette::Categories(Vec::new());
        assert_eq!(thinned(&map, 1, 2)[0][0], 1.0);
    }

    #[test]
    fn short_numbers_keep_two_or_three_digits() {
        let shorts = [1.0, -0.123, 12.34, 123.4, 0.0001, 0.0].map(short);
        assert_eq!(shorts, ["1", "−0.12", "12.3", "123", "1e−4", "0"]);
    }
}
