//! Units: how much of the asked unit one of the written unit is.

/// What a unit measures; a unit of the same kind can be converted.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// In bits.
    Data,
    /// In operations.
    Flop,
    /// In seconds.
    Time,
    /// In hundredths of one.
    Percent,
    /// Any other word: tokens, heads.
    Word(String),
}

/// A base unit's names, what it measures, and its size.
const BASES: [(&[&str], Kind, f64); 11] = [
    (&["byte", "bytes", "字节"], Kind::Data, 8.0),
    (&["bit", "bits", "比特", "位"], Kind::Data, 1.0),
    (&["flop", "flops", "flop/s"], Kind::Flop, 1.0),
    (&["s", "sec", "second", "seconds", "秒"], Kind::Time, 1.0),
    (&["ms", "毫秒"], Kind::Time, 1e-3),
    (&["us", "µs", "微秒"], Kind::Time, 1e-6),
    (&["ns", "纳秒"], Kind::Time, 1e-9),
    (&["min", "minute", "minutes", "分钟"], Kind::Time, 60.0),
    (&["h", "hour", "hours", "小时"], Kind::Time, 3600.0),
    (&["day", "days", "天"], Kind::Time, 86400.0),
    (&["%", "percent", "pct"], Kind::Percent, 1.0),
];

/// Factors written before a unit or alone: decimal, and where it is usual, binary as well.
const FACTORS: [(&[&str], f64, Option<f64>); 10] = [
    (&["ki"], 1024.0, None),
    (&["mi"], 1048576.0, None),
    (&["gi"], 1073741824.0, None),
    (&["ti"], 1099511627776.0, None),
    (&["k", "thousand", "千"], 1e3, Some(1024.0)),
    (&["m", "million", "百万"], 1e6, Some(1048576.0)),
    (&["g", "billion", "bn", "十亿"], 1e9, Some(1073741824.0)),
    (&["t", "trillion"], 1e12, Some(1099511627776.0)),
    (&["万"], 1e4, None),
    (&["亿"], 1e8, None),
];

/// A unit as written: every size that it may mean, and what it measures.
struct Written {
    sizes: Vec<f64>,
    kind: Kind,
}

fn base(word: &str, byte: bool) -> Option<(Kind, f64)> {
    if word == "b" {
        return Some((Kind::Data, if byte { 8.0 } else { 1.0 }));
    }
    let found = BASES.iter().find(|(names, ..)| names.contains(&word));
    found.map(|(_, kind, size)| (kind.clone(), *size))
}

/// The factors alone: `k`, `gi`, `万`.
fn factor(word: &str) -> Option<Vec<f64>> {
    let found = FACTORS.iter().find(|(names, ..)| names.contains(&word));
    if word == "p" {
        return Some(vec![1e15]);
    }
    found.map(|(_, decimal, binary)| [Some(*decimal), *binary].into_iter().flatten().collect())
}

/// Reads a unit; `byte` says whether a lone `b` is a byte.
fn read(word: &str, byte: bool) -> Written {
    let word = word.trim().to_lowercase();
    if let Some((kind, size)) = base(&word, byte) {
        return Written { sizes: vec![size], kind };
    }
    let mut cuts: Vec<usize> = word.char_indices().map(|(i, _)| i).skip(1).collect();
    cuts.reverse();
    for cut in cuts {
        let (before, after) = word.split_at(cut);
        let Some(factors) = factor(before.trim()) else { continue };
        if let Some((kind, size)) = base(after.trim(), byte) {
            return Written { sizes: factors.iter().map(|f| f * size).collect(), kind };
        }
    }
    let singular = word.strip_suffix('s').filter(|w| w.len() > 1).unwrap_or(&word);
    Written { sizes: vec![1.0], kind: Kind::Word(singular.to_string()) }
}

/// By what to multiply a number written with `given` to have it in `asked`: several readings where
/// a unit has several (`k` is 1000 or 1024), nothing if the unit does not fit.
pub(super) fn scales(given: &str, asked: Option<&str>) -> Option<Vec<f64>> {
    let given = given.trim().to_lowercase();
    if given.is_empty() {
        return Some(vec![1.0]);
    }
    let asked_bits = asked
        .is_some_and(|u| u.to_lowercase().ends_with("bit") || u.to_lowercase().ends_with("bits"));
    let asked = asked.map(|unit| read(unit, unit.contains('B') || !asked_bits));
    let Some(asked) = asked else {
        return match given.as_str() {
            "%" => Some(vec![0.01]),
            "b" => Some(vec![1e9]),
            word => factor(word),
        };
    };
    let size = asked.sizes[0];
    let written = read(&given, !asked_bits);
    if written.kind == asked.kind {
        return Some(written.sizes.iter().map(|s| s / size).collect());
    }
    if given == "%" && !matches!(asked.kind, Kind::Data | Kind::Flop | Kind::Time) {
        return Some(vec![0.01]);
    }
    // `16k` of what was asked for; `2G` where GB are asked for is 2 GB; `7B tokens` is a count.
    let base = match asked.kind {
        Kind::Data if asked_bits => 1.0,
        Kind::Data => 8.0,
        _ => 1.0,
    };
    let factors = match given.as_str() {
        "b" => Some(vec![1e9]),
        word => factor(word),
    };
    if let Some(factors) = factors {
        return Some(factors.iter().map(|f| f * base / size).collect());
    }
    let Kind::Word(name) = &asked.kind else { return None };
    let rest = given.strip_suffix('s').unwrap_or(&given).strip_suffix(name.as_str())?.trim();
    if rest == "b" { Some(vec![1e9]) } else { factor(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_convert() {
        assert_eq!(scales("GiB", Some("GB")), Some(vec![1.073741824]));
        assert_eq!(scales("gb", Some("GB")), Some(vec![1.0, 1.073741824]));
        assert_eq!(scales("G", Some("GB")), Some(vec![1.0, 1.073741824]));
        assert_eq!(scales("bits", Some("bytes")), Some(vec![0.125]));
        assert_eq!(scales("B", Some("bytes")), Some(vec![1.0]));
        assert_eq!(scales("TFLOPs", Some("GFLOPs")).map(|s| s[0]), Some(1e3));
        assert_eq!(scales("ms", Some("s")), Some(vec![1e-3]));
        assert_eq!(scales("B", Some("tokens")), Some(vec![1e9]));
        assert_eq!(scales("M tokens", Some("tokens")).map(|s| s[0]), Some(1e6));
        assert_eq!(scales("token", Some("tokens")), Some(vec![1.0]));
        assert_eq!(scales("%", Some("%")), Some(vec![1.0]));
        assert_eq!(scales("%", None), Some(vec![0.01]));
        assert_eq!(scales("万", None), Some(vec![1e4]));
        assert_eq!(scales("seconds", Some("GB")), None);
        assert_eq!(scales("heads", None), None);
    }
}
