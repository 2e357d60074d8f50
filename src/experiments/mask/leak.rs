//! `mask leak`: one token is changed, and every output is watched. What a mask hides must not move,
//! not by one bit.

use ndarray::Array2;
use ndarray_rand::rand::Rng;

use super::setting::{Kind, Setting, Sizes};
use super::two_stacks::{Shape, TwoStacks};
use crate::experiments::model::folder;
use crate::experiments::{Context, params};
use crate::math::attention::Mask;
use crate::math::ffn;
use crate::model::{Pass, Preset, Size, Transformer, Workspace};
use crate::report::{
    Axis, Content, Error, Figure, Heatmap, Palette, Panel, Report, Table, number, text,
};

/// Tokens that are changed one by one at most.
const MOST: usize = 64;
/// Tokens that the models with random weights know.
const VOCAB: usize = 32;
/// Their width.
const WIDTH: usize = 32;

/// Change each token in turn and measure how far every output moves ‖ 逐个改动 token，测量每个输出的变化
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "mask leak\nmask leak causal --model stories --tokens 12\nmask leak sliding --window 2 --layers 3"
)]
pub struct Leak {
    /// Which masks; all if none is named ‖ 哪些掩码；不写则全部
    #[arg(value_enum, value_name = "MASK")]
    pub kinds: Vec<Kind>,
    /// How many tokens there are, and where prefix, window and documents end ‖ token 数，以及前缀、窗口、文档的长度
    #[command(flatten)]
    pub sizes: Sizes,
    /// A folder or stories; random weights if not given ‖ 模型文件夹或 stories；默认随机权重
    #[arg(long, value_name = "DIR")]
    pub model: Option<String>,
    /// Blocks of the models with random weights ‖ 随机权重模型的层数
    #[arg(long, value_name = "L", default_value = "2", value_parser = params::count(1, 16))]
    pub layers: usize,
}

/// How far each output moves `(i, j)` when token j changes, and whether it may.
struct Moved {
    kind: Kind,
    change: Array2<f64>,
    may: Array2<bool>,
}

impl Leak {
    /// Changes and measures.
    ///
    /// # Errors
    /// Bad input if the sizes do not fit, or there is no such model.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let setting = self.sizes.check(None)?;
        let n = setting.tokens;
        if n > MOST {
            return Err(Error::input(text(
                format!("{n} tokens are too many to change one by one"),
                format!("{n} 个 token 太多，无法逐个改动"),
            ))
            .allowed(text(format!("up to {MOST}"), format!("最多 {MOST} 个"))));
        }
        let mut kinds = Kind::chosen(&self.kinds);
        if self.model.is_some() && self.kinds.is_empty() {
            kinds.retain(|kind| *kind != Kind::EncoderDecoder);
        }
        let model = self.model(n, context)?;
        let mut all = Vec::new();
        for (i, kind) in kinds.iter().enumerate() {
            context.step(i, kinds.len(), &text("changing tokens", "改动 token"))?;
            all.push(self.moved(*kind, &model, &setting, context)?);
        }
        let mut report = Report::new(text("Does anything leak?", "有没有泄漏？"));
        report.say(text(
            "Each token is changed in turn. An output that cannot see it, through all blocks, must not move: 0, to the bit.",
            "逐个改动每个 token。经过所有层之后仍看不到它的输出必须一动不动：逐比特为 0。",
        ));
        report.table(table(&all));
        all.iter().for_each(|moved| moved.measure(&mut report, moved.kind.label(&kinds)));
        let leak = all.iter().map(|moved| moved.most(|_, _, may| !may)).fold(0.0, f64::max);
        report.metric("leak.all", leak);
        report.metric("tokens", n);
        let panels: Vec<Panel> = all.iter().map(Moved::panel).collect();
        let title = "How far each output moves when one token changes";
        report.figure(Figure::grid("leak", title, panels.len().min(3), panels));
        Ok(report)
    }

    /// The model of one stack whose mask is exchanged.
    fn model(&self, n: usize, context: &Context) -> Result<Transformer<f32>, Error> {
        let size = Size {
            vocab: VOCAB,
            context: n.max(2),
            d: WIDTH,
            d_ff: 2 * WIDTH,
            layers: self.layers,
            heads: 4,
            kv_heads: 2,
        };
        match &self.model {
            Some(folder) => folder::open(context, folder),
            None => Transformer::new(Preset::Llama.config(size)?, &mut context.rng(0)),
        }
    }

    fn moved(
        &self,
        kind: Kind,
        model: &Transformer<f32>,
        setting: &Setting,
        context: &Context,
    ) -> Result<Moved, Error> {
        let mut rng = context.rng(1);
        let Some(mask) = kind.mask(setting) else {
            if self.model.is_some() {
                return Err(Error::input(text(
                    "a model of one stack has no cross-attention",
                    "单栈模型没有交叉注意力",
                ))
                .allowed(text(
                    "encoder-decoder without --model: two stacks with random weights",
                    "不带 --model 的 encoder-decoder：随机权重的两个栈",
                ))
                .example("llm-lab mask leak encoder-decoder"));
            }
            let (layers, ffn) = (self.layers, ffn::Kind::Relu);
            let shape = Shape { vocab: VOCAB, d: WIDTH, d_ff: 2 * WIDTH, heads: 4, layers, ffn };
            let stacks = TwoStacks::new(shape, &mut context.rng(0));
            let p = setting.prefix;
            let read = |tokens: &[u32]| Ok(stacks.read(&tokens[..p], &tokens[p..]));
            let may = |i: usize, j: usize| j < p || (i >= p && j <= i);
            let change = changes(setting.tokens, VOCAB, &mut rng, read)?;
            let may = Array2::from_shape_fn(change.dim(), |(i, j)| may(i, j));
            return Ok(Moved { kind, change, may });
        };
        let mut model = model.clone();
        model.config.mask = mask;
        let change =
            changes(setting.tokens, model.config.vocab, &mut rng, |tokens| read(&model, tokens))?;
        Ok(Moved { kind, may: reach(mask, setting.tokens, model.config.layers), change })
    }
}

/// The end of the residual stream of each token, `(T, d)`.
fn read(model: &Transformer<f32>, tokens: &[u32]) -> Result<Array2<f64>, Error> {
    let n = tokens.len();
    if n > model.config.context {
        let most = model.config.context;
        return Err(Error::input(text(
            format!("{n} tokens are more than the model's context"),
            format!("{n} 个 token 超出模型的上下文"),
        ))
        .allowed(text(format!("up to {most}"), format!("最多 {most} 个"))));
    }
    let mut ws = Workspace::default();
    ws.prepare(&model.config, 1, n);
    model.forward(tokens, &mut ws, None, Pass::default());
    let d = model.config.d;
    Ok(Array2::from_shape_fn((n, d), |(i, k)| f64::from(ws.last[i * d + k])))
}

/// Reads random tokens, then again with each of them changed: the largest change in each output.
fn changes(
    n: usize,
    vocab: usize,
    rng: &mut impl Rng,
    read: impl Fn(&[u32]) -> Result<Array2<f64>, Error>,
) -> Result<Array2<f64>, Error> {
    let vocab = vocab as u32;
    let tokens: Vec<u32> = (0..n).map(|_| rng.random_range(0..vocab)).collect();
    let before = read(&tokens)?;
    let mut change = Array2::zeros((n, n));
    for j in 0..n {
        let mut other = tokens.clone();
        // any token but the one that stands there
        other[j] = (other[j] + rng.random_range(1..vocab.max(2))) % vocab;
        let apart = read(&other)? - &before;
        for (i, row) in apart.rows().into_iter().enumerate() {
            change[[i, j]] = row.iter().fold(0.0, |most: f64, e| most.max(e.abs()));
        }
    }
    Ok(change)
}

/// Which tokens can reach which outputs through `layers` blocks with this mask.
fn reach(mask: Mask, n: usize, layers: usize) -> Array2<bool> {
    let seen = Array2::from_shape_fn((n, n), |(i, j)| mask.span(i, n).contains(&j));
    let further = |far: Array2<bool>| {
        let through = |i: usize, j: usize| (0..n).any(|k| seen[[i, k]] && far[[k, j]]);
        Array2::from_shape_fn((n, n), |(i, j)| through(i, j))
    };
    (1..layers).fold(seen.clone(), |far, _| further(far))
}

impl Moved {
    /// The largest change among pairs that pass.
    fn most(&self, pass: impl Fn(usize, usize, bool) -> bool) -> f64 {
        self.pick(pass).fold(0.0, f64::max)
    }

    fn pick(&self, pass: impl Fn(usize, usize, bool) -> bool) -> impl Iterator<Item = f64> {
        let all = self.change.indexed_iter().zip(&self.may);
        let kept = all.filter(move |(((i, j), _), may)| pass(*i, *j, **may));
        kept.map(|((_, change), _)| *change)
    }

    fn measure(&self, report: &mut Report, label: String) {
        let n = self.may.nrows();
        let visible = self.may.iter().filter(|may| **may).count();
        let moved = self.change.iter().filter(|change| **change > 0.0).count();
        report.metric(format!("{label}leak"), self.most(|_, _, may| !may));
        report.metric(format!("{label}hidden"), n * n - visible);
        report.metric(format!("{label}moved"), moved);
        report.metric(format!("{label}least"), self.pick(|_, _, may| may).fold(f64::MAX, f64::min));
        report.metric(format!("{label}future"), self.most(|i, j, _| j > i));
        report.metric(format!("{label}first.moved"), self.most(|i, j, _| i == 0 && j > 0));
    }

    /// The changes in powers of ten; what does not move is left empty.
    fn panel(&self) -> Panel {
        let names: Vec<String> = (1..=self.may.nrows()).map(|i| format!("t{i}")).collect();
        let cell = |change: &f64| if *change > 0.0 { change.log10() } else { f64::NAN };
        Panel {
            title: self.kind.name().to_string(),
            x: Axis::names("changed token", names.clone()),
            y: Axis::names("output", names),
            content: Content::Heatmap(Heatmap {
                values: self
                    .change
                    .rows()
                    .into_iter()
                    .map(|r| r.iter().map(cell).collect())
                    .collect(),
                palette: Palette::Sequential,
                unit: "log10 of the change".to_string(),
                show_values: false,
            }),
        }
    }
}

fn table(all: &[Moved]) -> Table {
    let mut table = Table::new(text("Changes of the outputs", "输出的变化"))
        .words(text("mask", "掩码"))
        .numbers(text("hidden pairs", "看不到的对"))
        .numbers(text("largest change there", "其中最大变化"))
        .numbers(text("visible pairs, all blocks", "看得到的对（所有层）"))
        .numbers(text("smallest change there", "其中最小变化"))
        .words(text("verdict", "结论"));
    for moved in all {
        let visible = moved.may.iter().filter(|may| **may).count();
        let leak = moved.most(|_, _, may| !may);
        let hidden = moved.may.len() - visible;
        let verdict = match (leak, hidden) {
            (_, 0) => text("nothing is hidden", "没有遮住任何东西"),
            (0.0, _) => text("tight", "严密"),
            _ => text(format!("leaks {}", number(leak)), format!("泄漏 {}", number(leak))),
        };
        table.row(vec![
            moved.kind.name().into(),
            hidden.into(),
            leak.into(),
            visible.into(),
            moved.pick(|_, _, may| may).fold(f64::MAX, f64::min).into(),
            verdict.into(),
        ]);
    }
    table
}
