//! The difference of two ordered maps, as steps. Pure.

use imbl::OrdMap;
use imbl::ordmap::DiffItem;

/// One step from what is to what should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<K, V> {
    Remove(K),
    Replace(K, V),
    Add(K, V),
}

impl<K: Ord + Clone, V: Clone> Change<K, V> {
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
    pub fn make(self, map: &mut OrdMap<K, V>) {
        match self {
            Change::Remove(key) => drop(map.remove(&key)),
            Change::Replace(key, value) | Change::Add(key, value) => drop(map.insert(key, value)),
        }
    }
}

/// The steps that turn `have` into `want`, removals first: a name must be free before it is taken again.
pub fn diff<K: Ord + Clone, V: PartialEq + Clone>(have: &OrdMap<K, V>, want: &OrdMap<K, V>) -> Vec<Change<K, V>> {
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for (key, old, wanted) in differences(have, want) {
        match (old, wanted) {
            (_, None) => gone.push(Change::Remove(key.clone())),
            (None, Some(value)) => new.push(Change::Add(key.clone(), value.clone())),
            (Some(_), Some(value)) => new.push(Change::Replace(key.clone(), value.clone())),
        }
    }
    gone.extend(new);
    gone
}

/// What two maps have under each key under which they differ, in order. Parts that they share are not walked, so that
/// of two large maps, of which one was made from the other, only what was changed is seen.
pub fn differences<'a, K: Ord, V: PartialEq>(
    one: &'a OrdMap<K, V>,
    other: &'a OrdMap<K, V>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a V>)> {
    one.diff(other).map(|it| match it {
        DiffItem::Add(key, new) => (key, None, Some(new)),
        DiffItem::Update { old: (key, old), new: (_, new) } => (key, Some(old), Some(new)),
        DiffItem::Remove(key, old) => (key, Some(old), None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removals_come_first_and_equal_entries_not_at_all() {
        let have = OrdMap::from_iter([(1, 'a'), (2, 'b'), (3, 'c')]);
        let want = OrdMap::from_iter([(0, 'z'), (2, 'b'), (3, 'x')]);
        assert_eq!(diff(&have, &want), [Change::Remove(1), Change::Add(0, 'z'), Change::Replace(3, 'x')]);
        let after = diff(&have, &want).into_iter().fold(have, |mut map, change| {
            change.make(&mut map);
            map
        });
        assert_eq!(after, want);
    }

    #[test]
    fn what_is_only_at_an_end_is_seen() {
        let (few, more) = (OrdMap::from_iter([(5, 'e')]), OrdMap::from_iter([(1, 'a'), (5, 'e'), (9, 'i')]));
        assert_eq!(diff(&few, &more), [Change::Add(1, 'a'), Change::Add(9, 'i')]);
        assert_eq!(diff(&more, &few), [Change::Remove(1), Change::Remove(9)]);
        assert_eq!(diff(&more, &OrdMap::new()).len(), 3);
    }
}
