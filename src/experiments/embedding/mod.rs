//! `embedding`: what adding the embeddings of token, position and sentence means, and what it costs.

mod read;
mod scores;
mod sum;

use ndarray::Array2;
use ndarray_rand::rand_distr::{Distribution, StandardNormal};
use rand_chacha::ChaCha8Rng;

use super::Context;
use crate::report::{Error, Report};

/// What adding embeddings means, and what it costs ‖ 嵌入相加意味着什么，代价是什么
#[derive(Debug, Clone, clap::Args)]
pub struct Embedding {
    /// What to look at ‖ 看什么
    #[command(subcommand)]
    pub what: What,
}

/// The questions about a sum of embeddings.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum What {
    /// The sum as one linear map of joined one-hot vectors, and concatenation as a sum ‖ 相加等于拼接 one-hot 后的线性映射；拼接再投影也等于相加
    Sum(sum::Sum),
    /// A score taken apart: which part of it is word to word, word to position ‖ 把注意力分数拆开：词对词、词对位置各占多少
    Scores(scores::Scores),
    /// Whether token, position and sentence can be read out of the sum again ‖ 能否从和中重新读出 token、位置与句子
    Read(read::Read),
}

impl Embedding {
    /// Computes what was asked.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        match &self.what {
            What::Sum(what) => what.run(context),
            What::Scores(what) => what.run(context),
            What::Read(what) => what.run(context),
        }
    }
}

/// A table of random numbers with a standard deviation, `(rows, d)`.
fn table(rows: usize, d: usize, std: f64, rng: &mut ChaCha8Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((rows, d), || {
        let z: f64 = StandardNormal.sample(rng);
        std * z
    })
}
