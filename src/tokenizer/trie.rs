//! All pieces that begin at a place of a text, found in one walk.

/// No piece, no node.
const NONE: u32 = u32::MAX;
/// A node is laid over the nodes before it only if it fits within so many tries.
const TRIES: usize = 64;

/// A place of the array: a node, or free.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// The node above it, or [`NONE`].
    parent: u32,
    /// The child by byte b stands at `base + b`.
    base: u32,
    /// The piece that ends here, or [`NONE`].
    piece: u32,
}

const FREE: Node = Node { parent: NONE, base: 0, piece: NONE };

/// A tree of bytes whose marked nodes are pieces, as a double array (Aoe 1989): the children of all
/// nodes lie interleaved in one array, and each knows its parent. A step is one look at memory.
#[derive(Debug, Clone)]
pub struct Trie {
    nodes: Vec<Node>,
}

impl Trie {
    /// A trie over pieces and their ids; of equal pieces the last one counts. O(bytes · log pieces).
    pub fn new<'a>(pieces: impl Iterator<Item = (&'a [u8], u32)>) -> Self {
        let mut sorted: Vec<(&[u8], u32)> = pieces.collect();
        sorted.sort();
        let mut trie = Self { nodes: vec![FREE; 512] };
        // Everything below stays free: a leaf's base of 0 leads nowhere.
        let mut free = 256;
        // Breadth first: each entry is a stretch of `sorted` whose pieces share `depth` bytes.
        let mut queue = std::collections::VecDeque::from([(0, sorted.len(), 0, 0)]);
        let mut children = Vec::new();
        while let Some((mut from, to, depth, node)) = queue.pop_front() {
            while from < to && sorted[from].0.len() == depth {
                trie.nodes[node].piece = sorted[from].1;
                from += 1;
            }
            children.clear();
            while from < to {
                let byte = sorted[from].0[depth];
                let end = from + sorted[from..to].partition_point(|(p, _)| p[depth] == byte);
                children.push((byte, from, end));
                from = end;
            }
            if children.is_empty() {
                continue;
            }
            let base = trie.room(&children, &mut free);
            trie.nodes[node].base = base as u32;
            for &(byte, from, end) in &children {
                let child = base + usize::from(byte);
                trie.nodes[child].parent = node as u32;
                queue.push_back((from, end, depth + 1, child));
            }
        }
        trie
    }

    /// A base at which all children find a free place.
    fn room(&mut self, children: &[(u8, usize, usize)], free: &mut usize) -> usize {
        let is_free = |nodes: &[Node], at: usize| nodes.get(at).is_none_or(|n| n.parent == NONE);
        while !is_free(&self.nodes, *free) {
            *free += 1;
        }
        let lowest = usize::from(children[0].0);
        let fits = |at: &usize| {
            children.iter().all(|c| is_free(&self.nodes, at - lowest + usize::from(c.0)))
        };
        let at = (*free..*free + TRIES).find(fits).unwrap_or(self.nodes.len());
        let base = at - lowest;
        if self.nodes.len() < base + 256 {
            self.nodes.resize(base + 256, FREE);
        }
        base
    }

    /// Calls `found(length, id)` for every piece that `text` begins with, shortest first.
    #[inline]
    pub fn prefixes(&self, text: &[u8], mut found: impl FnMut(usize, u32)) {
        let (mut at, mut base) = (0, self.nodes[0].base);
        for (i, byte) in text.iter().enumerate() {
            let next = base as usize + usize::from(*byte);
            let Some(node) = self.nodes.get(next).filter(|n| n.parent == at) else { return };
            (at, base) = (next as u32, node.base);
            if node.piece != NONE {
                found(i + 1, node.piece);
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

    #[test]
    fn interleaved_nodes_are_not_mistaken() {
        // Every word over two bytes that lie far apart, up to length 10: all nodes have to interleave.
        let words: Vec<Vec<u8>> = (2u32..2048)
            .map(|n| (0..n.ilog2()).map(|k| if n >> k & 1 == 0 { 0 } else { 255 }).collect())
            .collect();
        let trie = Trie::new(words.iter().enumerate().map(|(i, w)| (&w[..], i as u32)));
        for (i, word) in words.iter().enumerate() {
            let mut found = Vec::new();
            trie.prefixes(word, |len, id| found.push((len, id)));
            assert_eq!(found.len(), word.len());
            assert_eq!(found.last(), Some(&(word.len(), i as u32)));
            assert!(found.iter().all(|&(len, id)| words[id as usize] == word[..len]));
        }
    }
}
