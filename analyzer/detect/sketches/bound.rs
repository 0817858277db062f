// A bound for PLACE: a map that drops the entry that was not used for longest.
// Wrong if the program must keep all entries.
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

pub struct Bounded<K, V> {
    entries: HashMap<K, (u64, V)>,
    order: VecDeque<(u64, K)>, // by use; an entry that was used again since is skipped
    uses: u64,
}

impl<K: Hash + Eq + Clone, V> Bounded<K, V> {
    pub fn new() -> Self {
        Bounded { entries: HashMap::new(), order: VecDeque::new(), uses: 0 }
    }

    pub fn get(&mut self, key: &K) -> Option<&V> {
        self.uses += 1;
        self.entries.get_mut(key)?.0 = self.uses;
        self.order.push_back((self.uses, key.clone()));
        if self.order.len() > 4 * MOST_ENTRIES {
            let entries = &self.entries;
            self.order.retain(|(used, key)| entries.get(key).is_some_and(|e| e.0 == *used));
        }
        self.entries.get(key).map(|entry| &entry.1)
    }

    pub fn insert(&mut self, key: K, value: V) {
        self.uses += 1;
        self.order.push_back((self.uses, key.clone()));
        self.entries.insert(key, (self.uses, value));
        while self.entries.len() > MOST_ENTRIES {
            let Some((used, oldest)) = self.order.pop_front() else { break };
            if self.entries.get(&oldest).is_some_and(|e| e.0 == used) {
                self.entries.remove(&oldest);
            }
        }
    }
}
