//! F2: the experiments, one file (or folder) a family. A family is a clap argument struct, its typed
//! parameters, with a `run` that returns a [`Report`](crate::report::Report). It is pure: arrays and a seed in, data out.
//!
//! A new family is one new file here and one line in `registry!` below; `CONTRIBUTING.md` walks
//! through an example.

mod clock;
mod context;
mod method;
pub mod params;
mod smooth;
mod strategy;
mod symbols;
mod teller;
#[cfg(test)]
mod trial;

pub use context::{Context, Files, NoFiles, Silent, Watcher};

/// Declares modules of experiments, and the clap subcommand that holds them all.
macro_rules! experiments {
    ($(#[$about:meta])* $Enum:ident { $($module:ident::$Name:ident),* $(,)? }) => {
        $(pub mod $module;)*

        $(#[$about])*
        #[derive(Debug, Clone, clap::Subcommand)]
        pub enum $Enum {
            $(
                #[allow(missing_docs)]
                $Name($module::$Name),
            )*
        }

        impl $Enum {
            /// Computes the experiment.
            ///
            /// # Errors
            /// Bad input, or an interruption.
            pub fn run(
                &self,
                context: &$crate::experiments::Context,
            ) -> Result<$crate::report::Report, $crate::report::Error> {
                match self {
                    $(Self::$Name(what) => what.run(context),)*
                }
            }
        }
    };
}

/// Declares the families.
macro_rules! registry {
    ($($families:tt)*) => {
        experiments! {
            /// Every experiment of the lab with its parameters, as one clap subcommand.
            Experiment { $($families)* }
        }
    };
}

registry! {
    decode::Decode,
    attention::Attention,
    alibi::Alibi,
    cache::Cache,
    constrain::Constrain,
    cost::Cost,
    flash::Flash,
    embedding::Embedding,
    extrapolate::Extrapolate,
    generate::Generate,
    heads::Heads,
    look::Look,
    loss::Loss,
    lr::Lr,
    mask::Mask,
    model::Model,
    models::Models,
    modes::Modes,
    norm::Norm,
    plot::Plot,
    position::Position,
    quality::Quality,
    rank::Rank,
    repetition::Repetition,
    roofline::Roofline,
    rope::Rope,
    softmax::Softmax,
    speculate::Speculate,
    ffn::Ffn,
    tokenize::Tokenize,
    tokenizer::Tokenizer,
    train::Train,
}
