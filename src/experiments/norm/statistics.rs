//! `norm statistics`: how much a batch statistic fluctuates from batch to batch, for data that come
//! independently and for tokens that come in documents.

use ndarray::{Array2, ArrayView1, Axis as Dimension};
use ndarray_rand::rand::Rng;
use ndarray_rand::rand_distr::{Distribution, StandardNormal, Zipf};
use rand_chacha::ChaCha8Rng;

use super::input;
use super::source::Source;
use crate::experiments::{Context, params};
use crate::math::norm::BatchNorm;
use crate::report::{Axis, Content, Error, Figure, Histogram, Report, Table, Text, number, text};

/// Batch statistics of token-like data against Gaussian data, batch by batch ‖ 逐批比较：类语言数据与高斯数据的批统计量波动
#[derive(Debug, Clone, clap::Args)]
pub struct Statistics {
    /// Batches to compare ‖ 比较的批次数
    #[arg(long, value_name = "K", value_parser = params::count(10, 2000), default_value = "200")]
    pub batches: usize,
    /// Documents in each batch ‖ 每批文档数
    #[arg(long, value_name = "N", value_parser = params::count(2, 256), default_value = "16")]
    pub documents: usize,
    /// Longest document, in tokens; the shortest has a fifth of it ‖ 最长文档的 token 数，最短为其五分之一
    #[arg(long, value_name = "L", value_parser = params::count(5, 512), default_value = "40")]
    pub length: usize,
    /// Features of each embedding ‖ 词嵌入维数
    #[arg(long, value_name = "D", value_parser = params::count(2, 256), default_value = "32")]
    pub dim: usize,
    /// Share of a document's tokens that come from its topic ‖ 文档中来自本主题的 token 比例
    #[arg(long, value_name = "P", value_parser = params::between(0.0, 1.0), default_value = "0.5")]
    pub topicality: f64,
    /// Share of an embedding's variance that words of one topic have in common ‖ 同一主题的词在词嵌入方差中共有的比例
    #[arg(long, value_name = "P", value_parser = params::between(0.0, 1.0), default_value = "0.3")]
    pub similarity: f64,
}

const VOCABULARY: usize = 2000;
const TOPICS: usize = 20;
const EPS: f64 = 1e-5;

/// Embeddings `(V, d)` of variance 1: independent, and with a part that each topic's words share.
struct Embeddings {
    independent: Array2<f64>,
    similar: Array2<f64>,
}

/// The fluctuation of one source's statistics.
struct Fluctuation {
    source: Source,
    /// Standard deviation of the batch mean over batches, in units of the data's own, mean over features.
    mean: f64,
    /// The same of the batch variance, relative to it.
    variance: f64,
    /// The means of feature 1, one a batch, around their centre.
    trace: Vec<f64>,
}

impl Statistics {
    /// Draws the batches from each source; the masked BatchNorm of the lab computes the statistics.
    ///
    /// # Errors
    /// Sizes that do not fit in memory; an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        let floats = 8.0 * (self.documents * self.length * self.dim) as f64;
        params::fits(floats, 8, &text("this batch", "这个批次"))?;
        let embeddings = self.embeddings(context)?;
        let found = Source::ALL
            .iter()
            .enumerate()
            .map(|(i, &source)| self.fluctuation(source, i, &embeddings, context))
            .collect::<Result<Vec<_>, Error>>()?;

        let mut report = Report::new(text("Batch statistics of language", "语言数据的批统计量"));
        report.say(text(
            format!(
                "{} batches of {} documents, {} to {} tokens each; {VOCABULARY} tokens with Zipf frequencies and Gaussian embeddings, {TOPICS} topics. Every batch's mean and variance are taken over its real tokens, by a mask; only the last row counts the padding too.",
                self.batches, self.documents, self.shortest(), self.length
            ),
            format!(
                "{} 个批次，每批 {} 篇文档，每篇 {} 到 {} 个 token；词表 {VOCABULARY}，词频服从 Zipf 分布，词嵌入为高斯随机向量，共 {TOPICS} 个主题。每批的均值与方差用掩码只对真实 token 统计，只有最后一行把填充也算进去。",
                self.batches, self.documents, self.shortest(), self.length
            ),
        ));
        let base = (found[0].mean, found[0].variance);
        swings(&found, base, &mut report);
        report.say(text(
            format!(
                "Tokens of one document resemble each other, so a batch holds fewer independent samples than tokens: the batch mean varies {} times as much as for Gaussian data of the same size. LayerNorm uses no batch statistic: nothing of this reaches it.",
                number((found[3].mean / base.0).powi(2))
            ),
            format!(
                "同一篇文档里的 token 彼此相似，批次中的独立样本远少于 token 数：批均值的方差是同等大小高斯数据的 {} 倍。LayerNorm 不用任何批统计量，这些波动与它无关。",
                number((found[3].mean / base.0).powi(2))
            ),
        ));
        let shown = |name: &str, f: &Fluctuation| (name.to_string(), f.trace.clone());
        report.figure(Figure::new(
            "batches",
            format!("Mean of feature 1 in each of {} batches", self.batches),
            Axis::new("batch mean (std of the data)"),
            Axis::new("batches"),
            Content::Histogram(Histogram {
                series: vec![
                    shown("documents with topics", &found[3]),
                    shown("Gaussian vectors", &found[0]),
                ],
                bins: 24,
            }),
        ));
        Ok(report)
    }

    fn shortest(&self) -> usize {
        self.length / 5
    }

    /// The swing of mean and variance over all batches of one source.
    fn fluctuation(
        &self,
        source: Source,
        index: usize,
        embeddings: &Embeddings,
        context: &Context,
    ) -> Result<Fluctuation, Error> {
        let mut rng = context.rng(100 + index as u64);
        let mut means = Array2::zeros((self.batches, self.dim)); // (K, d)
        let mut variances = Array2::zeros((self.batches, self.dim)); // (K, d)
        for batch in 0..self.batches {
            let done = index * self.batches + batch;
            context.step(done, Source::ALL.len() * self.batches, &text("batches", "批次"))?;
            let (x, real) = self.draw(source, embeddings, &mut rng)?; // (N·L, d)
            let mask = (source != Source::Padded).then_some(&real[..]);
            let (_, kept) = BatchNorm::new(self.dim, EPS, 0.1).train(x.view(), mask);
            means.row_mut(batch).assign(&kept.mean);
            variances.row_mut(batch).assign(&kept.variance);
        }
        // The data's own variance: within batches and between them.
        let moments = |column: ArrayView1<f64>| input::moments(&column.to_vec());
        let (mut mean_swing, mut variance_swing) = (0.0, 0.0);
        let mut scale_of_first = 1.0;
        for i in 0..self.dim {
            let (within, swing) = moments(variances.column(i));
            let (_, between) = moments(means.column(i));
            let scale = (within + between * between).sqrt();
            if i == 0 {
                scale_of_first = scale;
            }
            mean_swing += between / scale / self.dim as f64;
            variance_swing += swing / within / self.dim as f64;
        }
        let centre = means.index_axis(Dimension(1), 0).sum() / self.batches as f64;
        let trace = means.column(0).mapv(|m| (m - centre) / scale_of_first).to_vec();
        Ok(Fluctuation { source, mean: mean_swing, variance: variance_swing, trace })
    }

    /// A word of topic t is a row whose index leaves the remainder t.
    fn embeddings(&self, context: &Context) -> Result<Embeddings, Error> {
        let independent = input::gaussian((VOCABULARY, self.dim), 0.0, 1.0, context, 0)?; // (V, d)
        let topics = input::gaussian((TOPICS, self.dim), 0.0, 1.0, context, 1)?; // (topics, d)
        let (own, shared) = ((1.0 - self.similarity).sqrt(), self.similarity.sqrt());
        let similar = Array2::from_shape_fn(independent.dim(), |(token, i)| {
            own * independent[[token, i]] + shared * topics[[token % TOPICS, i]]
        }); // (V, d)
        Ok(Embeddings { independent, similar })
    }

    /// One batch `(N·L, d)`, and which rows are real.
    fn draw(
        &self,
        source: Source,
        embeddings: &Embeddings,
        rng: &mut ChaCha8Rng,
    ) -> Result<(Array2<f64>, Vec<bool>), Error> {
        let refused =
            |_| Error::Machine(Text::same("the Zipf distribution refused its parameters"));
        let zipf = Zipf::new(VOCABULARY as f64, 1.0).map_err(refused)?;
        let zipf_in_topic = Zipf::new((VOCABULARY / TOPICS) as f64, 1.0).map_err(refused)?;
        let mut x = Array2::zeros((self.documents * self.length, self.dim)); // (N·L, d)
        let mut real = vec![false; x.nrows()];
        let documents = x.axis_chunks_iter_mut(Dimension(0), self.length);
        for (mut document, real) in documents.zip(real.chunks_mut(self.length)) {
            let topic = rng.random_range(0..TOPICS);
            let length = rng.random_range(self.shortest()..=self.length);
            real[..length].fill(true);
            for mut place in document.rows_mut().into_iter().take(length) {
                if source == Source::Gaussian {
                    place.mapv_inplace(|_| StandardNormal.sample(rng));
                    continue;
                }
                let anywhere = source == Source::Independent || !rng.random_bool(self.topicality);
                let token = if anywhere {
                    zipf.sample(rng) as usize - 1
                } else {
                    (zipf_in_topic.sample(rng) as usize - 1) * TOPICS + topic
                };
                let table = match source {
                    Source::Independent | Source::Documents => &embeddings.independent,
                    _ => &embeddings.similar,
                };
                place.assign(&table.row(token));
            }
        }
        Ok((x, real))
    }
}

/// The table of swings, each source's variances beside the Gaussian `base`, and the metrics.
fn swings(found: &[Fluctuation], base: (f64, f64), report: &mut Report) {
    let mut table = Table::new(text(
        "How far a batch statistic swings from batch to batch",
        "批统计量在批次之间的波动",
    ))
    .words(text("data", "数据"))
    .numbers(text("swing of the mean (in std of the data)", "均值的波动（以数据标准差计）"))
    .numbers(text("swing of the variance (relative)", "方差的波动（相对）"))
    .numbers(text("mean: variance against Gaussian", "均值：方差是高斯的几倍"))
    .numbers(text("variance: variance against Gaussian", "方差：方差是高斯的几倍"));
    for f in found {
        let ratios = ((f.mean / base.0).powi(2), (f.variance / base.1).powi(2));
        table.row(vec![
            f.source.name().into(),
            f.mean.into(),
            f.variance.into(),
            ratios.0.into(),
            ratios.1.into(),
        ]);
        let key = f.source.key();
        report
            .metric(format!("{key}.mean.swing"), f.mean)
            .metric(format!("{key}.variance.swing"), f.variance)
            .metric(format!("{key}.mean.ratio"), ratios.0)
            .metric(format!("{key}.variance.ratio"), ratios.1);
    }
    report.table(table);
}
