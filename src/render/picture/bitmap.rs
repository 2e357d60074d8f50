//! A scene as a PNG: shapes are drawn by plotters at four times their size and averaged down to
//! twice, which makes lines smooth; words are drawn at twice, sharp.

use plotters::prelude::{BitMapBackend, Color, DrawingBackend, RGBColor, ShapeStyle};

use super::font;
use super::scene::{PAPER, Point, Scene, Shape, Words};
use crate::render::palette::Rgb;
use crate::report::{Error, text};

/// Pixels of the PNG for one point of the scene.
pub const DENSITY: f64 = 2.0;
/// Drawn pixels for one pixel of the PNG, each way.
const FINE: usize = 2;
/// Drawn pixels for one point.
const SCALE: f64 = DENSITY * FINE as f64;

/// The scene as a PNG.
pub fn png(scene: &Scene) -> Result<Vec<u8>, Error> {
    let width = (scene.width * DENSITY).ceil() as usize;
    let height = (scene.height * DENSITY).ceil() as usize;
    let mut fine = vec![PAPER.0; width * FINE * height * FINE * 3];
    shapes(scene, &mut fine, width * FINE, height * FINE).map_err(|e| failed(&e))?;
    let mut pixels = halve(&fine, width, height);
    for words in &scene.words {
        draw_words(words, &mut pixels, width, height);
    }
    encode(&pixels, width, height).map_err(|e| failed(&e.to_string()))
}

fn failed(why: &str) -> Error {
    Error::Machine(text(
        format!("the picture could not be drawn: {why}"),
        format!("无法绘制图片：{why}"),
    ))
}

fn pixel(point: Point) -> (i32, i32) {
    let round = |x: f64| (x * SCALE).round().clamp(-1e6, 1e6) as i32;
    (round(point.0), round(point.1))
}

fn shapes(scene: &Scene, buffer: &mut [u8], width: usize, height: usize) -> Result<(), String> {
    let mut canvas = BitMapBackend::with_buffer(buffer, (width as u32, height as u32));
    scene.shapes.iter().try_for_each(|shape| draw(&mut canvas, shape))?;
    canvas.present().map_err(|e| e.to_string())
}

fn draw<B: DrawingBackend>(canvas: &mut B, shape: &Shape) -> Result<(), String> {
    match shape {
        Shape::Path { points, color, width } => {
            let style = style(*color, 1.0);
            let radius = width * SCALE / 2.0;
            let points: Vec<(f64, f64)> =
                points.iter().map(|p| (p.0 * SCALE, p.1 * SCALE)).collect();
            points.windows(2).try_for_each(|pair| segment(canvas, pair[0], pair[1], radius, &style))
        }
        Shape::Area { points, color, alpha } => {
            let outline: Vec<(i32, i32)> = points.iter().map(|p| pixel(*p)).collect();
            canvas.fill_polygon(outline, &style(*color, *alpha)).map_err(|e| e.to_string())
        }
        Shape::Rect { at, size, color, alpha } => {
            let (from, to) = (pixel(*at), pixel((at.0 + size.0, at.1 + size.1)));
            let to = (to.0.max(from.0 + 1), to.1.max(from.1 + 1));
            canvas.draw_rect(from, to, &style(*color, *alpha), true).map_err(|e| e.to_string())
        }
        Shape::Dot { at, radius, color } => {
            let radius = (radius * SCALE).round() as u32;
            let style = style(*color, 1.0);
            canvas.draw_circle(pixel(*at), radius, &style, true).map_err(|e| e.to_string())
        }
    }
}

/// One straight piece of a thick line with round ends, so that pieces join without gaps or spikes.
fn segment<B: DrawingBackend>(
    canvas: &mut B,
    from: Point,
    to: Point,
    radius: f64,
    style: &ShapeStyle,
) -> Result<(), String> {
    let round = |x: f64, y: f64| (x.round() as i32, y.round() as i32);
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    if dx == 0.0 || dy == 0.0 {
        let (a, b) = (
            round(from.0.min(to.0) - radius, from.1.min(to.1) - radius),
            round(from.0.max(to.0) + radius, from.1.max(to.1) + radius),
        );
        let b = (b.0.max(a.0 + 1), b.1.max(a.1 + 1));
        return canvas.draw_rect(a, b, style, true).map_err(|e| e.to_string());
    }
    let long = dx.hypot(dy);
    let (nx, ny) = (-dy / long * radius, dx / long * radius);
    let corners = [
        round(from.0 + nx, from.1 + ny),
        round(to.0 + nx, to.1 + ny),
        round(to.0 - nx, to.1 - ny),
        round(from.0 - nx, from.1 - ny),
    ];
    canvas.fill_polygon(corners, style).map_err(|e| e.to_string())?;
    // A circle of radius r is 2r + 1 pixels wide: one that is wider than the line would show as a bead.
    let radius = (radius - 0.5).round().max(0.0) as u32;
    for end in [from, to] {
        canvas.draw_circle(round(end.0, end.1), radius, style, true).map_err(|e| e.to_string())?;
    }
    Ok(())
}

fn style((r, g, b): Rgb, alpha: f64) -> ShapeStyle {
    ShapeStyle { color: RGBColor(r, g, b).mix(alpha), filled: true, stroke_width: 1 }
}

/// Averages blocks of 2×2 pixels into one.
fn halve(fine: &[u8], width: usize, height: usize) -> Vec<u8> {
    let stride = width * FINE * 3;
    let mut out = Vec::with_capacity(width * height * 3);
    for rows in fine.chunks_exact(stride * FINE) {
        let (upper, lower) = rows.split_at(stride);
        for (a, b) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for c in 0..3 {
                let sum =
                    u16::from(a[c]) + u16::from(a[c + 3]) + u16::from(b[c]) + u16::from(b[c + 3]);
                out.push(((sum + 2) / 4) as u8);
            }
        }
    }
    out
}

fn draw_words(words: &Words, pixels: &mut [u8], width: usize, height: usize) {
    let (left, top, _, bottom) = words.extent();
    let start = if words.upwards { (words.at.0, bottom) } else { (left, words.at.1) };
    debug_assert!(top <= bottom);
    let (x0, y0) = ((start.0 * DENSITY).round() as i32, (start.1 * DENSITY).round() as i32);
    let ink = [words.color.0, words.color.1, words.color.2];
    font::draw(&words.text, words.size * DENSITY, words.bold, |along, across, coverage| {
        let (x, y) =
            if words.upwards { (x0 + across, y0 - along) } else { (x0 + along, y0 + across) };
        if x < 0 || y < 0 || x as usize >= width || y as usize >= height {
            return;
        }
        let i = (y as usize * width + x as usize) * 3;
        for (old, new) in pixels[i..i + 3].iter_mut().zip(ink) {
            let mixed = f32::from(*old) * (1.0 - coverage) + f32::from(new) * coverage;
            *old = mixed.round().clamp(0.0, 255.0) as u8;
        }
    });
}

fn encode(pixels: &[u8], width: usize, height: usize) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(out)
}
