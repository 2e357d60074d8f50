//! F1: what is built from `math`: the Transformer with every choice a field of [`Config`], stacks
//! of blocks, and the configurations of published models.
//!
//! To read in order: [`config`], [`layout`] (where the parameters lie), [`transformer`],
//! [`forward`] (from tokens to logits), [`backward`], [`cache`], [`generate`], [`decoding`], [`optimizer`],
//! [`schedule`], [`trainer`], [`tasks`], [`pretraining`], [`trace`] (a look inside).

mod adam;
pub mod backward;
pub mod batch;
pub mod cache;
pub mod checkpoint;
pub mod config;
pub mod constraint;
pub mod cost;
pub mod decoding;
mod embedding;
pub mod forward;
pub mod generate;
mod head;
pub mod layout;
pub mod lookalike;
mod loss_scale;
pub mod optimizer;
mod pair;
mod placement;
pub mod position;
pub mod presets;
pub mod pretraining;
pub mod published;
pub mod schedule;
pub mod speculative;
pub mod stack;
pub mod tasks;
pub mod trace;
pub mod trainer;
pub mod transformer;
pub mod workspace;

pub use adam::Adam;
pub use backward::Objective;
pub use batch::Batch;
pub use cache::Cache;
pub use config::{Biases, Config};
pub use decoding::{Draw, Greedy, History, Mirostat, Processor, Sampler, Settings, Temperature};
pub use forward::Pass;
pub use generate::Generation;
pub use loss_scale::LossScale;
pub use optimizer::{Moments, Rule, Step};
pub use pair::Pair;
pub use placement::Placement;
pub use position::{Position, Rope, Scaling};
pub use presets::{Preset, Size};
pub use pretraining::{Maker, Noise, Pretraining};
pub use schedule::{Decay, Schedule};
pub use trace::Trace;
pub use trainer::{Diverged, Progress, Trainer, Training};
pub use transformer::Transformer;
pub use workspace::Workspace;

#[cfg(test)]
mod tests;
