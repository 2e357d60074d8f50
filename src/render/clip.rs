//! The part of a straight line that lies inside a rectangle, for pixels and characters alike.

/// A place: to the right, downwards.
pub type Point = (f64, f64);

/// Cuts the line from `from` to `to` at the rectangle between the corners `low` and `high`
/// (Liang & Barsky 1984, A New Concept and Method for Line Clipping); `None` if nothing is inside.
/// An end that lies inside is returned as it came, to the bit.
pub fn clip(from: Point, to: Point, low: Point, high: Point) -> Option<(Point, Point)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    let edges = [
        (-dx, from.0 - low.0),
        (dx, high.0 - from.0),
        (-dy, from.1 - low.1),
        (dy, high.1 - from.1),
    ];
    for (toward, distance) in edges {
        if toward == 0.0 {
            if distance < -1e-9 {
                return None;
            }
        } else if toward < 0.0 {
            enter = enter.max(distance / toward);
        } else {
            leave = leave.min(distance / toward);
        }
    }
    let at = |f: f64| (from.0 + dx * f, from.1 + dy * f);
    let start = if enter == 0.0 { from } else { at(enter) };
    let end = if leave == 1.0 { to } else { at(leave) };
    let finite = [start.0, start.1, end.0, end.1].iter().all(|v| v.is_finite());
    (enter <= leave && finite).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_the_edges() {
        let cut = |from, to| clip(from, to, (0.0, 0.0), (10.0, 10.0));
        assert_eq!(cut((1.0, 1.0), (2.0, 3.0)), Some(((1.0, 1.0), (2.0, 3.0))));
        assert_eq!(cut((-5.0, 5.0), (15.0, 5.0)), Some(((0.0, 5.0), (10.0, 5.0))));
        assert_eq!(cut((-5.0, -1.0), (15.0, -1.0)), None);
        assert_eq!(cut((-4.0, 5.0), (5.0, -4.0)), Some(((0.0, 1.0), (1.0, 0.0))));
        assert_eq!(cut((-9.0, 5.0), (5.0, -9.0)), None);
    }
}
