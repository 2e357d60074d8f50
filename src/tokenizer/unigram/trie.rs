//! All pieces that begin at a place of a text, found in one walk.

/// A tree of bytes whose marked nodes are pieces.
#[derive(Debug, Clone, Default)]
pub struct Trie {
    /// The edges of node n are `edges[first[n]..first[n + 1]]`, by ascending byte.
    first: Vec<u32>,
    edges: Vec<(u8, u32)>,
    /// The piece that ends at each node, or `u32::MAX`.
    pieces: Vec<u32>,
}

impl Trie {
    /// A trie over pieces and their ids; of equal pieces the last one counts. O(bytes · log pieces).
    pub fn new<'a>(pieces: impl Iterator<Item = (&'a [u8], u32)>) -> Self {
        let mut sorted: Vec<(&[u8], u32)> = pieces.collect();
        sorted.sort();
        let mut trie = Self::default();
        // Breadth first: each entry is a stretch of `sorted` whose pieces share `depth` bytes.
        let mut queue = std::collections::VecDeque::from([(0, sorted.len(), 0)]);
        let mut nodes = 1;
        while let Some((mut from, to, depth)) = queue.pop_front() {
            let mut piece = u32::MAX;
            while from < to && sorted[from].0.len() == depth {
                piece = sorted[from].1;
                from += 1;
            }
            trie.pieces.push(piece);
            trie.first.push(trie.edges.len() as u32);
            while from < to {
                let byte = sorted[from].0[depth];
                let end = from + sorted[from..to].partition_point(|(p, _)| p[depth] == byte);
                trie.edges.push((byte, nodes));
                nodes += 1;
                queue.push_back((from, end, depth + 1));
                from = end;
            }
        }
        trie.first.push(trie.edges.len() as u32);
        trie
    }

    /// Calls `found(length, id)` for every piece that `text` begins with, shortest first.
    #[inline]
    pub fn prefixes(&self, text: &[u8], mut found: impl FnMut(usize, u32)) {
        let mut node = 0;
        for (i, byte) in text.iter().enumerate() {
            let edges = &self.edges[self.first[node] as usize..self.first[node + 1] as usize];
            let next = if edges.len() > 8 {
                edges.binary_search_by_key(byte, |e| e.0).ok().map(|k| edges[k].1)
            } else {
                edges.iter().find(|e| e.0 == *byte).map(|e| e.1)
            };
            let Some(next) = next else { return };
            node = next as usize;
            if self.pieces[node] != u32::MAX {
                found(i + 1, self.pieces[node]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_all_prefixes() {
        let pieces = ["a", "ab", "abcd", "b", "中", "中文"];
        let trie = Trie::new(pieces.iter().enumerate().map(|(i, p)| (p.as_bytes(), i as u32)));
        let all = |text: &str| {
            let mut ids = Vec::new();
            trie.prefixes(text.as_bytes(), |len, id| {
                assert_eq!(len, pieces[id as usize].len());
                ids.push(id);
            });
            ids
        };
        assert_eq!(all("abcde"), [0, 1, 2]);
        assert_eq!(all("中文字"), [4, 5]);
        assert_eq!(all("x"), [] as [u32; 0]);
        assert_eq!(all(""), [] as [u32; 0]);
    }
}
