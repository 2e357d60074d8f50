//! What a beam search weighed, as a tree.

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    Kept,
    /// It is a whole text.
    Ended,
    /// Others were better.
    Dropped,
}

/// A candidate: a prefix and one more token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// The node before; none for a first token.
    pub parent: Option<usize>,
    /// How many tokens were chosen, this one included.
    pub depth: usize,
    /// Which group weighed it.
    pub group: usize,
    /// The token.
    pub token: u32,
    /// ln p of the token after its prefix.
    pub log_probability: f64,
    /// What it is ranked by: Σ ln p, less what diversity took.
    pub sum: f64,
    /// What became of it.
    pub fate: Fate,
}

/// The candidates of all steps, best first within a step and group; 2b of each step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tree {
    /// A parent stands before its children.
    pub nodes: Vec<Node>,
}

impl Tree {
    /// The tokens from the root to a node.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn tokens(&self, node: usize) -> Vec<u32> {
        self.path(node).into_iter().map(|i| self.nodes[i].token).collect()
    }

    /// Σ ln p from the root to a node.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn log_probability(&self, node: usize) -> f64 {
        self.path(node).into_iter().map(|i| self.nodes[i].log_probability).sum()
    }

    /// The nodes from the root to a node, which comes last.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn path(&self, node: usize) -> Vec<usize> {
        let mut path: Vec<usize> =
            std::iter::successors(Some(node), |i| self.nodes[*i].parent).collect();
        path.reverse();
        path
    }
}
