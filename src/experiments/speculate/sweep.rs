//! `speculate sweep`: accepted length by k and temperature.

use super::duo::{Duo, Models};
use crate::experiments::{Context, params, strategy};
use crate::model::Settings;
use crate::model::speculative::{Speculative, tokens_per_round};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, number, text,
};

/// Tokens per pass of the target, by drafted length and temperature ‖ 目标模型每次前向得到的 token 数，随草稿长度与温度的变化
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "speculate sweep\nspeculate sweep --ks 1 3 5 --temperatures 0.5 1 2 --texts 8"
)]
pub struct Sweep {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub models: Models,
    /// Drafted lengths ‖ 草稿长度
    #[arg(long, value_name = "K", num_args = 1.., value_parser = params::count(1, 100), default_values = ["1", "2", "4", "8"])]
    pub ks: Vec<usize>,
    /// Temperatures of both models ‖ 两个模型的温度
    #[arg(long, value_name = "T", num_args = 1.., value_parser = strategy::temperature, default_values = ["0.3", "1", "2"])]
    pub temperatures: Vec<f64>,
    /// How many texts for each pair ‖ 每种组合生成多少段
    #[arg(long, value_name = "N", default_value = "3", value_parser = params::count(1, 1000))]
    pub texts: usize,
}

/// Tokens of each text.
const LENGTH: usize = 64;

/// What one pair of k and temperature gives.
struct Cell {
    k: usize,
    tokens: f64,
    /// The share of checked drafts that were kept.
    rate: f64,
}

impl Sweep {
    /// Writes texts for each pair.
    ///
    /// # Errors
    /// If the models do not fit each other.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let duo = self.models.open(context)?;
        let mut ks = params::distinct(&self.ks);
        ks.sort_unstable();
        let temperatures = params::distinct(&self.temperatures);
        let total = ks.len() * temperatures.len();
        let cost = duo.cost();
        let mut report = Report::new(text("Accepted length", "接受长度"));
        report.formula("tokens per pass = accepted + 1,   speed-up at draft cost c: tokens per pass / (c·k + 1)");
        let mut table = Table::new(text(
            format!(
                "{} texts of {LENGTH} tokens for each; a draft token costs c = {} of a pass",
                self.texts,
                number(cost)
            ),
            format!(
                "每种组合 {} 段、每段 {LENGTH} 个 token；草稿 token 的成本 c = {} 次前向",
                self.texts,
                number(cost)
            ),
        ))
        .numbers(text("temperature", "温度"))
        .numbers(text("k", "k"))
        .numbers(text("acceptance rate", "接受率"))
        .numbers(text("tokens per pass", "每次前向的 token 数"))
        .numbers(text("if drafts were independent", "若各次接受相互独立"))
        .numbers(text("speed-up", "加速比"));
        let (mut lines, mut gains) = (Vec::new(), Vec::new());
        for (i, t) in temperatures.iter().enumerate() {
            let mut cells = Vec::new();
            for (j, k) in ks.iter().enumerate() {
                context.step(
                    i * ks.len() + j,
                    total,
                    &text("drafting and checking", "起草与检查"),
                )?;
                cells.push(self.cell(&duo, *k, *t, context)?);
            }
            let speedup = |cell: &Cell| cell.tokens / (cost * cell.k as f64 + 1.0);
            for cell in &cells {
                let independent = tokens_per_round(cell.rate, cell.k);
                table.row(vec![
                    (*t).into(),
                    cell.k.into(),
                    cell.rate.into(),
                    cell.tokens.into(),
                    independent.into(),
                    speedup(cell).into(),
                ]);
                let name = |what: &str| format!("t{}.k{}.{what}", number(*t), cell.k);
                report.metric(name("rate"), cell.rate);
                report.metric(name("tokens"), cell.tokens);
                report.metric(name("independent"), independent);
                report.metric(name("speedup"), speedup(cell));
            }
            let label = format!("T = {}", number(*t));
            let points = |value: &dyn Fn(&Cell) -> f64| {
                cells.iter().map(|c| (c.k as f64, value(c))).collect()
            };
            lines.push(Series::new(label.clone(), points(&|c| c.tokens)).stroke(Stroke::Dotted));
            gains.push(Series::new(label, points(&speedup)).stroke(Stroke::Dotted));
        }
        let most = |k: &usize| (*k as f64, *k as f64 + 1.0);
        lines.push(
            Series::new("all kept: k + 1", ks.iter().map(most).collect()).stroke(Stroke::Dashed),
        );
        report.table(table);
        let panel = |title: String, y: &str, series| Panel {
            title,
            x: Axis::new("k: drafted tokens"),
            y: Axis::new(y),
            content: Content::Lines(Lines { series, markers: Vec::new() }),
        };
        let panels = vec![
            panel("Tokens per pass of the target".to_string(), "tokens", lines),
            panel(
                format!("Speed-up if a draft token costs {} of a pass", number(cost)),
                "times",
                gains,
            ),
        ];
        report.figure(Figure::grid("sweep", "Drafts kept, by length and temperature", 2, panels));
        report.metric("draft.cost", cost);
        Ok(report)
    }

    fn cell(
        &self,
        duo: &Duo,
        k: usize,
        temperature: f64,
        context: &Context,
    ) -> Result<Cell, Error> {
        let settings = Settings { temperature, ..Settings::default() };
        let length = LENGTH.min(duo.room());
        let (mut rounds, mut kept, mut checked) = (0usize, 0usize, 0usize);
        for i in 0..self.texts {
            let (target, draft) = (&duo.target.model, &duo.draft.model);
            let mut said = Speculative::new(target, draft, &duo.prompt, settings.clone(), false)?;
            let mut rng = context.rng(i as u64);
            while said.said().len() < length {
                let round = said.round(k, &mut rng)?;
                rounds += 1;
                kept += round.accepted;
                checked += round.chances.len();
            }
        }
        let tokens = (kept + rounds) as f64 / rounds.max(1) as f64;
        Ok(Cell { k, tokens, rate: kept as f64 / checked.max(1) as f64 })
    }
}
