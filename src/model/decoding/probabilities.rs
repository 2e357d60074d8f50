//! Probabilities in the precision of the logits, as filters compare them.

use crate::math::real::Real;

/// softmax(logits) into `place`, which grows once. Sums are taken in f64. O(V).
///
/// ```
/// let mut p = Vec::new();
/// llm_lab::model::decoding::probabilities(&[0.0_f32, 0.0, f32::NEG_INFINITY], &mut p);
/// assert_eq!(p, [0.5, 0.5, 0.0]);
/// ```
pub fn probabilities<F: Real>(logits: &[F], place: &mut Vec<F>) {
    let most = logits.iter().fold(F::neg_infinity(), |most, x| most.max(*x));
    place.clear();
    place.extend(logits.iter().map(|x| (*x - most).exp()));
    let total = F::of(place.iter().map(|x| x.to_f64().unwrap_or(0.0)).sum());
    place.iter_mut().for_each(|x| *x /= total);
}

/// The entropy `−Σ pᵢ ln pᵢ` of softmax(logits) in nats, and the logarithm of its denominator:
/// ln pᵢ = zᵢ − that. O(V).
pub(super) fn entropy<F: Real>(logits: &[F]) -> (f64, f64) {
    let z = |x: &F| x.to_f64().unwrap_or(f64::NEG_INFINITY);
    let most = logits.iter().map(z).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = logits.iter().map(|x| (z(x) - most).exp()).sum();
    let denominator = most + total.ln();
    let term = |x: &F| match z(x) - denominator {
        log if log > f64::NEG_INFINITY => -log * log.exp(),
        _ => 0.0,
    };
    (logits.iter().map(term).sum(), denominator)
}

/// How surprised one is who expected softmax(logits) and met `token`: −ln p in nats. O(V).
///
/// ```
/// let nats = llm_lab::model::decoding::surprise(&[0.0_f32, 0.0], 1);
/// assert!((nats - 2.0_f64.ln()).abs() < 1e-12);
/// ```
///
/// # Panics
/// If there is no such token.
pub fn surprise<F: Real>(logits: &[F], token: u32) -> f64 {
    let (_, denominator) = entropy(logits);
    denominator - logits[token as usize].to_f64().unwrap_or(f64::NEG_INFINITY)
}
