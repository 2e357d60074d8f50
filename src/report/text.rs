//! Words in both languages of the lab. A [`Text`] carries English and Chinese together, so that an
//! experiment need not know which one the learner reads.

use serde::{Deserialize, Serialize};

/// The language that a learner reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English ‖ 英文
    #[default]
    En,
    /// Chinese ‖ 中文
    Zh,
}

/// A sentence in English and in Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// A text from its English and its Chinese.
///
/// ```
/// use llm_lab::report::{Lang, text};
/// assert_eq!(text("token", "词元").get(Lang::En), "token");
/// ```
pub fn text(en: impl Into<String>, zh: impl Into<String>) -> Text {
    Text { en: en.into(), zh: zh.into() }
}

impl Text {
    /// What stands between English and Chinese where only one string can be given, as in clap's help.
    pub const BOTH: &'static str = " ‖ ";

    /// The words in one language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }

    /// The same words in both languages: a name, a formula, a number.
    pub fn same(words: impl Into<String>) -> Self {
        let words = words.into();
        Self { en: words.clone(), zh: words }
    }

    /// Takes `English ‖ 中文` apart; without the mark both languages get the whole.
    ///
    /// ```
    /// use llm_lab::report::{Lang, Text};
    /// assert_eq!(Text::split("depth ‖ 深度").get(Lang::Zh), "深度");
    /// assert_eq!(Text::split("d_model").get(Lang::Zh), "d_model");
    /// ```
    pub fn split(both: &str) -> Self {
        match both.split_once(Self::BOTH) {
            Some((en, zh)) => text(en.trim(), zh.trim()),
            None => Self::same(both),
        }
    }
}
