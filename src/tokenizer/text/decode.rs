//! The way back: from pieces to text, step by step.

/// One step from pieces to text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoder {
    /// The bytes behind the pieces of a byte-level vocabulary.
    ByteLevel,
    /// A space before every piece that does not begin with `##`.
    WordPiece {
        /// `##`.
        prefix: String,
        /// Also close up spaces before punctuation, as in English.
        cleanup: bool,
    },
    /// `▁` becomes a space.
    Metaspace {
        /// The visible space.
        mark: char,
        /// Whether the first one was put there by the encoder.
        drop_first: bool,
    },
    /// The end-of-word marker becomes a space.
    Suffix(String),
    /// `<0xE4>` becomes its byte.
    ByteFallback,
    /// All pieces become one.
    Fuse,
    /// Some characters fewer at the ends of each piece.
    Strip {
        /// Which.
        content: char,
        /// At most so many at the beginning.
        start: usize,
        /// At most so many at the end.
        stop: usize,
    },
    /// One string for another in each piece.
    Replace(String, String),
}

impl Decoder {
    /// The pieces after this step.
    pub fn apply(&self, mut pieces: Vec<String>) -> Vec<String> {
        match self {
            // The vocabulary holds bytes already.
            Self::ByteLevel => pieces,
            Self::WordPiece { prefix, cleanup } => {
                for (i, piece) in pieces.iter_mut().enumerate() {
                    if i > 0 {
                        *piece = match piece.strip_prefix(prefix.as_str()) {
                            Some(rest) => rest.to_string(),
                            None => format!(" {piece}"),
                        };
                    }
                    if *cleanup {
                        *piece = closed_up(piece);
                    }
                }
                pieces
            }
            Self::Metaspace { mark, drop_first } => {
                for (i, piece) in pieces.iter_mut().enumerate() {
                    let space = if i == 0 && *drop_first { "" } else { " " };
                    *piece = piece.replace(*mark, space);
                }
                pieces
            }
            Self::Suffix(suffix) => {
                let last = pieces.len().saturating_sub(1);
                for (i, piece) in pieces.iter_mut().enumerate() {
                    *piece = piece.replace(suffix, if i == last { "" } else { " " });
                }
                pieces
            }
            Self::ByteFallback => from_bytes(pieces),
            Self::Fuse => vec![pieces.concat()],
            Self::Strip { content, start, stop } => {
                pieces.iter().map(|p| stripped(p, *content, *start, *stop).to_string()).collect()
            }
            Self::Replace(from, to) => {
                pieces.iter_mut().for_each(|p| *p = p.replace(from.as_str(), to));
                pieces
            }
        }
    }
}

/// English punctuation without the spaces that WordPiece sets before it.
fn closed_up(piece: &str) -> String {
    const PAIRS: [(&str, &str); 11] = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" do not", " don't"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];
    PAIRS.iter().fold(piece.to_string(), |p, (from, to)| p.replace(from, to))
}

/// The byte that a piece such as `<0xE4>` stands for.
fn byte_of(piece: &str) -> Option<u8> {
    let hex = piece.strip_prefix("<0x")?.strip_suffix('>')?;
    (hex.len() == 2).then(|| u8::from_str_radix(hex, 16).ok()).flatten()
}

/// Runs of byte pieces as text; `�` for each byte of a run that is not UTF-8.
fn from_bytes(pieces: Vec<String>) -> Vec<String> {
    let mut out = Vec::with_capacity(pieces.len());
    let mut run: Vec<u8> = Vec::new();
    let flush = |run: &mut Vec<u8>, out: &mut Vec<String>| {
        match std::str::from_utf8(run) {
            Ok(text) if !text.is_empty() => out.push(text.to_string()),
            Ok(_) => {}
            Err(_) => out.extend(run.iter().map(|_| '\u{FFFD}'.to_string())),
        }
        run.clear();
    };
    for piece in pieces {
        match byte_of(&piece) {
            Some(byte) => run.push(byte),
            None => {
                flush(&mut run, &mut out);
                out.push(piece);
            }
        }
    }
    flush(&mut run, &mut out);
    out
}

fn stripped(piece: &str, content: char, start: usize, stop: usize) -> &str {
    let mut rest = piece;
    for _ in 0..start {
        rest = rest.strip_prefix(content).unwrap_or(rest);
    }
    for _ in 0..stop {
        rest = rest.strip_suffix(content).unwrap_or(rest);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_in_runs() {
        let pieces = ["a", "<0xE4>", "<0xB8>", "<0xAD>", "b", "<0xE4>"].map(String::from).to_vec();
        assert_eq!(Decoder::ByteFallback.apply(pieces), ["a", "中", "b", "\u{FFFD}"]);
    }

    #[test]
    fn wordpieces_close_up() {
        let decoder = Decoder::WordPiece { prefix: "##".into(), cleanup: true };
        let pieces = ["un", "##aff", "##able", "men", ","].map(String::from).to_vec();
        assert_eq!(decoder.apply(pieces).concat(), "unaffable men,");
    }
}
