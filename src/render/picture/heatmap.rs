//! Heatmaps: coloured cells with named rows and columns, and a colour bar or a legend of categories.

use super::font;
use super::frame::{Area, Frame, Side, TICK, names};
use super::key::{Entry, Key, Mark};
use super::scene::{GREY, Scene, Words};
use crate::render::palette;
use crate::render::shade::{Shades, cell_ticks, short, thinned};
use crate::report::{Axis, Heatmap, Palette, Panel};

/// More cells than this each way cannot be told apart in the picture.
const MOST: usize = 400;
const LARGEST_CELL: f64 = 52.0;
const INSIDE: f64 = 11.0;
/// Numbers and words are written into grids of at most this many cells.
const INSCRIBED: usize = 400;
/// The least cell that has room for its name at the axis.
const NAMED_CELL: f64 = TICK + 3.5;
/// More names than this may be thinned out.
const NAMED: usize = 40;
/// The longest word of a cell.
const WORD_ROOM: f64 = 80.0;

/// A heatmap ready to be drawn.
pub struct Cells {
    values: Vec<Vec<f64>>,
    shades: Shades,
    /// What each cell says.
    words: Option<Vec<Vec<String>>>,
}

/// Sizes the cells within about the given size and plans what surrounds them.
pub fn plan(
    panel: &Panel,
    map: &Heatmap,
    words: Option<&Vec<Vec<String>>>,
    (w, h): (f64, f64),
) -> (Frame, Cells) {
    let values = thinned(map, MOST, MOST);
    let shades = Shades::of(map);
    let rows = values.len();
    let columns = values.first().map_or(0, Vec::len);
    let small = map.show_values && rows * columns <= INSCRIBED;
    let words = small.then(|| inscriptions(&values, words));
    let (w, h) = size(&values, words.as_deref(), (w, h));
    let named = |axis: &Axis, cells: usize| match axis.names.is_empty() || cells > NAMED {
        true => 0.0,
        false => cells as f64 * NAMED_CELL,
    };
    let (w, h) = (w.max(named(&panel.x, columns)), h.max(named(&panel.y, rows)));
    let full_columns = map.values.iter().map(Vec::len).min().unwrap_or(0);
    let frame = Frame {
        w,
        h,
        title: panel.title.clone(),
        x: side(&panel.x, full_columns, w, true),
        y: side(&panel.y, map.values.len(), h, false),
        key: key(map, &shades, h),
    };
    (frame, Cells { values, shades, words })
}

/// What each cell says: its word, or its number.
fn inscriptions(values: &[Vec<f64>], words: Option<&Vec<Vec<String>>>) -> Vec<Vec<String>> {
    let word = |r: usize, c: usize, value: f64| match words {
        Some(words) => {
            let word = words.get(r).and_then(|row| row.get(c));
            word.map_or(String::new(), |w| font::fit(w, INSIDE, false, WORD_ROOM))
        }
        None => short(value),
    };
    let row = |(r, row): (usize, &Vec<f64>)| {
        row.iter().enumerate().map(|(c, value)| word(r, c, *value)).collect()
    };
    values.iter().enumerate().map(row).collect()
}

/// Square cells where that leaves them a fair size.
fn size(values: &[Vec<f64>], words: Option<&[Vec<String>]>, (w, h): (f64, f64)) -> (f64, f64) {
    let rows = values.len().max(1) as f64;
    let columns = values.first().map_or(1, Vec::len).max(1) as f64;
    let (mut cw, mut ch) = ((w / columns).min(LARGEST_CELL), (h / rows).min(LARGEST_CELL));
    if cw.max(ch) <= 2.5 * cw.min(ch) {
        (cw, ch) = (cw.min(ch), cw.min(ch));
    }
    if let Some(words) = words {
        let widths = words.iter().flatten().map(|word| font::width(word, INSIDE, false));
        cw = cw.max(widths.fold(0.0, f64::max) + 8.0);
        ch = ch.max(INSIDE + 8.0);
    }
    ((cw * columns).max(90.0), (ch * rows).max(70.0))
}

/// Names, or the numbers of rows and columns (from the axis's range where it has one).
fn side(axis: &Axis, cells: usize, room: f64, horizontal: bool) -> Side {
    let label = axis.label.clone();
    if !axis.names.is_empty() {
        // As many names as there are cells, so that each stands at its own.
        let named: Vec<String> =
            (0..cells).map(|i| axis.names.get(i).cloned().unwrap_or_default()).collect();
        let (ticks, upwards) = names(&named, room, horizontal);
        return Side { label, ticks, grid: false, upwards };
    }
    let ticks = cell_ticks(axis, cells, (room / if horizontal { 30.0 } else { 22.0 }) as usize);
    let turn = |(place, label)| (if horizontal { place } else { 1.0 - place }, label);
    Side { label, ticks: ticks.into_iter().map(turn).collect(), grid: false, upwards: false }
}

fn key(map: &Heatmap, shades: &Shades, h: f64) -> Key {
    if let Palette::Categories(names) = &map.palette {
        let entries = names.iter().enumerate().map(|(i, name)| Entry {
            label: name.clone(),
            color: palette::series(i),
            mark: Mark::Swatch,
        });
        return Key::legend(entries.collect());
    }
    let count = ((h / (TICK * 2.5)) as usize).clamp(2, 8);
    let ticks = shades.span.ticks(count).into_iter();
    let placed = ticks.filter_map(|t| Some((shades.span.place(t.value)?.clamp(0.0, 1.0), t.label)));
    Key::bar(|place| shades.at(place), placed.collect(), &map.unit)
}

impl Cells {
    /// Draws the cells into their area.
    pub fn draw(&self, scene: &mut Scene, area: Area) {
        let rows = self.values.len();
        let columns = self.values.first().map_or(0, Vec::len);
        if rows * columns == 0 {
            let (x, y) = (area.x + area.w / 2.0, area.y + area.h / 2.0);
            scene.text(Words::new("no data", x, y).color(GREY).center());
            return;
        }
        let (cw, ch) = (area.w / columns as f64, area.h / rows as f64);
        let gap = if cw.min(ch) >= 10.0 { 1.0 } else { 0.0 };
        for (r, row) in self.values.iter().enumerate() {
            for (c, value) in row.iter().enumerate() {
                let Some(color) = self.shades.color(*value) else { continue };
                let at = (area.x + c as f64 * cw, area.y + r as f64 * ch);
                scene.rect(at, (cw - gap, ch - gap), color, 1.0);
                if let Some(word) = self.words.as_ref().map(|words| &words[r][c]) {
                    let ink = if palette::lightness(color) > 0.55 {
                        (20, 20, 20)
                    } else {
                        (255, 255, 255)
                    };
                    let middle = (at.0 + (cw - gap) / 2.0, at.1 + (ch - gap) / 2.0);
                    let words = Words::new(word, middle.0, middle.1).size(INSIDE);
                    scene.text(words.color(ink).center());
                }
            }
        }
    }
}
