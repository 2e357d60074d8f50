//! `modes layers`: which layers know the mode at all.

use ndarray::Array2;
use ndarray_rand::rand::Rng;

use super::net::{FEATURES, Mode, drop, normalize};
use crate::experiments::{Context, params};
use crate::math::activation::Activation;
use crate::math::linalg::largest_difference;
use crate::math::linear::{Linear, xavier};
use crate::math::norm::{BatchNorm, LayerNorm, RmsNorm};
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, text};

/// Every kind of layer in both modes: who changes its output, who changes its state ‖ 各种层在两种模式下：谁的输出变，谁的状态变
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "modes layers\nmodes layers --batch 4\nmodes layers --p 0")]
pub struct Layers {
    /// p of dropout ‖ dropout 的 p
    #[arg(long, value_name = "P", value_parser = params::between(0.0, 0.95), default_value = "0.1")]
    pub p: f64,
    /// Tokens of the batch ‖ 批次的 token 数
    #[arg(long, value_name = "N", value_parser = params::count(2, 4096), default_value = "32")]
    pub batch: usize,
}

/// What became of one layer.
struct Seen {
    key: &'static str,
    name: &'static str,
    /// The largest difference of the outputs in the two modes.
    difference: f64,
    /// Whether a pass in training mode changed what the layer remembers, if it remembers anything.
    moved: Option<bool>,
}

impl Layers {
    /// Passes one batch through every layer, in either mode.
    ///
    /// # Errors
    /// None that its parameters allow.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let seen = self.look(context);
        let mut report = Report::new(text("Who knows the mode?", "谁认得模式？"));
        let mut table = Table::new(text(
            format!("One batch of {} tokens through each layer", self.batch),
            format!("一个 {} token 的批次通过各层", self.batch),
        ))
        .words(text("layer", "层"))
        .numbers(text("largest difference, training − evaluation", "训练与评估输出的最大差"))
        .words(text("its state moves in training mode", "训练模式下状态会变"));
        for one in &seen {
            let moved = match one.moved {
                Some(true) => text("yes", "是"),
                Some(false) => text("no", "否"),
                None => text("has none", "无状态"),
            };
            table.row(vec![one.name.into(), one.difference.into(), moved.into()]);
            report.metric(format!("{}.difference", one.key), one.difference);
            if let Some(moved) = one.moved {
                report.metric(format!("{}.moves", one.key), moved);
            }
        }
        report.table(table);
        report.say(text(
            "The mode is a flag that only some layers read: dropout, and norms with running statistics. \
             A LLaMA-style model trained without dropout computes the same function in both.",
            "模式只是一个标志，只有少数层会读它：dropout，以及带滑动统计量的归一化。训练时不用 dropout 的 LLaMA 式模型，两种模式下是同一个函数。",
        ));
        let names = seen.iter().map(|s| s.name.to_string()).collect();
        let values: Vec<f64> = seen.iter().map(|s| s.difference).collect();
        report.figure(Figure::new(
            "layers",
            "Training against evaluation mode, layer by layer",
            Axis::names("layer", names),
            Axis::new("largest difference of the outputs"),
            Content::Bars(Bars { series: vec![("difference".to_string(), values)] }),
        ));
        Ok(report)
    }

    fn look(&self, context: &Context) -> Vec<Seen> {
        let mut rng = context.rng(0);
        let normal = ((self.batch + FEATURES) as f64 / 2.0).sqrt(); // variance 1
        let mut batch = || xavier(self.batch, FEATURES, normal, &mut rng) * 2.0 + 1.0; // (N, d)
        let x: Array2<f64> = batch();
        let mut norm = BatchNorm::new(FEATURES, 1e-5, 0.1);
        for _ in 0..50 {
            norm.train(batch().view(), None); // it has been trained for a while
        }
        let before = norm.clone();
        let trained = normalize(&mut norm, x.view(), Mode::Train).0;
        let evaluated = normalize(&mut before.clone(), x.view(), Mode::Eval).0;
        let dropped = |mode| drop(&x, self.p, mode, context.rng(2).random()).0;
        let map = Linear::xavier(FEATURES, FEATURES, 1.0, &mut context.rng(1));
        // layers without a mode have one function, which is called twice all the same
        let twice = |f: &dyn Fn() -> Array2<f64>| largest_difference(&f(), &f());
        let plain = |key, name, f: &dyn Fn() -> Array2<f64>| Seen {
            key,
            name,
            difference: twice(f),
            moved: None,
        };
        let (layer, rms) = (LayerNorm::new(FEATURES, 1e-5), RmsNorm::new(FEATURES, 1e-5));
        vec![
            Seen {
                key: "dropout",
                name: "dropout",
                difference: largest_difference(&dropped(Mode::Train), &dropped(Mode::Eval)),
                moved: None,
            },
            Seen {
                key: "batchnorm",
                name: "BatchNorm",
                difference: largest_difference(&trained, &evaluated),
                moved: Some(norm != before),
            },
            plain("layernorm", "LayerNorm", &|| layer.forward(x.view()).0),
            plain("rmsnorm", "RMSNorm", &|| rms.forward(x.view()).0),
            plain("gelu", "GELU", &|| Activation::Gelu.forward(&x)),
            plain("linear", "Linear", &|| map.forward(x.view())),
        ]
    }
}
