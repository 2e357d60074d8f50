//! F2: the experiments, one file (or folder) a family. A family is a clap argument struct, its typed
//! parameters, with a `run` that returns a [`Report`]. It is pure: arrays and a seed in, data out.
//!
//! A new family is one new file here and one line in [`registry!`] below; `CONTRIBUTING.md` walks
//! through an example.

mod context;
pub mod params;
#[cfg(test)]
mod trial;

pub use context::{Context, Files, NoFiles, Silent, Watcher};

use crate::report::{Error, Report};

/// Declares the families: their modules, and [`Experiment`], the clap subcommand that holds them all.
macro_rules! registry {
    ($($module:ident::$Family:ident),* $(,)?) => {
        $(pub mod $module;)*

        /// Every experiment of the lab with its parameters, as one clap subcommand.
        #[derive(Debug, Clone, clap::Subcommand)]
        pub enum Experiment {
            $(
                #[allow(missing_docs)]
                $Family($module::$Family),
            )*
        }

        impl Experiment {
            /// Computes the experiment.
            pub fn run(&self, context: &Context) -> Result<Report, Error> {
                match self {
                    $(Self::$Family(family) => family.run(context),)*
                }
            }
        }
    };
}

registry! {
    models::Models,
    norm::Norm,
    plot::Plot,
    ffn::Ffn,
    tokenize::Tokenize,
    tokenizer::Tokenizer,
}
