//! Where everything in a file stands.

use crate::course::Place;

/// Where each value of a file stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    pub(super) place: Place,
    pub(super) children: Children,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Children {
    /// A scalar.
    None,
    /// Its items.
    List(Vec<Tree>),
    /// Key, where the key stands, its value.
    Mapping(Vec<(String, Place, Tree)>),
}

impl Tree {
    /// The place of the value at a path such as `steps/2/say/zh`; of the nearest value around it
    /// where the path leads nowhere.
    pub fn place(&self, path: &str) -> Place {
        self.walk(path).1
    }

    /// The place of the last key of a path; of the nearest value around it where there is none.
    pub fn key(&self, path: &str) -> Place {
        self.walk(path).0
    }

    /// The keys of the mapping at a path.
    pub fn keys(&self, path: &str) -> Vec<&str> {
        let mut node = self;
        for part in path.split('/').filter(|p| !p.is_empty()) {
            match node.child(part) {
                Some((_, next)) => node = next,
                None => return Vec::new(),
            }
        }
        match &node.children {
            Children::Mapping(entries) => entries.iter().map(|(k, ..)| k.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    fn walk(&self, path: &str) -> (Place, Place) {
        let (mut key, mut node) = (self.place, self);
        for part in path.split('/').filter(|p| !p.is_empty()) {
            match node.child(part) {
                Some((place, next)) => (key, node) = (place, next),
                None => break,
            }
        }
        (key, node.place)
    }

    fn child(&self, part: &str) -> Option<(Place, &Tree)> {
        match &self.children {
            Children::None => None,
            Children::List(items) => {
                part.parse::<usize>().ok().and_then(|i| items.get(i)).map(|t| (t.place, t))
            }
            Children::Mapping(entries) => {
                entries.iter().find(|(key, ..)| key == part).map(|(_, place, tree)| (*place, tree))
            }
        }
    }
}
