//! Matrices and masks as a learner types them.

use ndarray::Array2;

use crate::experiments::params;
use crate::math::attention::Mask;
use crate::report::{Error, text};

/// A line that works.
pub const EXAMPLE: &str = "llm-lab attention steps --q 1,0/0,2 --k 1,1/2,0 --v 1,0/0,1";

/// A matrix as its rows: `1,0/0,2`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows(Vec<Vec<f64>>);

/// Reads a matrix.
pub fn rows(words: &str) -> Result<Rows, String> {
    let row = |words: &str| words.split(',').map(params::finite).collect::<Result<Vec<f64>, _>>();
    let rows: Result<Vec<Vec<f64>>, String> = words.split('/').map(row).collect();
    rows.map(Rows).map_err(|_| {
        "finite numbers with , between columns and / between rows, such as 1,0/0,2 ‖ \
         有限的数，列之间用，行之间用 / 隔开，例如 1,0/0,2"
            .to_string()
    })
}

/// Reads a mask: `causal`, `none`, `prefix:2`, `sliding:3`.
pub fn mask(word: &str) -> Result<Mask, String> {
    let (name, size) = word.split_once(':').unwrap_or((word, ""));
    match (name, size, size.parse::<usize>()) {
        ("causal", "", _) => Ok(Mask::Causal),
        ("none", "", _) => Ok(Mask::None),
        ("prefix", _, Ok(n)) if n > 0 => Ok(Mask::Prefix(n)),
        ("sliding", _, Ok(n)) if n > 0 => Ok(Mask::Sliding(n)),
        _ => {
            Err("causal, none, prefix:N or sliding:N ‖ causal、none、prefix:N 或 sliding:N".into())
        }
    }
}

/// The rows as a matrix.
///
/// # Errors
/// If they are not equally long, or more than `most` by `wide`.
pub fn matrix(name: &str, rows: &Rows, most: usize, wide: usize) -> Result<Array2<f64>, Error> {
    let Rows(rows) = rows;
    let columns = rows.first().map_or(0, Vec::len);
    if let Some(other) = rows.iter().find(|row| row.len() != columns) {
        return Err(Error::input(text(
            format!("the rows of {name} have {columns} and {} numbers", other.len()),
            format!("{name} 的各行分别有 {columns} 个和 {} 个数", other.len()),
        ))
        .allowed(text("rows of one length", "各行长度相同"))
        .example(EXAMPLE));
    }
    if rows.len() > most || columns > wide {
        return Err(Error::input(text(
            format!("{name} is ({}, {columns}): too large to print", rows.len()),
            format!("{name} 的形状是（{}, {columns}），太大，印不下", rows.len()),
        ))
        .allowed(text(
            format!("up to {most} rows of {wide} numbers"),
            format!("最多 {most} 行，每行 {wide} 个数"),
        ))
        .example(EXAMPLE));
    }
    Ok(Array2::from_shape_fn((rows.len(), columns), |(i, j)| rows[i][j]))
}
