//! What `plot` says about its curves: formulas, prose, tables and metrics.

use super::Found;
use super::curve::Curve;
use super::features::Minimum;
use super::picture::symbol;
use crate::report::{Cell, Report, Table, Text, Value, number, text};

/// The formulas, each name once.
pub fn formulas(report: &mut Report, found: &[Found]) {
    let mut lines: Vec<String> = Vec::new();
    for Found { curve, .. } in found {
        let name = curve.title.split([' ', '=']).next().unwrap_or_default();
        let name = if curve.label.starts_with("swish-") { name } else { &curve.title };
        let line = format!("{name}: {}", curve.formula);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    report.formula(lines.join("\n"));
}

/// The picture in words.
pub fn seen(
    report: &mut Report,
    found: &[Found],
    reference: Option<&Curve>,
    order: usize,
    window: (f64, f64),
) {
    let (mut en, mut zh) = (String::new(), String::new());
    for one in found {
        let said = match order {
            0 => value(one),
            1 => slope(one),
            _ => curvature(one),
        };
        en += &format!("- **{}** {}\n", one.curve.title, said.en);
        zh += &format!("- **{}** {}\n", one.curve.title, said.zh);
        if let (Some(reference), Some((x, size))) = (reference, one.error) {
            let (name, y) = (&reference.title, symbol(order));
            let (low, high) = (number(window.0), number(window.1));
            if size == 0.0 {
                en += &format!("  On [{low}, {high}] its {y} is that of {name} everywhere.\n");
                zh += &format!("  在 [{low}, {high}] 上，它的 {y} 处处与 {name} 相同。\n");
                continue;
            }
            let (x, size) = (number(x), number(size));
            en += &format!(
                "  Its {y} is at most {size} from that of {name} on [{low}, {high}], at x = {x}.\n"
            );
            zh += &format!(
                "  在 [{low}, {high}] 上，它的 {y} 与 {name} 最多相差 {size}，位于 x = {x}。\n"
            );
        }
    }
    report.say(text(en.trim_end(), zh.trim_end()));
}

/// What f itself looks like.
fn value(one: &Found) -> Text {
    let f = one.curve.function;
    let middle = number(f.slope(0.0));
    let (left, right) = (number(f.value(f64::NEG_INFINITY)), number(f.value(f64::INFINITY)));
    match one.features.minimum {
        Minimum::Valley(x, y) => text(
            format!(
                "falls to {} at x = {}, rises to {left} on the left and {right} on the right; slope {middle} at 0.",
                number(y),
                number(x)
            ),
            format!(
                "在 x = {} 处降到最低点 {}，向左回升到 {left}，向右趋于 {right}；在 0 处斜率为 {middle}。",
                number(x),
                number(y)
            ),
        ),
        Minimum::Flat(y) => text(
            format!(
                "is flat at {} on the left and has a kink at 0, where its slope jumps to 1.",
                number(y)
            ),
            format!("左侧恒为 {}，在 0 处有折点，斜率由此跳到 1。", number(y)),
        ),
        Minimum::None => text(
            format!(
                "has no valley: from {left} on the left to {right} on the right; slope {middle} at 0."
            ),
            format!("没有谷底：左端为 {left}，右端为 {right}；在 0 处斜率为 {middle}。"),
        ),
    }
}

/// What f′ looks like.
fn slope(one: &Found) -> Text {
    let f = one.curve.function;
    let (left, right) = (number(f.slope(f64::NEG_INFINITY)), number(f.slope(f64::INFINITY)));
    let (mut en, mut zh) = match one.features.zeros[1][..] {
        [x, ..] => (
            format!("has slope 0 at x = {} and a negative slope left of it", number(x)),
            format!("在 x = {} 处斜率为 0，其左侧斜率为负", number(x)),
        ),
        [] => ("never turns around".to_string(), "从不折返".to_string()),
    };
    en += &format!("; its slope goes to {left} on the left and to {right} on the right");
    zh += &format!("；斜率向左趋于 {left}，向右趋于 {right}");
    if let Some(at) = one.features.steepest_at {
        let most = number(one.features.steepest);
        en += &format!(", at most {most} at x = {}", number(at));
        zh += &format!("，最大为 {most}（x = {}）", number(at));
    }
    if !f.kinks().is_empty() {
        let kinks: Vec<String> = f.kinks().iter().map(|&k| number(k)).collect();
        en += &format!(", and jumps at x = {}", kinks.join(", "));
        zh += &format!("，并在 x = {} 处跳变", kinks.join("、"));
    }
    en.push('.');
    zh.push('。');
    text(en, zh)
}

/// What f″ looks like.
fn curvature(one: &Found) -> Text {
    let Some((x, y)) = one.features.bend else {
        return text(
            "is made of smooth pieces joined at a kink, where the curvature is infinite; the picture shows it elsewhere.",
            "由几段拼成，折点处曲率为无穷；图中只画出其余各处。",
        );
    };
    let far = one.curve.function.curvature(4.0);
    if y == 0.0 {
        return text("is a straight line: its curvature is 0.", "是一条直线：曲率处处为 0。");
    }
    text(
        format!(
            "bends most at x = {}: f″ = {}; at x = 4 it is {}.",
            number(x),
            number(y),
            number(far)
        ),
        format!(
            "在 x = {} 处弯得最厉害：f″ = {}；到 x = 4 已是 {}。",
            number(x),
            number(y),
            number(far)
        ),
    )
}

/// A table of features, one row a curve, and one of values at the points that were asked for.
pub fn tables(report: &mut Report, found: &[Found], at: &[f64]) {
    let same = Text::same;
    let mut table = Table::new(text("The curves over the whole line", "整条数轴上的曲线"))
        .words(text("curve", "曲线"))
        .numbers(text("minimum at x", "最低点 x"))
        .numbers(text("minimum y", "最低点 y"))
        .numbers(same("f(0)"))
        .numbers(same("f′(0)"))
        .numbers(same("f″(0)"))
        .numbers(same("x → −∞"))
        .numbers(same("x → ∞"))
        .words(text("monotonic", "单调"));
    for one in found {
        let f = one.curve.function;
        let (x, y) = lowest(one.features.minimum);
        let cells = [x, y, f.value(0.0).into(), f.slope(0.0).into(), bend(one, 0.0)];
        let ends = [f.value(f64::NEG_INFINITY), f.value(f64::INFINITY)].map(Value::from);
        let mut row: Vec<Cell> = vec![one.curve.title.clone().into()];
        row.extend(cells.into_iter().chain(ends).map(cell));
        row.push(cell(one.features.monotonic.into()));
        table.row(row);
    }
    report.table(table);
    if at.is_empty() {
        return;
    }
    let mut table = Table::new(text("At the points asked for", "所求各点"))
        .words(text("curve", "曲线"))
        .numbers(same("x"))
        .numbers(same("f(x)"))
        .numbers(same("f′(x)"))
        .numbers(same("f″(x)"));
    for one in found {
        for &x in at {
            let f = one.curve.function;
            table.row(vec![
                one.curve.title.clone().into(),
                x.into(),
                f.value(x).into(),
                f.slope(x).into(),
                cell(bend(one, x)),
            ]);
        }
    }
    report.table(table);
}

/// The named numbers; one curve has them bare, several have them after their label.
pub fn metrics(report: &mut Report, found: &[Found], at: &[f64]) {
    for one in found {
        let f = one.curve.function;
        let prefix = if found.len() == 1 { String::new() } else { format!("{}.", one.curve.label) };
        let mut put = |name: &str, value: Value| {
            report.metric(format!("{prefix}{name}"), value);
        };
        let (x, y) = lowest(one.features.minimum);
        put("minimum.x", x);
        put("minimum.y", y);
        if let Some((x, size)) = one.error {
            put("error.max", size.into());
            put("error.at", x.into());
        }
        for x in [0.0].iter().chain(at.iter().filter(|x| **x != 0.0)) {
            put(&format!("value.at_{x}"), f.value(*x).into());
            put(&format!("slope.at_{x}"), f.slope(*x).into());
            put(&format!("curvature.at_{x}"), bend(one, *x));
        }
        for (side, end) in [("left", f64::NEG_INFINITY), ("right", f64::INFINITY)] {
            put(&format!("limit.{side}"), f.value(end).into());
            put(&format!("limit.{side}.slope"), f.slope(end).into());
        }
        for (name, zeros) in ["value", "slope", "curvature"].iter().zip(&one.features.zeros) {
            put(&format!("{name}.zeros"), zeros.len().into());
            for (i, &x) in zeros.iter().enumerate() {
                let nth = if i == 0 { String::new() } else { format!(".{}", i + 1) };
                put(&format!("{name}.zero{nth}"), x.into());
            }
        }
        put("slope.max", one.features.steepest.into());
        put("slope.max.x", one.features.steepest_at.map_or("none".into(), Value::from));
        if let Some((x, y)) = one.features.bend {
            put("curvature.max", y.into());
            put("curvature.max.x", x.into());
        }
        put("monotonic", one.features.monotonic.into());
    }
}

/// The lowest point as two values, or as words where there is none.
fn lowest(minimum: Minimum) -> (Value, Value) {
    match minimum {
        Minimum::Valley(x, y) => (x.into(), y.into()),
        Minimum::Flat(y) => ("flat".into(), y.into()),
        Minimum::None => ("none".into(), "none".into()),
    }
}

/// The curvature at a point, or `kink` where the slope jumps.
fn bend(one: &Found, x: f64) -> Value {
    let f = one.curve.function;
    if f.kinks().contains(&x) { "kink".into() } else { f.curvature(x).into() }
}

/// A value as a table cell, its words in both languages.
fn cell(value: Value) -> Cell {
    let zh = match &value {
        Value::Text(word) => match word.as_str() {
            "flat" => "平台",
            "none" => "无",
            "kink" => "折点",
            "yes" => "是",
            "no" => "否",
            other => other,
        },
        Value::Number(_) => "",
    };
    match &value {
        Value::Text(en) => text(en, zh).into(),
        Value::Number(n) => (*n).into(),
    }
}
