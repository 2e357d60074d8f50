//! A model on its way into a file.

use std::borrow::Cow;
use std::collections::HashMap;

use safetensors::tensor::{Dtype, View};

use super::{Entry, broken, place, shape, size};
use crate::math::real::Real;
use crate::report::Error;

/// One tensor on its way into a file.
struct Outgoing {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for &Outgoing {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The file of all entries, in f32.
pub(in super::super) fn write<F: Real>(entries: &[Entry], weights: &[F]) -> Result<Vec<u8>, Error> {
    let tensors: Vec<(String, Outgoing)> =
        entries.iter().map(|entry| (entry.name.clone(), outgoing(entry, weights))).collect();
    let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
    let views = tensors.iter().map(|(name, tensor)| (name, tensor));
    safetensors::serialize(views, Some(metadata)).map_err(|e| broken(e.to_string(), e.to_string()))
}

fn outgoing<F: Real>(entry: &Entry, weights: &[F]) -> Outgoing {
    let (rows, columns) = size(entry);
    let mut bytes = Vec::with_capacity(rows * columns * 4);
    let mut put = |w: F| bytes.extend(w.to_f32().unwrap_or(f32::NAN).to_le_bytes());
    if entry.transposed {
        for j in 0..columns {
            (0..rows).for_each(|i| put(weights[place(entry, i, j)]));
        }
    } else {
        for i in 0..rows {
            (0..columns).for_each(|j| put(weights[place(entry, i, j)]));
        }
    }
    Outgoing { shape: shape(entry), bytes }
}
