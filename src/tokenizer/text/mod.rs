//! What happens to a text before and after the model: normal forms, the cut into words, pieces with
//! a meaning of their own, and the way back from pieces to text. The steps and their names are those
//! of `tokenizer.json`.

mod added;
mod decode;
mod normalize;
mod split;

pub use added::{Added, AddedToken};
pub use decode::Decoder;
pub use normalize::Normalizer;
pub use split::{Prepend, Split};
