//! Encoding on several threads: many texts, or one long one that is divided where every scheme cuts.

use super::text::{Prepend, Split};
use super::words::{WORTH_A_THREAD, lone_line_begins, parts, space_begins};
use super::{Encoder, Tokenizer};
use crate::report::{Error, text as both};

/// The ids of many texts on several threads, each with its own encoder. A text is not divided here.
pub(super) fn batch(
    tokenizer: &Tokenizer,
    texts: &[&str],
    threads: usize,
) -> Result<Vec<Vec<u32>>, Error> {
    let total: usize = texts.iter().map(|t| t.len()).sum();
    let threads = threads.min(total / WORTH_A_THREAD + 1);
    tokenizer.prepare(total);
    let share = total / threads.max(1) + 1;
    let of_part = |part: &[&str]| -> Result<Vec<Vec<u32>>, Error> {
        let mut encoder = Encoder::new(tokenizer, share);
        part.iter()
            .map(|text| {
                let mut ids = Vec::with_capacity(text.len() / 3);
                encoder.encode(text, &mut ids).map(|()| ids)
            })
            .collect()
    };
    if threads <= 1 || texts.len() <= 1 {
        return of_part(texts);
    }
    let mut groups = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (i, text) in texts.iter().enumerate() {
        bytes += text.len();
        if bytes >= share {
            groups.push(&texts[start..=i]);
            (start, bytes) = (i + 1, 0);
        }
    }
    groups.push(&texts[start..]);
    let of_part = &of_part;
    let done: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> =
            groups.into_iter().map(|group| scope.spawn(move || of_part(group))).collect();
        running.into_iter().map(|thread| thread.join()).collect()
    });
    let mut all = Vec::with_capacity(texts.len());
    for part in done {
        all.extend(
            part.map_err(|_| Error::Machine(both("an encoding thread failed", "编码线程失败")))??,
        );
    }
    Ok(all)
}

impl Tokenizer {
    /// The ids of one long text, on several threads. It is divided only where every pattern cuts;
    /// a tokenizer that could see the difference encodes on one thread.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_long(&self, text: &str, threads: usize) -> Result<Vec<u32>, Error> {
        let independent = self.normalizers.is_empty()
            && self.around.0.is_empty()
            && self.around.1.is_empty()
            && self
                .added
                .tokens()
                .iter()
                .all(|t| !t.content.contains(char::is_whitespace) && !t.lstrip && !t.rstrip)
            && self.splits.iter().all(|s| match s {
                Split::WhitespaceSplit | Split::Whitespace | Split::Bert => true,
                Split::Metaspace { prepend, split, .. } => *split && *prepend == Prepend::Never,
                Split::ByteLevel { prefix_space, pattern } => {
                    !prefix_space && *pattern != super::Pattern::None
                }
                _ => false,
            })
            && !self.splits.is_empty();
        if !independent || threads <= 1 {
            return self.encode(text);
        }
        let spaces_only = self.splits.iter().any(|s| matches!(s, Split::Metaspace { .. }));
        let safe = |text: &[u8], i: usize| {
            space_begins(text, i) || !spaces_only && lone_line_begins(text, i)
        };
        let parts: Result<Vec<&str>, _> =
            parts(text.as_bytes(), threads, safe).into_iter().map(std::str::from_utf8).collect();
        match parts {
            Ok(parts) => Ok(self.encode_batch(&parts, threads)?.concat()),
            Err(_) => self.encode(text),
        }
    }
}
