//! `flash schedule`: which pairs of blocks are visited.

use super::mask::{self, Sight};
use crate::experiments::{Context, params};
use crate::math::attention::blockwise::{self, Visit};
use crate::report::{
    Axis, Content, Error, Figure, Heatmap, Palette, Report, Table, Text, number, text,
};

/// Which pairs of a query block and a key block are computed, masked or skipped ‖ 哪些（查询块，键块）要算、要遮、可跳过
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "flash schedule\nflash schedule --length 4096 --window 1024 --queries 128 --keys 128\nflash schedule --bidirectional"
)]
pub struct Schedule {
    /// Tokens of the sequence ‖ 序列的 token 数
    #[arg(long, value_name = "T", default_value = "1024", value_parser = params::count(1, 1_000_000))]
    pub length: usize,
    /// Queries of a block ‖ 每个查询块的大小
    #[arg(long, value_name = "N", default_value = "64", value_parser = params::count(1, 1_000_000))]
    pub queries: usize,
    /// Keys of a block ‖ 每个键块的大小
    #[arg(long, value_name = "N", default_value = "64", value_parser = params::count(1, 1_000_000))]
    pub keys: usize,
    /// Who may look at whom ‖ 谁能看到谁
    #[command(flatten)]
    pub sight: Sight,
}

/// More blocks a side cannot be told apart in a picture.
const MOST: usize = 128;

impl Schedule {
    /// Asks the mask for each pair of blocks, as the loop itself does.
    ///
    /// # Errors
    /// Too many blocks, or a window longer than the sequence.
    pub fn run(&self, _context: &Context) -> Result<Report, Error> {
        let n = self.length;
        let mask = self.sight.mask(n)?;
        let sides = [n.div_ceil(self.queries), n.div_ceil(self.keys)];
        if let Some(blocks) = sides.into_iter().find(|blocks| *blocks > MOST) {
            return Err(Error::input(text(
                format!("{blocks} blocks a side are too many to draw"),
                format!("每边 {blocks} 块太多，画不下"),
            ))
            .allowed(text(format!("up to {MOST}"), format!("最多 {MOST} 块")))
            .example(format!(
                "llm-lab flash schedule --length {n} --queries {0} --keys {0}",
                n.div_ceil(MOST)
            )));
        }
        let visits = blockwise::schedule(mask, n, self.queries, self.keys);
        let count = |kind| visits.iter().flatten().filter(|visit| **visit == kind).count();
        let [whole, masked, skipped] = [Visit::Whole, Visit::Masked, Visit::Skipped].map(count);
        let all = whole + masked + skipped;
        let seen = mask.pairs(n) as f64;
        let computed = self.computed(&visits);
        let mut report = Report::new(text("The schedule of blocks", "分块计算的顺序表"));
        report.formula(
            "for each query block Qᵢ:  m = −∞, ℓ = 0, O = 0\n  for each key block Kⱼ, Vⱼ that is not skipped:\n    S = Qᵢ·Kⱼᵀ/√d_h, hidden places −∞\n    m′ = max(m, max S)\n    ℓ = ℓ·exp(m − m′) + Σ exp(S − m′)\n    O = O·exp(m − m′) + exp(S − m′)·Vⱼ;  m = m′\n  output O/ℓ",
        );
        let share = |part: usize| number(100.0 * part as f64 / all as f64);
        report.say(text(
            format!(
                "Of {all} pairs of blocks, {} % are skipped without a look, {} % are computed whole and {} % with a mask. {} scores are computed for {} visible pairs of tokens; the whole square would be {}.",
                share(skipped), share(whole), share(masked), number(computed), number(seen), number((n * n) as f64)
            ),
            format!(
                "共 {all} 个块对：{} % 直接跳过，{} % 整块计算，{} % 计算后遮盖。为 {} 个可见的 token 对共算了 {} 个分数；整个方阵则是 {}。",
                share(skipped), share(whole), share(masked), number(seen), number(computed), number((n * n) as f64)
            ),
        ));
        let mut table = Table::new(text("Pairs of blocks", "块对"))
            .words(text("kind", "类别"))
            .numbers(text("pairs", "块对数"))
            .numbers(text("share (%)", "占比（%）"));
        let kinds: [(Text, usize); 3] = [
            (text("whole: all queries see all keys", "整块：全部可见"), whole),
            (text("masked: some see some", "部分遮盖：部分可见"), masked),
            (text("skipped: nobody sees any", "跳过：全不可见"), skipped),
        ];
        for (words, pairs) in kinds {
            table.row(vec![words.into(), pairs.into(), (100.0 * pairs as f64 / all as f64).into()]);
        }
        report.table(table).figure(self.figure(&visits, mask::name(mask)));
        report
            .metric("pairs.all", all)
            .metric("pairs.whole", whole)
            .metric("pairs.masked", masked)
            .metric("pairs.skipped", skipped)
            .metric("pairs.visited", whole + masked)
            .metric("share.skipped", skipped as f64 / all as f64)
            .metric("tokens.visible", seen)
            .metric("scores.computed", computed)
            .metric("scores.full", (n * n) as f64)
            .metric("scores.held", self.queries.min(n) * self.keys.min(n));
        Ok(report)
    }

    /// The scores of all visited pairs.
    fn computed(&self, visits: &[Vec<Visit>]) -> f64 {
        let size = |block: usize, size: usize| size.min(self.length - block * size) as f64;
        let visited = visits.iter().enumerate().flat_map(|(i, row)| {
            let row = row.iter().enumerate().filter(|(_, visit)| **visit != Visit::Skipped);
            row.map(move |(j, _)| (i, j))
        });
        visited.map(|(i, j)| size(i, self.queries) * size(j, self.keys)).sum()
    }

    fn figure(&self, visits: &[Vec<Visit>], mask: String) -> Figure {
        let value = |visit: &Visit| match visit {
            Visit::Whole => 0.0,
            Visit::Masked => 1.0,
            Visit::Skipped => f64::NAN, // left empty
        };
        let kinds = ["whole", "masked"].map(str::to_string).to_vec();
        Figure::new(
            "schedule",
            format!("Blocks computed (empty: skipped), {mask}, T = {}", self.length),
            Axis::new(format!("key block ({} tokens)", self.keys)),
            Axis::new(format!("query block ({} tokens)", self.queries)),
            Content::Heatmap(Heatmap {
                values: visits.iter().map(|row| row.iter().map(value).collect()).collect(),
                palette: Palette::Categories(kinds),
                unit: String::new(),
                show_values: false,
            }),
        )
    }
}
