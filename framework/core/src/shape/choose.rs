//! How the walk finds the alternative that a value means.

use super::{
    lexer::{Lexer, Stop, StringToken},
    node::{ANY, Choice, ChooseBy, Detail, Kinds, Node, NodeIndex},
    report::Place,
    walk::Walk,
};

const SEVERAL: Detail = Detail::Borrowed("expected a value that only one of the alternatives takes");

impl Walk<'_> {
    pub(super) fn choose(&mut self, node: &Node, choice: &Choice, place: &Place<'_>, patch: bool) -> Result<(), Stop> {
        let Some(kind) = self.lexer.peek().and_then(kind_of) else { return self.lexer.wrong("expected a value") };
        if kind == Kinds::NULL && node.nullable {
            return self.lexer.literal("null");
        }
        if kind == Kinds::OBJECT
            && patch
            && let Some(merged) = choice.merged
        {
            return self.value(merged, place, patch);
        }
        let arena = self.arena;
        let mut fitting = choice.alternatives.iter().copied().filter(|index| {
            let node = arena.node(*index);
            node.kinds.meets(kind) || (kind == Kinds::NULL && node.nullable)
        });
        let Some(first) = fitting.next() else {
            self.violation(self.lexer.at, place, "type", &node.expected)?;
            return self.value(ANY, place, false);
        };
        if fitting.clone().next().is_none() {
            return self.value(first, place, patch);
        }
        match &choice.by {
            ChooseBy::Tag { name, texts, expected } if kind == Kinds::OBJECT => {
                self.by_tag(name, texts, expected, place)
            }
            ChooseBy::Name { names, expected } if kind == Kinds::OBJECT => self.by_name(names, expected, place),
            _ => self.by_trying(first, fitting, choice.exclusive, place, patch),
        }
    }

    fn by_tag(
        &mut self,
        name: &str,
        texts: &[(Box<str>, NodeIndex)],
        expected: &Detail,
        place: &Place<'_>,
    ) -> Result<(), Stop> {
        let tag = find_member(self.lexer.clone(), name);
        let text = tag.as_ref().and_then(|(_, token)| token.map(|token| token.text()));
        if let Some(node) = text.and_then(|text| node_of(texts, &text)) {
            return self.value(node, place, false);
        }
        let place_of_tag = Place::Member(place, name);
        match tag {
            Some((offset, _)) => self.violation(offset, &place_of_tag, "enum", expected)?,
            None => self.violation(self.lexer.at, &place_of_tag, "required", expected)?,
        }
        self.value(ANY, place, false)
    }

    fn by_name(&mut self, names: &[(Box<str>, NodeIndex)], expected: &Detail, place: &Place<'_>) -> Result<(), Stop> {
        let mut ahead = self.lexer.clone();
        ahead.at += 1;
        ahead.skip_space();
        let start = ahead.at;
        match ahead.string("").map(|token| token.text()) {
            Ok(name) => {
                if let Some(node) = node_of(names, &name) {
                    return self.value(node, place, false);
                }
                self.violation(start, &Place::Member(place, &name), "unknown", expected)?;
            }
            Err(_) => self.violation(self.lexer.at, place, "required", expected)?,
        }
        self.value(ANY, place, false)
    }

    /// Tries one after the other. Where none fits, the one that got furthest says what is wrong.
    fn by_trying(
        &mut self,
        first: NodeIndex,
        others: impl Iterator<Item = NodeIndex>,
        exclusive: bool,
        place: &Place<'_>,
        patch: bool,
    ) -> Result<(), Stop> {
        let start = self.lexer.at;
        let outermost = !self.trying;
        let (mut fits, mut several) = (None, false);
        let (mut best, mut furthest) = (first, start);
        self.trying = true;
        for node in std::iter::once(first).chain(others) {
            match self.attempt(node, start, place, patch, outermost)? {
                Ok(_) if fits.is_some() => several = true,
                Ok(end) => fits = Some(end),
                Err(reached) if reached > furthest => (best, furthest) = (node, reached),
                Err(_) => {}
            }
            if several || (fits.is_some() && !exclusive) {
                break;
            }
        }
        self.trying = !outermost;
        if outermost {
            self.tried.clear();
        }
        match fits {
            Some(end) if !several => {
                self.lexer.at = end;
                Ok(())
            }
            Some(_) => {
                self.lexer.at = start;
                self.violation(start, place, "type", &SEVERAL)?;
                self.value(ANY, place, false)
            }
            None if outermost => {
                self.lexer.at = start;
                self.value(best, place, patch)
            }
            None => {
                self.lexer.at = furthest;
                Err(Stop::Unfit)
            }
        }
    }

    /// Where the value ends for an alternative that fits; how far it got for one that does not.
    fn attempt(
        &mut self,
        node: NodeIndex,
        start: usize,
        place: &Place<'_>,
        patch: bool,
        outermost: bool,
    ) -> Result<Result<usize, usize>, Stop> {
        // Attempts within attempts are remembered: else their number could grow with every level of the document.
        if let Some(known) = self.tried.get(&(node, start)) {
            return Ok(*known);
        }
        let (mark, depth) = (self.names.mark(), self.depth);
        self.lexer.at = start;
        let outcome = match self.value(node, place, patch) {
            Ok(()) => Ok(self.lexer.at),
            Err(Stop::Unfit) => Err(self.lexer.at),
            Err(stop) => return Err(stop),
        };
        self.names.reset(mark);
        self.depth = depth;
        if !outermost {
            self.tried.insert((node, start), outcome);
        }
        Ok(outcome)
    }
}

/// The type that a first byte announces.
const fn kind_of(byte: u8) -> Option<Kinds> {
    Some(match byte {
        b'"' => Kinds::STRING,
        b'{' => Kinds::OBJECT,
        b'[' => Kinds::ARRAY,
        b'-' | b'0'..=b'9' => Kinds::NUMBER,
        b't' | b'f' => Kinds::BOOLEAN,
        b'n' => Kinds::NULL,
        _ => return None,
    })
}

fn node_of(texts: &[(Box<str>, NodeIndex)], text: &str) -> Option<NodeIndex> {
    texts.iter().find(|(known, _)| **known == *text).map(|(_, node)| *node)
}

/// Looks ahead for a member of the object that begins here: where its value is, and the value if it is a string.
fn find_member<'d>(mut ahead: Lexer<'d>, name: &str) -> Option<(usize, Option<StringToken<'d>>)> {
    ahead.at += 1;
    loop {
        ahead.skip_space();
        let found = ahead.string("").ok()?.text() == name;
        ahead.skip_space();
        if !ahead.take(b':') {
            return None;
        }
        ahead.skip_space();
        if found {
            let offset = ahead.at;
            return Some((offset, ahead.string("").ok()));
        }
        skip_value(&mut ahead)?;
        if !ahead.take(b',') {
            return None;
        }
    }
}

/// Goes to the comma or bracket that follows a value. What is skipped is walked later.
fn skip_value(ahead: &mut Lexer<'_>) -> Option<()> {
    let mut nested = 0_usize;
    loop {
        match ahead.peek()? {
            b'"' => {
                ahead.string("").ok()?;
                continue;
            }
            b'{' | b'[' => nested += 1,
            b',' if nested == 0 => return Some(()),
            b'}' | b']' => match nested.checked_sub(1) {
                Some(outer) => nested = outer,
                None => return Some(()),
            },
            _ => {}
        }
        ahead.at += 1;
    }
}
