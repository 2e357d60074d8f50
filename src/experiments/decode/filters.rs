//! `decode filters`: which tokens each filter keeps of a flat and of a peaked distribution.

use super::stage::{Stage, descending, stages};
use crate::experiments::{Context, params, strategy};
use crate::model::Settings;
use crate::model::decoding::History;
use crate::report::{Axis, Bars, Content, Error, Figure, Panel, Report, Table, Text, number, text};

/// A model that hardly knows: shares of 20 tokens.
const FLAT: [f32; 20] = [
    0.080, 0.075, 0.070, 0.066, 0.062, 0.058, 0.055, 0.053, 0.051, 0.049, 0.047, 0.045, 0.043,
    0.041, 0.039, 0.037, 0.035, 0.033, 0.031, 0.030,
];
/// One that is nearly sure.
const PEAKED: [f32; 20] = [
    0.8, 0.1, 0.04, 0.02, 0.01, 0.006, 0.005, 0.004, 0.003, 0.002, 0.002, 0.0015, 0.0015, 0.001,
    0.001, 0.001, 0.0007, 0.0005, 0.0005, 0.0003,
];

/// Which tokens top-k, top-p and the others keep of a flat and of a peaked distribution ‖ top-k、top-p 等在平坦与尖锐分布上各保留哪些 token
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "decode filters\ndecode filters --top-k 10 --top-p 0.5\ndecode filters --min-p 0.2"
)]
pub struct Filters {
    /// k ‖ k
    #[arg(long, value_name = "K", default_value = "5", value_parser = params::count(1, 20))]
    pub top_k: usize,
    /// p ‖ p
    #[arg(long, value_name = "P", default_value = "0.9", value_parser = strategy::share)]
    pub top_p: f64,
    /// The share of the largest probability ‖ 占最大概率的比例
    #[arg(long, value_name = "P", default_value = "0.1", value_parser = strategy::share)]
    pub min_p: f64,
    /// The mass of typical tokens ‖ 典型 token 的累计概率
    #[arg(long, visible_alias = "typical", value_name = "P", default_value = "0.9", value_parser = strategy::share)]
    pub typical_p: f64,
    /// ε of η-sampling ‖ η 采样的 ε
    #[arg(long, visible_alias = "eta", value_name = "E", default_value = "0.05", value_parser = strategy::cutoff)]
    pub eta_cutoff: f64,
}

impl Filters {
    fn settings(&self) -> [Settings; 5] {
        let none = Settings::default;
        [
            Settings { top_k: Some(self.top_k), ..none() },
            Settings { top_p: Some(self.top_p), ..none() },
            Settings { min_p: Some(self.min_p), ..none() },
            Settings { typical_p: Some(self.typical_p), ..none() },
            Settings { eta_cutoff: Some(self.eta_cutoff), ..none() },
        ]
    }

    /// Filters both distributions.
    ///
    /// # Errors
    /// None for these distributions.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let mut report = Report::new(text(
            "Filters on a flat and on a peaked distribution",
            "过滤器在平坦与尖锐分布上的表现",
        ));
        let mut table = Table::new(text(
            "Tokens kept of 20, and the mass on them",
            "20 个 token 中保留的个数及其概率总和",
        ))
        .words(text("filter", "过滤器"))
        .numbers(text("flat: tokens", "平坦：个数"))
        .numbers(text("flat: mass", "平坦：概率"))
        .numbers(text("peaked: tokens", "尖锐：个数"))
        .numbers(text("peaked: mass", "尖锐：概率"));
        let mut panels = Vec::new();
        for settings in self.settings() {
            let mut row = Vec::new();
            let mut name = String::new();
            for (kind, shares) in [("flat", FLAT), ("peaked", PEAKED)] {
                let logits: Vec<f32> = shares.iter().map(|p| p.ln()).collect();
                let all = stages(&mut settings.processors(), History::default(), &logits)?;
                let [before, .., after] = &all[..] else { continue }; // p = 1 filters nothing
                let mass = after.mass(&before.p);
                row.push(after.kept().into());
                row.push(mass.into());
                report.metric(format!("{kind}.{}.kept", after.key), after.kept());
                report.metric(format!("{kind}.{}.mass", after.key), mass);
                name.clone_from(&after.name);
                panels.push(panel(kind, before, after));
            }
            if !row.is_empty() {
                row.insert(0, name.into());
                table.row(row);
            }
        }
        report.table(table);
        report.say(said(&report));
        report.figure(Figure::grid("filters", "What filters keep", 2, panels));
        Ok(report)
    }
}

/// Kept and ruled-out tokens in two colours.
fn panel(kind: &str, before: &Stage, after: &Stage) -> Panel {
    let order = descending(&before.p);
    let part = |kept: bool| {
        let there = |id: &usize| (after.logits[*id] > f32::NEG_INFINITY) == kept;
        order.iter().map(|id| if there(id) { before.p[*id] } else { 0.0 }).collect()
    };
    Panel {
        title: format!("{kind}: {}", after.name),
        x: Axis::names("token", (1..=order.len()).map(|i| i.to_string()).collect()),
        y: Axis::new("probability"),
        content: Content::Bars(Bars {
            series: vec![("kept".to_string(), part(true)), ("ruled out".to_string(), part(false))],
        }),
    }
}

fn said(report: &Report) -> Text {
    let get = |name: &str| report.number(name).map_or_else(|| "20".to_string(), number);
    text(
        format!(
            "Top-k keeps {} tokens of both, which cuts sound words from the flat one and leaves junk in the peaked one; top-p keeps {} and {}: the number follows the distribution.",
            get("flat.top_k.kept"),
            get("flat.top_p.kept"),
            get("peaked.top_p.kept")
        ),
        format!(
            "top-k 在两者上都保留 {} 个：对平坦分布砍掉了合理的词，对尖锐分布又留下了垃圾；top-p 分别保留 {} 个和 {} 个：个数随分布而变。",
            get("flat.top_k.kept"),
            get("flat.top_p.kept"),
            get("peaked.top_p.kept")
        ),
    )
}
