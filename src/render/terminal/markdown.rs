//! Markdown for a terminal: headings, emphasis, code, lists, quotes, tables, links as text.

use pulldown_cmark::{Alignment, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::chinese;
use super::paint::{Look, Span, Style};
use super::table::{self, Words};
use super::wrap;
use crate::report::Align;

/// Markdown as text for a terminal, in whole lines.
pub fn markdown(source: &str, style: &Style) -> String {
    let mut writer = Writer::new(*style);
    let source = chinese::prepare(source);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for (event, at) in Parser::new_ext(&source, options).into_offset_iter() {
        match event {
            Event::SoftBreak => writer.soft_break(source.get(at.end..).unwrap_or_default()),
            other => writer.event(chinese::clean(other)),
        }
    }
    writer.flush();
    writer.out
}

/// What stands before the lines of a nested block.
enum Indent {
    /// `• ` or `1. ` before the first line of an item, as many spaces before the others.
    Item { marker: String, written: bool },
    /// A bar down the side of a quote.
    Quote,
}

/// A table being read.
#[derive(Default)]
struct Reading {
    aligns: Vec<Align>,
    rows: Vec<Vec<Words>>,
}

struct Writer {
    style: Style,
    out: String,
    /// The paragraph being read.
    words: Words,
    looks: Vec<Look>,
    indents: Vec<Indent>,
    /// The next number of each open list; `None` for bullets.
    lists: Vec<Option<u64>>,
    table: Option<Reading>,
    link: Option<String>,
    code: bool,
    /// Whether a blank line is due before the next block.
    gap: bool,
}

impl Writer {
    fn new(style: Style) -> Self {
        Self {
            style,
            out: String::new(),
            words: Vec::new(),
            looks: Vec::new(),
            indents: Vec::new(),
            lists: Vec::new(),
            table: None,
            link: None,
            code: false,
            gap: false,
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(words) if self.code => self.code_block(&words),
            Event::Text(words) | Event::Html(words) | Event::InlineHtml(words) => self.say(&words),
            Event::Code(words) => {
                self.words.push(Span::new(&words, self.look().with(Look::formula())))
            }
            Event::HardBreak => self.say("\n"),
            Event::Rule => {
                self.flush();
                let rule = "─".repeat(self.style.width.min(40));
                self.words.push(Span::new(&rule, Look::dim()));
                self.block();
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.looks.push(if level == HeadingLevel::H1 {
                    Look::title()
                } else {
                    Look::heading()
                });
            }
            Tag::Emphasis => self.looks.push(Look::italic()),
            Tag::Strong => self.looks.push(Look::bold()),
            Tag::Strikethrough => self.looks.push(Look::dim()),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.looks.push(Look::underline());
                self.link = Some(dest_url.to_string());
            }
            Tag::CodeBlock(_) => {
                self.flush();
                self.code = true;
            }
            Tag::List(first) => {
                self.flush();
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::BlockQuote(_) => {
                self.flush();
                self.due();
                self.indents.push(Indent::Quote);
            }
            Tag::Table(aligns) => {
                self.flush();
                let align =
                    |a: &Alignment| if *a == Alignment::Right { Align::Right } else { Align::Left };
                self.table =
                    Some(Reading { aligns: aligns.iter().map(align).collect(), rows: Vec::new() });
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.block(),
            TagEnd::Heading(_) => {
                self.block();
                self.looks.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.looks.pop();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::CodeBlock => {
                self.code = false;
                self.gap = true;
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.gap = true;
            }
            TagEnd::Item => {
                self.flush();
                self.indents.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.indents.pop();
                self.gap = true;
            }
            TagEnd::TableCell => {
                let words = std::mem::take(&mut self.words);
                if let Some(row) = self.table.as_mut().and_then(|t| t.rows.last_mut()) {
                    row.push(words);
                }
            }
            TagEnd::Table => self.end_table(),
            _ => {}
        }
    }

    fn look(&self) -> Look {
        self.looks.iter().fold(Look::plain(), |all, look| all.with(*look))
    }

    fn say(&mut self, words: &str) {
        self.words.push(Span::new(words, self.look()));
    }

    /// A line break of the source is a space, but none between two Chinese characters.
    fn soft_break(&mut self, rest: &str) {
        let last = self.words.last().and_then(|s| s.text().chars().last());
        if chinese::spaced(last, rest) {
            self.say(" ");
        }
    }

    fn item(&mut self) {
        self.flush();
        let marker = match self.lists.last_mut() {
            Some(Some(n)) => {
                *n += 1;
                format!("{}. ", *n - 1)
            }
            _ => "• ".to_string(),
        };
        self.indents.push(Indent::Item { marker, written: false });
    }

    fn end_link(&mut self) {
        self.looks.pop();
        let url = self.link.take().unwrap_or_default();
        let said: String = self.words.iter().map(Span::text).collect();
        if url.starts_with("http") && !said.ends_with(&url) {
            self.words.push(Span::new(&format!(" ({url})"), Look::dim()));
        }
    }

    fn end_table(&mut self) {
        let Some(mut table) = self.table.take().filter(|t| !t.rows.is_empty()) else { return };
        let bold = |words: Words| -> Words {
            words.iter().map(|s| Span::new(s.text(), s.look().with(Look::bold()))).collect()
        };
        let header = table.rows.remove(0);
        let columns: Vec<(Words, Align)> = header.into_iter().map(bold).zip(table.aligns).collect();
        let (first, rest) = self.prefixes();
        let room = self.style.width.saturating_sub(wrap::width(&rest)).max(2);
        let drawn = table::grid(&columns, table.rows, &Style { width: room, ..self.style });
        for (i, line) in drawn.lines().enumerate() {
            self.out += &format!("{}{line}\n", if i == 0 { &first } else { &rest });
        }
        self.gap = true;
    }

    fn code_block(&mut self, words: &str) {
        let (first, rest) = self.prefixes();
        for (i, line) in words.lines().enumerate() {
            let before = if i == 0 { &first } else { &rest };
            let spans = [Span::new(line, Look::formula())];
            self.out += &wrap::block(
                &spans,
                &format!("{before}    "),
                &format!("{rest}      "),
                &self.style,
            );
        }
    }

    /// Ends a block that may be open, without a blank line after it.
    fn flush(&mut self) {
        if !self.words.is_empty() {
            self.block();
            self.gap = false;
        }
    }

    /// Writes the words read so far as one block; a blank line is due before the next.
    fn block(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.is_empty() {
            return;
        }
        let (first, rest) = self.prefixes();
        self.out += &wrap::block(&words, &first, &rest, &self.style);
        self.gap = true;
    }

    /// Writes the blank line that is due, with the bar of a quote if it lies inside one.
    fn due(&mut self) {
        if std::mem::take(&mut self.gap) && !self.out.is_empty() {
            let bar = self.indents.iter().any(|i| matches!(i, Indent::Quote));
            self.out += if bar { "│\n" } else { "\n" };
        }
    }

    /// What stands before the first line of the next block and before its others; writes the blank
    /// line that is due.
    fn prefixes(&mut self) -> (String, String) {
        self.due();
        let (mut first, mut rest) = (String::new(), String::new());
        for indent in &mut self.indents {
            match indent {
                Indent::Quote => {
                    first += "│ ";
                    rest += "│ ";
                }
                Indent::Item { marker, written } => {
                    let blank = " ".repeat(wrap::width(marker));
                    first += if *written { &blank } else { marker };
                    rest += &blank;
                    *written = true;
                }
            }
        }
        (first, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Lang;

    fn plain(source: &str, width: usize) -> String {
        markdown(source, &Style { lang: Lang::En, color: false, true_color: false, width })
    }

    const SAMPLE: &str = "\
# RMSNorm

RMSNorm drops the **mean**: it divides by `rms(x)`,
the root of the mean square. See [the paper](https://arxiv.org/abs/1910.07467).

1. square
2. average
   - over the *last* axis
   - not over the batch

> What does it keep? The scale invariance.

| norm | parameters |
| --- | ---: |
| LayerNorm | 2d |
| RMSNorm | d |

```rust
let rms = (x * x).mean().sqrt();
    x / rms
```
Done.
";

    #[test]
    fn every_kind_of_block_is_readable() {
        insta::assert_snapshot!(plain(SAMPLE, 48), @r#"
        RMSNorm

        RMSNorm drops the mean: it divides by rms(x),
        the root of the mean square. See the paper
        (https://arxiv.org/abs/1910.07467).

        1. square
        2. average
           • over the last axis
           • not over the batch

        │ What does it keep? The scale invariance.

        norm       parameters
        ─────────  ──────────
        LayerNorm          2d
        RMSNorm             d

            let rms = (x * x).mean().sqrt();
                x / rms

        Done.
        "#);
    }

    #[test]
    fn looks_are_written_only_with_colour() {
        let colored = markdown(
            "**b** `c`",
            &Style { lang: Lang::En, color: true, true_color: false, width: 80 },
        );
        assert_eq!(colored, "\u{1b}[1mb\u{1b}[0m \u{1b}[36mc\u{1b}[0m\n");
        assert_eq!(plain("**b** `c`", 80), "b c\n");
    }

    #[test]
    fn chinese_lines_join_without_a_space() {
        assert_eq!(plain("层归一化\n对每个 token 计算", 80), "层归一化对每个 token 计算\n");
    }

    #[test]
    fn nothing_from_the_text_steers_the_terminal() {
        let bad = "a\x1b[31m **\u{202e}b** `\x07c` [l](http://x\x1b]0;t)\n\n| \x1b[2J |\n| --- |\n| \u{9b}1m |\n\n    \x1b[0m code &#27;[1m";
        let drawn = plain(bad, 80);
        assert!(
            !drawn.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'),
            "{drawn:?}"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in 12..90 {
            assert!(plain(SAMPLE, width).lines().all(|l| wrap::width(l) <= width), "{width}");
        }
    }
}
