//! `modes forget`: what happens to a trained classifier whose `eval()` was forgotten.

use ndarray::Array2;
use ndarray_rand::rand::Rng;

use super::net::{CLASSES, Clouds, Mode, Net, accuracy};
use crate::experiments::{Context, params};
use crate::math::linalg::largest_difference;
use crate::math::loss::cross_entropy;
use crate::model::Adam;
use crate::report::{Axis, Bars, Content, Error, Figure, Report, Table, Text, number, text};

/// Forget eval(), or train(): a small classifier with dropout and BatchNorm shows it ‖ 忘了 eval() 或 train()：用带 dropout 和 BatchNorm 的小分类器来看
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "modes forget\nmodes forget --p 0\nmodes forget --batch 4")]
pub struct Forget {
    /// p of dropout ‖ dropout 的 p
    #[arg(long, value_name = "P", value_parser = params::between(0.0, 0.95), default_value = "0.3")]
    pub p: f64,
    /// Points of a batch ‖ 批次大小
    #[arg(long, value_name = "N", value_parser = params::count(2, 256), default_value = "32")]
    pub batch: usize,
    /// Steps of training ‖ 训练步数
    #[arg(long, value_name = "N", value_parser = params::count(10, 2000), default_value = "200")]
    pub steps: usize,
}

/// Batches of each evaluation.
const BATCHES: usize = 40;

/// How the points of an evaluation come.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Order {
    /// All classes in each batch.
    Mixed,
    /// One class a batch, as in a sorted file.
    Sorted,
}

impl Forget {
    /// Trains once, evaluates in every way.
    ///
    /// # Errors
    /// An interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let clouds = Clouds::draw(&mut context.rng(0));
        let net = self.train(&clouds, Mode::Train, context)?;
        let stuck = self.train(&clouds, Mode::Eval, context)?;
        let measure = |net: &mut Net, mode, order| self.measure(net, &clouds, mode, order, context);
        let mut spoilt = net.clone();
        let rows = [
            (
                "eval",
                text("eval(), as it should be", "eval()，正确做法"),
                measure(&mut net.clone(), Mode::Eval, Order::Mixed),
            ),
            (
                "mixed",
                text("eval() forgotten, mixed batches", "忘了 eval()，批次内类别混合"),
                measure(&mut net.clone(), Mode::Train, Order::Mixed),
            ),
            (
                "sorted",
                text("eval() forgotten, one class a batch", "忘了 eval()，每批只有一类"),
                measure(&mut spoilt, Mode::Train, Order::Sorted),
            ),
            (
                "after",
                text("eval() again, after that pass", "经过上面那一遍后，再用 eval()"),
                measure(&mut spoilt, Mode::Eval, Order::Mixed),
            ),
            (
                "stuck",
                text("trained with train() forgotten", "训练时忘了 train()"),
                measure(&mut stuck.clone(), Mode::Eval, Order::Mixed),
            ),
        ];
        let mut report = Report::new(text("Forgetting the mode", "忘了切换模式"));
        let mut table = Table::new(text(
            format!("Accuracy of a classifier with dropout p = {} and BatchNorm", number(self.p)),
            format!("分类器的准确率，dropout p = {}，带 BatchNorm", number(self.p)),
        ))
        .words(text("how", "做法"))
        .numbers(text("accuracy (%)", "准确率（%）"));
        for (key, name, share) in &rows {
            table.row(vec![name.clone().into(), (100.0 * share).into()]);
            report.metric_in(format!("{key}.accuracy"), 100.0 * share, "%");
        }
        report.table(table);
        let moved = |net: &Net| net.norm.running_mean.mapv(f64::abs).sum();
        report
            .metric("twice.train", self.twice(&net, &clouds, Mode::Train, context))
            .metric("twice.eval", self.twice(&net, &clouds, Mode::Eval, context))
            .metric("running.moved", if moved(&net) > 0.0 { "yes" } else { "no" })
            .metric("stuck.running.moved", if moved(&stuck) > 0.0 { "yes" } else { "no" })
            .metric("chance", 100.0 / CLASSES as f64);
        report.say(said());
        let names = ["eval", "mixed", "one class", "eval after", "no train()"];
        let values = rows.iter().map(|(_, _, share)| 100.0 * share).collect();
        report.figure(Figure::new(
            "forget",
            "One classifier, evaluated right and wrong",
            Axis::names("how", names.map(String::from).to_vec()),
            Axis::new("accuracy (%)").between(0.0, 108.0),
            Content::Bars(Bars { series: vec![("accuracy".to_string(), values)] }),
        ));
        Ok(report)
    }

    /// Trains from the same start on the same points, in one mode throughout.
    fn train(&self, clouds: &Clouds, mode: Mode, context: &Context) -> Result<Net, Error> {
        let mut rng = context.rng(1);
        let mut net = Net::new(self.p, &mut rng);
        let mut adam = Adam::new(&net);
        for step in 0..self.steps {
            context.step(step, self.steps, &text("training", "训练"))?;
            let (x, classes) = clouds.sample(self.batch, None, &mut rng);
            let (logits, tape) = net.forward(x.view(), mode, rng.random());
            let (_, d_logits) = cross_entropy(logits.view(), &classes);
            let (_, gradient) = net.backward(&tape, d_logits.view());
            adam.step(&mut net, &gradient, 0.005);
        }
        Ok(net)
    }

    /// The share of fresh points that the net names rightly.
    fn measure(
        &self,
        net: &mut Net,
        clouds: &Clouds,
        mode: Mode,
        order: Order,
        context: &Context,
    ) -> f64 {
        let mut rng = context.rng(2);
        let shares = (0..BATCHES).map(|b| {
            let class = (order == Order::Sorted).then_some(b * CLASSES / BATCHES);
            let (x, classes) = clouds.sample(self.batch, class, &mut rng);
            accuracy(&net.forward(x.view(), mode, rng.random()).0, &classes)
        });
        shares.sum::<f64>() / BATCHES as f64
    }

    /// The same points twice: how far the logits lie apart.
    fn twice(&self, net: &Net, clouds: &Clouds, mode: Mode, context: &Context) -> f64 {
        let mut rng = context.rng(3);
        let (x, _) = clouds.sample(self.batch, None, &mut rng);
        let mut once = || -> Array2<f64> { net.clone().forward(x.view(), mode, rng.random()).0 };
        largest_difference(&once(), &once())
    }
}

fn said() -> Text {
    text(
        "With eval() forgotten, dropout makes each answer a dice throw, and BatchNorm judges each point by its companions: a batch of one class is centred \
         until nothing tells it from the others. Worse, that pass also moved the running averages, so that the model is spoilt afterwards, in eval mode too. \
         With train() forgotten, the running averages never move and nothing is dropped: no error appears, and what was written in the code is not what was trained.",
        "忘了 eval()，dropout 让每次回答都像掷骰子，BatchNorm 则用同批样本来评判每个点：整批同一类时，去中心之后就看不出它与别的类有何不同。\
         更糟的是，这一遍还改动了滑动统计量，之后即使用 eval() 模型也已受损。忘了 train()，滑动统计量始终不动，也没有任何丢弃：不会报错，但训练的已不是代码里写的那个模型。",
    )
}
