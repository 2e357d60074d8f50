//! `norm half`: RMSNorm in half precision, where squares overflow.

use half::{bf16, f16};
use ndarray::Array2;

use super::input;
use crate::experiments::{Context, params};
use crate::math::norm::RmsNorm;
use crate::report::{
    Axis, Content, Error, Figure, Lines, Report, Series, Stroke, Table, Text, number, text,
};

/// RMSNorm in half precision: where the squares overflow ‖ 半精度下的 RMSNorm：平方在哪里溢出
#[derive(Debug, Clone, clap::Args)]
pub struct Half {
    /// Features of the random token ‖ 随机 token 的特征数
    #[arg(long, value_name = "D", value_parser = params::count(2, 4096), default_value = "64")]
    pub dim: usize,
    /// ε, added under the root ‖ 根号下加的 ε
    #[arg(long, value_name = "X", value_parser = params::between(0.0, 1.0), default_value = "1e-6")]
    pub eps: f64,
}

/// How the mean square is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    F16,
    Bf16,
    Cast,
}

impl Way {
    const ALL: [Self; 3] = [Self::F16, Self::Bf16, Self::Cast];

    fn key(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Cast => "cast",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::F16 => "all in float16",
            Self::Bf16 => "all in bfloat16",
            Self::Cast => "float16, statistic in float32",
        }
    }

    /// RMSNorm of a token with every intermediate result rounded as this way says; γ = 1.
    fn normalize(self, token: &[f64], eps: f64) -> Vec<f64> {
        match self {
            Self::F16 => {
                let x: Vec<f16> = token.iter().map(|&v| f16::from_f64(v)).collect();
                let sum = x.iter().fold(f16::ZERO, |s, &v| s + v * v);
                let mean = sum / f16::from_f64(x.len() as f64) + f16::from_f64(eps);
                let root = f16::from_f32(mean.to_f32().sqrt());
                x.iter().map(|&v| (v / root).to_f64()).collect()
            }
            Self::Bf16 => {
                let x: Vec<bf16> = token.iter().map(|&v| bf16::from_f64(v)).collect();
                let sum = x.iter().fold(bf16::ZERO, |s, &v| s + v * v);
                let mean = sum / bf16::from_f64(x.len() as f64) + bf16::from_f64(eps);
                let root = bf16::from_f32(mean.to_f32().sqrt());
                x.iter().map(|&v| (v / root).to_f64()).collect()
            }
            Self::Cast => {
                let x: Vec<f32> = token.iter().map(|&v| f16::from_f64(v).to_f32()).collect();
                let mean = x.iter().map(|v| v * v).sum::<f32>() / x.len() as f32 + eps as f32;
                x.iter().map(|v| f16::from_f32(v / mean.sqrt()).to_f64()).collect()
            }
        }
    }
}

impl Half {
    /// One token at sizes from 10⁻⁴ to 10⁴, against the exact result.
    ///
    /// # Errors
    /// None that its parameters allow.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let noise = input::gaussian((1, self.dim), 0.0, 1.0, context, 0)?; // (1, d)
        let sizes: Vec<f64> = (-16..=16).map(|k| 10_f64.powf(f64::from(k) / 4.0)).collect();
        let errors = Way::ALL.map(|way| {
            sizes.iter().map(|&size| self.error(way, &noise.mapv(|v| v * size))).collect::<Vec<_>>()
        });

        let mut report = Report::new(text("RMSNorm in half precision", "半精度下的 RMSNorm"));
        report.say(text(
            "float16 ends at 65,504, so the square of an entry overflows above 256, and the sum of d squares sooner. \
             bfloat16 has the range of float32 and only 8 bits of precision. The cure is to compute the statistic in float32 and cast back.",
            "float16 最大只到 65,504：元素超过 256 时平方就溢出，d 个平方求和时溢出得更早。\
             bfloat16 的范围与 float32 相同，但只有 8 位精度。解决办法是用 float32 计算统计量，再转回去。",
        ));
        let mut table = Table::new(text("Largest error of the output", "输出的最大误差"))
            .numbers(text("size of the entries", "元素大小"));
        for way in Way::ALL {
            table = table.numbers(Text::same(way.name()));
        }
        for (i, &size) in sizes.iter().enumerate().filter(|(i, _)| i % 4 == 0) {
            let mut cells = vec![size.into()];
            cells.extend(errors.iter().map(|e| e[i].into()));
            table.row(cells);
        }
        report.table(table);
        const USELESS: f64 = 0.1;
        let works: Vec<f64> =
            sizes.iter().zip(&errors[0]).filter(|(_, e)| **e < USELESS).map(|(s, _)| *s).collect();
        for (way, errors) in Way::ALL.iter().zip(&errors) {
            let largest = errors.iter().copied().fold(0.0, f64::max);
            report
                .metric(format!("{}.error.at_1", way.key()), errors[sizes.len() / 2])
                .metric(format!("{}.error.largest", way.key()), largest);
        }
        if let (Some(&low), Some(&high)) = (works.first(), works.last()) {
            report.metric("f16.works.from", low).metric("f16.works.to", high).say(text(
                format!("All in float16 the error stays below {USELESS} only for entries from {} to {}.", number(low), number(high)),
                format!("全程 float16 时，只有元素大小在 {} 到 {} 之间，误差才小于 {USELESS}。", number(low), number(high)),
            ));
        }
        let series = Way::ALL.iter().zip(&errors).map(|(way, errors)| {
            let points = sizes.iter().zip(errors).map(|(s, e)| (*s, e.max(1e-5))).collect();
            Series::new(way.name(), points).stroke(Stroke::Dotted)
        });
        report.figure(Figure::new(
            "half",
            "RMSNorm in half precision",
            Axis::log("size of the entries"),
            Axis::log("largest error of the output"),
            Content::Lines(Lines { series: series.collect(), markers: Vec::new() }),
        ));
        Ok(report)
    }

    /// The largest difference to RMSNorm in f64.
    fn error(&self, way: Way, token: &Array2<f64>) -> f64 {
        let exact = RmsNorm::new(self.dim, self.eps).forward(token.view()).0;
        let ours = way.normalize(&token.row(0).to_vec(), self.eps);
        exact.iter().zip(ours).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
    }
}
