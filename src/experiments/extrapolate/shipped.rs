//! `extrapolate shipped`: the results of the long runs, kept in the program.

use super::results::Results;
use super::stream::Streams;
use crate::experiments::Context;
use crate::report::{Error, Report, text};

/// What the commands on their defaults gave.
const LENGTHS: &str = include_str!("../../../assets/extrapolation/lengths.json");
const STREAM: &str = include_str!("../../../assets/extrapolation/stream.json");

/// The results of `extrapolate lengths` and `extrapolate stream` on their defaults, kept in the program: at once, with the command that made them ‖ `extrapolate lengths` 与 `extrapolate stream` 默认设置的结果，随程序自带：立即显示，并给出得到它的命令
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "extrapolate shipped lengths\nextrapolate shipped stream")]
pub struct Shipped {
    /// Which ‖ 哪一个
    #[arg(value_name = "WHAT", default_value = "lengths", value_parser = ["lengths", "stream"])]
    pub what: String,
}

impl Shipped {
    /// Reports what is kept.
    ///
    /// # Errors
    /// If the program was built with a damaged file.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let damaged = |error: serde_json::Error| {
            Error::Machine(text(
                format!("the kept results are damaged: {error}"),
                format!("自带的结果已损坏：{error}"),
            ))
        };
        match self.what.as_str() {
            "stream" => Ok(serde_json::from_str::<Streams>(STREAM).map_err(damaged)?.report()),
            _ => Ok(serde_json::from_str::<Results>(LENGTHS).map_err(damaged)?.report()),
        }
    }
}
