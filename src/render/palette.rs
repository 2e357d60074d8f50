//! The colours of the lab, used by pictures and by the terminal alike. The categorical ones are told
//! apart by colour-blind readers (after Okabe & Ito 2008, Color Universal Design), with the yellow
//! darkened so that it is legible on white.

/// Red, green, blue.
pub type Rgb = (u8, u8, u8);

const SERIES: [Rgb; 8] = [
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (110, 110, 110),
    (154, 133, 0),
];

const SEQUENTIAL: [Rgb; 5] =
    [(232, 242, 250), (172, 208, 233), (86, 157, 208), (30, 100, 168), (9, 40, 86)];

const DIVERGING: [Rgb; 5] =
    [(11, 74, 128), (106, 168, 212), (247, 247, 247), (240, 160, 108), (163, 60, 0)];

/// The colour of the curve, bar or category with this index; they repeat after eight.
pub fn series(index: usize) -> Rgb {
    SERIES[index % SERIES.len()]
}

/// How many categorical colours there are before they repeat.
pub const COUNT: usize = SERIES.len();

/// Light to dark; `t` runs from 0 to 1.
pub fn sequential(t: f64) -> Rgb {
    ramp(&SEQUENTIAL, t)
}

/// Blue over white to vermilion; `t` runs from 0 to 1 with the neutral middle at 0.5.
pub fn diverging(t: f64) -> Rgb {
    ramp(&DIVERGING, t)
}

/// How light a colour looks, 0 to 1 (the luma weights of ITU-R BT.601): text on it is black or white.
pub fn lightness((r, g, b): Rgb) -> f64 {
    (0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b)) / 255.0
}

/// Linear interpolation between equally spaced stops.
fn ramp(stops: &[Rgb; 5], t: f64) -> Rgb {
    let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) } * (stops.len() - 1) as f64;
    let i = (t.floor() as usize).min(stops.len() - 2);
    let mix = |a: u8, b: u8| {
        let f = t - i as f64;
        (f64::from(a) * (1.0 - f) + f64::from(b) * f).round() as u8
    };
    let (a, b) = (stops[i], stops[i + 1]);
    (mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ramps_meet_their_ends_and_survive_bad_numbers() {
        assert_eq!(sequential(0.0), SEQUENTIAL[0]);
        assert_eq!(sequential(7.0), SEQUENTIAL[4]);
        assert_eq!(diverging(0.5), DIVERGING[2]);
        assert_eq!(diverging(f64::NAN), DIVERGING[0]);
    }

    #[test]
    fn the_sequential_ramp_darkens_all_the_way() {
        let lights: Vec<f64> =
            (0..=20).map(|i| lightness(sequential(f64::from(i) / 20.0))).collect();
        assert!(lights.windows(2).all(|w| w[1] < w[0]));
    }
}
