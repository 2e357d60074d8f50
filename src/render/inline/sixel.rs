//! Sixel: a picture as printable characters, six rows of pixels at a time, one colour after another.
//! The colours are a fixed cube of 6×6×6 and 24 greys.

use std::collections::BTreeMap;

/// Pixels that one column of a terminal is taken to have.
const CELL_WIDTH: usize = 9;
/// Rows of pixels in one band.
const BAND: usize = 6;

/// A PNG as a sixel sequence, scaled down to `columns` columns; `None` if it is no RGB PNG.
pub(super) fn encode(png: &[u8], columns: usize) -> Option<String> {
    let image = Image::decode(png)?;
    Some(image.fit(columns.saturating_mul(CELL_WIDTH)).sixel())
}

/// RGB pixels, row by row.
struct Image {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

impl Image {
    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().ok()?;
        let mut buffer = vec![0; reader.output_buffer_size()?];
        let info = reader.next_frame(&mut buffer).ok()?;
        if info.color_type != png::ColorType::Rgb || info.bit_depth != png::BitDepth::Eight {
            return None;
        }
        let pixels = buffer[..info.buffer_size()].as_chunks().0.to_vec();
        Some(Self { width: info.width as usize, height: info.height as usize, pixels })
    }

    /// The image no wider than `room`, each pixel the mean of those that it covers.
    fn fit(self, room: usize) -> Self {
        if self.width <= room.max(1) {
            return self;
        }
        let width = room.max(1);
        let height = (self.height * width / self.width).max(1);
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = span(y, height, self.height);
            for x in 0..width {
                let columns = span(x, width, self.width);
                let mut sum = [0usize; 3];
                for row in rows.clone() {
                    for p in &self.pixels[row * self.width..][columns.clone()] {
                        (0..3).for_each(|c| sum[c] += usize::from(p[c]));
                    }
                }
                let n = rows.len() * columns.len();
                pixels.push(sum.map(|s| (s / n) as u8));
            }
        }
        Self { width, height, pixels }
    }

    fn sixel(&self) -> String {
        let mut out = format!("\x1bP0;1q\"1;1;{};{}", self.width, self.height);
        let index: Vec<u8> = self.pixels.iter().map(|p| nearest(*p)).collect();
        let mut used: Vec<u8> = index.clone();
        used.sort_unstable();
        used.dedup();
        for color in used {
            let [r, g, b] = rgb(color).map(|c| (u32::from(c) * 100 + 127) / 255);
            out += &format!("#{color};2;{r};{g};{b}");
        }
        for band in index.chunks(BAND * self.width) {
            self.band(band, &mut out);
        }
        out + "\x1b\\\n"
    }

    /// Six rows: for each colour in them, which of the six are lit in each column.
    fn band(&self, band: &[u8], out: &mut String) {
        let mut lit: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
        for (i, &color) in band.iter().enumerate() {
            let (row, column) = (i / self.width, i % self.width);
            lit.entry(color).or_insert_with(|| vec![0; self.width])[column] |= 1 << row;
        }
        for (color, bits) in lit {
            out.push_str(&format!("#{color}"));
            for run in bits.chunk_by(|a, b| a == b) {
                let c = char::from(63 + run[0]);
                match run.len() {
                    n @ 4.. => out.push_str(&format!("!{n}{c}")),
                    n => out.extend(std::iter::repeat_n(c, n)),
                }
            }
            out.push('$');
        }
        out.push('-');
    }
}

/// The old pixels that new pixel `i` of `n` covers.
fn span(i: usize, n: usize, old: usize) -> std::ops::Range<usize> {
    let start = (i * old / n).min(old - 1);
    start..((i + 1) * old / n).clamp(start + 1, old)
}

/// The colour of a register: 0–215 the cube, 216–239 the greys.
fn rgb(index: u8) -> [u8; 3] {
    if index >= 216 {
        return [8 + (index - 216) * 10; 3];
    }
    [index / 36, index / 6 % 6, index % 6].map(|level| level * 51)
}

fn nearest(pixel: [u8; 3]) -> u8 {
    let level = |c: u8| (u16::from(c) + 25) / 51;
    let [r, g, b] = pixel.map(level);
    let cube = (36 * r + 6 * g + b) as u8;
    let mean = pixel.iter().map(|c| u16::from(*c)).sum::<u16>() / 3;
    let grey = 216 + (mean.saturating_sub(3) / 10).min(23) as u8;
    let far = |index: u8| -> i32 {
        rgb(index).iter().zip(pixel).map(|(a, b)| (i32::from(*a) - i32::from(b)).pow(2)).sum()
    };
    if far(grey) < far(cube) { grey } else { cube }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: usize, height: usize, color: [u8; 3]) -> Image {
        Image { width, height, pixels: vec![color; width * height] }
    }

    #[test]
    fn one_colour_is_one_run_a_band() {
        let out = image(10, 12, [255, 255, 255]).sixel();
        assert_eq!(out, "\x1bP0;1q\"1;1;10;12#215;2;100;100;100#215!10~$-#215!10~$-\x1b\\\n");
    }

    #[test]
    fn a_large_picture_is_scaled_to_the_terminal() {
        let small = image(1600, 1000, [0, 114, 178]).fit(400);
        assert_eq!((small.width, small.height), (400, 250));
        assert!(small.pixels.iter().all(|p| *p == [0, 114, 178]));
    }

    #[test]
    fn every_register_is_its_own_nearest() {
        for index in 0..240u8 {
            assert_eq!(rgb(nearest(rgb(index))), rgb(index));
        }
    }
}
