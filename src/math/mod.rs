//! F0: pure functions on arrays, forward and backward side by side. They see no path, no clock and
//! no print; randomness comes in as a generator.

pub mod activation;
pub mod attention;
pub mod broadcast;
pub mod chi_square;
pub mod difference;
pub mod divergence;
pub mod dropout;
pub mod ffn;
pub mod linalg;
pub mod linear;
pub mod loss;
pub mod ngrams;
pub mod norm;
pub mod objective;
pub mod online;
pub mod parameters;
pub mod position;
pub mod power;
pub mod precision;
pub mod product;
pub mod quadratic;
pub mod rank;
pub mod real;
pub mod relative;
pub mod rounded;
pub mod search;
pub mod simd;
pub mod softmax;
