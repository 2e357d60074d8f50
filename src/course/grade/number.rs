//! Numbers as people write them: `11,008`, `16k`, `1.5e9`, `2 GiB`, `50%`, `2/3`, `−1.28`, `1.6万`.

use super::{fold, unit};
use crate::report::{Text, text};

/// Every value that a line may mean, in the unit that was asked for: `16k` is 16,000 or 16,384.
///
/// ```
/// use llm_lab::course::grade::numbers;
/// assert_eq!(numbers("−1.28", None), Ok(vec![-1.28]));
/// assert_eq!(numbers("2/3", None), Ok(vec![2.0 / 3.0]));
/// assert_eq!(numbers("2048 MiB", Some("GiB")), Ok(vec![2.0]));
/// assert!(numbers("many", None).is_err());
/// ```
///
/// # Errors
/// What can be typed.
pub fn numbers(line: &str, asked: Option<&str>) -> Result<Vec<f64>, Text> {
    let line = fold(line).to_lowercase();
    let line = line.trim().trim_start_matches(['=', '~', '≈', '$']).trim();
    let (value, rest) = quantity(line).ok_or_else(|| allowed(asked))?;
    let Some(scales) = unit::scales(rest, asked) else {
        let rest: String = rest.trim().chars().filter(|c| !c.is_control()).take(20).collect();
        return Err(match asked {
            Some(unit) => text(
                format!("`{rest}` is not a unit of this answer: it is asked in {unit}"),
                format!("`{rest}` 不是这道题的单位：请以 {unit} 作答"),
            ),
            None => text(
                format!("only a number, without `{rest}`"),
                format!("只填一个数，不要带 `{rest}`"),
            ),
        });
    };
    let values: Vec<f64> = scales.iter().map(|s| s * value).filter(|x| !x.is_nan()).collect();
    if values.is_empty() { Err(allowed(asked)) } else { Ok(values) }
}

fn allowed(asked: Option<&str>) -> Text {
    match asked {
        Some(unit) => text(
            format!("a number in {unit}, such as 12.5, 16k or 1.5e9"),
            format!("一个以 {unit} 为单位的数，例如 12.5、16k 或 1.5e9"),
        ),
        None => text(
            "a number, such as 12.5, -0.28, 16k, 1.5e9, 2/3 or 50%",
            "一个数，例如 12.5、-0.28、16k、1.5e9、2/3 或 50%",
        ),
    }
}

/// A number, a fraction or a power of ten, and what stands after it.
fn quantity(line: &str) -> Option<(f64, &str)> {
    let (value, rest) = signed(line)?;
    let after = rest.trim_start();
    if let Some((below, rest)) = after.strip_prefix('/').and_then(|r| signed(r.trim_start())) {
        return Some((value / below, rest)).filter(|(x, _)| !x.is_nan());
    }
    if let Some(power) = after.strip_prefix('^').or(after.strip_prefix("**")) {
        let (exponent, rest) = signed(power.trim_start())?;
        return Some((value.powf(exponent), rest)).filter(|(x, _)| !x.is_nan());
    }
    if let Some(factor) = after.strip_prefix(['*', 'x']).map(str::trim_start)
        && factor.starts_with(|c: char| c.is_ascii_digit())
    {
        let (times, rest) = quantity(factor)?;
        return Some((value * times, rest)).filter(|(x, _)| !x.is_nan());
    }
    Some((value, rest))
}

/// A number with its sign, and what stands after it.
fn signed(line: &str) -> Option<(f64, &str)> {
    let (sign, line) = match line.strip_prefix('-') {
        Some(rest) => (-1.0, rest.trim_start()),
        None => (1.0, line.strip_prefix('+').unwrap_or(line).trim_start()),
    };
    for name in ["∞", "infinity", "inf", "无穷大", "无穷"] {
        if let Some(rest) = line.strip_prefix(name) {
            return Some((sign * f64::INFINITY, rest));
        }
    }
    let bytes = line.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let (mut end, mut digits) = (0, String::new());
    while end < bytes.len() {
        let group = end > 0 && digit(end - 1) && (1..=3).all(|k| digit(end + k)) && !digit(end + 4);
        match bytes[end] {
            b'0'..=b'9' => digits.push(char::from(bytes[end])),
            b'.' if !digits.contains('.') && (digit(end + 1) || !digits.is_empty()) => {
                digits.push('.')
            }
            // Thousands: 11,008 and 11_008 and 11 008.
            b',' | b'_' | b'\'' | b' ' if group && !digits.contains('.') => {}
            b'_' if digit(end + 1) && end > 0 => {}
            b'e' if !digits.is_empty() => {
                let sign = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
                if !digit(end + 1 + sign) {
                    break;
                }
                let stop = (end + 1 + sign..).find(|i| !digit(*i)).unwrap_or(bytes.len());
                digits.push_str(&line[end..stop]);
                end = stop;
                break;
            }
            _ => break,
        }
        end += 1;
    }
    if !digits.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((sign * digits.parse::<f64>().ok()?, &line[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Lang;
    use proptest::prelude::*;

    fn first(line: &str, unit: Option<&str>) -> f64 {
        numbers(line, unit).unwrap()[0]
    }

    #[test]
    fn every_writing_of_a_number() {
        let cases = [
            ("11,008", 11008.0),
            ("11 008", 11008.0),
            ("11_008", 11008.0),
            ("１１，００８", 11008.0),
            ("16k", 16000.0),
            ("1.5e9", 1.5e9),
            ("1.5 × 10^9", 1.5e9),
            ("2^20", 1048576.0),
            ("2**10", 1024.0),
            ("50%", 0.5),
            ("2/3", 2.0 / 3.0),
            ("-1/2", -0.5),
            ("−1.28", -1.28),
            ("－１．２８", -1.28),
            (".5", 0.5),
            ("5.", 5.0),
            ("+3", 3.0),
            ("≈ 0.3", 0.3),
            ("7B", 7e9),
            ("1.6万", 16000.0),
            ("-inf", f64::NEG_INFINITY),
            ("∞", f64::INFINITY),
        ];
        for (line, value) in cases {
            assert!(
                (first(line, None) - value).abs() <= value.abs() * 1e-12
                    || first(line, None) == value,
                "{line}"
            );
        }
        assert!(numbers("16k", None).unwrap().contains(&16384.0));
        assert_eq!(first("2 GiB", Some("bytes")), 2147483648.0);
        assert_eq!(first("2GB", Some("bytes")), 2e9);
        assert_eq!(first("2", Some("GB")), 2.0);
        assert_eq!(first("50", Some("%")), 50.0);
    }

    #[test]
    fn what_is_no_number_says_what_is() {
        for line in ["", "many", "nan", "0/0", "e5", "-", ".", "1.2.3", "3 apples", "1e"] {
            assert!(numbers(line, None).is_err(), "{line}");
        }
        let wrong = numbers("3 s", Some("GB")).unwrap_err();
        assert_eq!(wrong.get(Lang::En), "`s` is not a unit of this answer: it is asked in GB");
    }

    proptest! {
        #[test]
        fn never_panics(line in "\\PC{0,24}", unit in proptest::option::of("[a-zA-Z%]{0,6}")) {
            let _ = numbers(&line, unit.as_deref());
        }

        #[test]
        fn numbers_never_panic_near_numbers(line in "[-+0-9.,_eExk%/^* ]{0,16}") {
            let _ = numbers(&line, Some("GB"));
        }

        #[test]
        fn a_printed_number_is_read_back(x in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
            prop_assert_eq!(numbers(&format!("{x}"), None).unwrap()[0], x);
            prop_assert_eq!(numbers(&format!("{x:e}"), None).unwrap()[0], x);
        }
    }
}
