//! The embedded font (DejaVu Sans) and words as pixels. Plotters' own text loses the space between
//! letters, so the words are drawn here, glyph by glyph with kerning.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

/// How far the baseline lies below the middle of the small letters, in ems of DejaVu Sans.
const HALF_X_HEIGHT: f64 = 0.27;

/// Regular or bold, parsed once.
fn font(bold: bool) -> Option<&'static FontRef<'static>> {
    static REGULAR: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    static BOLD: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    if bold {
        BOLD.get_or_init(|| FontRef::try_from_slice(dejavu::sans::bold()).ok()).as_ref()
    } else {
        REGULAR.get_or_init(|| FontRef::try_from_slice(dejavu::sans::regular()).ok()).as_ref()
    }
}

/// The scale at which one em is `size` pixels: ab_glyph counts from ascent to descent instead.
fn scale(font: &FontRef, size: f64) -> PxScale {
    let em = font.units_per_em().unwrap_or(2048.0);
    PxScale::from(size as f32 * font.height_unscaled() / em)
}

/// How wide words are, in the unit of `size`.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    let mut end = 0.0;
    layout(text, size, bold, |_, _, after| end = f64::from(after));
    end
}

/// The words, or as much of them as fits into `room` with an ellipsis at the end.
pub fn fit(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_string();
    }
    let mut kept: Vec<char> = text.chars().collect();
    // A glyph is never narrower than a tenth of an em, so most of a very long text goes at once.
    kept.truncate((room / (size * 0.1)).max(0.0) as usize);
    while kept.pop().is_some() {
        let short: String = kept.iter().collect::<String>().trim_end().to_string() + "…";
        if width(&short, size, bold) <= room {
            return short;
        }
    }
    String::new()
}

/// The words in lines of at most `room`, broken at spaces.
pub fn wrap(text: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (longer, lines.last_mut()) {
            (Some(longer), Some(line)) if width(&longer, size, bold) <= room => *line = longer,
            _ => lines.push(word.to_string()),
        }
    }
    lines.into_iter().map(|line| fit(&line, size, bold, room)).collect()
}

/// Gives each glyph with where it begins and ends.
fn layout(text: &str, size: f64, bold: bool, mut glyph: impl FnMut(ab_glyph::GlyphId, f32, f32)) {
    let Some(font) = font(bold) else { return };
    let scaled = font.as_scaled(scale(font, size));
    let mut at = 0.0;
    let mut last = None;
    for c in text.chars() {
        let id = scaled.glyph_id(c);
        if let Some(last) = last {
            at += scaled.kern(last, id);
        }
        let after = at + scaled.h_advance(id);
        glyph(id, at, after);
        at = after;
        last = Some(id);
    }
}

/// Draws words: `put(along, across, coverage)` for each pixel, `along` from their beginning and
/// `across` downwards from the middle of the small letters.
pub fn draw(text: &str, size: f64, bold: bool, mut put: impl FnMut(i32, i32, f32)) {
    let Some(font) = font(bold) else { return };
    let scale = scale(font, size);
    let baseline = (size * HALF_X_HEIGHT) as f32;
    layout(text, size, bold, |id, at, _| {
        let glyph = id.with_scale_and_position(scale, point(at, baseline));
        if let Some(outline) = font.outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            let (left, top) = (corner.x as i32, corner.y as i32);
            outline.draw(|x, y, coverage| put(left + x as i32, top + y as i32, coverage));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_add_up_and_scale() {
        assert_eq!(width("", 12.0, false), 0.0);
        let one = width("β = 0.5", 12.0, false);
        assert!((width("β = 0.5", 24.0, false) - 2.0 * one).abs() < 0.1);
        assert!(width("β = 0.5", 12.0, true) > one);
    }

    #[test]
    fn the_symbols_of_the_field_have_glyphs() {
        let font = font(false).unwrap();
        for c in "αβγδεθλμσφω√≤≥∞∑∇∂·×±→⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁₂−".chars()
        {
            assert_ne!(font.glyph_id(c).0, 0, "{c}");
        }
    }

    #[test]
    fn pixels_stay_within_the_width() {
        let (mut left, mut right) = (0, 0);
        let text = "AdamW lr";
        draw(text, 26.0, false, |x, _, coverage| {
            if coverage > 0.0 {
                left = left.min(x);
                right = right.max(x);
            }
        });
        assert!(left >= -2 && f64::from(right) <= width(text, 26.0, false) + 2.0);
    }
}
