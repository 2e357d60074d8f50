//! `mask show`: masks as grids, and how many pairs each lets through.

use super::grid::Grid;
use super::setting::{Kind, Setting, Sizes};
use crate::experiments::Context;
use crate::report::{Error, Figure, Report, Table, Text, number, text};

/// Tokens of a grid in characters at most.
const LINES: usize = 24;
/// Tokens of a picture at most.
const PICTURE: usize = 256;
/// Words that stand for eight tokens.
const STORY: &str = "the fox saw a kite by the sea";

/// Masks as grids with their visible pairs ‖ 把掩码画成网格，数出可见的 token 对
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "mask show causal prefix --tokens 6 --prefix 4\nmask show packed --documents 3 2 3\nmask show encoder-decoder --text \"the cat saw a kite\" --prefix 3"
)]
pub struct Show {
    /// Which masks; all if none is named ‖ 哪些掩码；不写则全部
    #[arg(value_enum, value_name = "MASK")]
    pub kinds: Vec<Kind>,
    /// Words instead of a number of tokens; each is one ‖ 用词代替 token 数；每个词算一个 token
    #[arg(long, value_name = "WORDS", conflicts_with = "tokens")]
    pub text: Option<String>,
    /// How many tokens there are, and where prefix, window and documents end ‖ token 数，以及前缀、窗口、文档的长度
    #[command(flatten)]
    pub sizes: Sizes,
}

impl Show {
    /// Draws and counts.
    ///
    /// # Errors
    /// Bad input if the sizes do not fit each other.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let words = self.text.as_ref().map(|text| text.split_whitespace().count());
        let setting = self.sizes.check(words)?;
        let kinds = Kind::chosen(&self.kinds);
        let n = setting.tokens;
        let mut report = Report::new(text("Who may look at whom", "谁能看到谁"));
        if n <= PICTURE {
            let names = self.names(n);
            if n <= LINES {
                drawn(&mut report, &kinds, &setting, &names);
            }
            let grids = kinds.iter().flat_map(|kind| Grid::of(*kind, &setting));
            let panels: Vec<_> = grids.map(|grid| grid.panel(&names)).collect();
            let title = "Each row sees its coloured columns";
            report.figure(Figure::grid("mask", title, panels.len().min(4), panels));
        } else {
            let gb = |bytes: f64| number((n as f64).powi(2) * bytes / 1e9);
            report.say(text(
                format!(
                    "{n} tokens are counted, not drawn: a table of all pairs would take {} GB with a byte a pair, {} GB with a score in f32. The rule alone takes a few bytes.",
                    gb(1.0),
                    gb(4.0)
                ),
                format!(
                    "{n} 个 token 只计数、不画图：每对一字节的完整表格要占 {} GB，f32 分数表要占 {} GB；而规则本身只需几个字节。",
                    gb(1.0),
                    gb(4.0)
                ),
            ));
        }
        report.table(table(&kinds, &setting));
        kinds.iter().for_each(|kind| measure(&mut report, *kind, kind.label(&kinds), &setting));
        report.metric("tokens", n);
        Ok(report)
    }

    /// What the tokens are called.
    fn names(&self, n: usize) -> Vec<String> {
        let numbered = || (1..=n).map(|i| format!("t{i}")).collect();
        let plain = self.sizes.tokens.is_none() && n == STORY.split_whitespace().count();
        match &self.text {
            Some(text) => text.split_whitespace().map(str::to_string).collect(),
            None if plain => STORY.split_whitespace().map(str::to_string).collect(),
            None => numbered(),
        }
    }
}

/// The grids in characters.
fn drawn(report: &mut Report, kinds: &[Kind], setting: &Setting, names: &[String]) {
    report.say(text(
        "A row looks, a column is looked at: ■ itself or earlier, ◆ ahead, · hidden.",
        "行在看，列被看：■ 自己或更早，◆ 更晚，· 不可见。",
    ));
    for kind in kinds {
        for grid in Grid::of(*kind, setting) {
            report.formula(format!("{}\n{}", grid.title, grid.lines(names).join("\n")));
        }
    }
}

fn table(kinds: &[Kind], setting: &Setting) -> Table {
    let mut table = Table::new(text("Visible pairs", "可见的 token 对"))
        .words(text("mask", "掩码"))
        .words(text("formula", "公式"))
        .numbers(text("pairs", "对数"))
        .numbers(text("of n² (%)", "占 n²（%）"))
        .numbers(text("that look ahead", "其中向后看"));
    let n = setting.tokens as f64;
    for kind in kinds {
        let grids = Grid::of(*kind, setting);
        let pairs: usize = grids.iter().map(|grid| grid.pairs(setting.tokens)).sum();
        let ahead: usize = grids.iter().map(Grid::ahead).sum();
        table.row(vec![
            kind.name().into(),
            formula(*kind, setting).into(),
            pairs.into(),
            (100.0 * pairs as f64 / (n * n)).into(),
            ahead.into(),
        ]);
    }
    table
}

/// The count as a formula, with its numbers.
fn formula(kind: Kind, setting: &Setting) -> Text {
    let Setting { tokens: n, prefix: p, window: w, .. } = setting;
    let (rest, after) = (n - p, n - w);
    Text::same(match kind {
        Kind::Causal => format!("n(n+1)/2 = {n}·{}/2", n + 1),
        Kind::Prefix => {
            format!("p² + (n−p)p + (n−p)(n−p+1)/2 = {p}² + {rest}·{p} + {rest}·{}/2", rest + 1)
        }
        Kind::Bidirectional => format!("n² = {n}²"),
        Kind::Sliding => format!("w(w+1)/2 + (n−w)w = {w}·{}/2 + {after}·{w}", w + 1),
        Kind::Packed => {
            let blocks = setting.documents.iter().map(|m| format!("{m}·{}/2", m + 1));
            format!("Σ m(m+1)/2 = {}", blocks.collect::<Vec<_>>().join(" + "))
        }
        Kind::EncoderDecoder => {
            format!("p² + m(m+1)/2 + m·p, m = n−p: {p}² + {rest}·{}/2 + {rest}·{p}", rest + 1)
        }
    })
}

fn measure(report: &mut Report, kind: Kind, label: String, setting: &Setting) {
    let (n, p) = (setting.tokens, setting.prefix);
    let grids = Grid::of(kind, setting);
    let sum = |count: &dyn Fn(&Grid) -> usize| grids.iter().map(count).sum::<usize>();
    let pairs = sum(&|grid| grid.pairs(n));
    let prompt = sum(&|grid| grid.pairs(p));
    report.metric(format!("{label}pairs"), pairs);
    report.metric(format!("{label}share"), pairs as f64 / (n as f64).powi(2));
    report.metric(format!("{label}ahead"), sum(&|grid| grid.ahead()));
    report.metric(format!("{label}first.sees"), grids[0].first());
    report.metric(format!("{label}prompt.pairs"), prompt);
    report.metric(format!("{label}prompt.share"), prompt as f64 / (p as f64).powi(2));
    if grids.len() > 1 {
        for grid in &grids {
            report.metric(format!("{label}pairs.{}", grid.title), grid.pairs(n));
        }
    }
}
