//! The constraint as it was given on the command line.

use serde_json::Value;

use crate::experiments::Context;
use crate::model::constraint::{Constraint, schema};
use crate::report::{Error, text};

/// One of three ways to say what must hold.
#[derive(Debug, Clone, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Given {
    /// One of these texts ‖ 必须是这些文本之一
    #[arg(long, value_name = "TEXT", num_args = 1..)]
    pub choices: Option<Vec<String>>,
    /// A regular expression for the whole text ‖ 整段文本必须匹配的正则表达式
    #[arg(long, value_name = "REGEX")]
    pub regex: Option<String>,
    /// A JSON schema, or a file that holds one ‖ JSON schema，或存放它的文件
    #[arg(long, value_name = "JSON")]
    pub schema: Option<String>,
}

/// The constraint, read.
pub enum Rule {
    /// One of several texts.
    Choices(Vec<String>),
    /// A regular expression.
    Regex(String),
    /// A schema and its expression.
    Schema(Value, String),
}

impl Rule {
    /// # Errors
    /// If the schema is no JSON, or says more than is understood.
    pub fn new(given: &Given, context: &Context) -> Result<Self, Error> {
        if let Some(words) = &given.choices {
            return Ok(Self::Choices(words.clone()));
        }
        if let Some(regex) = &given.regex {
            return Ok(Self::Regex(regex.clone()));
        }
        let words = given.schema.as_deref().unwrap_or_default().trim();
        let typed = words.starts_with(['{', '[', '"']);
        let json = match typed || !words.ends_with(".json") {
            true => words.to_string(),
            false => String::from_utf8_lossy(&context.files().read(words)?).into_owned(),
        };
        let schema: Value = serde_json::from_str(&json).map_err(|error| {
            Error::input(text(
                format!("the schema is not JSON: {error}"),
                format!("schema 不是 JSON：{error}"),
            ))
            .example("llm-lab constrain --schema '{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"maxItems\":3}'")
        })?;
        let pattern = schema::pattern(&schema)?;
        Ok(Self::Schema(schema, pattern))
    }

    /// For the tokens of these bytes.
    ///
    /// # Errors
    /// If it is no regular expression, or cannot be met.
    pub fn compile(&self, pieces: &[Vec<u8>]) -> Result<Constraint, Error> {
        match self {
            Self::Choices(words) => Constraint::choices(words, pieces),
            Self::Regex(pattern) | Self::Schema(_, pattern) => Constraint::regex(pattern, pieces),
        }
    }

    /// As it is shown.
    pub fn shown(&self) -> String {
        match self {
            Self::Choices(words) => words.join(" | "),
            Self::Regex(pattern) => pattern.clone(),
            Self::Schema(schema, _) => schema.to_string(),
        }
    }

    /// The texts to choose from.
    pub fn choices(&self) -> Option<&[String]> {
        match self {
            Self::Choices(words) => Some(words),
            _ => None,
        }
    }

    /// For a schema: whether the text is JSON of that shape. Read by a JSON parser, not by the automaton.
    pub fn parses(&self, text: &str) -> bool {
        match self {
            Self::Schema(schema, _) => {
                serde_json::from_str(text).is_ok_and(|value| schema::fits(schema, &value))
            }
            _ => true,
        }
    }
}
