//! What parity with other libraries does not show: chance, history, and what is refused.

use super::*;
use ndarray_rand::rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(4)
}

fn run(settings: &Settings, logits: &[f32]) -> Vec<f32> {
    let mut logits = logits.to_vec();
    chain::process(&mut settings.processors(), History::default(), &mut logits).unwrap();
    logits
}

#[test]
fn temperature_draws_as_often_as_softmax_says() {
    let mut rng = rng();
    let mut sampler = Temperature { temperature: 0.5, rng: &mut rng };
    let mut choose = || sampler.choose(History::default(), &mut [0.0_f32, 0.5]).unwrap();
    let draws = (0..20_000).filter(|_| choose() == 1).count();
    let expected = 1.0 / (1.0 + (-1.0_f64).exp());
    assert!((draws as f64 / 20_000.0 - expected).abs() < 0.012, "{draws}");
}

#[test]
fn a_chain_draws_from_what_its_processors_leave() {
    let logits = [2.0_f32, 1.0, 0.5, 0.0, -1.0];
    let settings = Settings { temperature: 0.8, top_k: Some(3), ..Settings::default() };
    let mut expected = Vec::new();
    probabilities(&run(&settings, &logits), &mut expected);
    let mut rng = rng();
    let mut chain = Chain { processors: settings.processors(), then: &mut Draw { rng: &mut rng } };
    let mut counts = [0_usize; 5];
    for _ in 0..20_000 {
        counts[chain.choose(History::default(), &mut logits.clone()).unwrap() as usize] += 1;
    }
    for (count, p) in counts.iter().zip(expected) {
        let (mean, p) = (20_000.0 * f64::from(p), f64::from(p));
        let sigma = (mean * (1.0 - p)).sqrt();
        assert!((*count as f64 - mean).abs() <= 4.0 * sigma, "{counts:?}");
    }
}

/// A generator that always gives its largest number, where rounding could fall off the end.
struct Last;

impl ndarray_rand::rand::RngCore for Last {
    fn next_u32(&mut self) -> u32 {
        u32::MAX
    }
    fn next_u64(&mut self) -> u64 {
        u64::MAX
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill(0xff);
    }
}

/// One that always gives 0.
struct Zero;

impl ndarray_rand::rand::RngCore for Zero {
    fn next_u32(&mut self) -> u32 {
        0
    }
    fn next_u64(&mut self) -> u64 {
        0
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

#[test]
fn a_token_that_is_ruled_out_is_never_drawn() {
    let out = f32::NEG_INFINITY;
    let logits = [out, 0.1, 0.2, 0.3, out];
    assert_eq!(Draw { rng: &mut Zero }.choose(History::default(), &mut logits.clone()), Ok(1));
    assert_eq!(Draw { rng: &mut Last }.choose(History::default(), &mut logits.clone()), Ok(3));
}

#[test]
fn penalties_look_at_the_prompt_or_not() {
    let history = History { tokens: &[0, 1], prompt: 1 };
    let settings = Settings { presence_penalty: 1.0, ..Settings::default() };
    let mut logits = [2.0_f32; 3];
    chain::process(&mut settings.processors(), history, &mut logits).unwrap();
    assert_eq!(logits, [2.0, 1.0, 2.0], "OpenAI's penalties count what was chosen");
    let settings = Settings { repetition_penalty: 2.0, ..Settings::default() };
    let mut logits = [2.0_f32; 3];
    chain::process(&mut settings.processors(), history, &mut logits).unwrap();
    assert_eq!(logits, [1.0, 1.0, 2.0], "Hugging Face's penalty counts the prompt too");
}

#[test]
fn a_penalty_used_again_has_forgotten_the_first_time() {
    let mut repetition = RepetitionPenalty::new(2.0);
    let mut count = CountPenalty::new(0.0, 1.0);
    for (tokens, divided, lowered) in
        [(&[0_u32][..], [1.0_f32, 2.0], [1.0_f32, 2.0]), (&[1, 1], [2.0, 1.0], [2.0, 0.0])]
    {
        let history = History { tokens, prompt: 0 };
        let (mut a, mut b) = ([2.0_f32; 2], [2.0_f32; 2]);
        repetition.process(history, &mut a).unwrap();
        count.process(history, &mut b).unwrap();
        assert_eq!((a, b), (divided, lowered));
    }
}

#[test]
fn what_is_no_distribution_is_refused() {
    let mut rng = rng();
    for bad in [f32::NAN, f32::INFINITY] {
        let mut logits = [0.0, bad];
        assert!(Greedy.choose(History::default(), &mut logits).is_err());
        assert!(Draw { rng: &mut rng }.choose(History::default(), &mut logits).is_err());
        assert!(Mirostat::new(3.0, 0.1, &mut rng).choose(History::default(), &mut logits).is_err());
    }
    let settings = Settings { no_repeat_ngram: Some(1), ..Settings::default() };
    let mut chain = Chain { processors: settings.processors(), then: &mut Greedy };
    let history = History { tokens: &[0, 1], prompt: 0 };
    assert!(chain.choose(history, &mut [1.0_f32, 2.0]).is_err(), "both tokens have been");
}

#[test]
fn mirostat_meets_its_target() {
    // a Zipf distribution: surprises from below 3 bits to above 10
    let logits: Vec<f32> = (1..=500).map(|rank| -(rank as f32).ln()).collect();
    for tau in [3.0, 5.0] {
        let (mut one, mut two) = (rng(), rng());
        let samplers: [&mut Mirostat<f32>; 2] =
            [&mut Mirostat::new(tau, 0.1, &mut one), &mut Mirostat::zipf(tau, 0.1, &mut two)];
        for sampler in samplers {
            let mut bits = 0.0;
            for _ in 0..4000 {
                let token = sampler.choose(History::default(), &mut logits.clone()).unwrap();
                bits += surprise(&logits, token) / std::f64::consts::LN_2;
            }
            assert!((bits / 4000.0 - tau).abs() < 0.05, "{tau}: {}", bits / 4000.0);
        }
    }
}

#[test]
fn settings_stand_in_the_order_of_generate() {
    let all = Settings {
        repetition_penalty: 1.2,
        presence_penalty: 0.5,
        frequency_penalty: 0.25,
        no_repeat_ngram: Some(3),
        temperature: 0.7,
        top_k: Some(40),
        top_p: Some(0.9),
        min_p: Some(0.05),
        typical_p: Some(0.95),
        epsilon_cutoff: Some(3e-4),
        eta_cutoff: Some(2e-3),
    };
    let names: Vec<String> = all.processors::<f32>().iter().map(|p| p.name()).collect();
    assert_eq!(names.len(), 10);
    assert_eq!(names[1], "presence 0.5, frequency 0.25 penalty");
    let order =
        ["repetition", "presence", "no repeated 3", "temperature", "top-k", "top-p", "min-p"];
    let then = ["typical", "epsilon", "eta"];
    for (name, start) in names.iter().zip(order.iter().chain(&then)) {
        assert!(name.starts_with(start), "{names:?}");
    }
    assert!(Settings::default().processors::<f32>().is_empty());
}
