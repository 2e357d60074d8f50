//! Finding places on the line: where a function crosses zero, and where it is highest.

/// Where f crosses zero between `low` and `high`, by halving the interval until two neighbouring
/// floats remain. f must have opposite signs at the ends, else an end comes back. O(64) calls.
///
/// ```
/// use llm_lab::math::search::bisect;
/// assert!((bisect(|x| x * x - 2.0, 0.0, 2.0) - 2.0_f64.sqrt()).abs() < 1e-15);
/// ```
pub fn bisect(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let rising = f(low) < 0.0;
    loop {
        let middle = low + (high - low) / 2.0;
        let y = f(middle);
        if y == 0.0 || middle <= low || middle >= high {
            return middle;
        }
        if (y < 0.0) == rising { low = middle } else { high = middle }
    }
}

/// Where f is highest between `low` and `high`, if it has one hill there: golden-section search
/// (Kiefer 1953). A hill's top is flat, so x is good to about half of f64's digits. O(80) calls.
///
/// ```
/// use llm_lab::math::search::highest;
/// let top = highest(|x| -(x - 3.0) * (x - 3.0), 0.0, 10.0);
/// assert!((top - 3.0).abs() < 1e-6);
/// ```
pub fn highest(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0; // each probe cuts the interval to 0.618 of itself
    let (mut a, mut b) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut fa, mut fb) = (f(a), f(b));
    for _ in 0..80 {
        if fa >= fb {
            (high, b, fb) = (b, a, fa);
            a = high - ratio * (high - low);
            fa = f(a);
        } else {
            (low, a, fa) = (a, b, fb);
            b = low + ratio * (high - low);
            fb = f(b);
        }
    }
    low + (high - low) / 2.0
}

/// Every place where f crosses zero, looked for between neighbours of an ascending grid and then
/// bisected. A stretch where f is 0 without changing sign is no crossing. O(grid) calls.
///
/// ```
/// use llm_lab::math::search::crossings;
/// let grid: Vec<f64> = (-20..=20).map(|i| f64::from(i) / 10.0).collect();
/// assert_eq!(crossings(&grid, |x| x * x - 1.0), [-1.0, 1.0]);
/// assert!(crossings(&grid, |x: f64| x.max(0.0)).is_empty());
/// ```
pub fn crossings(grid: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut found = Vec::new();
    let mut before: Option<(f64, f64)> = None;
    for &x in grid {
        let y = f(x);
        if y == 0.0 {
            continue;
        }
        if let Some((x0, y0)) = before
            && (y0 < 0.0) != (y < 0.0)
        {
            found.push(bisect(&f, x0, x));
        }
        before = Some((x, y));
    }
    found
}

/// Where f is highest over an ascending grid, refined between the best point's neighbours, and how
/// high. Of equal heights the one nearest to 0 is taken, the positive one of two. O(grid) calls.
///
/// ```
/// use llm_lab::math::search::peak;
/// let grid: Vec<f64> = (0..=30).map(f64::from).collect();
/// let (x, y) = peak(&grid, |x: f64| (x / 10.0).sin());
/// assert!((x - 15.70796).abs() < 1e-4 && (y - 1.0).abs() < 1e-12);
/// ```
pub fn peak(grid: &[f64], f: impl Fn(f64) -> f64) -> (f64, f64) {
    let higher = |new: f64, old: f64| new > old + old.abs() * 1e-12;
    let mut order: Vec<usize> = (0..grid.len()).rev().collect();
    order.sort_by(|&a, &b| grid[a].abs().total_cmp(&grid[b].abs()));
    let Some((&first, rest)) = order.split_first() else { return (f64::NAN, f64::NAN) };
    let (mut i, mut y) = (first, f(grid[first]));
    for &j in rest {
        let here = f(grid[j]);
        if higher(here, y) {
            (i, y) = (j, here);
        }
    }
    let low = grid[i.saturating_sub(1)];
    let high = grid[(i + 1).min(grid.len() - 1)];
    let top = highest(&f, low, high);
    if higher(f(top), y) { (top, f(top)) } else { (grid[i], y) }
}
