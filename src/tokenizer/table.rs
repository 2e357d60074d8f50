//! Pieces of bytes with numbers 0, 1, 2, …: all bytes in one buffer and a hash table of numbers.

use std::hash::Hasher;

use hashbrown::HashTable;

/// A set of byte strings, each with the number in which order it came.
#[derive(Debug, Clone, Default)]
pub struct Table {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// `(number, upper half of the hash)`.
    slots: HashTable<(u32, u32)>,
}

/// A hash of a byte string; equal on every machine of one word size.
#[inline]
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

/// The upper half of a hash: a cheap first comparison, and all that is needed to grow the table.
#[inline]
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The table is addressed by the tag alone, spread over 64 bits.
#[inline]
fn spread(tag: u32) -> u64 {
    u64::from(tag).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Table {
    /// How many pieces there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many bytes the pieces have together.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The piece with a number.
    ///
    /// # Panics
    /// If there is no such number.
    #[inline]
    pub fn get(&self, number: usize) -> &[u8] {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.bytes[start..self.ends[number]]
    }

    /// The number of a piece.
    #[inline]
    pub fn find(&self, piece: &[u8]) -> Option<u32> {
        let tag = tag(hash(piece));
        self.slots.find(spread(tag), |s| s.1 == tag && self.get(s.0 as usize) == piece).map(|s| s.0)
    }

    /// The number of a piece, which is added if it is new. O(bytes).
    #[inline]
    pub fn insert(&mut self, piece: &[u8]) -> u32 {
        let tag = tag(hash(piece));
        let (bytes, ends) = (&self.bytes, &self.ends);
        let same = |s: &(u32, u32)| {
            let n = s.0 as usize;
            let start = if n == 0 { 0 } else { ends[n - 1] };
            s.1 == tag && &bytes[start..ends[n]] == piece
        };
        if let Some(slot) = self.slots.find(spread(tag), same) {
            return slot.0;
        }
        let number = self.ends.len() as u32;
        self.bytes.extend_from_slice(piece);
        self.ends.push(self.bytes.len());
        self.slots.insert_unique(spread(tag), (number, tag), |s| spread(s.1));
        number
    }

    /// The pieces in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|n| self.get(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_order_of_arrival() {
        let mut table = Table::default();
        assert_eq!(table.insert(b"b"), 0);
        assert_eq!(table.insert(b""), 1);
        assert_eq!(table.insert(b"b"), 0);
        assert_eq!(table.find(b"a"), None);
        for n in 0..1000u32 {
            table.insert(format!("w{n}").as_bytes());
        }
        assert_eq!(table.find(b"w999"), Some(1001));
        assert_eq!(table.get(1001), b"w999");
    }
}
