//! One way to write a number for a reader.

/// Writes a number with four significant digits, thousands grouped, and powers of ten where it is
/// very large or very small.
///
/// ```
/// use llm_lab::report::number;
/// assert_eq!(number(0.0), "0");
/// assert_eq!(number(-1.278464), "-1.278");
/// assert_eq!(number(11008.0), "11,008");
/// assert_eq!(number(4.73e-4), "4.730e-4");
/// assert_eq!(number(f64::INFINITY), "∞");
/// ```
pub fn number(x: f64) -> String {
    if x.is_nan() {
        return "NaN".to_string();
    }
    if x.is_infinite() {
        return if x > 0.0 { "∞" } else { "-∞" }.to_string();
    }
    let size = x.abs();
    if size == 0.0 {
        return "0".to_string();
    }
    if x.fract() == 0.0 && size < 1e15 {
        return grouped(x as i64);
    }
    if !(1e-3..1e6).contains(&size) {
        return format!("{x:.3e}");
    }
    let decimals = (3 - size.log10().floor() as i32).clamp(0, 6) as usize;
    let plain = format!("{x:.decimals$}");
    if plain.contains('.') {
        plain.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        plain
    }
}

/// A whole number with commas between thousands.
fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if n < 0 { format!("-{out}") } else { out }
}
