//! Every setting of generation in one place, and the order in which they act.

use crate::math::real::Real;

use super::{
    CountPenalty, Epsilon, Eta, MinP, NoRepeat, Processor, RepetitionPenalty, Scale, TopK, TopP,
    Typical,
};

/// What changes the logits before a token is chosen; the default changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// [`RepetitionPenalty`]; 1 for none.
    pub repetition_penalty: f64,
    /// [`CountPenalty`] for having been chosen at all; 0 for none.
    pub presence_penalty: f64,
    /// [`CountPenalty`] for each time; 0 for none.
    pub frequency_penalty: f64,
    /// [`NoRepeat`].
    pub no_repeat_ngram: Option<usize>,
    /// [`Scale`]; 1 for none.
    pub temperature: f64,
    /// [`TopK`].
    pub top_k: Option<usize>,
    /// [`TopP`].
    pub top_p: Option<f64>,
    /// [`MinP`].
    pub min_p: Option<f64>,
    /// [`Typical`].
    pub typical_p: Option<f64>,
    /// [`Epsilon`].
    pub epsilon_cutoff: Option<f64>,
    /// [`Eta`].
    pub eta_cutoff: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            repetition_penalty: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            no_repeat_ngram: None,
            temperature: 1.0,
            top_k: None,
            top_p: None,
            min_p: None,
            typical_p: None,
            epsilon_cutoff: None,
            eta_cutoff: None,
        }
    }
}

impl Settings {
    /// The processors in the order of Hugging Face's `generate`, without those that change nothing:
    /// penalties and bans first, then the temperature, then the filters. The order matters: a filter
    /// sees the distribution that the temperature has left.
    ///
    /// ```
    /// use llm_lab::model::decoding::{Processor, Settings};
    /// let settings = Settings { top_p: Some(0.9), temperature: 0.7, ..Settings::default() };
    /// let names: Vec<String> = settings.processors::<f32>().iter().map(|p| p.name()).collect();
    /// assert_eq!(names, ["temperature 0.7", "top-p 0.9"]);
    /// ```
    pub fn processors<F: Real>(&self) -> Vec<Box<dyn Processor<F>>> {
        let mut all = self.penalties();
        all.extend(self.warpers());
        all
    }

    /// What also acts without a draw, in greedy decoding and in beam search: penalties and bans.
    pub fn penalties<F: Real>(&self) -> Vec<Box<dyn Processor<F>>> {
        let mut all: Vec<Box<dyn Processor<F>>> = Vec::new();
        if self.repetition_penalty != 1.0 {
            all.push(Box::new(RepetitionPenalty::new(self.repetition_penalty)));
        }
        if self.presence_penalty != 0.0 || self.frequency_penalty != 0.0 {
            all.push(Box::new(CountPenalty::new(self.presence_penalty, self.frequency_penalty)));
        }
        if let Some(n) = self.no_repeat_ngram {
            all.push(Box::new(NoRepeat(n)));
        }
        all
    }

    /// What shapes the distribution of a draw: the temperature, then the filters.
    pub fn warpers<F: Real>(&self) -> Vec<Box<dyn Processor<F>>> {
        let mut all: Vec<Box<dyn Processor<F>>> = Vec::new();
        if self.temperature != 1.0 {
            all.push(Box::new(Scale(self.temperature)));
        }
        if let Some(k) = self.top_k {
            all.push(Box::new(TopK::new(k)));
        }
        if let Some(p) = self.top_p.filter(|p| *p < 1.0) {
            all.push(Box::new(TopP::new(p)));
        }
        if let Some(p) = self.min_p {
            all.push(Box::new(MinP::new(p)));
        }
        if let Some(p) = self.typical_p.filter(|p| *p < 1.0) {
            all.push(Box::new(Typical::new(p)));
        }
        if let Some(epsilon) = self.epsilon_cutoff {
            all.push(Box::new(Epsilon::new(epsilon)));
        }
        if let Some(epsilon) = self.eta_cutoff {
            all.push(Box::new(Eta::new(epsilon)));
        }
        all
    }
}
