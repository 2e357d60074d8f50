//! Plain loops on the machine's widest vectors, and the sums that need help to get there.
//!
//! A loop inside `vectorized!` is compiled several times, for AVX-512, AVX2, NEON and the
//! baseline, and the processor that runs it picks. The compiler may not reorder a sum of floats, so
//! sums are written over [`LANES`] partial sums: the same bits on every machine width.

use super::real::Real;

/// Partial sums of a reduction.
pub const LANES: usize = 16;

/// Runs a closure compiled for the best instruction set of this machine: `vectorized!(|| …)`. The
/// closure becomes part of each compiled version; as a function of its own it would be compiled
/// once, for the baseline. What it calls has to be inlined too (`#[inline(always)]` where it is
/// long).
macro_rules! vectorized {
    (|| $body:expr) => {
        $crate::math::simd::on_widest(
            #[inline(always)]
            || $body,
        )
    };
}
pub(crate) use vectorized;

/// Calls `f` from code compiled for the best instruction set of this machine; `f` profits only as
/// far as it is inlined.
///
/// ```
/// use llm_lab::math::simd::on_widest;
/// let mut x = [1.0_f32; 100];
/// on_widest(|| x.iter_mut().for_each(|v| *v *= 2.0));
/// assert_eq!(x, [2.0; 100]);
/// ```
#[inline(always)]
pub fn on_widest<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}

/// The vectors that this machine runs [`on_widest`] with: `V4` is AVX-512, `V3` AVX2 with FMA.
pub fn vectors() -> String {
    let name = format!("{:?}", pulp::Arch::new());
    name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_string()
}

/// `y ← y + x`, element by element. O(n).
#[inline]
pub fn add<F: Real>(y: &mut [F], x: &[F]) {
    vectorized!(|| y.iter_mut().zip(x).for_each(|(y, x)| *y += *x));
}

/// `Σ term(xᵢ)`, over lanes. O(n).
///
/// ```
/// use llm_lab::math::simd::sum;
/// assert_eq!(sum(&[1.0, 2.0, 3.0], |x| x * x), 14.0);
/// ```
#[inline(always)]
pub fn sum<F: Real>(x: &[F], term: impl Fn(F) -> F) -> F {
    let mut lanes = [F::zero(); LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for l in 0..LANES {
            lanes[l] += term(chunk[l]);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += term(*x);
    }
    total(lanes)
}

/// Replaces each number by `f` of it and returns the sum of the new ones, over lanes. O(n).
///
/// ```
/// use llm_lab::math::simd::replace_sum;
/// let mut x = [1.0, 2.0];
/// assert_eq!((replace_sum(&mut x, |x| x * x), x), (5.0, [1.0, 4.0]));
/// ```
#[inline(always)]
pub fn replace_sum<F: Real>(x: &mut [F], f: impl Fn(F) -> F) -> F {
    let mut lanes = [F::zero(); LANES];
    let (chunks, rest) = x.as_chunks_mut::<LANES>();
    for chunk in chunks {
        for l in 0..LANES {
            chunk[l] = f(chunk[l]);
            lanes[l] += chunk[l];
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *x = f(*x);
        *lane += *x;
    }
    total(lanes)
}

/// `Σ term(xᵢ, yᵢ)`, over lanes: a dot product, for instance. O(n).
///
/// ```
/// use llm_lab::math::simd::sum2;
/// assert_eq!(sum2(&[1.0, 2.0], &[3.0, 4.0], |x, y| x * y), 11.0);
/// ```
///
/// # Panics
/// If the lengths differ.
#[inline(always)]
pub fn sum2<F: Real>(x: &[F], y: &[F], term: impl Fn(F, F) -> F) -> F {
    assert_eq!(x.len(), y.len(), "lengths differ");
    let mut lanes = [F::zero(); LANES];
    let ((xs, x_rest), (ys, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    for (x, y) in xs.iter().zip(ys) {
        for l in 0..LANES {
            lanes[l] += term(x[l], y[l]);
        }
    }
    for ((lane, x), y) in lanes.iter_mut().zip(x_rest).zip(y_rest) {
        *lane += term(*x, *y);
    }
    total(lanes)
}

/// The largest number, −∞ of none; a NaN is passed over. O(n).
#[inline(always)]
pub fn largest<F: Real>(x: &[F]) -> F {
    let greater = |a: F, b: F| if b > a { b } else { a };
    let mut lanes = [F::neg_infinity(); LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for l in 0..LANES {
            lanes[l] = greater(lanes[l], chunk[l]);
        }
    }
    let lanes = lanes.into_iter().fold(F::neg_infinity(), greater);
    rest.iter().copied().fold(lanes, greater)
}

/// The lanes added up in pairs.
#[inline(always)]
fn total<F: Real>(mut lanes: [F; LANES]) -> F {
    let mut half = LANES / 2;
    while half > 0 {
        for l in 0..half {
            lanes[l] += lanes[l + half];
        }
        half /= 2;
    }
    lanes[0]
}
