//! The difference of two ordered maps, as steps. Pure.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// One step from what is to what should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<K, V> {
    Remove(K),
    Replace(K, V),
    Add(K, V),
}

impl<K: Ord, V> Change<K, V> {
    pub fn key(&self) -> &K {
        let (Change::Remove(key) | Change::Replace(key, _) | Change::Add(key, _)) = self;
        key
    }

    /// What there is afterwards.
    pub fn value(&self) -> Option<&V> {
        match self {
            Change::Remove(_) => None,
            Change::Replace(_, value) | Change::Add(_, value) => Some(value),
        }
    }

    /// Does the same to a map.
    pub fn make(self, map: &mut BTreeMap<K, V>) {
        match self {
            Change::Remove(key) => drop(map.remove(&key)),
            Change::Replace(key, value) | Change::Add(key, value) => drop(map.insert(key, value)),
        }
    }
}

/// The steps that turn `have` into `want`, removals first: a name must be free before it is taken again.
pub fn diff<K: Ord + Clone, V: PartialEq + Clone>(have: &BTreeMap<K, V>, want: &BTreeMap<K, V>) -> Vec<Change<K, V>> {
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for (key, old, wanted) in beside(have, want) {
        match (old, wanted) {
            (Some(_), None) => gone.push(Change::Remove(key.clone())),
            (None, Some(value)) => new.push(Change::Add(key.clone(), value.clone())),
            (Some(old), Some(value)) if old != value => new.push(Change::Replace(key.clone(), value.clone())),
            _ => {}
        }
    }
    gone.extend(new);
    gone
}

/// What two maps have under each key that either has, in order. Both are walked once: they are large, and mostly the
/// same.
pub fn beside<'a, K: Ord, V>(
    one: &'a BTreeMap<K, V>,
    other: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a V>)> {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (one.peek(), other.peek()) {
            (Some((a, _)), Some((b, _))) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let left = if order.is_le() { one.next() } else { None };
        let right = if order.is_ge() { other.next() } else { None };
        let key = left.or(right)?.0;
        Some((key, left.map(|it| it.1), right.map(|it| it.1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removals_come_first_and_equal_entries_not_at_all() {
        let have = BTreeMap::from([(1, 'a'), (2, 'b'), (3, 'c')]);
        let want = BTreeMap::from([(0, 'z'), (2, 'b'), (3, 'x')]);
        assert_eq!(diff(&have, &want), [Change::Remove(1), Change::Add(0, 'z'), Change::Replace(3, 'x')]);
        let after = diff(&have, &want).into_iter().fold(have, |mut map, change| {
            change.make(&mut map);
            map
        });
        assert_eq!(after, want);
    }

    #[test]
    fn what_is_only_at_an_end_is_seen() {
        let (few, more) = (BTreeMap::from([(5, 'e')]), BTreeMap::from([(1, 'a'), (5, 'e'), (9, 'i')]));
        assert_eq!(diff(&few, &more), [Change::Add(1, 'a'), Change::Add(9, 'i')]);
        assert_eq!(diff(&more, &few), [Change::Remove(1), Change::Remove(9)]);
        assert_eq!(diff(&more, &BTreeMap::new()).len(), 3);
    }
}
