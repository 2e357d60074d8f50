//! The forms of a lesson file whose keys exclude each other, before they are told apart.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lesson::{
    Drill, Expect, Item, Kind, Myth, Numeric, Options, Predict, Sequence, Step, Test, Words,
};
use crate::report::Text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    say: Option<Text>,
    run: Option<String>,
    look: Option<Text>,
    predict: Option<Predict>,
    ask: Option<String>,
}

impl TryFrom<RawStep> for Step {
    type Error = &'static str;

    fn try_from(raw: RawStep) -> Result<Self, Self::Error> {
        match raw {
            RawStep { say: Some(say), run: None, look: None, predict: None, ask: None } => {
                Ok(Self::Say(say))
            }
            RawStep { say: None, run: Some(run), look: Some(look), predict: None, ask: None } => {
                Ok(Self::Run { run, look })
            }
            RawStep { say: None, run: None, look: None, predict: Some(predict), ask: None } => {
                Ok(Self::Predict(predict))
            }
            RawStep { say: None, run: None, look: None, predict: None, ask: Some(id) } => {
                Ok(Self::Ask(id))
            }
            _ => Err("a step is one of: say; run with look; predict; ask ‖ \
                      一个步骤只能是以下之一：say；run 加 look；predict；ask"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMyth {
    id: String,
    says: Text,
    truth: Text,
    run: Option<String>,
    expect: Option<BTreeMap<String, Expect>>,
    source: Option<String>,
    #[serde(default)]
    slow: bool,
}

impl TryFrom<RawMyth> for Myth {
    type Error = &'static str;

    fn try_from(raw: RawMyth) -> Result<Self, Self::Error> {
        let test = match (raw.run, raw.expect) {
            (Some(run), Some(expect)) => Some(Test { run, expect }),
            (None, None) if raw.source.is_some() => None,
            (None, None) => {
                return Err(
                    "a myth needs run and expect, or a source where nothing can be computed ‖ \
                            误区需要 run 与 expect；无法计算时才可以只写 source",
                );
            }
            _ => {
                return Err(
                    "a myth's run and expect go together ‖ 误区的 run 与 expect 必须同时出现",
                );
            }
        };
        let RawMyth { id, says, truth, source, slow, .. } = raw;
        Ok(Self { id, says, truth, test, source, slow })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawItem {
    id: String,
    choice: Option<Options>,
    multi: Option<Options>,
    number: Option<Numeric>,
    text: Option<Words>,
    order: Option<Sequence>,
    drill: Option<Drill>,
}

impl TryFrom<RawItem> for Item {
    type Error = &'static str;

    fn try_from(raw: RawItem) -> Result<Self, Self::Error> {
        let mut kinds = [
            raw.choice.map(Kind::Choice),
            raw.multi.map(Kind::Multi),
            raw.number.map(Kind::Number),
            raw.text.map(Kind::Text),
            raw.order.map(Kind::Order),
            raw.drill.map(Kind::Drill),
        ]
        .into_iter()
        .flatten();
        match (kinds.next(), kinds.next()) {
            (Some(kind), None) => Ok(Self { id: raw.id, kind }),
            _ => Err("an item has one kind: choice, multi, number, text, order or drill ‖ \
                      每道题只能有一种题型：choice、multi、number、text、order 或 drill"),
        }
    }
}
