//! A scene as SVG, through plotters' backend. It knows only whole numbers, so everything is drawn
//! enlarged, and the outermost tag gives the picture its true size.

use plotters::prelude::{
    Color, DrawingBackend, FontTransform, IntoFont, RGBColor, SVGBackend, ShapeStyle, TextStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::scene::{Anchor, Point, Scene, Shape, Words};
use crate::render::palette::Rgb;
use crate::report::{Error, text};

/// Units of the document for one point.
const SCALE: f64 = 20.0;
/// Fonts of the same design first; the layout leaves room for the widest.
const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";
/// Plotters divides sizes by this on their way into the document.
const PLOTTERS_SIZE: f64 = 1.24;

/// The scene as an SVG document.
pub fn svg(scene: &Scene) -> Result<String, Error> {
    let (width, height) = (scene.width.ceil(), scene.height.ceil());
    let size = ((width * SCALE) as u32, (height * SCALE) as u32);
    let mut document = String::new();
    {
        let mut canvas = SVGBackend::with_string(&mut document, size);
        draw(scene, &mut canvas, size).map_err(|why| {
            Error::Machine(text(
                format!("the picture could not be drawn: {why}"),
                format!("无法绘制图片：{why}"),
            ))
        })?;
    }
    let enlarged = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    Ok(document.replacen(&enlarged, &format!("width=\"{width}\" height=\"{height}\""), 1))
}

fn draw<B: DrawingBackend>(scene: &Scene, canvas: &mut B, size: (u32, u32)) -> Result<(), String> {
    let corner = (size.0 as i32, size.1 as i32);
    canvas
        .draw_rect((0, 0), corner, &style((255, 255, 255), 1.0, 0.0), true)
        .map_err(|e| e.to_string())?;
    scene.shapes.iter().try_for_each(|shape| draw_shape(canvas, shape))?;
    scene.words.iter().try_for_each(|words| draw_words(canvas, words))?;
    canvas.present().map_err(|e| e.to_string())
}

fn draw_shape<B: DrawingBackend>(canvas: &mut B, shape: &Shape) -> Result<(), String> {
    match shape {
        Shape::Path { points, color, width } => canvas
            .draw_path(points.iter().map(|p| unit(*p)), &style(*color, 1.0, *width))
            .map_err(|e| e.to_string()),
        Shape::Area { points, color, alpha } => canvas
            .fill_polygon(points.iter().map(|p| unit(*p)), &style(*color, *alpha, 0.0))
            .map_err(|e| e.to_string()),
        Shape::Rect { at, size, color, alpha } => canvas
            .draw_rect(
                unit(*at),
                unit((at.0 + size.0, at.1 + size.1)),
                &style(*color, *alpha, 0.0),
                true,
            )
            .map_err(|e| e.to_string()),
        Shape::Dot { at, radius, color } => canvas
            .draw_circle(unit(*at), (radius * SCALE).round() as u32, &style(*color, 1.0, 0.0), true)
            .map_err(|e| e.to_string()),
    }
}

fn draw_words<B: DrawingBackend>(canvas: &mut B, words: &Words) -> Result<(), String> {
    let h = match words.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let (r, g, b) = words.color;
    let family = (FAMILY, words.size * SCALE * PLOTTERS_SIZE);
    let font = if words.bold {
        (family.0, family.1, plotters::style::FontStyle::Bold).into_font()
    } else {
        family.into_font()
    };
    let font = if words.upwards { font.transform(FontTransform::Rotate270) } else { font };
    let color = RGBColor(r, g, b);
    let style = TextStyle::from(font).color(&color).pos(Pos::new(h, VPos::Center));
    canvas.draw_text(&words.text, &style, unit(words.at)).map_err(|e| e.to_string())
}

fn unit(point: Point) -> (i32, i32) {
    let round = |x: f64| (x * SCALE).round().clamp(-1e7, 1e7) as i32;
    (round(point.0), round(point.1))
}

fn style((r, g, b): Rgb, alpha: f64, width: f64) -> ShapeStyle {
    let stroke_width = (width * SCALE).round() as u32;
    ShapeStyle { color: RGBColor(r, g, b).mix(alpha), filled: true, stroke_width }
}
