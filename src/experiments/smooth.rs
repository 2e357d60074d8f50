//! Noisy curves made readable.

/// Means over `window` neighbours, each at the step where its window ends, counted from 1.
pub fn running_means(values: &[f64], window: usize) -> Vec<(f64, f64)> {
    let mean = |w: &[f64]| w.iter().sum::<f64>() / w.len() as f64;
    let windows = values.windows(window).enumerate();
    windows.map(|(i, w)| ((i + window) as f64, mean(w))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_averaged_at_its_end() {
        assert_eq!(running_means(&[1.0, 3.0, 5.0], 2), [(2.0, 2.0), (3.0, 4.0)]);
        assert!(running_means(&[1.0], 2).is_empty());
    }
}
