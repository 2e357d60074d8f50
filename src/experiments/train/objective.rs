//! `train objective`: one sentence under the objectives of pretraining: what the model sees, what it
//! is asked, and who may look at whom.

use ndarray_rand::rand::Rng;

use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::math::loss::IGNORED;
use crate::model::{Batch, Maker, Noise, Pretraining};
use crate::report::{
    Axis, Cell, Content, Error, Figure, Heatmap, Palette, Panel, Report, Table, Text, text,
};

/// Words of the sentence at most: more cannot be read in a picture.
const WORDS: usize = 40;

/// What is shown.
#[derive(Debug, Clone, clap::Args)]
pub struct Objective {
    /// Which objectives; all if none is named ‖ 哪些训练目标；不写则全部
    #[arg(value_name = "OBJECTIVE", value_parser = ["next-token", "prefix-lm", "masked-lm", "span-corruption", "blank-infilling"])]
    pub names: Vec<String>,
    /// The sentence; each word is a token ‖ 句子；每个词算一个 token
    #[arg(
        long,
        value_name = "WORDS",
        default_value = "the little fox found a kite and showed it to the cat by the sea"
    )]
    pub text: String,
    /// Share of the tokens that is hidden; 0.15 in BERT, T5 and GLM ‖ 被遮住的 token 比例；BERT、T5、GLM 为 0.15
    #[arg(long, value_name = "P", default_value = "0.3", value_parser = params::between(0.01, 0.9))]
    pub share: f64,
    /// Mean length of a hidden span ‖ 被遮片段的平均长度
    #[arg(long, value_name = "N", default_value = "3", value_parser = params::between(1.0, 20.0))]
    pub span: f64,
    /// Tokens of the prefix of a prefix LM; drawn if not given ‖ Prefix LM 的前缀 token 数；默认随机
    #[arg(long, value_name = "N", value_parser = params::count(1, WORDS))]
    pub prefix: Option<usize>,
}

/// A sentence under one objective.
struct Shown {
    maker: Maker,
    batch: Batch,
    mask: Mask,
}

impl Objective {
    /// Shows the sentence under each objective.
    ///
    /// # Errors
    /// Bad input if the sentence is too short or too long.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let words = params::words(&self.text, WORDS)?;
        let known = params::distinct(&words);
        let id = |word: &&str| known.iter().position(|w| w == word).unwrap_or(0) as u32;
        let ids: Vec<u32> = words.iter().map(id).collect();
        let mut aims: Vec<_> = self.names.iter().filter_map(|n| Pretraining::find(n)).collect();
        if aims.is_empty() {
            aims = Pretraining::ALL.to_vec();
        }
        let aims = params::distinct(&aims);
        let mut report = Report::new(text("Pretraining objectives", "预训练目标"));
        report.say(text(
            format!("The sentence: *{}*", words.join(" ")),
            format!("句子：*{}*", words.join(" ")),
        ));
        let mut panels = Vec::new();
        for aim in &aims {
            let shown = self.shown(*aim, &ids, known.len(), context);
            shown.explain(&mut report, &known);
            shown.measure(&mut report, if aims.len() > 1 { aim.name() } else { "" });
            panels.push(shown.panel(&known));
        }
        let title = "Each row sees its coloured columns";
        report.figure(Figure::grid("visible", title, panels.len().min(2), panels));
        Ok(report)
    }

    fn shown(&self, aim: Pretraining, ids: &[u32], vocab: usize, context: &Context) -> Shown {
        let noise = Noise { share: self.share, span: self.span };
        let mut maker = Maker { aim, length: ids.len(), vocab, noise };
        maker.length = match aim {
            Pretraining::NextToken | Pretraining::PrefixLm => ids.len() - 1,
            Pretraining::MaskedLm => ids.len(),
            _ => ids.len() + 2 * maker.hidden(ids.len()).1,
        };
        let mut rng = context.rng(0);
        let mut batch = Batch::new(maker.length);
        let splits = maker.splits();
        // a prefix that leaves something on both sides
        let drawn = rng.random_range(splits.end / 3..=splits.end / 2);
        let prefix = self.prefix.unwrap_or(drawn).clamp(splits.start, splits.end - 1);
        maker.begin(&mut batch, prefix);
        maker.push(&mut batch, ids, &mut rng);
        let mask = batch.mask.unwrap_or(Mask::Causal);
        Shown { maker, batch, mask }
    }
}

impl Shown {
    fn name(&self, token: u32, known: &[&str]) -> String {
        let word = || known.get(token as usize).map_or_else(String::new, ToString::to_string);
        self.maker.special(token).unwrap_or_else(word)
    }

    /// The places at which something is asked.
    fn asked(&self) -> impl Iterator<Item = usize> + '_ {
        let asked = |(i, target): (usize, &u32)| (*target != IGNORED).then_some(i);
        self.batch.targets.iter().enumerate().filter_map(asked)
    }

    fn explain(&self, report: &mut Report, known: &[&str]) {
        let aim = self.maker.aim;
        report.heading(Text::same(aim.name())).say(idea(aim));
        let two = !self.batch.places.is_empty();
        let mut table = Table::new(Text::same(aim.name()))
            .numbers(text("place", "位置"))
            .words(text("sees", "输入"))
            .words(text("must say", "目标"))
            .words(text("may look at", "可见范围"));
        if two {
            table = table
                .numbers(text("position 1", "位置编号 1"))
                .numbers(text("position 2", "位置编号 2"));
        }
        let n = self.batch.length;
        for (i, (token, target)) in self.batch.tokens.iter().zip(&self.batch.targets).enumerate() {
            let seen = self.mask.span(i, n);
            let say = match *target {
                IGNORED => Cell::Empty,
                target => self.name(target, known).into(),
            };
            let look = format!("{}–{}", seen.start, seen.end - 1);
            let mut row = vec![i.into(), self.name(*token, known).into(), say, look.into()];
            if let Some([one, two]) = self.batch.places.get(i) {
                row.extend([Cell::from(*one as usize), Cell::from(*two as usize)]);
            }
            table.row(row);
        }
        report.table(table);
    }

    fn measure(&self, report: &mut Report, label: &str) {
        let n = self.batch.length;
        let asked = self.batch.asked();
        let ahead = self.asked().filter(|i| self.mask.span(*i, n).end > i + 1).count();
        let visible: usize = (0..n).map(|i| self.mask.span(i, n).len()).sum();
        let (text, share) = (self.maker.text() as f64, asked as f64 / n as f64);
        let numbers = [
            ("tokens.text", text),
            ("tokens.sequence", n as f64),
            ("targets", asked as f64),
            ("targets.share", share),
            ("targets.ahead", ahead as f64),
            ("visible.mean", visible as f64 / n as f64),
        ];
        for (name, number) in numbers {
            let dot = if label.is_empty() { "" } else { "." };
            report.metric(format!("{label}{dot}{name}"), number);
        }
    }

    /// Who may look at whom; rows that are asked something have a colour of their own.
    fn panel(&self, known: &[&str]) -> Panel {
        let n = self.batch.length;
        let cell = |i: usize, j: usize| match self.mask.span(i, n).contains(&j) {
            false => f64::NAN,
            true if self.batch.targets[i] == IGNORED => 0.0,
            true => 1.0,
        };
        let row = |i| (0..n).map(|j| cell(i, j)).collect();
        let names: Vec<String> = self.batch.tokens.iter().map(|t| self.name(*t, known)).collect();
        let kinds = ["seen, the row has no loss", "seen, the row has a loss"];
        Panel {
            title: self.maker.aim.name().to_string(),
            x: Axis::names("key", names.clone()),
            y: Axis::names("query", names),
            content: Content::Heatmap(Heatmap {
                values: (0..n).map(row).collect(),
                palette: Palette::Categories(kinds.map(str::to_string).to_vec()),
                unit: String::new(),
                show_values: false,
            }),
        }
    }
}

/// What an objective is, in two sentences.
fn idea(aim: Pretraining) -> Text {
    match aim {
        Pretraining::NextToken => text(
            "Every place says the token that follows, and sees nothing of the future: all places teach, `−Σ log p(x_t | x_<t)`.",
            "每个位置都预测下一个 token，看不到未来：所有位置都产生损失，`−Σ log p(x_t | x_<t)`。",
        ),
        Pretraining::PrefixLm => text(
            "The prefix is read both ways and asks nothing; what follows is said token by token.",
            "前缀部分双向可见、不计损失；其后的部分逐个 token 预测。",
        ),
        Pretraining::MaskedLm => text(
            "Some places are hidden, most of them behind [MASK], a tenth behind a random token, a tenth not at all; each is guessed at its own place from both sides.",
            "遮住一部分位置：大多换成 [MASK]，一成换成随机 token，一成保持不变；每个位置都借助两侧的上下文在原位还原。",
        ),
        Pretraining::SpanCorruption => text(
            "Whole spans disappear behind a sentinel each; after the text the model says each sentinel and what it hid. (T5 puts the two halves into an encoder and a decoder; here one stack reads the first half both ways.)",
            "成段的 token 换成一个哨兵标记；读完之后，模型逐个说出哨兵和它遮住的内容。（T5 把两半分别交给编码器和解码器；这里用同一个网络，前半段双向可见。）",
        ),
        Pretraining::BlankInfilling => text(
            "Whole spans disappear behind [MASK]; they are said after the text, in shuffled order, token by token from [START] to [END]. Position 1 is the place in the text, position 2 the place in the span.",
            "成段的 token 换成 [MASK]；片段打乱顺序接在后面，从 [START] 到 [END] 逐个 token 生成。位置编号 1 是在原文中的位置，位置编号 2 是在片段内的位置。",
        ),
    }
}
