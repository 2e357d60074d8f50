//! Safetensors: a length, a JSON header with names, types, shapes and places, and the numbers.

use std::borrow::Cow;
use std::collections::HashMap;

use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, View};

use super::broken;
use super::families::Entry;
use crate::math::real::Real;
use crate::model::layout::Slot;
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
pub(super) fn write<F: Real>(entries: &[Entry], weights: &[F]) -> Result<Vec<u8>, Error> {
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

/// Fills in the weights of all entries from one or several files.
pub(super) fn read<F: Real>(
    entries: &[Entry],
    files: &[&[u8]],
    weights: &mut [F],
) -> Result<(), Error> {
    let files: Vec<SafeTensors> = files
        .iter()
        .map(|bytes| SafeTensors::deserialize(bytes))
        .collect::<Result<_, _>>()
        .map_err(|e| broken(format!("{e}"), format!("{e}")))?;
    for entry in entries {
        // GPT-2's own files leave the first word out
        let short = entry.name.strip_prefix("transformer.").unwrap_or(&entry.name);
        let found = files.iter().find_map(|f| f.tensor(&entry.name).or(f.tensor(short)).ok());
        let Some(tensor) = found else {
            return Err(broken(
                format!("there is no tensor {}", entry.name),
                format!("缺少张量 {}", entry.name),
            ));
        };
        if tensor.shape() != shape(entry) {
            let (is, should) = (tensor.shape(), shape(entry));
            return Err(broken(
                format!("{} has shape {is:?}, not {should:?}", entry.name),
                format!("{} 的形状是 {is:?}，应为 {should:?}", entry.name),
            ));
        }
        let numbers = numbers(&entry.name, &tensor)?;
        let (rows, columns) = size(entry);
        for (n, number) in numbers.into_iter().enumerate() {
            let (i, j) =
                if entry.transposed { (n % rows, n / rows) } else { (n / columns, n % columns) };
            weights[place(entry, i, j)] = F::of(number);
        }
    }
    Ok(())
}

/// The numbers of a tensor of any float type.
fn numbers(name: &str, tensor: &TensorView) -> Result<Vec<f64>, Error> {
    let bytes = tensor.data();
    let two = |f: fn([u8; 2]) -> f64| bytes.as_chunks::<2>().0.iter().map(|b| f(*b)).collect();
    let numbers: Vec<f64> = match tensor.dtype() {
        Dtype::F32 => {
            bytes.as_chunks::<4>().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect()
        }
        Dtype::F64 => bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        Dtype::F16 => two(|b| f16::from_le_bytes(b).to_f64()),
        Dtype::BF16 => two(|b| bf16::from_le_bytes(b).to_f64()),
        other => {
            return Err(broken(
                format!("{name} is of type {other:?}, not a float"),
                format!("{name} 的类型是 {other:?}，不是浮点数"),
            ));
        }
    };
    match numbers.iter().find(|n| !n.is_finite()) {
        Some(n) => Err(broken(format!("{name} contains {n}"), format!("{name} 含有 {n}"))),
        None => Ok(numbers),
    }
}

/// Rows, and the columns of all parts together.
fn size(entry: &Entry) -> (usize, usize) {
    let rows = entry.parts.first().map_or(0, |slot| slot.rows);
    (rows, entry.parts.iter().map(|slot| slot.columns).sum())
}

/// The shape in the file.
fn shape(entry: &Entry) -> Vec<usize> {
    let (rows, columns) = size(entry);
    match (entry.vector, entry.transposed) {
        (true, _) => vec![rows * columns],
        (false, true) => vec![columns, rows],
        (false, false) => vec![rows, columns],
    }
}

/// Where element (i, j) of the entry's parts side by side lies among the weights.
fn place(entry: &Entry, i: usize, j: usize) -> usize {
    let mut left = j;
    for Slot { start, columns, .. } in &entry.parts {
        if left < *columns {
            return start + i * columns + left;
        }
        left -= columns;
    }
    usize::MAX
}
