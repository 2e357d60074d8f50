//! `alibi slopes`: the slope of each head.

use crate::experiments::{Context, params};
use crate::math::position::alibi_slope;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// The slopes of ALiBi for any number of heads ‖ 任意头数的 ALiBi 斜率
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "alibi slopes --heads 8\nalibi slopes --heads 12\nalibi slopes --heads 112")]
pub struct Slopes {
    /// Heads ‖ 注意力头数
    #[arg(long, value_name = "H", default_value = "8", value_parser = params::count(1, 1024))]
    pub heads: usize,
}

impl Slopes {
    /// Lists the slopes.
    ///
    /// # Errors
    /// None; the signature is that of every experiment.
    pub fn run(&self, _: &Context) -> Result<Report, Error> {
        let heads = self.heads;
        let slopes: Vec<f64> = (0..heads).map(|h| alibi_slope(h, heads)).collect();
        let power = if heads.is_power_of_two() { heads } else { heads.next_power_of_two() / 2 };
        let mut report = Report::new(text("ALiBi's slopes", "ALiBi 的斜率"));
        report.formula("score(i, j) = qᵢ·kⱼ/√d − m_h (i − j),  j ≤ i\nm_h = 2^(−8h/H),  h = 1 … H,  for H a power of two");
        let mut table = Table::new(text(format!("{heads} heads"), format!("{heads} 个头")))
            .numbers(text("head h", "第 h 个头"))
            .numbers(text("slope m", "斜率 m"))
            .numbers(Text::same("1/m"))
            .words(text("from", "取自"));
        for (h, m) in slopes.iter().enumerate() {
            let from = if h < power { power } else { 2 * power };
            report.metric(format!("head{}.slope", h + 1), *m);
            let words =
                text(format!("the sequence for {from} heads"), format!("{from} 个头的数列"));
            table.row(vec![(h + 1).into(), (*m).into(), (1.0 / m).into(), words.into()]);
        }
        report.table(table);
        let ratio = (-8.0 / power as f64).exp2();
        let (mut en, mut zh) = (
            format!(
                "A geometric sequence that starts at its own ratio, {}, and ends at 1/256.",
                number(ratio)
            ),
            format!("等比数列，首项等于公比 {}，末项为 1/256。", number(ratio)),
        );
        if power != heads {
            en += &format!(
                " {heads} is not a power of two: the first {power} heads take the sequence for {power}, the other {} every second slope of the one for {}.",
                heads - power,
                2 * power
            );
            zh += &format!(
                "{heads} 不是 2 的幂：前 {power} 个头用 {power} 头的数列，其余 {} 个取 {} 头数列中的第 1、3、5、… 项。",
                heads - power,
                2 * power
            );
        }
        report.say(text(en, zh));
        report
            .metric("slope.largest", slopes.iter().copied().fold(0.0, f64::max))
            .metric("slope.smallest", slopes.iter().copied().fold(1.0, f64::min))
            .metric("ratio", ratio)
            .metric("power", power);
        let points = slopes.iter().enumerate().map(|(h, m)| ((h + 1) as f64, *m)).collect();
        report.figure(Figure::new(
            "slopes",
            format!("Slopes of {heads} heads"),
            Axis::new("head h"),
            Axis::log("slope m"),
            Content::Lines(Lines {
                series: vec![Series::new("m", points).stroke(Stroke::Dotted)],
                markers: Vec::new(),
            }),
        ));
        Ok(report)
    }
}
