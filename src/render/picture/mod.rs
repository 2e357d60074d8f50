//! Figures as pictures: PNG at twice the density of a screen, and SVG. A figure is laid out once as a
//! [`scene::Scene`], a list of shapes and words; the two formats draw the same scene.

mod bitmap;
mod font;
mod scene;
mod vector;

use crate::report::{Error, Figure};

/// The figure as a PNG.
///
/// # Errors
/// A failure of the machine, if the picture cannot be encoded.
pub fn png(figure: &Figure) -> Result<Vec<u8>, Error> {
    bitmap::png(&layout(figure))
}

/// The figure as an SVG document.
///
/// # Errors
/// A failure of the machine, if the picture cannot be written.
pub fn svg(figure: &Figure) -> Result<String, Error> {
    vector::svg(&layout(figure))
}

fn layout(figure: &Figure) -> scene::Scene {
    let mut scene = scene::Scene::new(800.0, 500.0);
    scene.text(scene::Words::new(&figure.title, 400.0, 30.0).size(20.0).bold().center());
    scene
}
