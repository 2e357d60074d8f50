//! `tokenizer`: vocabularies trained, traced, saved and used. One file a subcommand; the algorithms
//! lie in the room [`crate::tokenizer`].

mod names;
pub mod source;

use crate::experiments::Context;
use crate::report::{Error, Report};

experiments! {
    /// Every command on tokenizers.
    What {
        train::Train,
        encode::Encode,
        decode::Decode,
        merges::Merges,
        scores::Scores,
        walk::Walk,
        lattice::Lattice,
        prune::Prune,
        curve::Curve,
        cost::Cost,
        stories::Stories,
    }
}

/// Tokenizer: train, trace, encode and compare BPE, WordPiece and Unigram ‖ 分词器：训练、追踪、编码与比较 BPE、WordPiece、Unigram
#[derive(Debug, Clone, clap::Args)]
pub struct Tokenizer {
    /// What to do ‖ 做什么
    #[command(subcommand)]
    pub what: What,
}

impl Tokenizer {
    /// Computes it.
    ///
    /// # Errors
    /// Bad input, or an interruption.
    pub fn run(&self, context: &Context) -> Result<Report, Error> {
        self.what.run(context)
    }
}
