//! Figures as pictures: PNG at twice the density of a screen, and SVG. A figure is laid out once as a
//! `scene::Scene`, a list of shapes and words; the two formats draw the same scene.

mod bars;
mod bitmap;
mod font;
mod frame;
mod heatmap;
mod key;
mod layout;
mod lines;
mod scene;
mod vector;

use crate::report::{Error, Figure};

/// The figure as a PNG.
///
/// # Errors
/// A failure of the machine, if the picture cannot be encoded.
pub fn png(figure: &Figure) -> Result<Vec<u8>, Error> {
    bitmap::png(&layout::scene(figure))
}

/// The figure as an SVG document.
///
/// # Errors
/// A failure of the machine, if the picture cannot be written.
pub fn svg(figure: &Figure) -> Result<String, Error> {
    vector::svg(&layout::scene(figure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::samples;

    /// Every word lies within the picture, and has some size.
    fn words_are_whole(figure: &Figure) {
        let scene = layout::scene(figure);
        for words in &scene.words {
            let (left, top, right, bottom) = words.extent();
            let inside =
                left >= 0.0 && top >= 0.0 && right <= scene.width && bottom <= scene.height;
            assert!(inside, "{:?} is cut off at {:?} of {}", words, words.extent(), figure.title);
        }
    }

    #[test]
    fn no_words_are_cut_off() {
        samples::all().iter().chain(&samples::hostile()).for_each(words_are_whole);
    }

    #[test]
    fn pictures_have_a_fair_size() {
        for figure in samples::all().iter().chain(&samples::hostile()) {
            let scene = layout::scene(figure);
            assert!((400.0..1700.0).contains(&scene.width), "{} {}", figure.title, scene.width);
            assert!((50.0..1500.0).contains(&scene.height), "{} {}", figure.title, scene.height);
        }
    }

    #[test]
    fn every_kind_becomes_a_png_of_twice_the_size() {
        for figure in samples::all() {
            let scene = layout::scene(&figure);
            let bytes = png(&figure).unwrap();
            let reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
            assert_eq!(f64::from(reader.info().width), scene.width * 2.0);
            assert_eq!(f64::from(reader.info().height), scene.height * 2.0);
        }
    }

    #[test]
    fn hostile_data_becomes_some_picture() {
        for figure in samples::hostile() {
            let document = svg(&figure).unwrap();
            assert!(!document.contains("NaN") && !document.contains("inf"));
            assert!(document.trim_end().ends_with("</svg>"));
        }
        for figure in samples::hostile().iter().step_by(7) {
            assert!(png(figure).unwrap().len() > 100);
        }
    }

    #[test]
    fn words_of_the_figure_are_escaped_in_svg() {
        let mut figure = samples::curves();
        figure.title = "a < b & \u{1b}\"c\"".to_string();
        let document = svg(&figure).unwrap();
        assert!(document.contains("a &lt; b &amp; &quot;c&quot;"));
        assert!(!document.contains('\u{1b}'));
    }
}
