//! The key beside a drawing: a legend of lines or swatches, or a colour bar with its unit.

use super::font;
use super::scene::{GREY, INK, Scene, Words, dashes};
use crate::render::palette::Rgb;

const SIZE: f64 = 12.5;
const ROW: f64 = 20.0;
const SAMPLE: f64 = 24.0;
const GAP: f64 = 16.0;
/// The longest label of a legend.
const ROOM: f64 = 230.0;
/// The most columns of a legend; what does not fit is counted in its last line.
const COLUMNS: usize = 3;
const BAR: f64 = 16.0;
/// Steps of the colour bar.
const STEPS: usize = 128;

/// What explains the colours.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Key {
    /// Nothing to explain.
    #[default]
    None,
    /// A line of words for each curve, bar or category.
    Legend(Vec<Entry>),
    /// Colours from bottom to top, ticks beside them, the unit at the side.
    Bar { colors: Vec<Rgb>, ticks: Vec<(f64, String)>, unit: String },
}

/// One line of a legend.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The name.
    pub label: String,
    /// The colour.
    pub color: Rgb,
    /// How it is drawn.
    pub mark: Mark,
}

/// The sample in a legend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mark {
    /// A line, with its dash pattern, and dots if it has them.
    Line { dash: Option<(f64, f64)>, dots: bool },
    /// A filled square.
    Swatch,
}

impl Key {
    /// A legend, if it says anything.
    pub fn legend(entries: Vec<Entry>) -> Self {
        if entries.iter().all(|e| e.label.is_empty()) { Self::None } else { Self::Legend(entries) }
    }

    /// A colour bar.
    pub fn bar(color: impl Fn(f64) -> Rgb, ticks: Vec<(f64, String)>, unit: &str) -> Self {
        let colors = (0..STEPS).map(|i| color((i as f64 + 0.5) / STEPS as f64)).collect();
        Self::Bar { colors, ticks, unit: unit.to_string() }
    }

    /// Whether both are legends of the same names in the same colours.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let same = |(a, b): (&Entry, &Entry)| a.label == b.label && a.color == b.color;
        match (self, other) {
            (Self::Legend(a), Self::Legend(b)) => a.len() == b.len() && a.iter().zip(b).all(same),
            _ => false,
        }
    }

    /// Room beside a drawing `h` points high.
    pub fn width(&self, h: f64) -> f64 {
        match self {
            Self::None => 8.0,
            Self::Legend(entries) => {
                let columns = columns(entries, h);
                GAP + columns.iter().map(|c| column_width(c) + GAP).sum::<f64>()
            }
            Self::Bar { ticks, unit, .. } => {
                let widest =
                    ticks.iter().map(|t| font::width(&t.1, SIZE, false)).fold(0.0, f64::max);
                GAP + BAR + 8.0 + widest + if unit.is_empty() { 6.0 } else { 26.0 }
            }
        }
    }

    /// The height that the key itself takes beside a drawing `h` points high.
    pub fn height(&self, h: f64) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Legend(entries) => {
                columns(entries, h).iter().map(Vec::len).max().unwrap_or(0) as f64 * ROW
            }
            Self::Bar { .. } => h,
        }
    }

    /// Draws the key from (x, y) downwards, beside a drawing `h` points high.
    pub fn draw(&self, scene: &mut Scene, x: f64, y: f64, h: f64) {
        match self {
            Self::None => {}
            Self::Legend(entries) => {
                let mut left = x + GAP;
                for column in columns(entries, h) {
                    for (i, entry) in column.iter().enumerate() {
                        entry.draw(scene, left, y + 8.0 + i as f64 * ROW);
                    }
                    left += column_width(&column) + GAP;
                }
            }
            Self::Bar { colors, ticks, unit } => bar(scene, (x + GAP, y, h), colors, ticks, unit),
        }
    }
}

impl Entry {
    fn draw(&self, scene: &mut Scene, x: f64, y: f64) {
        match self.mark {
            Mark::Line { dash, dots } => {
                for piece in dashes(&[(x, y), (x + SAMPLE, y)], dash) {
                    scene.path(piece, self.color, 2.4);
                }
                if dots {
                    scene.dot((x + SAMPLE / 2.0, y), 3.4, self.color);
                }
            }
            Mark::Swatch => scene.rect((x + SAMPLE - 14.0, y - 6.5), (13.0, 13.0), self.color, 1.0),
        }
        let label = font::fit(&self.label, SIZE, false, ROOM);
        scene.text(Words::new(&label, x + SAMPLE + 8.0, y).size(SIZE).color(INK));
    }
}

/// The entries in columns that fit beside a drawing `h` points high.
fn columns(entries: &[Entry], h: f64) -> Vec<Vec<Entry>> {
    let rows = ((h / ROW) as usize).max(2);
    let mut shown = entries.to_vec();
    if entries.len() > rows * COLUMNS {
        shown.truncate(rows * COLUMNS - 1);
        let label = format!("+ {} more", entries.len() - shown.len());
        shown.push(Entry { label, color: (255, 255, 255), mark: Mark::Swatch });
    }
    let columns = shown.len().div_ceil(rows).max(1);
    shown.chunks(shown.len().div_ceil(columns).max(1)).map(<[Entry]>::to_vec).collect()
}

fn column_width(column: &[Entry]) -> f64 {
    let widest = column.iter().map(|e| font::width(&e.label, SIZE, false).min(ROOM));
    SAMPLE + 8.0 + widest.fold(0.0, f64::max)
}

fn bar(
    scene: &mut Scene,
    (x, y, h): (f64, f64, f64),
    colors: &[Rgb],
    ticks: &[(f64, String)],
    unit: &str,
) {
    let step = h / colors.len().max(1) as f64;
    for (i, color) in colors.iter().rev().enumerate() {
        // Each step reaches a little under the next, so that rounding leaves no seam.
        let height = (step + 0.5).min(h - i as f64 * step);
        scene.rect((x, y + i as f64 * step), (BAR, height), *color, 1.0);
    }
    let mut widest: f64 = 0.0;
    for (place, label) in ticks {
        let at = y + (1.0 - place) * h;
        scene.path(vec![(x + BAR, at), (x + BAR + 4.0, at)], GREY, 1.0);
        scene.text(Words::new(label, x + BAR + 8.0, at).size(SIZE).color(GREY));
        widest = widest.max(font::width(label, SIZE, false));
    }
    let unit = font::fit(unit, SIZE, false, h + 20.0);
    let over = (font::width(&unit, SIZE, false) - h).max(0.0) / 2.0;
    let at = (x + BAR + 8.0 + widest + 14.0, y + h / 2.0 + (over - 6.0).max(0.0));
    scene.text(Words::new(&unit, at.0, at.1).size(SIZE).color(INK).upwards().center());
}
