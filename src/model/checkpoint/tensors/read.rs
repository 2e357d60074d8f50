//! A model on its way out of its files.

use std::collections::BTreeSet;

use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::{Entry, broken, place, shape, size};
use crate::math::real::Real;
use crate::report::Error;

/// What stands before all names in a model with a head, and not in one without.
const PREFIXES: [&str; 3] = ["model.", "transformer.", "bert."];

/// Names that end so say nothing about the weights that the lab computes with: tables that follow
/// from the configuration, and heads for other tasks.
const ASIDE: [&str; 8] = [
    "rotary_emb.inv_freq",
    "attn.bias",
    "attn.masked_bias",
    "position_ids",
    "pooler.dense.weight",
    "pooler.dense.bias",
    "cls.seq_relationship.weight",
    "cls.seq_relationship.bias",
];

/// Tensors that some files hold a second time, and what they are copies of.
const COPIES: [(&str, &[&str]); 3] = [
    ("lm_head.weight", &["model.embed_tokens.weight", "transformer.wte.weight"]),
    ("cls.predictions.decoder.weight", &["bert.embeddings.word_embeddings.weight"]),
    ("cls.predictions.decoder.bias", &["cls.predictions.bias"]),
];

/// Files whose headers have been read.
pub(in super::super) struct Opened<'a>(Vec<SafeTensors<'a>>);

impl<'a> Opened<'a> {
    /// Reads the headers.
    pub fn new(files: &[&'a [u8]]) -> Result<Self, Error> {
        let open = |bytes: &&'a [u8]| SafeTensors::deserialize(bytes);
        let files = files.iter().map(open).collect::<Result<_, _>>();
        files.map(Self).map_err(|e| {
            broken(
                format!("the safetensors file is damaged: {e}"),
                format!("safetensors 文件已损坏：{e}"),
            )
        })
    }

    /// Whether the files hold exactly these tensors. Takes no memory for weights.
    pub fn check(&self, entries: &[Entry]) -> Result<(), Error> {
        let mut used = BTreeSet::new();
        for entry in entries {
            let (name, tensor) = self.find(&entry.name).ok_or_else(|| missing(&entry.name))?;
            used.insert(name);
            if tensor.shape() != shape(entry) {
                let (is, should) = (tensor.shape(), shape(entry));
                return Err(broken(
                    format!("{} has shape {is:?}, not {should:?}", entry.name),
                    format!("{} 的形状是 {is:?}，应为 {should:?}", entry.name),
                ));
            }
        }
        for name in self.0.iter().flat_map(SafeTensors::names) {
            let aside = ASIDE.iter().any(|end| name.ends_with(end));
            if !used.contains(name) && !aside && !self.copies(name)? {
                return Err(broken(
                    format!("there is a tensor {name}, which this configuration does not have"),
                    format!("多出张量 {name}，配置中没有它"),
                ));
            }
        }
        Ok(())
    }

    /// Fills in the weights of all entries.
    pub fn fill<F: Real>(&self, entries: &[Entry], weights: &mut [F]) -> Result<(), Error> {
        for entry in entries {
            let (_, tensor) = self.find(&entry.name).ok_or_else(|| missing(&entry.name))?;
            let (rows, columns) = size(entry);
            let at = |n: usize| match entry.transposed {
                true => place(entry, n % rows, n / rows),
                false => place(entry, n / columns, n % columns),
            };
            numbers(&entry.name, &tensor, |n, number| weights[at(n)] = F::of(number))?;
        }
        Ok(())
    }

    /// A tensor by its name, or by the names that other files have for it, and that name.
    fn find(&self, name: &str) -> Option<(String, TensorView<'a>)> {
        let short = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
        let older = |name: &str| {
            // BERT's first files
            name.replace("LayerNorm.weight", "LayerNorm.gamma")
                .replace("LayerNorm.bias", "LayerNorm.beta")
        };
        let names = [name.to_string(), short.to_string(), older(name), older(short)];
        names.into_iter().find_map(|name| {
            let tensor = self.0.iter().find_map(|file| file.tensor(&name).ok())?;
            Some((name, tensor))
        })
    }

    /// Whether a tensor is a second copy of one that is read, to the bit.
    fn copies(&self, name: &str) -> Result<bool, Error> {
        let Some((_, of)) = COPIES.iter().find(|(copy, _)| name == *copy) else {
            return Ok(false);
        };
        let copy = self.find(name);
        let first = of.iter().find_map(|name| self.find(name));
        match (copy, first) {
            (Some((_, copy)), Some((_, first)))
                if copy.dtype() == first.dtype() && copy.data() == first.data() =>
            {
                Ok(true)
            }
            _ => Err(broken(
                format!("{name} should be a copy (tie_word_embeddings), and is not"),
                format!("{name} 应与词嵌入共享（tie_word_embeddings），但数值不同"),
            )),
        }
    }
}

fn missing(name: &str) -> Error {
    if name.starts_with("cls.") {
        return broken(
            format!(
                "there is no tensor {name}: a BERT without its head for masked tokens gives no logits"
            ),
            format!("缺少张量 {name}：没有掩码预测头的 BERT 不能给出 logits"),
        );
    }
    broken(format!("there is no tensor {name}"), format!("缺少张量 {name}"))
}

/// Hands out the numbers of a tensor of any float type, each with its place.
fn numbers(name: &str, tensor: &TensorView, mut put: impl FnMut(usize, f64)) -> Result<(), Error> {
    let bytes = tensor.data();
    let mut bad = None;
    let mut each = |(n, number): (usize, f64)| match number.is_finite() {
        true => put(n, number),
        false => bad = Some(number),
    };
    let (two, four, eight) =
        (bytes.as_chunks::<2>().0, bytes.as_chunks::<4>().0, bytes.as_chunks::<8>().0);
    match tensor.dtype() {
        Dtype::F32 => {
            four.iter().map(|b| f64::from(f32::from_le_bytes(*b))).enumerate().for_each(&mut each);
        }
        Dtype::F64 => eight.iter().map(|b| f64::from_le_bytes(*b)).enumerate().for_each(&mut each),
        Dtype::F16 => {
            two.iter().map(|b| f16::from_le_bytes(*b).to_f64()).enumerate().for_each(&mut each);
        }
        Dtype::BF16 => {
            two.iter().map(|b| bf16::from_le_bytes(*b).to_f64()).enumerate().for_each(&mut each);
        }
        other => {
            return Err(broken(
                format!("{name} is of type {other:?}, not a float"),
                format!("{name} 的类型是 {other:?}，不是浮点数"),
            ));
        }
    }
    match bad {
        Some(n) => Err(broken(format!("{name} contains {n}"), format!("{name} 含有 {n}"))),
        None => Ok(()),
    }
}
