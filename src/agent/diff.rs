//! The difference of two ordered maps, as steps. Pure.

use std::collections::BTreeMap;

/// One step from what is to what should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<K, V> {
    Remove(K),
    Replace(K, V),
    Add(K, V),
}

/// The steps that turn `have` into `want`, removals first: a name must be free before it is taken again.
pub fn diff<K: Ord + Clone, V: PartialEq + Clone>(have: &BTreeMap<K, V>, want: &BTreeMap<K, V>) -> Vec<Change<K, V>> {
    let gone = have.keys().filter(|key| !want.contains_key(key)).cloned().map(Change::Remove);
    let new = want.iter().filter_map(|(key, value)| match have.get(key) {
        None => Some(Change::Add(key.clone(), value.clone())),
        Some(old) if old != value => Some(Change::Replace(key.clone(), value.clone())),
        Some(_) => None,
    });
    gone.chain(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removals_come_first_and_equal_entries_not_at_all() {
        let have = BTreeMap::from([(1, 'a'), (2, 'b'), (3, 'c')]);
        let want = BTreeMap::from([(0, 'z'), (2, 'b'), (3, 'x')]);
        assert_eq!(diff(&have, &want), [Change::Remove(1), Change::Add(0, 'z'), Change::Replace(3, 'x')]);
    }
}
