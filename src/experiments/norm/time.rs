//! `norm time`: LayerNorm and RMSNorm side by side on the clock.

use std::time::Instant;

use ndarray::{Array2, ArrayViewMut2};
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::StandardNormal;

use crate::experiments::clock::{WARM_UP, quartiles};
use crate::experiments::{Context, params};
use crate::math::norm::{LayerNorm, RmsNorm};
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, text};

/// LayerNorm and RMSNorm on the clock, side by side ‖ LayerNorm 与 RMSNorm 并排计时
#[derive(Debug, Clone, clap::Args)]
pub struct Time {
    /// Tokens ‖ token 数
    #[arg(long, value_name = "T", value_parser = params::count(1, 65536), default_value = "1024")]
    pub tokens: usize,
    /// Features of each token ‖ 每个 token 的特征数
    #[arg(long, value_name = "D", value_parser = params::count(2, 65536), default_value = "1024")]
    pub dim: usize,
    /// Timed calls of each, after two that warm up ‖ 每项计时次数（另有两次预热）
    #[arg(long, value_name = "N", value_parser = params::count(3, 1000), default_value = "15")]
    pub repeats: usize,
}

/// A function that works on the array it is lent.
type Call<'a> = Box<dyn FnMut(ArrayViewMut2<f32>) + 'a>;

/// A timed function by its name, and how long each call took in milliseconds.
struct Timed<'a> {
    key: &'static str,
    name: &'static str,
    call: Call<'a>,
    times: Vec<f64>,
}

impl Time {
    /// Takes turns between the norms, so that a slow moment of the machine meets both.
    ///
    /// # Errors
    /// Sizes that do not fit in memory; an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let shape = (self.tokens, self.dim);
        let floats = 8.0 * self.tokens as f64 * self.dim as f64;
        params::fits(floats, 4, &text("these arrays", "这些数组"))?;
        let mut rng = context.rng(0);
        let x: Array2<f32> = Array2::random_using(shape, StandardNormal, &mut rng); // (T, d)
        let dy: Array2<f32> = Array2::random_using(shape, StandardNormal, &mut rng); // (T, d)
        let (layer, rms) = (LayerNorm::new(self.dim, 1e-5_f32), RmsNorm::new(self.dim, 1e-5_f32));
        let (layer_kept, rms_kept) = (layer.forward(x.view()).1, rms.forward(x.view()).1);
        let mut timed = [
            timed("layer.forward", "LayerNorm forward", |v| layer.forward_in_place(v)),
            timed("rms.forward", "RMSNorm forward", |v| rms.forward_in_place(v)),
            timed("layer.backward", "LayerNorm backward", |_| {
                std::hint::black_box(layer.backward(&layer_kept, dy.view()));
            }),
            timed("rms.backward", "RMSNorm backward", |_| {
                std::hint::black_box(rms.backward(&rms_kept, dy.view()));
            }),
        ];
        let mut work = x.clone(); // (T, d)
        for repeat in 0..WARM_UP + self.repeats {
            context.step(repeat, WARM_UP + self.repeats, &text("timing", "计时"))?;
            for one in &mut timed {
                work.assign(&x);
                let start = Instant::now();
                (one.call)(work.view_mut());
                let took = start.elapsed().as_secs_f64() * 1e3;
                std::hint::black_box(&work);
                if repeat >= WARM_UP {
                    one.times.push(took);
                }
            }
        }
        Ok(self.report(&timed))
    }

    /// Medians with quartiles, and the ratios.
    fn report(&self, timed: &[Timed]) -> Report {
        let mut report =
            Report::new(text("LayerNorm and RMSNorm on the clock", "LayerNorm 与 RMSNorm 计时"));
        report.say(text(
            format!(
                "{} × {} numbers in f32, one thread, {} calls each in turns; forward in place, backward with γ and β. Milliseconds are this machine's; the ratio is what to remember.",
                self.tokens, self.dim, self.repeats
            ),
            format!(
                "{} × {} 个 f32，单线程，轮流各调用 {} 次；前向为原地计算，反向包含 γ、β 的梯度。毫秒数只属于这台机器，值得记住的是比值。",
                self.tokens, self.dim, self.repeats
            ),
        ));
        let mut table = Table::new(text("Time per call", "每次调用耗时"))
            .words(text("function", "函数"))
            .numbers(text("median (ms)", "中位数（ms）"))
            .numbers(text("lower quartile (ms)", "下四分位（ms）"))
            .numbers(text("upper quartile (ms)", "上四分位（ms）"));
        let mut medians = Vec::new();
        for one in timed {
            let (low, median, high) = quartiles(&one.times);
            table.row(vec![one.name.into(), median.into(), low.into(), high.into()]);
            report
                .metric_in(format!("{}.median", one.key), median, "ms")
                .metric(format!("{}.spread", one.key), (high - low) / median);
            medians.push(median);
        }
        report.table(table);
        for (way, pair) in [("forward", &timed[..2]), ("backward", &timed[2..])] {
            // Each call against the call right beside it: a slow moment slows both.
            let pairs = pair[0].times.iter().zip(&pair[1].times);
            let ratios: Vec<f64> = pairs.map(|(layer, rms)| layer / rms).collect();
            report.metric(format!("ratio.{way}"), quartiles(&ratios).1);
        }
        let series = ["LayerNorm", "RMSNorm"].iter().enumerate();
        let series =
            series.map(|(i, n)| (n.to_string(), vec![medians[i], medians[i + 2]])).collect();
        report.figure(Figure::new(
            "time",
            format!("Median time per call, {} × {} in f32", self.tokens, self.dim),
            Axis::names("", vec!["forward".to_string(), "backward".to_string()]),
            Axis::new("time (ms)"),
            Content::Bars(Bars { series }),
        ));
        report
    }
}

/// A function to time.
fn timed<'a>(
    key: &'static str,
    name: &'static str,
    call: impl FnMut(ArrayViewMut2<f32>) + 'a,
) -> Timed<'a> {
    Timed { key, name, call: Box::new(call), times: Vec::new() }
}
