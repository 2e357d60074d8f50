//! Bars of what the models of each period chose.

use super::{
    Kind, Show, distinct, ffn_name, norm_name, placement_name, position_name, tokenizer_name,
};
use crate::model::published::Model;
use crate::report::{Axis, Bars, Content, Figure, Panel};

/// The generations that the bars compare.
const PERIODS: [(&str, u16, u16); 3] =
    [("2017–2019", 0, 2019), ("2020–2022", 2020, 2022), ("2023–", 2023, u16::MAX)];

/// How many models of each period chose which kind.
pub fn figure(models: &[&Model], show: Option<Show>) -> Figure {
    let all: [(&str, Kind, Show); 5] = [
        ("norm", norm_name, Show::Norm),
        ("place of the norm", placement_name, Show::Norm),
        ("feed-forward block", ffn_name, Show::Activation),
        ("positions", position_name, Show::Size),
        ("tokenizer", tokenizer_name, Show::Tokenizer),
    ];
    let panels: Vec<Panel> = all
        .into_iter()
        .filter(|(_, _, of)| show.is_none_or(|s| s == *of))
        .map(|(title, kind, _)| panel(title, models, kind))
        .collect();
    let columns = panels.len().min(2);
    Figure::grid("kinds", "What published models chose", columns, panels)
}

fn panel(title: &str, models: &[&Model], kind: Kind) -> Panel {
    let names = distinct(models, kind);
    let series = PERIODS
        .iter()
        .map(|&(period, from, to)| {
            let count = |name: &&str| {
                let chose = |m: &&&Model| (from..=to).contains(&m.year) && kind(m) == Some(*name);
                models.iter().filter(chose).count() as f64
            };
            (period.to_string(), names.iter().map(count).collect())
        })
        .collect();
    Panel {
        title: title.to_string(),
        x: Axis::names("", names.iter().map(|n| short(n)).collect()),
        y: Axis::new("models"),
        content: Content::Bars(Bars { series }),
    }
}

/// A name that fits under its bars.
fn short(name: &str) -> String {
    name.replace("LayerNorm without", "LN, no").replace("SentencePiece ", "SP ")
}
