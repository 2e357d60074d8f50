//! Figures of every kind for the tests of this room: ordinary ones, and hostile ones.

use crate::report::{
    Axis, Bars, Content, Figure, Heatmap, Histogram, Lines, Marker, Palette, Panel, Series, Stroke,
};

fn curve(f: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    (0..=200).map(|i| f64::from(i) / 20.0 - 5.0).map(|x| (x, f(x))).collect()
}

fn swish(beta: f64) -> Vec<(f64, f64)> {
    curve(|x| x / (1.0 + (-beta * x).exp()))
}

fn marker(x: f64, y: f64, label: &str, series: usize) -> Marker {
    Marker { x, y, label: label.to_string(), series }
}

/// Three curves, a dashed reference, marked minima.
pub fn curves() -> Figure {
    let lines = Lines {
        series: vec![
            Series::new("Swish β = 0.5", swish(0.5)),
            Series::new("Swish β = 1", swish(1.0)),
            Series::new("Swish β = 10", swish(10.0)),
            Series::new("ReLU", curve(|x| x.max(0.0))).stroke(Stroke::Dashed),
        ],
        markers: vec![
            marker(-2.557, -0.557, "(−2.557, −0.557)", 0),
            marker(-1.278, -0.278, "(−1.278, −0.278)", 1),
            marker(0.0, 0.0, "0", 2),
        ],
    };
    let (x, y) = (Axis::new("x"), Axis::new("f(x)"));
    Figure::new("curves", "Swish for three values of β", x, y, Content::Lines(lines))
}

/// Few points with a spread, on a logarithmic axis.
pub fn depth() -> Figure {
    let layers = |rate: f64| (1..=24).map(|l| (f64::from(l), rate.powi(l))).collect::<Vec<_>>();
    let series = |label: &str, rate: f64| Series {
        label: label.to_string(),
        points: layers(rate),
        band: layers(rate).iter().map(|p| (p.1 * 0.6, p.1 * 1.7)).collect(),
        stroke: Stroke::Dotted,
    };
    let lines = Lines {
        series: vec![series("Pre-LN", 1.02), series("Post-LN", 0.6), series("Sandwich-LN", 0.9)],
        markers: Vec::new(),
    };
    let (x, y) = (Axis::new("layer"), Axis::log("gradient norm ‖∂L/∂W‖"));
    Figure::new("gradient", "Gradient norm by layer, depth 24", x, y, Content::Lines(lines))
}

/// Twenty curves.
pub fn many() -> Figure {
    let one = |i: u32| {
        let label = format!("DeepNorm, depth {}, seed {i}", 6 * i);
        Series::new(label, curve(move |x| (x + f64::from(i) * 0.3).sin() * f64::from(i) * 1e8))
    };
    let lines = Lines { series: (0..20).map(one).collect(), markers: Vec::new() };
    let (x, y) = (Axis::new("step"), Axis::new("loss (nats)"));
    Figure::new("many", "Twenty runs", x, y, Content::Lines(lines))
}

fn tokens() -> Vec<String> {
    "The cat sat on the mat because it was very tired of running uphill today"
        .split(' ')
        .map(String::from)
        .collect()
}

/// Attention of fifteen tokens, causal.
pub fn attention() -> Figure {
    let n = tokens().len();
    let score = |i: usize, j: usize| match j {
        j if j > i => f64::NAN,
        j => {
            1.0 / (1.0 + (i - j) as f64) + if (i * 7 + j * 3).is_multiple_of(5) { 0.4 } else { 0.0 }
        }
    };
    let map = Heatmap {
        values: (0..n).map(|i| (0..n).map(|j| score(i, j)).collect()).collect(),
        palette: Palette::Sequential,
        unit: "attention weight".to_string(),
        show_values: false,
    };
    let (x, y) = (Axis::names("key", tokens()), Axis::names("query", tokens()));
    Figure::new("attention", "Causal attention of one head", x, y, Content::Heatmap(map))
}

/// Signed numbers in cells.
pub fn signed() -> Figure {
    let values = (0..4).map(|i| (0..6).map(|j| f64::from(i * 6 + j - 11) * 0.173).collect());
    let map = Heatmap {
        values: values.collect(),
        palette: Palette::Diverging,
        unit: "activation".to_string(),
        show_values: true,
    };
    let (x, y) = (Axis::new("feature"), Axis::new("token"));
    Figure::new("signed", "A batch before the norm", x, y, Content::Heatmap(map))
}

/// Which axes each norm averages over, in three panels.
pub fn axes() -> Figure {
    let panel = |title: &str, same: fn(usize, usize) -> bool| Panel {
        title: title.to_string(),
        x: Axis::new("feature"),
        y: Axis::new("sample"),
        content: Content::Heatmap(Heatmap {
            values: (0..6)
                .map(|i| (0..6).map(|j| f64::from(u8::from(same(i, j)))).collect())
                .collect(),
            palette: Palette::Categories(vec!["other".to_string(), "averaged".to_string()]),
            unit: String::new(),
            show_values: false,
        }),
    };
    let panels = vec![
        panel("LayerNorm", |i, _| i == 2),
        panel("RMSNorm", |i, _| i == 2),
        panel("BatchNorm", |_, j| j == 2),
    ];
    Figure::grid("axes", "What each norm averages over", 3, panels)
}

/// Grouped bars.
pub fn bars() -> Figure {
    let names = ["LLaMA 7B", "LLaMA 13B", "PaLM 540B", "GPT-3 175B"].map(String::from).to_vec();
    let bars = Bars {
        series: vec![
            ("attention".to_string(), vec![2.1, 4.2, 118.0, 57.9]),
            ("feed-forward".to_string(), vec![4.3, 8.5, 403.0, 115.9]),
        ],
    };
    let (x, y) = (Axis::names("model", names), Axis::new("parameters (10⁹)"));
    Figure::new("bars", "Where the parameters are", x, y, Content::Bars(bars))
}

/// Two histograms over each other.
pub fn histogram() -> Figure {
    let samples = |shift: f64, wide: f64| {
        let bell =
            |i: i32| (1..=6).map(|k| (f64::from(i) * f64::from(k) * 1.618).fract()).sum::<f64>();
        (1..=3000).map(|i| (bell(i) - 3.0) * wide + shift).collect::<Vec<f64>>()
    };
    let histogram = Histogram {
        series: vec![
            ("before LayerNorm".to_string(), samples(1.0, 2.0)),
            ("after LayerNorm".to_string(), samples(0.0, 1.0)),
        ],
        bins: 40,
    };
    let (x, y) = (Axis::new("activation"), Axis::new("count"));
    Figure::new("histogram", "Activations", x, y, Content::Histogram(histogram))
}

/// Two panels with one legend, below each other.
pub fn pair() -> Figure {
    let panel = |title: &str, figure: Figure| {
        let mut panel = figure.panels[0].clone();
        panel.title = title.to_string();
        panel
    };
    let panels = vec![panel("forward", curves()), panel("backward", curves())];
    Figure::grid("pair", "The same curves twice", 2, panels)
}

/// One of each kind.
pub fn all() -> Vec<Figure> {
    vec![curves(), depth(), many(), attention(), signed(), axes(), bars(), histogram(), pair()]
}

/// Data that breaks careless drawing.
pub fn hostile() -> Vec<Figure> {
    let nothing = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let sets: Vec<Vec<f64>> = vec![
        vec![],
        vec![3.0],
        vec![0.0; 5],
        nothing.to_vec(),
        vec![1e308, -1e308, f64::MIN_POSITIVE, 5e-324],
        vec![1.0, f64::NAN, 2.0, f64::INFINITY, 3.0],
        vec![1.0, 1.0 + 1e-15],
        vec![-5.0, -1.0, 0.0],
    ];
    let long = "a label that is far too long for any picture ".repeat(8);
    let mut figures = Vec::new();
    for values in sets {
        let points: Vec<(f64, f64)> =
            values.iter().enumerate().map(|(i, v)| (i as f64, *v)).collect();
        let lines = Lines {
            series: vec![
                Series {
                    label: long.clone(),
                    points: points.clone(),
                    band: points.clone(),
                    stroke: Stroke::Dotted,
                },
                Series::new("", points),
            ],
            markers: values.iter().map(|v| marker(*v, *v, &long, 7)).collect(),
        };
        let map = |palette| Heatmap {
            values: vec![values.clone(), values.clone()],
            palette,
            unit: long.clone(),
            show_values: true,
        };
        let contents = [
            Content::Lines(lines),
            Content::Heatmap(map(Palette::Sequential)),
            Content::Heatmap(map(Palette::Diverging)),
            Content::Heatmap(map(Palette::Categories(vec![long.clone()]))),
            Content::Words(map(Palette::Sequential), vec![vec![long.clone(); 2]]),
            Content::Bars(Bars { series: vec![(long.clone(), values.clone())] }),
            Content::Histogram(Histogram { series: vec![(long.clone(), values)], bins: 0 }),
        ];
        for content in contents {
            for x in
                [Axis::new(long.as_str()), Axis::log("x"), Axis::names("x", vec![long.clone()])]
            {
                let y = Axis::log(long.as_str());
                figures.push(Figure::new("hostile", long.as_str(), x.clone(), y, content.clone()));
                let y = Axis::new("y").between(2.0, 1.0);
                figures.push(Figure::new("hostile", "", x, y, content.clone()));
            }
        }
    }
    figures.push(Figure::grid("empty", "nothing", 0, Vec::new()));
    figures
}
