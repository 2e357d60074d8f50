//! F1: what is built from `math`: stacks of blocks, and the configurations of published models.

mod adam;
pub mod lookalike;
mod placement;
pub mod published;
pub mod stack;

pub use adam::Adam;
pub use placement::Placement;
