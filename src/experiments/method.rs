//! A decoding strategy as one word on the command line, `greedy` or `temperature=0.7,top-p=0.9`, where
//! a command compares several.

use super::{params, strategy};
use crate::model::Settings;

/// What may stand in a strategy, for messages.
const WORDS: &str = "greedy, sampling, or name=value with commas between: temperature, top-k, top-p, min-p, typical, eta, epsilon, repetition-penalty, presence-penalty, frequency-penalty, no-repeat; such as temperature=0.7,top-p=0.9";
const WORDS_ZH: &str = "greedy、sampling，或以逗号分隔的 name=value：temperature、top-k、top-p、min-p、typical、eta、epsilon、repetition-penalty、presence-penalty、frequency-penalty、no-repeat；例如 temperature=0.7，top-p=0.9";

/// A strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct Method {
    /// As it was typed.
    pub name: String,
    /// Always the most likely of what is left, instead of a draw.
    pub greedy: bool,
    /// Penalties, temperature and filters.
    pub settings: Settings,
}

impl Method {
    /// What stands before its metrics: `top-p_0.9`.
    pub fn key(&self) -> String {
        self.name.replace('=', "_").replace(',', "+")
    }
}

impl std::str::FromStr for Method {
    type Err = String;

    fn from_str(words: &str) -> Result<Self, String> {
        let mut method =
            Self { name: words.to_string(), greedy: false, settings: Settings::default() };
        for word in words.split(',') {
            let settings = &mut method.settings;
            match word.split_once('=') {
                None if word == "greedy" => method.greedy = true,
                None if word == "sampling" => {}
                Some(("temperature", value)) => {
                    settings.temperature = strategy::temperature(value)?
                }
                Some(("top-k", value)) => {
                    settings.top_k = Some(params::count(1, 1_000_000)(value)?)
                }
                Some(("top-p", value)) => settings.top_p = Some(strategy::share(value)?),
                Some(("min-p", value)) => settings.min_p = Some(strategy::share(value)?),
                Some(("typical", value)) => settings.typical_p = Some(strategy::share(value)?),
                Some(("eta", value)) => settings.eta_cutoff = Some(strategy::cutoff(value)?),
                Some(("epsilon", value)) => {
                    settings.epsilon_cutoff = Some(strategy::cutoff(value)?)
                }
                Some(("repetition-penalty", value)) => {
                    settings.repetition_penalty = params::between(0.01, 100.0)(value)?;
                }
                Some(("presence-penalty", value)) => {
                    settings.presence_penalty = params::between(-100.0, 100.0)(value)?;
                }
                Some(("frequency-penalty", value)) => {
                    settings.frequency_penalty = params::between(-100.0, 100.0)(value)?;
                }
                Some(("no-repeat", value)) => {
                    settings.no_repeat_ngram = Some(params::count(1, 1000)(value)?);
                }
                _ => return Err(format!("{WORDS} ‖ {WORDS_ZH}")),
            }
        }
        Ok(method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_is_read_from_one_word() {
        let method: Method = "greedy,repetition-penalty=1.2,no-repeat=4".parse().unwrap();
        assert!(method.greedy && method.key() == "greedy+repetition-penalty_1.2+no-repeat_4");
        assert_eq!(method.settings.repetition_penalty, 1.2);
        assert_eq!(method.settings.no_repeat_ngram, Some(4));
        let plain: Method = "sampling".parse().unwrap();
        assert_eq!((plain.greedy, plain.settings), (false, Settings::default()));
        for wrong in
            ["", "greed", "top-k=0", "top-p=1.5", "temperature=0", "temperature=nan", "top-k"]
        {
            assert!(wrong.parse::<Method>().is_err(), "{wrong}");
        }
    }
}
