//! Reads a configuration's keys: missing and null are the same, another type is an error.

use serde_json::{Map, Value};

use super::broken;
use crate::math::activation::Activation;
use crate::report::Error;

pub(super) struct Reader<'a>(pub &'a Map<String, Value>);

impl Reader<'_> {
    /// A value by its key, if it is there and not null.
    fn get<T>(
        &self,
        key: &str,
        what: [&str; 2],
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match read(value) {
                Some(found) => Ok(Some(found)),
                None => {
                    let shown: String = value.to_string().chars().take(60).collect();
                    let [en, zh] = what;
                    Err(broken(
                        format!("{key} in config.json is {shown}, not {en}"),
                        format!("config.json 中 {key} 为 {shown}，不是{zh}"),
                    ))
                }
            },
        }
    }

    pub fn number(&self, key: &str) -> Result<Option<f64>, Error> {
        self.get(key, ["a number", "数"], Value::as_f64)
    }

    pub fn yes(&self, key: &str) -> Result<Option<bool>, Error> {
        self.get(key, ["true or false", "布尔值"], Value::as_bool)
    }

    pub fn maybe_count(&self, key: &str) -> Result<Option<usize>, Error> {
        let count = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
        self.get(key, ["a count", "个数"], count)
    }

    pub fn count(&self, key: &str) -> Result<usize, Error> {
        self.maybe_count(key)?.ok_or_else(|| {
            broken(format!("config.json has no {key}"), format!("config.json 没有 {key}"))
        })
    }

    /// Whether the key is there at all, be it null.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The activation under a key.
    pub fn activation(&self, key: &str, missing: Activation) -> Result<Activation, Error> {
        match self.word(key)? {
            None => Ok(missing),
            Some(word) => super::activation::find(word).ok_or_else(|| {
                broken(
                    format!("{key} is {word:?}, an activation that is not known here"),
                    format!("{key} 为 {word:?}，不支持这个激活函数"),
                )
            }),
        }
    }

    /// Refuses a switch that is not as the lab computes.
    pub fn must(&self, key: &str, plain: bool) -> Result<(), Error> {
        match self.yes(key)? {
            Some(value) if value != plain => Err(broken(
                format!("{key} is {value}, which the lab does not compute"),
                format!("{key} 为 {value}，本程序不支持"),
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a key that changes what is computed.
    pub fn refuse(&self, key: &str) -> Result<(), Error> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(broken(
                format!("{key} in config.json is not known here"),
                format!("不支持 config.json 中的 {key}"),
            )),
        }
    }
}

impl<'a> Reader<'a> {
    pub fn word(&self, key: &str) -> Result<Option<&'a str>, Error> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(word)) => Ok(Some(word)),
            Some(_) => Err(broken(
                format!("{key} in config.json is not a word"),
                format!("config.json 中 {key} 不是字符串"),
            )),
        }
    }

    pub fn object(&self, key: &str) -> Result<Option<Reader<'a>>, Error> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Reader(map))),
            Some(_) => Err(broken(
                format!("{key} in config.json is not an object"),
                format!("config.json 中 {key} 不是对象"),
            )),
        }
    }

    pub fn words(&self, key: &str) -> Result<Option<Vec<&'a str>>, Error> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
                Ok(Some(list.iter().filter_map(Value::as_str).collect()))
            }
            Some(_) => Err(broken(
                format!("{key} in config.json is not a list of words"),
                format!("config.json 中 {key} 不是字符串列表"),
            )),
        }
    }
}
