//! A figure drawn in the terminal's own characters: not a shrunken picture but a plot of its own, for
//! terminals without a graphics protocol, inside tmux, and without colour. Panels stand one below
//! another.

mod bars;
mod canvas;
mod curves;
mod frame;
mod heatmap;
mod histogram;

use super::paint::{Look, Span, Style};
use super::wrap;
use crate::report::{Content, Figure, Lang, Panel};

/// Fewer columns than this hold no plot.
const NARROW: usize = 24;
/// More columns than this make no plot better.
const WIDE: usize = 100;

/// The figure as whole lines no wider than the style allows.
pub fn figure(figure: &Figure, style: &Style) -> String {
    let mut out = wrap::block(&[Span::new(&figure.title, Look::bold())], "", "", style);
    if style.width < NARROW {
        let words = match style.lang {
            Lang::En => "(the terminal is too narrow to draw it)",
            Lang::Zh => "（终端太窄，画不下）",
        };
        return out + &wrap::block(&[Span::new(words, Look::dim())], "", "", style);
    }
    let style = Style { width: style.width.min(WIDE), ..*style };
    let rows = if figure.panels.len() > 1 { 10 } else { (style.width / 5).clamp(10, 16) };
    let drawn: Vec<Drawn> = figure.panels.iter().map(|p| panel(p, rows, &style)).collect();
    // Panels that share one key get it once, under the last.
    let shared = drawn.windows(2).all(|pair| pair[0].key == pair[1].key);
    for (i, (panel, drawn)) in figure.panels.iter().zip(&drawn).enumerate() {
        if !panel.title.is_empty() {
            out += &wrap::block(&[Span::new(&panel.title, Look::heading())], "", "", &style);
        }
        out += &drawn.plot;
        if !shared || i + 1 == figure.panels.len() {
            out += &drawn.key;
        }
    }
    out
}

/// A panel in whole lines: the plot, and what explains its colours.
struct Drawn {
    plot: String,
    key: String,
}

fn panel(panel: &Panel, rows: usize, style: &Style) -> Drawn {
    match &panel.content {
        Content::Lines(lines) => curves::draw(panel, lines, rows, style),
        Content::Heatmap(map) => heatmap::draw(panel, map, None, style),
        Content::Words(map, words) => heatmap::draw(panel, map, Some(words), style),
        Content::Bars(content) => bars::draw(panel, &content.series, style),
        Content::Histogram(content) => histogram::draw(panel, content, rows, style),
    }
}

/// What a panel says instead of an empty plot.
fn no_data(style: &Style) -> Drawn {
    let words = if style.lang == Lang::Zh { "（没有数据）" } else { "(no data)" };
    let plot = wrap::block(&[Span::new(words, Look::dim())], "  ", "  ", style);
    Drawn { plot, key: String::new() }
}

/// A line that explains colours or glyphs, wrapped between entries: `━━ Swish   ╍╍ ReLU`.
fn legend(entries: &[(String, Look, &str)], style: &Style) -> String {
    let mut out = String::new();
    let mut line: Vec<Span> = Vec::new();
    for (sample, look, label) in entries.iter().filter(|e| !e.2.is_empty()) {
        let entry = [
            Span::new("  ", Look::plain()),
            Span::new(sample, *look),
            Span::new(" ", Look::plain()),
            Span::new(label, Look::plain()),
        ];
        let both = wrap::spans_width(&line) + wrap::spans_width(&entry);
        if both > style.width && !line.is_empty() {
            out += &wrap::block(&std::mem::take(&mut line), "", "     ", style);
        }
        line.extend(entry);
    }
    if !line.is_empty() {
        out += &wrap::block(&line, "", "     ", style);
    }
    out
}

/// A name in at most `room` columns, with an ellipsis where it is longer.
fn fit(name: &str, room: usize) -> String {
    let name = super::sanitize(name).replace('\n', " ");
    if wrap::width(&name) <= room {
        return name;
    }
    let mut out = String::new();
    for c in name.chars() {
        if wrap::width(&out) + unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) + 1 > room {
            break;
        }
        out.push(c);
    }
    if room > 0 { out + "…" } else { out }
}

#[cfg(test)]
mod tests;
