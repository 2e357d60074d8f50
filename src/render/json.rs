//! A report for programs: one JSON object, stable across versions of the lab (keys are only added).
//!
//! ```json
//! {
//!   "command": "plot swish --beta 1",
//!   "title": "Swish",
//!   "metrics": {"minimum.x": {"value": -1.278464542761074, "unit": null}},
//!   "tables": [{"title": "…", "columns": ["…"], "rows": [["LayerNorm", 0.5, null]]}],
//!   "figures": [{"name": "curves", "title": "…", "columns": 1, "panels": [PANEL], "file": "….png"}],
//!   "pieces": [{"label": "gpt2", "pieces": [{"text": "low", "id": 9319}]}],
//!   "output": null,
//!   "text": "the report as text without colour"
//! }
//! ```
//!
//! - `metrics`: by name, in the report's order. A value is a number, a word, or one of the strings
//!   `"inf"`, `"-inf"` and `"nan"`; so is every number below. `unit` is a string or null.
//! - `rows`: one array a row, a number, a string or null (nothing) for each column.
//! - `file`: where the picture was written, or null.
//! - `pieces`: texts that a tokenizer cut. `output`: what a command whose result is data prints, such
//!   as the ids of `tokenizer encode`; null for the others.
//! - PANEL: `{"title", "x": AXIS, "y": AXIS, "kind", …}` with AXIS `{"label", "scale": "linear" |
//!   "log", "range": [low, high] | null, "names": […]}` and by `kind`:
//!   - `lines`: `series` of `{"label", "stroke": "solid" | "dashed" | "dotted", "points": [[x, y]],
//!     "band": [[low, high]]}`, `markers` of `{"x", "y", "label", "series"}`
//!   - `heatmap`: `values` by row, `palette` (`sequential`, `diverging`, `categories`), `categories`
//!     (names), `unit`
//!   - `bars`: `series` of `{"label", "values"}`
//!   - `histogram`: `series` of `{"label", "values"}` (the samples), `bins`
//!
//! Words are in the language that was asked for; metric names and axis text do not change with it.

use serde_json::{Map, Value as Json, json};

use super::terminal::{self, Style};
use crate::report::{
    Axis, Cell, Content, Figure, Heatmap, Lang, Lines, Palette, Panel, Pieces, Report, Scale,
    Stroke, Table, Value,
};

/// Columns of the text inside the object.
const TEXT_WIDTH: usize = 80;

/// The report as one JSON object. `files` are the pictures that were
/// written, in the order of the figures; it may be empty.
pub fn report(report: &Report, command: &str, files: &[String], lang: Lang) -> String {
    let metrics: Map<String, Json> = report
        .metrics
        .iter()
        .map(|m| (m.name.clone(), json!({"value": value(&m.value), "unit": m.unit})))
        .collect();
    let figures: Vec<Json> =
        report.figures().enumerate().map(|(i, f)| figure(f, files.get(i))).collect();
    let style = Style { lang, color: false, true_color: false, width: TEXT_WIDTH };
    let object = json!({
        "command": command,
        "title": report.title.get(lang),
        "metrics": metrics,
        "tables": report.tables().map(|t| table(t, lang)).collect::<Vec<_>>(),
        "figures": figures,
        "pieces": report.pieces().map(pieces).collect::<Vec<_>>(),
        "output": report.output,
        "text": terminal::report(report, &style),
    });
    lines(&object)
}

/// One key a line: short enough to look at, compact enough for thousands of points.
fn lines(object: &Json) -> String {
    let keys = object.as_object().into_iter().flatten();
    let keys: Vec<String> = keys.map(|(key, value)| format!("  {}: {value}", json!(key))).collect();
    format!("{{\n{}\n}}", keys.join(",\n"))
}

/// JSON has no infinity and no NaN: they become words.
fn number(x: f64) -> Json {
    if x.is_nan() {
        json!("nan")
    } else if x.is_infinite() {
        json!(if x > 0.0 { "inf" } else { "-inf" })
    } else if x.fract() == 0.0 && x.abs() < 9e15 {
        json!(x as i64)
    } else {
        json!(x)
    }
}

fn numbers(xs: &[f64]) -> Vec<Json> {
    xs.iter().copied().map(number).collect()
}

fn pairs(xs: &[(f64, f64)]) -> Vec<Json> {
    xs.iter().map(|&(a, b)| json!([number(a), number(b)])).collect()
}

fn value(value: &Value) -> Json {
    match value {
        Value::Number(n) => number(*n),
        Value::Text(words) => json!(words),
    }
}

fn table(table: &Table, lang: Lang) -> Json {
    let cell = |cell: &Cell| match cell {
        Cell::Number(n) => number(*n),
        Cell::Text(words) => json!(words.get(lang)),
        Cell::Empty => Json::Null,
    };
    json!({
        "title": table.title.get(lang),
        "columns": table.columns.iter().map(|c| c.title.get(lang)).collect::<Vec<_>>(),
        "rows": table.rows.iter().map(|r| r.iter().map(cell).collect()).collect::<Vec<Vec<Json>>>(),
    })
}

fn figure(figure: &Figure, file: Option<&String>) -> Json {
    json!({
        "name": figure.name,
        "title": figure.title,
        "columns": figure.columns,
        "panels": figure.panels.iter().map(panel).collect::<Vec<_>>(),
        "file": file,
    })
}

fn pieces(cut: &Pieces) -> Json {
    let pieces = cut.pieces.iter().map(|p| json!({"text": p.text, "id": p.id}));
    json!({"label": cut.label, "pieces": pieces.collect::<Vec<_>>()})
}

fn panel(panel: &Panel) -> Json {
    let mut object = json!({"title": panel.title, "x": axis(&panel.x), "y": axis(&panel.y)});
    let content = match &panel.content {
        Content::Lines(lines) => curves(lines),
        Content::Heatmap(map) => heatmap(map),
        Content::Words(map, words) => {
            let mut object = heatmap(map);
            object["words"] = json!(words);
            object
        }
        Content::Bars(bars) => json!({"kind": "bars", "series": samples(&bars.series)}),
        Content::Histogram(h) => {
            json!({"kind": "histogram", "series": samples(&h.series), "bins": h.bins})
        }
    };
    if let (Json::Object(object), Json::Object(content)) = (&mut object, content) {
        object.extend(content);
    }
    object
}

fn axis(axis: &Axis) -> Json {
    json!({
        "label": axis.label,
        "scale": match axis.scale { Scale::Linear => "linear", Scale::Log => "log" },
        "range": axis.range.map(|(low, high)| [number(low), number(high)]),
        "names": axis.names,
    })
}

fn curves(lines: &Lines) -> Json {
    let stroke = |stroke: Stroke| match stroke {
        Stroke::Solid => "solid",
        Stroke::Dashed => "dashed",
        Stroke::Dotted => "dotted",
    };
    let series: Vec<Json> = lines
        .series
        .iter()
        .map(|s| {
            json!({
                "label": s.label,
                "stroke": stroke(s.stroke),
                "points": pairs(&s.points),
                "band": pairs(&s.band),
            })
        })
        .collect();
    let markers: Vec<Json> = lines
        .markers
        .iter()
        .map(|m| json!({"x": number(m.x), "y": number(m.y), "label": m.label, "series": m.series}))
        .collect();
    json!({"kind": "lines", "series": series, "markers": markers})
}

fn heatmap(map: &Heatmap) -> Json {
    let (palette, categories) = match &map.palette {
        Palette::Sequential => ("sequential", None),
        Palette::Diverging => ("diverging", None),
        Palette::Categories(names) => ("categories", Some(names)),
    };
    json!({
        "kind": "heatmap",
        "values": map.values.iter().map(|row| numbers(row)).collect::<Vec<_>>(),
        "palette": palette,
        "categories": categories.cloned().unwrap_or_default(),
        "unit": map.unit,
    })
}

fn samples(series: &[(String, Vec<f64>)]) -> Vec<Json> {
    series.iter().map(|(label, xs)| json!({"label": label, "values": numbers(xs)})).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Histogram, Marker, Series, text};

    fn sample() -> Report {
        let mut table = Table::new(text("Limits", "极限"))
            .words(text("curve", "曲线"))
            .numbers(text("x → ∞", "x → ∞"));
        table.row(vec!["swish".into(), f64::INFINITY.into()]);
        table.row(vec![text("none", "无").into(), Cell::Empty]);
        let lines = Lines {
            series: vec![Series::new("swish", vec![(0.0, f64::NAN), (1.0, 0.5)])],
            markers: vec![Marker { x: 1.0, y: 0.5, label: "top".to_string(), series: 0 }],
        };
        let mut report = Report::new(text("Swish", "Swish 函数"));
        report
            .table(table)
            .figure(Figure::new(
                "curves",
                "Swish",
                Axis::new("x").between(0.0, 1.0),
                Axis::log("y"),
                Content::Lines(lines),
            ))
            .metric("minimum.x", -1.25)
            .metric("limit.right", f64::INFINITY)
            .metric("monotonic", false)
            .metric_in("parameters", 7e9, "parameters");
        report
    }

    #[test]
    fn the_schema_is_stable() {
        let json = report(&sample(), "plot swish", &["out/plot_swish.png".to_string()], Lang::En);
        insta::assert_snapshot!(json, @r#"
        {
          "command": "plot swish",
          "title": "Swish",
          "metrics": {"minimum.x":{"value":-1.25,"unit":null},"limit.right":{"value":"inf","unit":null},"monotonic":{"value":"no","unit":null},"parameters":{"value":7000000000,"unit":"parameters"}},
          "tables": [{"title":"Limits","columns":["curve","x → ∞"],"rows":[["swish","inf"],["none",null]]}],
          "figures": [{"name":"curves","title":"Swish","columns":1,"panels":[{"title":"","x":{"label":"x","scale":"linear","range":[0,1],"names":[]},"y":{"label":"y","scale":"log","range":null,"names":[]},"kind":"lines","series":[{"label":"swish","stroke":"solid","points":[[0,"nan"],[1,0.5]],"band":[]}],"markers":[{"x":1,"y":0.5,"label":"top","series":0}]}],"file":"out/plot_swish.png"}],
          "pieces": [],
          "output": null,
          "text": "Swish\n\nLimits\ncurve  x → ∞\n─────  ─────\nswish      ∞\nnone\n\nFigure: Swish\n\nminimum.x            -1.25\nlimit.right              ∞\nmonotonic               no\nparameters   7,000,000,000  parameters\n"
        }
        "#);
    }

    #[test]
    fn other_kinds_have_their_own_keys() {
        let histogram = Histogram { series: vec![("a".to_string(), vec![1.0])], bins: 3 };
        let map = Heatmap {
            values: vec![vec![1.0, f64::NAN]],
            palette: Palette::Categories(vec!["other".to_string()]),
            unit: String::new(),
            show_values: false,
        };
        let kinds = [Content::Histogram(histogram), Content::Heatmap(map)].map(|content| {
            let one = Figure::new(
                "f",
                "",
                Axis::names("x", vec!["n".to_string()]),
                Axis::new("y"),
                content,
            );
            figure(&one, None)["panels"][0].clone()
        });
        assert_eq!(kinds[0]["bins"], 3);
        assert_eq!(kinds[0]["series"][0]["values"][0], 1);
        assert_eq!(kinds[1]["categories"][0], "other");
        assert_eq!(kinds[1]["values"][0][1], "nan");
        assert_eq!(kinds[1]["x"]["names"][0], "n");
    }

    #[test]
    fn words_follow_the_language_and_carry_no_colour() {
        let json: Json = serde_json::from_str(&report(&sample(), "x", &[], Lang::Zh)).unwrap();
        assert_eq!(json["title"], "Swish 函数");
        assert_eq!(json["figures"][0]["file"], Json::Null);
        assert!(!json["text"].as_str().unwrap().contains('\u{1b}'));
    }
}
