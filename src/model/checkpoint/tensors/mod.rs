//! Safetensors: a length, a JSON header with names, types, shapes and places, and the numbers.

mod read;
mod write;

pub(super) use read::Opened;
pub(super) use write::write;

use super::broken;
use super::families::Entry;
use crate::model::layout::Slot;

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
