//! What a picture shows, before it is pixels or SVG: shapes and words at places in points (half a
//! pixel of the PNG each way), the origin at the top left.

use super::font;
pub use crate::render::clip::Point;
use crate::render::palette::Rgb;

/// Ink for words and axes.
pub const INK: Rgb = (38, 38, 38);
/// Lesser words: tick numbers.
pub const GREY: Rgb = (90, 90, 90);
/// The grid.
pub const GRID: Rgb = (228, 228, 228);
/// The paper.
pub const PAPER: Rgb = (255, 255, 255);

/// A picture as a list of shapes and words.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// Size in points.
    pub width: f64,
    /// Size in points.
    pub height: f64,
    /// Drawn in order.
    pub shapes: Vec<Shape>,
    /// Drawn over the shapes.
    pub words: Vec<Words>,
}

/// One shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A line through points.
    Path { points: Vec<Point>, color: Rgb, width: f64 },
    /// A filled outline.
    Area { points: Vec<Point>, color: Rgb, alpha: f64 },
    /// A filled rectangle from its upper left corner.
    Rect { at: Point, size: Point, color: Rgb, alpha: f64 },
    /// A filled circle.
    Dot { at: Point, radius: f64, color: Rgb },
}

/// Which part of the words stands at their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Their beginning.
    Start,
    /// Their middle.
    Middle,
    /// Their end.
    End,
}

/// Words at a place; `y` is the middle of the small letters.
#[derive(Debug, Clone, PartialEq)]
pub struct Words {
    /// What they say.
    pub text: String,
    /// Where.
    pub at: Point,
    /// Height of the letters (the em), in points.
    pub size: f64,
    /// Bold.
    pub bold: bool,
    /// Colour.
    pub color: Rgb,
    /// What of them stands at the place.
    pub anchor: Anchor,
    /// Whether they run upwards.
    pub upwards: bool,
}

impl Words {
    /// Dark words of the usual size that begin at a place.
    pub fn new(text: &str, x: f64, y: f64) -> Self {
        let text = text.chars().filter(|c| !c.is_control()).collect();
        Self {
            text,
            at: (x, y),
            size: 13.0,
            bold: false,
            color: INK,
            anchor: Anchor::Start,
            upwards: false,
        }
    }

    /// Another size.
    pub fn size(mut self, size: f64) -> Self {
        self.size = size;
        self
    }

    /// Bold.
    pub fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    /// Another colour.
    pub fn color(mut self, color: Rgb) -> Self {
        self.color = color;
        self
    }

    /// Centred on their place.
    pub fn center(mut self) -> Self {
        self.anchor = Anchor::Middle;
        self
    }

    /// Ending at their place.
    pub fn end(mut self) -> Self {
        self.anchor = Anchor::End;
        self
    }

    /// Running upwards.
    pub fn upwards(mut self) -> Self {
        self.upwards = true;
        self
    }

    /// The rectangle that they take: left, top, right, bottom.
    pub fn extent(&self) -> (f64, f64, f64, f64) {
        let long = font::width(&self.text, self.size, self.bold);
        let before = match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => long / 2.0,
            Anchor::End => long,
        };
        let (x, y) = self.at;
        let half = self.size * 0.6;
        if self.upwards {
            (x - half, y + before - long, x + half, y + before)
        } else {
            (x - before, y - half, x - before + long, y + half)
        }
    }
}

impl Scene {
    /// An empty picture.
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, ..Self::default() }
    }

    /// Adds words.
    pub fn text(&mut self, words: Words) {
        if !words.text.is_empty() {
            self.words.push(words);
        }
    }

    /// Adds a line.
    pub fn path(&mut self, points: Vec<Point>, color: Rgb, width: f64) {
        self.shapes.push(Shape::Path { points: simplified(&points), color, width });
    }

    /// Adds a filled rectangle.
    pub fn rect(&mut self, at: Point, size: Point, color: Rgb, alpha: f64) {
        self.shapes.push(Shape::Rect { at, size, color, alpha });
    }

    /// Adds a dot.
    pub fn dot(&mut self, at: Point, radius: f64, color: Rgb) {
        self.shapes.push(Shape::Dot { at, radius, color });
    }
}

/// A line cut into dashes of `(on, off)` points; the whole line without a pattern.
pub fn dashes(points: &[Point], pattern: Option<(f64, f64)>) -> Vec<Vec<Point>> {
    let Some((on, off)) = pattern else { return vec![points.to_vec()] };
    let mut pieces = Vec::new();
    let mut piece: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut drawing, mut left) = (true, on);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        let mut long = (to.0 - from.0).hypot(to.1 - from.1);
        while long > left {
            let f = left / long;
            from = (from.0 + (to.0 - from.0) * f, from.1 + (to.1 - from.1) * f);
            long -= left;
            if drawing {
                piece.push(from);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![from];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
        left -= long;
        if drawing {
            piece.push(to);
        }
    }
    pieces.push(piece);
    pieces.retain(|p| p.len() > 1);
    pieces
}

/// How far a simplified line may stray, in points: a tenth of a pixel.
const STRAY: f64 = 0.05;
/// Points that are looked back upon, at most.
const BACK: usize = 64;

/// A line without the points that lie on the straight way between their neighbours.
pub fn simplified(points: &[Point]) -> Vec<Point> {
    let mut out: Vec<Point> = points.first().copied().into_iter().collect();
    let mut kept = 0;
    for i in 2..points.len() {
        let (from, to) = (points[kept], points[i]);
        let long = (to.0 - from.0).hypot(to.1 - from.1).max(1e-9);
        let away = |p: &Point| {
            let (dx, dy) = (p.0 - from.0, p.1 - from.1);
            let along = (dx * (to.0 - from.0) + dy * (to.1 - from.1)) / long;
            let across = (dx * (to.1 - from.1) - dy * (to.0 - from.0)).abs() / long;
            across > STRAY || along < 0.0 || along > long
        };
        if i - kept > BACK || points[kept + 1..i].iter().any(away) {
            kept = i - 1;
            out.push(points[kept]);
        }
    }
    out.extend(points.last().filter(|_| points.len() > 1));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straight_runs_become_one_piece_and_corners_stay() {
        let line: Vec<Point> = (0..=10).map(|i| (f64::from(i), 0.0)).collect();
        assert_eq!(simplified(&line), [(0.0, 0.0), (10.0, 0.0)]);
        let corner = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (1.0, 2.0), (0.0, 2.0)];
        assert_eq!(simplified(&corner), [(0.0, 0.0), (1.0, 0.0), (1.0, 2.0), (0.0, 2.0)]);
        let back = [(0.0, 0.0), (5.0, 0.0), (2.0, 0.0)];
        assert_eq!(simplified(&back), back);
        assert_eq!(simplified(&[]), []);
    }

    #[test]
    fn dashes_have_their_lengths() {
        let pieces = dashes(&[(0.0, 0.0), (10.0, 0.0)], Some((3.0, 2.0)));
        assert_eq!(pieces, [vec![(0.0, 0.0), (3.0, 0.0)], vec![(5.0, 0.0), (8.0, 0.0)]]);
        assert_eq!(dashes(&[(0.0, 0.0), (1.0, 1.0)], None).len(), 1);
    }
}
