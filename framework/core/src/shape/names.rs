//! Which members of an object were seen: a bit set for the declared, a list for the others.

use std::borrow::Cow;

/// The declared members that were seen. Takes no memory of its own up to 128 of them.
#[derive(Debug, Default)]
pub(super) struct Seen {
    first: u128,
    rest: Vec<u128>,
}

impl Seen {
    const WORD: usize = 128;

    /// Notes a member; false where it was seen before.
    pub(super) fn insert(&mut self, at: usize) -> bool {
        let bit = 1_u128 << (at % Self::WORD);
        let word = match (at / Self::WORD).checked_sub(1) {
            None => &mut self.first,
            Some(index) => {
                if self.rest.len() <= index {
                    self.rest.resize(index + 1, 0);
                }
                let Some(word) = self.rest.get_mut(index) else { return false };
                word
            }
        };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    pub(super) fn has(&self, at: usize) -> bool {
        let word = match (at / Self::WORD).checked_sub(1) {
            None => self.first,
            Some(index) => self.rest.get(index).copied().unwrap_or_default(),
        };
        word & (1 << (at % Self::WORD)) != 0
    }
}

/// The undeclared names of the objects that are being walked, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Names<'d> {
    stack: Vec<(Cow<'d, str>, usize)>,
}

impl<'d> Names<'d> {
    /// Where the names of an object that begins now will stand.
    pub(super) fn mark(&self) -> usize {
        self.stack.len()
    }

    pub(super) fn push(&mut self, name: Cow<'d, str>, offset: usize) {
        self.stack.push((name, offset));
    }

    /// Forgets the names of the object that began at the mark; the offset of one that came twice.
    pub(super) fn close(&mut self, mark: usize) -> Result<(), usize> {
        if self.stack.len() == mark {
            return Ok(());
        }
        let names = self.stack.get_mut(mark..).unwrap_or_default();
        names.sort_unstable();
        let twice = names.windows(2).find_map(|pair| match pair {
            [(one, _), (other, offset)] if one == other => Some(*offset),
            _ => None,
        });
        self.stack.truncate(mark);
        twice.map_or(Ok(()), Err)
    }

    /// Forgets what an abandoned attempt left.
    pub(super) fn reset(&mut self, mark: usize) {
        self.stack.truncate(mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_new_once() {
        let mut seen = Seen::default();
        for at in [0, 127, 128, 1000] {
            assert!(!seen.has(at));
            assert!(seen.insert(at));
            assert!(seen.has(at));
            assert!(!seen.insert(at));
        }
        assert!(!seen.has(1));
        assert!(!seen.has(129));
    }

    #[test]
    fn names_of_an_outer_object_are_no_duplicates() {
        let mut names = Names::default();
        let outer = names.mark();
        names.push("a".into(), 1);
        let inner = names.mark();
        names.push("a".into(), 2);
        assert_eq!(names.close(inner), Ok(()));
        names.push("b".into(), 3);
        names.push("a".into(), 4);
        assert_eq!(names.close(outer), Err(4));
    }
}
