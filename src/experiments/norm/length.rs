//! `norm length`: the gradient through a small stack of attention blocks against the length of the
//! sequence, with LayerNorm and with RMSNorm, under both masks.

use super::input;
use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::math::linalg::frobenius;
use crate::model::Placement;
use crate::model::stack::{Config, NormKind, Stack};
use crate::report::{
    Axis, Content, Error, Figure, Lines, Panel, Report, Series, Stroke, Table, text,
};

/// Gradient norm against sequence length, LayerNorm and RMSNorm, causal and bidirectional ‖ 梯度范数随序列长度的变化：LayerNorm 与 RMSNorm，因果与双向
#[derive(Debug, Clone, clap::Args)]
pub struct Length {
    /// Longest sequence; lengths double from 8 up to it ‖ 最长序列；长度从 8 起逐次加倍
    #[arg(long, value_name = "N", value_parser = params::count(16, 2048), default_value = "512")]
    pub longest: usize,
    /// Blocks of the stack ‖ 网络层数
    #[arg(long, value_name = "L", value_parser = params::count(1, 48), default_value = "4")]
    pub layers: usize,
    /// Features of each token ‖ 每个 token 的特征数
    #[arg(long, value_name = "D", value_parser = params::count(8, 256), default_value = "32")]
    pub dim: usize,
    /// How many random stacks are averaged ‖ 对多少个随机网络取平均
    #[arg(long, value_name = "N", value_parser = params::count(1, 32), default_value = "4")]
    pub draws: usize,
}

const MASKS: [(Mask, &str, &str); 2] =
    [(Mask::Causal, "causal", "因果"), (Mask::None, "bidirectional", "双向")];
const NORMS: [(NormKind, &str, &str); 2] =
    [(NormKind::LayerNorm, "layer", "LayerNorm"), (NormKind::RmsNorm, "rms", "RMSNorm")];

impl Length {
    /// Measures every mask, norm and length.
    ///
    /// # Errors
    /// Sizes that do not fit in memory; an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let (n, d) = (self.longest as f64, self.dim as f64);
        let floats = self.layers as f64 * (n * n + 30.0 * n * d + 30.0 * d * d);
        params::fits(floats, 8, &text("this stack", "这个网络"))?;
        let lengths: Vec<usize> =
            (3..).map(|k| 1_usize << k).take_while(|&n| n <= self.longest).collect();

        let mut report =
            Report::new(text("Gradient norm against sequence length", "梯度范数与序列长度"));
        report.say(text(
            format!(
                "A Pre-LN stack of {} random blocks (attention and feed-forward), width {}, mean of {} draws. The upstream gradient has entries of size 1; what is measured is their size when they come out at the input.",
                self.layers, self.dim, self.draws
            ),
            format!(
                "{} 层随机初始化的 Pre-LN 网络（注意力 + 前馈），宽度 {}，取 {} 次随机的平均。上游梯度各元素大小为 1，测量它们传到输入时的大小。",
                self.layers, self.dim, self.draws
            ),
        ));
        let mut table = Table::new(text("Size of the gradient at the input", "输入处的梯度大小"))
            .numbers(text("tokens n", "token 数 n"));
        for (_, mask, chinese) in MASKS {
            for (_, _, norm) in NORMS {
                table =
                    table.numbers(text(format!("{norm}, {mask}"), format!("{norm}，{chinese}")));
            }
        }
        let total = lengths.len() * MASKS.len();
        let mut found: Vec<Vec<[f64; 2]>> = vec![Vec::new(); MASKS.len()]; // [mask][length][norm]
        for (l, &n) in lengths.iter().enumerate() {
            let mut cells = vec![n.into()];
            for (m, &(mask, ..)) in MASKS.iter().enumerate() {
                let go_on =
                    || context.step(l * MASKS.len() + m, total, &text("lengths", "序列长度"));
                let mut pair = [0.0; 2];
                for (gradient, (norm, ..)) in pair.iter_mut().zip(NORMS) {
                    *gradient = self.measure(n, mask, norm, context, go_on)?;
                    cells.push((*gradient).into());
                }
                found[m].push(pair);
            }
            table.row(cells);
        }
        report.table(table);
        for ((_, mask, _), found) in MASKS.iter().zip(&found) {
            metrics(&mut report, mask, &lengths, found);
        }
        report.say(text(
            "A norm's statistic is taken over one token's features, so the length of the sequence does not enter it. What length does change is attention, and it changes both curves alike.",
            "归一化的统计量只对单个 token 的特征计算，与序列长度无关。长度影响的是注意力，而它对两条曲线的影响是一样的。",
        ));
        report.figure(picture(&lengths, &found));
        Ok(report)
    }

    /// RMS of the gradient's entries at the input of random stacks, averaged over draws; both norms get the same weights and data.
    fn measure(
        &self,
        n: usize,
        mask: Mask,
        norm: NormKind,
        context: &Context,
        go_on: impl Fn() -> Result<(), Error>,
    ) -> Result<f64, Error> {
        let config = Config {
            layers: self.layers,
            d: self.dim,
            d_ff: 4 * self.dim,
            heads: 1,
            mask,
            placement: Placement::Pre,
            norm,
            ..Config::default()
        };
        let mut sum = 0.0;
        for draw in 0..self.draws as u64 {
            let stack = Stack::<f64>::new(&config, &mut context.rng(3 * draw));
            let x = input::gaussian((n, self.dim), 0.0, 1.0, context, 3 * draw + 1)?; // (n, d)
            let dy = input::gaussian((n, self.dim), 0.0, 1.0, context, 3 * draw + 2)?; // (n, d)
            let (_, tape) = stack.try_forward(x, &go_on)?;
            let back = stack.try_backward(&tape, dy.view(), &go_on)?;
            let entries = ((n * self.dim) as f64).sqrt();
            sum += frobenius(&back.streams[0]) / entries / self.draws as f64;
        }
        Ok(sum)
    }
}

/// Growth from the shortest to the longest, and the ratio of the two norms.
fn metrics(report: &mut Report, mask: &str, lengths: &[usize], found: &[[f64; 2]]) {
    let (Some(first), Some(last)) = (found.first(), found.last()) else { return };
    for (k, (_, key, _)) in NORMS.iter().enumerate() {
        report
            .metric(format!("{mask}.{key}.shortest"), first[k])
            .metric(format!("{mask}.{key}.longest"), last[k])
            .metric(format!("{mask}.{key}.growth"), last[k] / first[k]);
    }
    let ratios = found.iter().map(|pair| pair[1] / pair[0]);
    let (low, high) = ratios.fold((f64::MAX, 0.0), |(l, h), r| (r.min(l), r.max(h)));
    report
        .metric(format!("{mask}.ratio.lowest"), low)
        .metric(format!("{mask}.ratio.highest"), high)
        .metric(format!("{mask}.lengths"), lengths.len());
}

/// One panel a mask, both norms in each.
fn picture(lengths: &[usize], found: &[Vec<[f64; 2]>]) -> Figure {
    let top = found.iter().flatten().flatten().copied().fold(0.0, f64::max);
    let panels = MASKS
        .iter()
        .zip(found)
        .map(|((_, mask, _), found)| {
            let curve = |k: usize| {
                let points = lengths.iter().zip(found);
                points.map(|(&n, pair)| (n as f64, pair[k])).collect::<Vec<_>>()
            };
            Panel {
                title: mask.to_string(),
                x: Axis::log("sequence length n (tokens)"),
                y: Axis::new("RMS of the gradient at the input").between(0.0, 1.25 * top),
                content: Content::Lines(Lines {
                    series: vec![
                        Series::new(NORMS[0].2, curve(0)).stroke(Stroke::Dotted),
                        Series::new(NORMS[1].2, curve(1)).stroke(Stroke::Dashed),
                    ],
                    markers: Vec::new(),
                }),
            }
        })
        .collect();
    Figure::grid("length", "Gradient at the input against sequence length", 2, panels)
}
