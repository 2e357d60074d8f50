//! Activation functions: value, slope and curvature of each, for one number and for whole arrays.
//!
//! Every formula holds on the whole line, ±∞ included: `x · gate(x)` is 0 where the gate has closed,
//! not ∞ · 0. [`functions`] has them one by one; [`Activation`] names one at run time.

pub mod functions;
mod list;
mod rows;

pub use list::{Activation, Operations};
