//! A report as text for a terminal: titles, Markdown, formulas, tables, numbers and figures drawn
//! with block characters, wrapped to the terminal's width. Text from outside passes
//! [`sanitize`] where it becomes a `paint::Span`, and nowhere else becomes output.

mod chinese;
pub mod figure;
mod markdown;
mod paint;
mod pieces;
mod table;
mod wrap;

pub use figure::figure;
pub use markdown::markdown;
pub use paint::{Look, Style, sanitize};

use crate::report::{Block, Figure, Lang, Metric, Report, Value, number};
use paint::Span;

/// How many metrics are listed before the reader is sent to JSON.
const METRICS_SHOWN: usize = 16;

/// A report as text. A figure is one line with its title; see [`report_with`] for the picture itself.
pub fn report(report: &Report, style: &Style) -> String {
    let word = if style.lang == Lang::Zh { "图：" } else { "Figure: " };
    report_with(report, style, &mut |figure: &Figure| {
        let spans = [Span::new(word, Look::dim()), Span::new(&figure.title, Look::dim())];
        wrap::block(&spans, "", "", style)
    })
}

/// A report as text, with `draw` giving what stands where a figure is, whole lines.
pub fn report_with(
    report: &Report,
    style: &Style,
    draw: &mut dyn FnMut(&Figure) -> String,
) -> String {
    if let Some(output) = &report.output {
        // A terminal is kept safe; a file or a pipe gets the exact bytes.
        return if style.color { sanitize(output) } else { output.clone() };
    }
    let mut parts =
        vec![wrap::block(&[Span::new(report.title.get(style.lang), Look::title())], "", "", style)];
    for block in &report.blocks {
        parts.push(match block {
            Block::Heading(words) => {
                wrap::block(&[Span::new(words.get(style.lang), Look::heading())], "", "", style)
            }
            Block::Prose(words) => markdown(words.get(style.lang), style),
            Block::Formula(formula) => formula_lines(formula, style),
            Block::Table(table) => table::table(table, style),
            Block::Figure(figure) => draw(figure),
            Block::Pieces(pieces) => pieces::pieces(pieces, style),
        });
    }
    if !report.metrics.is_empty() {
        parts.push(metrics(&report.metrics, style));
    }
    parts.retain(|part| !part.trim().is_empty());
    parts.join("\n")
}

/// A formula stands by itself, indented.
fn formula_lines(formula: &str, style: &Style) -> String {
    let line = |l: &str| wrap::block(&[Span::new(l, Look::formula())], "    ", "      ", style);
    formula.lines().map(line).collect()
}

/// The named numbers, aligned: name, value, unit.
fn metrics(metrics: &[Metric], style: &Style) -> String {
    let shown = &metrics[..metrics.len().min(METRICS_SHOWN)];
    let value = |m: &Metric| match &m.value {
        Value::Number(n) => number(*n),
        Value::Text(words) => words.clone(),
    };
    let rows = shown
        .iter()
        .map(|m| {
            vec![
                vec![Span::new(&m.name, Look::plain())],
                vec![Span::new(&value(m), Look::bold())],
                vec![Span::new(m.unit.as_deref().unwrap_or(""), Look::dim())],
            ]
        })
        .collect();
    let mut out = table::plain(rows, style);
    let more = metrics.len() - shown.len();
    if more > 0 {
        let words = match style.lang {
            Lang::En => format!("{more} more with --format json"),
            Lang::Zh => format!("另有 {more} 项，用 --format json 查看"),
        };
        out += &wrap::block(&[Span::new(&words, Look::dim())], "", "", style);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::samples;
    use crate::report::{Table, text};

    fn sample(metrics: usize) -> Report {
        let mut table = Table::new(text("Sizes", "大小"))
            .words(text("part", "部分"))
            .numbers(text("bytes", "字节"));
        table.row(vec![text("weights", "权重").into(), 14e9.into()]);
        let mut report = Report::new(text("Memory of a model", "模型的内存"));
        report
            .say(text("Two bytes a **parameter**.", "每个**参数**两个字节。"))
            .heading(text("Formula", "公式"))
            .formula("M = 2 · N")
            .table(table)
            .figure(samples::bars())
            .metric_in("weights", 14e9, "bytes")
            .metric("fits", true);
        for i in 2..metrics {
            report.metric(format!("layer.{i}"), i as f64 / 3.0);
        }
        report
    }

    fn plain(metrics: usize, lang: Lang) -> String {
        report(&sample(metrics), &Style { lang, color: false, true_color: false, width: 60 })
    }

    #[test]
    fn a_report_reads_from_top_to_bottom() {
        insta::assert_snapshot!(plain(2, Lang::En), @r#"
        Memory of a model

        Two bytes a parameter.

        Formula

            M = 2 · N

        Sizes
        part              bytes
        ───────  ──────────────
        weights  14,000,000,000

        Figure: Where the parameters are

        weights  14,000,000,000  bytes
        fits                yes
        "#);
        insta::assert_snapshot!(plain(2, Lang::Zh), @r#"
        模型的内存

        每个参数两个字节。

        公式

            M = 2 · N

        大小
        部分            字节
        ────  ──────────────
        权重  14,000,000,000

        图：Where the parameters are

        weights  14,000,000,000  bytes
        fits                yes
        "#);
    }

    #[test]
    fn many_metrics_are_cut_and_counted() {
        assert!(!plain(16, Lang::En).contains("--format json"));
        assert!(plain(20, Lang::En).ends_with("\n4 more with --format json\n"));
        assert!(plain(20, Lang::Zh).contains("另有 4 项"));
    }

    #[test]
    fn a_figure_stands_where_the_caller_draws_it() {
        let style = Style { lang: Lang::En, color: false, true_color: false, width: 60 };
        let drawn = report_with(&sample(2), &style, &mut |figure| format!("<{}>\n", figure.name));
        assert!(drawn.contains("\n\n<bars>\n\nweights"));
    }
}
