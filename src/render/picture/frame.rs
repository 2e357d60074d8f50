//! What surrounds the drawing of a panel: axes with ticks and labels, the grid, the panel's title,
//! and the key (legend or colour bar) to the right. It knows how much room all that takes, so that
//! a picture grows around its words and none is cut off.

use super::font;
use super::key::Key;
use super::scene::{GREY, GRID, INK, Scene, Words};

/// Size of tick labels.
pub const TICK: f64 = 12.0;
/// Size of axis labels.
pub const LABEL: f64 = 13.5;
/// Size of a panel's title.
pub const TITLE: f64 = 14.5;
/// The longest name at an axis.
pub const NAME_ROOM: f64 = 150.0;

/// A rectangle of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// One axis of a panel: its label and what stands along it.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// The axis label.
    pub label: String,
    /// `(place, label)`; a place runs from 0 (left, bottom) to 1.
    pub ticks: Vec<(f64, String)>,
    /// Whether grid lines start at the ticks.
    pub grid: bool,
    /// Whether the labels run upwards (along the x axis only).
    pub upwards: bool,
}

/// The surroundings of a drawing of `w` × `h` points.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Width of the drawing itself.
    pub w: f64,
    /// Height of the drawing itself.
    pub h: f64,
    /// The panel's title.
    pub title: String,
    /// The x axis.
    pub x: Side,
    /// The y axis.
    pub y: Side,
    /// Legend or colour bar.
    pub key: Key,
}

impl Side {
    fn widest(&self) -> f64 {
        self.ticks.iter().map(|(_, label)| font::width(label, TICK, false)).fold(0.0, f64::max)
    }
}

impl Frame {
    /// Room left of the drawing: label, tick labels.
    pub fn left(&self) -> f64 {
        let label = if self.y.label.is_empty() { 0.0 } else { 24.0 };
        let first = self.x.ticks.first().filter(|_| !self.x.upwards);
        let over = first
            .map_or(0.0, |(place, label)| font::width(label, TICK, false) / 2.0 - place * self.w);
        (label + self.y.widest() + 12.0).max(over + 4.0)
    }

    /// Room right of the drawing, the key in it.
    pub fn right(&self) -> f64 {
        let last = self.x.ticks.last().filter(|_| !self.x.upwards);
        let over = last.map_or(0.0, |(place, label)| {
            font::width(label, TICK, false) / 2.0 - (1.0 - place) * self.w
        });
        over.max(8.0) + self.key.width(self.h)
    }

    /// Room above the drawing.
    pub fn top(&self) -> f64 {
        if self.title.is_empty() { 8.0 } else { 30.0 }
    }

    /// Room below the drawing.
    pub fn bottom(&self) -> f64 {
        let ticks = match (self.x.ticks.is_empty(), self.x.upwards) {
            (true, _) => 6.0,
            (false, true) => self.x.widest() + 12.0,
            (false, false) => 24.0,
        };
        ticks + if self.x.label.is_empty() { 4.0 } else { 26.0 }
    }

    /// The grid, under the drawing.
    pub fn under(&self, scene: &mut Scene, area: Area) {
        for (place, _) in self.x.ticks.iter().filter(|_| self.x.grid) {
            let x = area.x + place * area.w;
            scene.path(vec![(x, area.y), (x, area.y + area.h)], GRID, 1.0);
        }
        for (place, _) in self.y.ticks.iter().filter(|_| self.y.grid) {
            let y = area.y + (1.0 - place) * area.h;
            scene.path(vec![(area.x, y), (area.x + area.w, y)], GRID, 1.0);
        }
    }

    /// Axis lines, words and key, over the drawing.
    pub fn over(&self, scene: &mut Scene, area: Area) {
        let Area { x, y, w, h } = area;
        if self.x.grid || self.y.grid {
            scene.path(vec![(x, y), (x, y + h), (x + w, y + h)], GREY, 1.2);
        }
        self.x_words(scene, area);
        self.y_words(scene, area);
        let (left, right) = (self.left(), self.right());
        let title = font::fit(&self.title, TITLE, true, left + w + right - 8.0);
        let half = font::width(&title, TITLE, true) / 2.0;
        let middle = (x + w / 2.0).max(x - left + half).min((x + w + right - half).max(x));
        scene.text(Words::new(&title, middle, y - 16.0).size(TITLE).bold().center());
        self.key.draw(scene, x + w + (right - self.key.width(h)), y, h);
    }

    fn x_words(&self, scene: &mut Scene, area: Area) {
        let bottom = area.y + area.h;
        for (place, label) in &self.x.ticks {
            let x = area.x + place * area.w;
            let words = |y: f64| Words::new(label, x, y).size(TICK).color(GREY);
            scene.text(if self.x.upwards {
                words(bottom + 7.0).upwards().end()
            } else {
                words(bottom + 14.0).center()
            });
        }
        let room = self.left() + area.w + self.right() - 8.0;
        let label = font::fit(&self.x.label, LABEL, false, room);
        let over = (font::width(&label, LABEL, false) - area.w).max(0.0) / 2.0;
        let shift = (over - self.left() + 4.0).max(0.0);
        let y = bottom + self.bottom() - 12.0;
        let x = area.x + area.w / 2.0 + shift;
        scene.text(Words::new(&label, x, y).size(LABEL).color(INK).center());
    }

    fn y_words(&self, scene: &mut Scene, area: Area) {
        for (place, label) in &self.y.ticks {
            let y = area.y + (1.0 - place) * area.h;
            scene.text(Words::new(label, area.x - 7.0, y).size(TICK).color(GREY).end());
        }
        let label = font::fit(&self.y.label, LABEL, false, self.top() + area.h + self.bottom());
        let over = (font::width(&label, LABEL, false) - area.h).max(0.0) / 2.0;
        let shift = (over - self.top()).max(0.0);
        let (x, y) = (area.x - self.left() + 11.0, area.y + area.h / 2.0 + shift);
        scene.text(Words::new(&label, x, y).size(LABEL).color(INK).upwards().center());
    }
}

/// The most ticks of an axis whose labels stand apart along `room` points; `ticks(n)` gives about n.
pub fn ticks_that_fit(
    room: f64,
    each: f64,
    ticks: impl Fn(usize) -> Vec<(f64, String)>,
    wide: bool,
) -> Vec<(f64, String)> {
    let most = ((room / each) as usize).clamp(2, 10);
    let apart = |ticks: &[(f64, String)]| {
        ticks.windows(2).all(|pair| {
            let half = |i: usize| font::width(&pair[i].1, TICK, false) / 2.0;
            let need = if wide { half(0) + half(1) + 10.0 } else { TICK + 4.0 };
            (pair[1].0 - pair[0].0).abs() * room >= need
        })
    };
    let mut last = Vec::new();
    for count in (2..=most).rev() {
        last = ticks(count);
        if apart(&last) {
            return last;
        }
    }
    let step = last.len().div_ceil(2).max(1);
    last.into_iter().step_by(step).collect()
}

/// Names at the places of a categorical axis, every so many if they are too many for `room` points,
/// and whether they must run upwards.
pub fn names(names: &[String], room: f64, horizontal: bool) -> (Vec<(f64, String)>, bool) {
    let step = room / names.len().max(1) as f64;
    let fitted: Vec<String> = names.iter().map(|n| font::fit(n, TICK, false, NAME_ROOM)).collect();
    let widest = fitted.iter().map(|n| font::width(n, TICK, false)).fold(0.0, f64::max);
    let upwards = horizontal && widest + 6.0 > step;
    let every =
        if upwards || !horizontal { ((TICK + 3.0) / step).ceil().max(1.0) as usize } else { 1 };
    let place = |i: usize| (i as f64 + 0.5) / names.len() as f64;
    let kept = fitted.into_iter().enumerate().step_by(every);
    (
        kept.map(|(i, name)| (if horizontal { place(i) } else { 1.0 - place(i) }, name)).collect(),
        upwards,
    )
}
