//! What is known of keys that come and go, in bounded memory.

use std::collections::BTreeMap;
use std::vec::Vec;

/// Keys that are kept at least, if as many have come.
const MOST: usize = 20_000;

/// A value for each key. Where there are twice [`MOST`] of them, the half is forgotten that was not
/// asked for longest.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    /// Each with the number of the last request for it.
    values: BTreeMap<K, (u64, V)>,
    requests: u64,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self {
            values: BTreeMap::new(),
            requests: 0,
        }
    }
}

impl<K: Ord, V: Default> Recent<K, V> {
    /// The value of a key; a new one if there is none.
    pub(super) fn get(&mut self, key: K) -> &mut V {
        self.requests += 1;
        if self.values.len() >= 2 * MOST && !self.values.contains_key(&key) {
            self.forget();
        }
        let (request, value) = self.values.entry(key).or_default();
        *request = self.requests;
        value
    }

    fn forget(&mut self) {
        let mut requests: Vec<u64> = self.values.values().map(|(request, _)| *request).collect();
        let (_, middle, _) = requests.select_nth_unstable(MOST);
        let middle = *middle;
        self.values.retain(|_, (request, _)| *request >= middle);
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Recent};

    #[test]
    fn of_many_keys_those_are_kept_that_were_asked_for_last() {
        let mut recent = Recent::<usize, bool>::default();
        for key in 0..10 * MOST {
            *recent.get(key) = true;
            assert!(*recent.get(0));
            assert!(recent.values.len() <= 2 * MOST);
        }
        assert!((9 * MOST..10 * MOST).all(|key| *recent.get(key)));
        assert!(!*recent.get(1));
    }
}
