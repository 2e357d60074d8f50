//! The curves that `plot` knows, by the names that one types.

use crate::math::activation::Activation;
use crate::report::{Error, text};

/// One curve: what is drawn, and what it is called.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The prefix of its metrics: `swish-0.1`.
    pub label: String,
    /// Its name in the picture: `Swish β = 0.1`.
    pub title: String,
    /// Its formula: `x · σ(βx)`.
    pub formula: &'static str,
    /// The function.
    pub function: Activation,
}

/// Name, title, formula and function. Swish and leaky ReLU take their parameter from the command.
type Entry = (&'static str, &'static str, &'static str, Activation);

const LIST: [Entry; 18] = {
    use Activation as A;
    [
        ("sigmoid", "sigmoid", "σ(x) = 1 / (1 + e⁻ˣ)", A::Sigmoid),
        ("tanh", "tanh", "tanh(x)", A::Tanh),
        ("relu", "ReLU", "max(0, x)", A::Relu),
        ("leaky-relu", "leaky ReLU", "x if x > 0 else αx", A::LeakyRelu { alpha: 0.01 }),
        ("softplus", "softplus", "ln(1 + eˣ)", A::Softplus),
        ("gelu", "GELU", "x · Φ(x) = x/2 · (1 + erf(x/√2))", A::Gelu),
        ("gelu-tanh", "GELU tanh form", "x/2 · (1 + tanh(√(2/π) · (x + 0.044715x³)))", A::GeluTanh),
        ("gelu-sigmoid", "GELU sigmoid form", "x · σ(1.702x)", A::GeluSigmoid),
        ("swish", "Swish", "x · σ(βx)", A::SILU),
        ("silu", "SiLU", "x · σ(x)", A::SILU),
        ("hard-swish", "hard-swish", "x · min(max(x + 3, 0), 6) / 6", A::HardSwish),
        ("identity", "x", "x", A::Identity),
        ("half", "x/2", "x/2", A::Swish { beta: 0.0 }),
        ("glu", "GLU gate", "σ(u), multiplies v", A::Sigmoid),
        ("reglu", "ReGLU gate", "max(0, u), multiplies v", A::Relu),
        ("geglu", "GEGLU gate", "GELU(u), multiplies v", A::Gelu),
        ("swiglu", "SwiGLU gate", "SiLU(u), multiplies v", A::SILU),
        ("bilinear", "bilinear gate", "u, multiplies v", A::Identity),
    ]
};

/// The names, in the order of the help.
pub fn names() -> [&'static str; LIST.len()] {
    LIST.map(|(name, ..)| name)
}

/// The curves of a command: one for each name, and one for each β of Swish and each α of leaky ReLU.
/// The same curve given twice is drawn once.
///
/// # Errors
/// A parameter without its curve, or more curves than a picture can tell apart.
pub fn choose(names: &[String], betas: &[f64], alphas: &[f64]) -> Result<Vec<Curve>, Error> {
    needs(names, "swish", "--beta", betas)?;
    needs(names, "leaky-relu", "--alpha", alphas)?;
    let mut curves: Vec<Curve> = Vec::new();
    for curve in names.iter().flat_map(|name| named(name, betas, alphas)) {
        if curves.iter().all(|c| c.label != curve.label) {
            curves.push(curve);
        }
    }
    if curves.len() > MOST {
        return Err(Error::input(text(
            format!("{} curves are too many for one picture", curves.len()),
            format!("一张图放不下 {} 条曲线", curves.len()),
        ))
        .allowed(text(format!("up to {MOST}"), format!("最多 {MOST} 条")))
        .example("llm-lab plot swish --beta 0.1 1 10"));
    }
    Ok(curves)
}

/// As many curves as have colours of their own.
const MOST: usize = 8;

/// The curve called `name`, one for each value of its parameter.
pub fn named(name: &str, betas: &[f64], alphas: &[f64]) -> Vec<Curve> {
    let Some(&(name, title, formula, function)) = LIST.iter().find(|e| e.0 == name) else {
        return Vec::new();
    };
    let plain = |function, label, title| Curve { label, title, formula, function };
    let or =
        |given: &[f64], usual: f64| if given.is_empty() { vec![usual] } else { given.to_vec() };
    match name {
        "swish" => or(betas, 1.0)
            .into_iter()
            .map(|beta| {
                let beta = beta + 0.0; // −0 is 0
                let (label, title) = (format!("swish-{beta}"), format!("Swish β = {beta}"));
                plain(Activation::Swish { beta }, label, title)
            })
            .collect(),
        "leaky-relu" => or(alphas, 0.01)
            .into_iter()
            .map(|alpha| {
                let alpha = alpha + 0.0;
                let title = format!("leaky ReLU α = {alpha}");
                plain(Activation::LeakyRelu { alpha }, format!("leaky-relu-{alpha}"), title)
            })
            .collect(),
        _ => vec![plain(function, name.to_string(), title.to_string())],
    }
}

/// Refuses a parameter whose curve is not drawn: it would silently change nothing.
fn needs(names: &[String], curve: &str, option: &str, values: &[f64]) -> Result<(), Error> {
    if values.is_empty() || names.iter().any(|n| n == curve) {
        return Ok(());
    }
    Err(Error::input(text(
        format!("{option} belongs to the curve {curve}, which is not drawn"),
        format!("{option} 是曲线 {curve} 的参数，但这里没有画它"),
    ))
    .allowed(text(format!("with {curve} among the curves"), format!("曲线中要有 {curve}")))
    .example(format!("llm-lab plot {curve} {option} 0.5")))
}
