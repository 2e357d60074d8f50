//! RoPE in the words of `transformers` 4 (`rope_theta`, `rope_scaling`) and 5 (`rope_parameters`).

use serde_json::{Map, Value, json};

use super::broken;
use super::reader::Reader;
use crate::model::position::{Rope, Scaling};
use crate::report::Error;

/// Whether the words of `transformers` can say this RoPE for a context.
pub fn said(rope: Rope, context: usize) -> bool {
    let scaling = match rope.scaling {
        // the static NTK form has no name of its own
        Scaling::Ntk(_) => false,
        Scaling::Dynamic { original, .. } => {
            original.fract() == 0.0 && reach(rope.scaling, original as usize) == context
        }
        _ => true,
    };
    scaling && rope.fraction == 1.0 && !rope.interleaved
}

/// The context to write: [`Scaling::Dynamic`] counts from the original one.
pub(super) fn context(scaling: Scaling, context: usize) -> usize {
    match scaling {
        Scaling::Dynamic { original, .. } => original as usize,
        _ => context,
    }
}

/// How many positions a configuration that names `context` of them can read.
pub(super) fn reach(scaling: Scaling, context: usize) -> usize {
    match scaling {
        Scaling::Dynamic { factor, .. } => (context as f64 * factor) as usize,
        _ => context,
    }
}

/// What is written under `rope_scaling`; nothing for the plain form.
pub(super) fn write(scaling: Scaling) -> Option<Value> {
    Some(match scaling {
        Scaling::None | Scaling::Ntk(_) => return None,
        Scaling::Dynamic { factor, .. } => json!({ "rope_type": "dynamic", "factor": factor }),
        Scaling::Linear(factor) => json!({ "rope_type": "linear", "factor": factor }),
        Scaling::Llama3 { factor, low, high, original } => json!({
            "rope_type": "llama3",
            "factor": factor,
            "low_freq_factor": low,
            "high_freq_factor": high,
            "original_max_position_embeddings": original as u64,
        }),
        Scaling::Yarn { factor, fast, slow, original, attention, truncate } => json!({
            "rope_type": "yarn",
            "factor": factor,
            "beta_fast": fast,
            "beta_slow": slow,
            "original_max_position_embeddings": original as u64,
            "attention_factor": attention,
            "truncate": truncate,
        }),
    })
}

/// RoPE of a configuration for `context` positions.
pub(super) fn read(keys: &Reader, context: usize) -> Result<Rope, Error> {
    let empty = Map::new();
    let scaling = match keys.object("rope_scaling")? {
        Some(inner) => Some(inner),
        None => keys.object("rope_parameters")?,
    };
    let inner = scaling.unwrap_or(Reader(&empty));
    if let Some(key) = inner.0.iter().find(|(_, value)| value.is_object()).map(|(key, _)| key) {
        return Err(broken(
            format!("RoPE of its own for {key} is not known here"),
            format!("不支持为 {key} 单独设置 RoPE"),
        ));
    }
    let base = match inner.number("rope_theta")? {
        Some(base) => base,
        None => keys.number("rope_theta")?.unwrap_or(10_000.0),
    };
    for place in [&inner, keys] {
        if place.number("partial_rotary_factor")?.is_some_and(|share| share != 1.0) {
            return Err(broken(
                "heads that turn in part (partial_rotary_factor) are not known here",
                "不支持只旋转部分维度（partial_rotary_factor）",
            ));
        }
    }
    let kind = match inner.word("rope_type")? {
        Some(kind) => kind,
        None => inner.word("type")?.unwrap_or("default"),
    };
    let scaling = scaling_of(kind, &inner, keys, context)?;
    Ok(Rope { base, fraction: 1.0, interleaved: false, scaling })
}

fn scaling_of(kind: &str, inner: &Reader, keys: &Reader, context: usize) -> Result<Scaling, Error> {
    let need = |key: &str| {
        inner.number(key)?.ok_or_else(|| {
            broken(format!("RoPE scaling has no {key}"), format!("RoPE 缩放缺少 {key}"))
        })
    };
    // the outer one has priority, as in `transformers`
    let original = match keys.number("original_max_position_embeddings")? {
        Some(original) => original,
        None => inner.number("original_max_position_embeddings")?.unwrap_or(context as f64),
    };
    Ok(match kind {
        "default" => Scaling::None,
        "dynamic" => {
            // counted from the configuration's own context, whatever stands beside it
            let factor = need("factor")?;
            match factor >= 1.0 {
                true => Scaling::Dynamic { factor, original: context as f64 },
                false => {
                    return Err(broken(
                        format!("a dynamic RoPE scaling by {factor}, less than 1"),
                        format!("dynamic RoPE 缩放的 factor 为 {factor}，小于 1"),
                    ));
                }
            }
        }
        "linear" => Scaling::Linear(need("factor")?),
        "llama3" => Scaling::Llama3 {
            factor: need("factor")?,
            low: need("low_freq_factor")?,
            high: need("high_freq_factor")?,
            original,
        },
        "yarn" => {
            let factor = inner.number("factor")?.unwrap_or(context as f64 / original);
            Scaling::Yarn {
                factor,
                fast: inner.number("beta_fast")?.filter(|beta| *beta != 0.0).unwrap_or(32.0),
                slow: inner.number("beta_slow")?.filter(|beta| *beta != 0.0).unwrap_or(1.0),
                original,
                attention: attention(inner, factor)?,
                truncate: inner.yes("truncate")?.unwrap_or(true),
            }
        }
        other => {
            return Err(broken(
                format!("RoPE scaling {other:?} is not known here"),
                format!("不支持的 RoPE 缩放 {other:?}"),
            ));
        }
    })
}

/// What YaRN multiplies cosines and sines by: 0.1·ln(factor) + 1 where nothing else is said.
fn attention(inner: &Reader, factor: f64) -> Result<f64, Error> {
    let natural = |m: f64| if factor > 1.0 { 0.1 * m * factor.ln() + 1.0 } else { 1.0 };
    let given = |key: &str| inner.number(key).map(|m| m.filter(|m| *m != 0.0));
    Ok(match (inner.number("attention_factor")?, given("mscale")?, given("mscale_all_dim")?) {
        (Some(factor), ..) => factor,
        (None, Some(m), Some(all)) => natural(m) / natural(all),
        _ => natural(1.0),
    })
}
