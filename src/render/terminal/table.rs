//! Tables for a terminal: columns as wide as they need, words wrapped where the terminal is narrow,
//! and one cell a line where even that does not fit.

use super::paint::{Look, Span, Style};
use super::wrap;
use crate::report::{Align, Cell, Table, number};

/// One cell: what it says.
pub(super) type Words = Vec<Span>;

const GAP: usize = 2;
/// The narrowest column of words worth reading.
const NARROW: usize = 6;

/// A report's table under its title.
pub(super) fn table(table: &Table, style: &Style) -> String {
    let title = table.title.get(style.lang);
    let mut out = String::new();
    if !title.is_empty() {
        out += &wrap::block(&[Span::new(title, Look::bold())], "", "", style);
    }
    let columns: Vec<(Words, Align)> = table
        .columns
        .iter()
        .map(|c| (vec![Span::new(c.title.get(style.lang), Look::bold())], c.align))
        .collect();
    let cell = |cell: &Cell| match cell {
        Cell::Number(n) => vec![Span::new(&number(*n), Look::plain())],
        Cell::Text(words) => vec![Span::new(words.get(style.lang), Look::plain())],
        Cell::Empty => Vec::new(),
    };
    let rows = table.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    out + &grid(&columns, rows, style)
}

/// Rows without a header: names left, values right, and what is behind them left again.
pub(super) fn plain(rows: Vec<Vec<Words>>, style: &Style) -> String {
    let columns = [Align::Left, Align::Right, Align::Left].map(|align| (Vec::new(), align));
    grid(&columns, rows, style)
}

/// Rows under a header, which may be empty in every column.
pub(super) fn grid(columns: &[(Words, Align)], rows: Vec<Vec<Words>>, style: &Style) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let header: Vec<Words> = columns.iter().map(|c| c.0.clone()).collect();
    let headed = header.iter().any(|words| !words.is_empty());
    let aligns: Vec<Align> = columns.iter().map(|c| c.1).collect();
    let Some(widths) = widths(&aligns, &header, &rows, style.width) else {
        return stacked(&header, &rows, style);
    };
    let mut out = String::new();
    if headed {
        out += &row(&header, &aligns, &widths, style);
        let rule: Vec<String> = widths.iter().map(|w| "─".repeat(*w)).collect();
        out += &style.paint(&rule.join(&" ".repeat(GAP)), Look::dim());
        out.push('\n');
    }
    out + &rows.iter().map(|r| row(r, &aligns, &widths, style)).collect::<String>()
}

/// The columns' widths, shrunk from the widest down until the row fits; `None` if it cannot.
fn widths(
    aligns: &[Align],
    header: &[Words],
    rows: &[Vec<Words>],
    room: usize,
) -> Option<Vec<usize>> {
    let body = |i: usize| {
        let cells = rows.iter().filter_map(|r| r.get(i));
        cells.map(|words| wrap::spans_width(words)).max().unwrap_or(0)
    };
    let longest_word = |words: &Words| {
        let text: String = words.iter().map(Span::text).collect();
        text.split_whitespace().map(wrap::width).max().unwrap_or(0)
    };
    let columns = 0..aligns.len();
    let mut widths: Vec<usize> =
        columns.clone().map(|i| body(i).max(wrap::spans_width(&header[i])).max(1)).collect();
    // Headings wrap first, then cells of words; a number is never broken.
    let headings: Vec<usize> =
        columns.clone().map(|i| body(i).max(longest_word(&header[i])).max(1)).collect();
    let least: Vec<usize> = columns
        .map(|i| if aligns[i] == Align::Right { body(i).max(NARROW) } else { NARROW })
        .collect();
    shrink(&mut widths, &headings, room);
    shrink(&mut widths, &least, room);
    (total(&widths) <= room).then_some(widths)
}

/// Columns of the whole row.
fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Takes from the widest column that is above its least until the row fits or none is.
fn shrink(widths: &mut [usize], least: &[usize], room: usize) {
    while total(widths) > room {
        let above = (0..widths.len()).filter(|&i| widths[i] > least[i]);
        let Some(i) = above.max_by_key(|&i| widths[i]) else { return };
        widths[i] -= 1;
    }
}

/// One row; a cell that wraps makes it several lines high.
fn row(cells: &[Words], aligns: &[Align], widths: &[usize], style: &Style) -> String {
    let wrapped: Vec<Vec<Words>> =
        cells.iter().zip(widths).map(|(words, w)| wrap::lines(words, (*w).max(1))).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    let mut out = String::new();
    for i in 0..height {
        let mut line = String::new();
        let mut owed = 0;
        for ((lines, align), w) in wrapped.iter().zip(aligns).zip(widths) {
            let words = lines.get(i).map(Vec::as_slice).unwrap_or_default();
            let free = w.saturating_sub(wrap::spans_width(words));
            let (before, after) = if *align == Align::Right { (free, 0) } else { (0, free) };
            if !words.is_empty() {
                line += &" ".repeat(owed + before);
                line += &wrap::join(words, style);
                owed = after + GAP;
            } else {
                owed += w + GAP;
            }
        }
        out += &line;
        out.push('\n');
    }
    out
}

/// One cell a line, for a terminal too narrow for columns.
fn stacked(header: &[Words], rows: &[Vec<Words>], style: &Style) -> String {
    let record = |row: &Vec<Words>| {
        let mut out = String::new();
        for (title, words) in header.iter().zip(row).filter(|(_, words)| !words.is_empty()) {
            let mut spans = title.clone();
            if !title.is_empty() {
                spans.push(Span::new(": ", Look::plain()));
            }
            spans.extend(words.iter().cloned());
            out += &wrap::block(&spans, "", "  ", style);
        }
        out
    };
    rows.iter().map(record).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Lang, text};

    fn sample() -> Table {
        let mut table = Table::new(text("Invariances", "不变性"))
            .words(text("norm", "归一化"))
            .numbers(text("error", "误差"))
            .words(text("what it means for the layer after it", "对后一层意味着什么"));
        table.row(vec![
            "LayerNorm".into(),
            1e-7.into(),
            text("shift and scale", "平移与缩放").into(),
        ]);
        table.row(vec!["RMSNorm".into(), 12345.0.into(), Cell::Empty]);
        table
    }

    fn drawn(lang: Lang, width: usize) -> String {
        table(&sample(), &Style { lang, color: false, true_color: false, width })
    }

    #[test]
    fn numbers_stand_right_and_words_left() {
        insta::assert_snapshot!(drawn(Lang::En, 80), @r#"
        Invariances
        norm          error  what it means for the layer after it
        ─────────  ────────  ────────────────────────────────────
        LayerNorm  1.000e-7  shift and scale
        RMSNorm      12,345
        "#);
    }

    #[test]
    fn chinese_takes_two_columns_a_character() {
        insta::assert_snapshot!(drawn(Lang::Zh, 80), @r#"
        不变性
        归一化         误差  对后一层意味着什么
        ─────────  ────────  ──────────────────
        LayerNorm  1.000e-7  平移与缩放
        RMSNorm      12,345
        "#);
    }

    #[test]
    fn a_narrow_terminal_wraps_and_a_very_narrow_one_stacks() {
        insta::assert_snapshot!(drawn(Lang::En, 36), @r#"
        Invariances
        norm          error  what it means
                             for the layer
                             after it
        ─────────  ────────  ───────────────
        LayerNorm  1.000e-7  shift and scale
        RMSNorm      12,345
        "#);
        insta::assert_snapshot!(drawn(Lang::En, 14), @r#"
        Invariances
        norm:
          LayerNorm
        error:
          1.000e-7
        what it
          means for
          the layer
          after it:
          shift and
          scale

        norm:
          RMSNorm
        error:
          12,345
        "#);
        for width in 2..60 {
            assert!(drawn(Lang::Zh, width).lines().all(|l| wrap::width(l) <= width));
        }
    }
}
