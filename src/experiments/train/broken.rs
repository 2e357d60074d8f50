//! `train break`: a Transformer with one part taken out beside the sound one.

use crate::experiments::Context;
use crate::report::{Error, Report, Table, Text, text};

use super::compare;
use super::grid::{self, Variant};

/// What is taken out.
#[derive(Debug, Clone, clap::Args)]
pub struct Break {
    /// What to take out; none lists them ‖ 拿掉什么；不写则列出全部
    #[arg(value_name = "PART", value_parser = ["scale", "mask", "epsilon", "residuals", "warmup", "post-norm"])]
    pub part: Option<String>,
}

/// A part, the flags of both models, and what one sees.
struct Part {
    name: &'static str,
    what: fn() -> Text,
    /// Flags of both.
    both: &'static str,
    sound: &'static str,
    broken: &'static str,
    seen: fn() -> Text,
}

const PARTS: [Part; 6] = [
    Part {
        name: "scale",
        what: || text("1/√d_h: scores are multiplied by 1 instead", "1/√d_h：分数改为乘以 1"),
        both: "--task=induction --context=16 --d-model=64 --heads=1 --layers=2 --batch=8 --steps=120 --position=learned",
        sound: "",
        broken: "--score-scale=1",
        seen: || {
            text(
                "Queries and keys of width d_h have scores of size √d_h. Softmax then puts nearly all weight on one token before anything has been learned, and where it is that sure its gradient is nearly 0: attention learns late, or not at all.",
                "宽度为 d_h 的查询和键，其点积的量级是 √d_h。于是什么都还没学到，softmax 就把几乎全部权重压在一个 token 上；它越确信，梯度越接近 0：注意力学得很慢，甚至学不动。",
            )
        },
    },
    Part {
        name: "mask",
        what: || {
            text(
                "the causal mask: every token sees the next one",
                "因果掩码：每个 token 都能看到下一个",
            )
        },
        both: "--context=16 --d-model=32 --heads=2 --layers=1 --batch=16 --steps=200 --rate=0.01",
        sound: "--mask=causal",
        broken: "--mask=none",
        seen: || {
            text(
                "The loss falls below the true entropy of the text. That is impossible without cheating: the model copies the answer from the place to its right. When it must write on its own there is nothing to its right, and it writes rubbish. A loss that is too good is a leak.",
                "损失降到了文本的真实熵以下。不作弊就不可能：模型只是把右边位置上的答案抄了过来。轮到自己写时右边什么也没有，写出来的就是胡话。损失好得不真实，就该怀疑泄漏。",
            )
        },
    },
    Part {
        name: "epsilon",
        what: || text("ε of the norms: it is 0", "归一化的 ε：设为 0"),
        both: "--task=copy --context=8 --d-model=8 --heads=2 --layers=1 --batch=16 --steps=60 --dropout=0.5",
        sound: "",
        broken: "--eps=0",
        seen: || {
            text(
                "Dropout sometimes drops a whole row of the embedding; a norm then divides 0 by 0, and one NaN in one row of one sequence makes the loss, the gradient and, if nobody looked, all weights NaN. With ε the row stays 0.",
                "dropout 偶尔会把词嵌入的一整行全部丢成 0；归一化就成了 0 除以 0。某个序列的某一行出现一个 NaN，损失、梯度就全是 NaN；若无人检查，所有权重也会变成 NaN。有 ε 时，这一行仍是 0。",
            )
        },
    },
    Part {
        name: "residuals",
        what: || text("the residual connections", "残差连接"),
        both: "--task=copy --context=8 --d-model=32 --heads=2 --layers=6 --batch=8 --steps=120 --rate=0.005 --position=learned",
        sound: "",
        broken: "--no-residual",
        seen: || {
            text(
                "Without the stream a token's own embedding must survive every block, and the gradient must come back through all of them. The loss stays near ln V.",
                "没有残差流，token 自己的信息必须穿过每一层才能保留，梯度也必须逐层传回。损失停在 ln V 附近。",
            )
        },
    },
    Part {
        name: "warmup",
        what: || {
            text(
                "the warm-up: the highest rate from the first step on",
                "预热：第一步就用最高学习率",
            )
        },
        both: "--task=copy --context=8 --d-model=32 --heads=2 --layers=6 --batch=16 --steps=120 --placement=post --norm=layernorm --rate=0.015 --clip=0",
        sound: "--warmup=50",
        broken: "--warmup=0",
        seen: || {
            text(
                "At the start gradients are largest and Adam knows them least. A high rate then throws a post-norm model into a place that it does not leave again.",
                "刚开始时梯度最大，Adam 对它们的估计也最不可靠。此时学习率太高，会把 Post-Norm 模型甩到一个再也出不来的地方。",
            )
        },
    },
    Part {
        name: "post-norm",
        what: || {
            text(
                "the clear path of the stream: norms stand on it, at depth 12",
                "残差流的直通路径：归一化放在主干上，深 12 层",
            )
        },
        both: "--task=copy --context=8 --d-model=32 --heads=2 --layers=12 --batch=16 --steps=120 --norm=layernorm --rate=0.003 --position=learned",
        sound: "--placement=pre",
        broken: "--placement=post",
        seen: || {
            text(
                "Each norm on the stream shrinks what passes it, forwards and backwards. Twelve blocks deep the first ones hardly get a gradient, and without a long warm-up the model stays at chance.",
                "主干上的每个归一化都会削弱经过它的信号和梯度。叠到 12 层，最前面几层几乎收不到梯度；没有足够长的预热，模型就停在随机水平。",
            )
        },
    },
];

impl Break {
    /// Trains the sound and the broken model, or lists what can be broken.
    ///
    /// # Errors
    /// An interruption before anything is trained.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let chosen = self.part.as_deref();
        match PARTS.iter().find(|part| chosen == Some(part.name)) {
            Some(part) => part.run(context),
            None => Ok(list()),
        }
    }
}

impl Part {
    fn variant(&self, label: &str, own: &str) -> Result<Variant, Error> {
        let words = self.both.split_whitespace().chain(own.split_whitespace());
        let recipe = grid::recipe(words.map(str::to_string).collect())?;
        Ok(Variant { label: label.to_string(), recipe })
    }

    fn run(&self, context: &Context) -> Result<Report, Error> {
        let variants = [self.variant("sound", self.sound)?, self.variant("broken", self.broken)?];
        let (outcomes, stopped) = compare::outcomes(&variants, 1, true, context)?;
        let mut report = Report::new(text("Break it", "拆坏它"));
        let what = (self.what)();
        report.say(text(
            format!("Taken out: {}. Everything else is the same, data and seed too.", what.en),
            format!("拿掉：{}。其余完全相同，数据和种子也一样。", what.zh),
        ));
        compare::show(&mut report, &format!("Break it: {}", self.name), &outcomes, stopped);
        for outcome in &outcomes {
            let Some(said) = &outcome.said else { continue };
            let (label, words) = (&outcome.label, said.words());
            report.say(text(
                format!("The {label} model at its end: {}", words.en),
                format!(
                    "{}的模型最后：{}",
                    if label == "sound" { "完好" } else { "拆坏" },
                    words.zh
                ),
            ));
            if let Some(share) = said.right() {
                report.metric(format!("{label}.answers.right"), share);
            }
        }
        report.say((self.seen)());
        let line = |own: &str| format!("train {} {own}", self.both).trim_end().replace('=', " ");
        report.say(text(
            format!(
                "To go on: `{}` is the sound one, `{}` the broken one.",
                line(self.sound),
                line(self.broken)
            ),
            format!(
                "可以接着试：`{}` 是完好的，`{}` 是拆坏的。",
                line(self.sound),
                line(self.broken)
            ),
        ));
        Ok(report)
    }
}

fn list() -> Report {
    let mut report = Report::new(text("Break it", "拆坏它"));
    report.say(text(
        "Each trains the sound model and the one without the part, in a few seconds.",
        "每一项都会训练完好的模型和少了这一部分的模型，只需几秒。",
    ));
    let mut table = Table::new(text("What can be taken out", "可以拿掉什么"))
        .words(text("command", "命令"))
        .words(text("what is missing then", "缺了什么"));
    for part in &PARTS {
        table.row(vec![format!("train break {}", part.name).into(), (part.what)().into()]);
    }
    report.table(table).metric("parts", PARTS.len());
    report
}
