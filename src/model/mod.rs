//! F1: what is built from `math`: stacks of blocks, and the configurations of published models.

mod placement;
pub mod published;
pub mod stack;

pub use placement::Placement;
