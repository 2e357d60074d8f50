//! Panels in a grid under one title. Each panel says how much room it needs; columns and rows take
//! the largest, and the picture is as large as all that.

use super::bars::{self, Columns, Counts};
use super::font;
use super::frame::{Area, Frame};
use super::heatmap::{self, Cells};
use super::key::Key;
use super::lines::{self, Curves};
use super::scene::{Scene, Words};
use crate::report::{Content, Figure, Panel};

const TITLE: f64 = 18.0;
const TITLE_LINE: f64 = 25.0;
/// Free space around everything.
const PAD: f64 = 18.0;
/// Free space between panels.
const BETWEEN: f64 = 22.0;
/// The narrowest picture.
const LEAST: f64 = 420.0;

enum Body<'a> {
    Curves(Curves<'a>),
    Cells(Cells),
    Columns(Columns<'a>),
    Counts(Counts),
}

struct Plan<'a> {
    frame: Frame,
    body: Body<'a>,
}

/// The figure as a scene.
pub fn scene(figure: &Figure) -> Scene {
    let columns = figure.columns.clamp(1, figure.panels.len().max(1));
    let size = match columns {
        1 if figure.panels.len() == 1 => (600.0, 360.0),
        1 => (560.0, 240.0),
        2 => (400.0, 280.0),
        3 => (310.0, 230.0),
        _ => (250.0, 190.0),
    };
    let mut plans: Vec<Plan> = figure.panels.iter().map(|p| plan(p, size)).collect();
    let key = common_key(&mut plans);
    let grid = Grid::of(&plans, columns);
    let key_width = if key == Key::None { 0.0 } else { key.width(grid.height()) };
    let width = (2.0 * PAD + grid.width() + key_width).max(LEAST);
    let title = font::wrap(&figure.title, TITLE, true, width - 2.0 * PAD);
    let head = PAD + title.len() as f64 * TITLE_LINE;
    let tall = grid.height().max(key.height(grid.height()));
    let mut scene = Scene::new(width.ceil(), (head + tall + PAD).ceil());
    for (i, line) in title.iter().enumerate() {
        let y = PAD + 9.0 + i as f64 * TITLE_LINE;
        scene.text(Words::new(line, width / 2.0, y).size(TITLE).bold().center());
    }
    let left = (width - grid.width() - key_width) / 2.0;
    for (i, plan) in plans.iter().enumerate() {
        let (x, y) = grid.corner(i);
        let area = Area { x: left + x, y: head + y, w: plan.frame.w, h: plan.frame.h };
        plan.draw(&mut scene, area);
    }
    let below = plans.first().map_or(0.0, |p| p.frame.top());
    key.draw(&mut scene, left + grid.width(), head + below, grid.height());
    scene
}

fn plan(panel: &Panel, size: (f64, f64)) -> Plan<'_> {
    match &panel.content {
        Content::Lines(content) => {
            let (frame, body) = lines::plan(panel, content, size);
            Plan { frame, body: Body::Curves(body) }
        }
        Content::Words(content, words) => {
            let (frame, body) = heatmap::plan(panel, content, Some(words), size);
            Plan { frame, body: Body::Cells(body) }
        }
        Content::Heatmap(content) => {
            let (frame, body) = heatmap::plan(panel, content, None, size);
            Plan { frame, body: Body::Cells(body) }
        }
        Content::Bars(content) => {
            let (frame, body) = bars::plan(panel, &content.series, size);
            Plan { frame, body: Body::Columns(body) }
        }
        Content::Histogram(content) => {
            let (frame, body) = bars::plan_histogram(panel, content, size);
            Plan { frame, body: Body::Counts(body) }
        }
    }
}

/// If all panels give the same names the same colours, their legend is drawn once, beside them all.
fn common_key(plans: &mut [Plan]) -> Key {
    let Some(first) = plans.first().map(|p| p.frame.key.clone()) else { return Key::None };
    if plans.len() < 2 || plans.iter().any(|p| !first.says_the_same(&p.frame.key)) {
        return Key::None;
    }
    plans.iter_mut().for_each(|p| p.frame.key = Key::None);
    first
}

impl Plan<'_> {
    fn draw(&self, scene: &mut Scene, area: Area) {
        self.frame.under(scene, area);
        match &self.body {
            Body::Curves(body) => body.draw(scene, area),
            Body::Cells(body) => body.draw(scene, area),
            Body::Columns(body) => body.draw(scene, area),
            Body::Counts(body) => body.draw(scene, area),
        }
        self.frame.over(scene, area);
    }
}

/// The columns and rows of the grid: room before, the drawing, room after.
struct Grid {
    columns: Vec<[f64; 3]>,
    rows: Vec<[f64; 3]>,
}

impl Grid {
    fn of(plans: &[Plan], columns: usize) -> Self {
        let mut grid = Self {
            columns: vec![[0.0; 3]; columns.min(plans.len())],
            rows: vec![[0.0; 3]; plans.len().div_ceil(columns)],
        };
        for (i, Plan { frame, .. }) in plans.iter().enumerate() {
            let across = [frame.left(), frame.w, frame.right()];
            let down = [frame.top(), frame.h, frame.bottom()];
            for k in 0..3 {
                let column = &mut grid.columns[i % columns][k];
                *column = column.max(across[k]);
                let row = &mut grid.rows[i / columns][k];
                *row = row.max(down[k]);
            }
        }
        grid
    }

    fn length(tracks: &[[f64; 3]]) -> f64 {
        let all: f64 = tracks.iter().flatten().sum();
        all + BETWEEN * tracks.len().saturating_sub(1) as f64
    }

    fn width(&self) -> f64 {
        Self::length(&self.columns)
    }

    fn height(&self) -> f64 {
        Self::length(&self.rows)
    }

    /// The upper left corner of the drawing of panel `i`.
    fn corner(&self, i: usize) -> (f64, f64) {
        let (column, row) = (i % self.columns.len(), i / self.columns.len());
        let before = |tracks: &[[f64; 3]], k: usize| {
            Self::length(&tracks[..k]) + if k > 0 { BETWEEN } else { 0.0 } + tracks[k][0]
        };
        (before(&self.columns, column), before(&self.rows, row))
    }
}
