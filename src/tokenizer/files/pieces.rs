//! Pieces of a vocabulary as a file lists them: a map from piece to id, or a list with scores. The
//! order and every repetition are kept, so that they can be judged.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A vocabulary as it is written.
#[derive(Debug)]
pub enum Pieces {
    /// `{"a": 0, …}`
    Ids(Vec<(String, u32)>),
    /// `[["a", -1.5], …]`
    Scores(Vec<(String, f64)>),
}

impl Default for Pieces {
    fn default() -> Self {
        Self::Ids(Vec::new())
    }
}

impl<'de> Deserialize<'de> for Pieces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Pieces;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from pieces to ids, or a list of pieces with scores")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pieces, A::Error> {
        let mut ids = Vec::new();
        while let Some(entry) = map.next_entry()? {
            ids.push(entry);
        }
        Ok(Pieces::Ids(ids))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Pieces, A::Error> {
        let mut scores = Vec::new();
        while let Some(entry) = list.next_element()? {
            scores.push(entry);
        }
        Ok(Pieces::Scores(scores))
    }
}

/// A merge, in either of the two ways in which files write it: `["a", "b"]` or `"a b"`.
#[derive(Debug)]
pub struct WrittenMerge(pub String, pub String);

impl<'de> Deserialize<'de> for WrittenMerge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = WrittenMerge;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a merge: two pieces")
            }

            fn visit_str<E: serde::de::Error>(self, both: &str) -> Result<WrittenMerge, E> {
                match both.split_once(' ') {
                    Some((a, b)) if !b.contains(' ') => Ok(WrittenMerge(a.into(), b.into())),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(both), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<WrittenMerge, A::Error> {
                let missing = |n| serde::de::Error::invalid_length(n, &"two pieces");
                let a = list.next_element()?.ok_or_else(|| missing(0))?;
                let b = list.next_element()?.ok_or_else(|| missing(1))?;
                if list.next_element::<serde::de::IgnoredAny>()?.is_some() {
                    return Err(missing(3));
                }
                Ok(WrittenMerge(a, b))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
