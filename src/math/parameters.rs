//! One way to walk over everything that a module learns, for optimizers, counts and checks.

use ndarray::{ArrayViewD, ArrayViewMutD};

use super::real::Real;

/// Something that learns. A module's gradient is a module of the same type, so that the arrays of
/// both come in the same order.
pub trait Parameters<F: Real> {
    /// Each array with its name (`query.weight`), in an order that never changes.
    fn arrays(&self) -> Vec<(String, ArrayViewD<'_, F>)>;

    /// The same arrays in the same order, to change them.
    fn arrays_mut(&mut self) -> Vec<ArrayViewMutD<'_, F>>;

    /// How many numbers are learned.
    fn count(&self) -> usize {
        self.arrays().iter().map(|(_, a)| a.len()).sum()
    }

    /// Adds another gradient: `θ ← θ + other`.
    fn accumulate(&mut self, other: &Self) {
        for (mut sum, (_, other)) in self.arrays_mut().into_iter().zip(other.arrays()) {
            sum += &other;
        }
    }

    /// One step of stochastic gradient descent: `θ ← θ − rate · gradient`.
    fn descend(&mut self, gradient: &Self, rate: F) {
        for (mut parameter, (_, gradient)) in self.arrays_mut().into_iter().zip(gradient.arrays()) {
            parameter.scaled_add(-rate, &gradient);
        }
    }
}

/// The arrays of a part, named under it: `weight` of `query` is `query.weight`.
pub fn under<'a, F: Real, M: Parameters<F>>(
    part: &str,
    module: &'a M,
) -> impl Iterator<Item = (String, ArrayViewD<'a, F>)> + use<'a, F, M> {
    let part = part.to_string();
    module.arrays().into_iter().map(move |(name, array)| (format!("{part}.{name}"), array))
}

/// `in_parts!(Net, f64: first, second)`: a struct learns what its named parts learn.
macro_rules! in_parts {
    ($module:ty, $real:ty: $($part:ident),+) => {
        impl $crate::math::parameters::Parameters<$real> for $module {
            fn arrays(&self) -> Vec<(String, ndarray::ArrayViewD<'_, $real>)> {
                let mut all = Vec::new();
                $(all.extend($crate::math::parameters::under(stringify!($part), &self.$part));)+
                all
            }

            fn arrays_mut(&mut self) -> Vec<ndarray::ArrayViewMutD<'_, $real>> {
                let mut all = Vec::new();
                $(all.extend(self.$part.arrays_mut());)+
                all
            }
        }
    };
}
pub(crate) use in_parts;

/// Checks a backward pass: for the loss `Σ dy ⊙ forward(x)`, every given gradient against central
/// differences.
#[cfg(test)]
pub fn assert_gradients<M: Parameters<f64> + Clone>(
    module: &M,
    x: &ndarray::Array2<f64>,
    dy: &ndarray::Array2<f64>,
    forward: impl Fn(&M, ndarray::ArrayView2<f64>) -> ndarray::Array2<f64>,
    dx: &ndarray::Array2<f64>,
    gradient: &M,
    tolerance: f64,
) {
    use super::difference;
    use ndarray::{Array1, ArrayView1};

    let loss = |m: &M, x: ndarray::ArrayView2<f64>| (forward(m, x) * dy).sum();
    let flat = |a: ArrayViewD<f64>| a.iter().copied().collect::<Array1<f64>>();

    let by_x = |v: ArrayView1<f64>| match v.to_shape(x.dim()) {
        Ok(moved) => loss(module, moved.view()),
        Err(error) => panic!("{error}"),
    };
    let numeric = difference::gradient(by_x, flat(x.view().into_dyn()).view());
    let analytic = flat(dx.view().into_dyn());
    let apart = difference::relative_error(&numeric.to_vec(), &analytic.to_vec());
    assert!(apart < tolerance, "x: {apart:e}");

    assert_eq!(module.arrays().len(), gradient.arrays().len());
    for (i, (name, array)) in module.arrays().into_iter().enumerate() {
        let by_parameter = |v: ArrayView1<f64>| {
            let mut moved = module.clone();
            moved.arrays_mut()[i].iter_mut().zip(v).for_each(|(p, v)| *p = *v);
            loss(&moved, x.view())
        };
        let numeric = difference::gradient(by_parameter, flat(array).view());
        let analytic = flat(gradient.arrays()[i].1.view());
        let apart = difference::relative_error(&numeric.to_vec(), &analytic.to_vec());
        assert!(apart < tolerance, "{name}: {apart:e}");
    }
}
