//! A vocabulary: pieces of bytes with their ids. Ids may have gaps, as in GPT-4's.

use super::table::Table;
use crate::report::{Error, text};

/// No piece has a larger id; a file that claims one is refused before memory is taken.
pub const MAX_ID: u32 = (1 << 22) - 1;

/// No piece of this slot.
const NONE: u32 = u32::MAX;

/// Pieces with ids, in both directions.
#[derive(Debug, Clone, Default)]
pub struct Vocab {
    table: Table,
    /// The id of each piece of the table.
    ids: Vec<u32>,
    /// The number in the table of each id, or [`NONE`].
    numbers: Vec<u32>,
}

impl Vocab {
    /// Pieces numbered 0, 1, 2, … in order.
    pub fn from_table(table: Table) -> Self {
        let ids: Vec<u32> = (0..table.len() as u32).collect();
        Self { table, numbers: ids.clone(), ids }
    }

    /// Adds a piece with its id.
    ///
    /// # Errors
    /// If the id is too large or taken, or the piece has another id already.
    pub fn insert(&mut self, piece: &[u8], id: u32) -> Result<(), Error> {
        let shown = || String::from_utf8_lossy(piece).chars().take(40).collect::<String>();
        if id > MAX_ID {
            return Err(Error::input(text(
                format!("the piece {:?} has the id {id}", shown()),
                format!("{:?} 的 id 是 {id}", shown()),
            ))
            .allowed(text(format!("ids up to {MAX_ID}"), format!("id 不超过 {MAX_ID}"))));
        }
        let number = self.table.insert(piece);
        let slot = id as usize;
        if self.numbers.len() <= slot {
            self.numbers.resize(slot + 1, NONE);
        }
        if (number as usize) < self.ids.len() || self.numbers[slot] != NONE {
            return Err(Error::input(text(
                format!("the piece {:?} or its id {id} occurs twice", shown()),
                format!("{:?} 或它的 id {id} 出现了两次", shown()),
            )));
        }
        self.ids.push(id);
        self.numbers[slot] = number;
        Ok(())
    }

    /// The id of a piece.
    #[inline]
    pub fn id(&self, piece: &[u8]) -> Option<u32> {
        self.table.find(piece).map(|n| self.ids[n as usize])
    }

    /// The piece of an id.
    #[inline]
    pub fn piece(&self, id: u32) -> Option<&[u8]> {
        match self.numbers.get(id as usize) {
            Some(&n) if n != NONE => Some(self.table.get(n as usize)),
            _ => None,
        }
    }

    /// How many pieces there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// One more than the largest id: the rows of an embedding table.
    pub fn rows(&self) -> usize {
        self.numbers.len()
    }

    /// The pieces by ascending id.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[u8])> {
        (0..self.numbers.len() as u32).filter_map(|id| self.piece(id).map(|p| (id, p)))
    }
}
