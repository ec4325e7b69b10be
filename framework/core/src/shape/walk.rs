//! The one walk over the bytes of a document.

use std::collections::{HashMap, HashSet};

use super::{
    lexer::{Lexer, NumberToken, Stop},
    names::{Names, Seen},
    node::{
        ANY, Arena, Detail, Guess, Kinds, ListRules, MemberRules, Node, NodeIndex, NumberRules, OPEN, ObjectRules,
        TextRules,
    },
    report::{Place, REQUIRED, Report, Unsuitable},
    rules::TOO_LARGE,
    values::canonical_json,
};

/// What a document is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A new thing, from a client: what only the server writes must be absent, and is never demanded.
    Create,
    /// A whole thing: what a client replaces one with, and what a store is about to write.
    Full,
    /// A merge patch (RFC 7396): members may be absent, and null removes one that is not required. Arrays are whole,
    /// unless their schema says that they hold patches.
    Patch,
}

/// How much of a document is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeLimits {
    /// So deeply objects and arrays may be nested; never more than 127, because serde_json reads no deeper.
    pub depth_max: usize,
    /// So many violations are told; at least one.
    pub violations_max: usize,
}

impl Default for ShapeLimits {
    fn default() -> Self {
        Self { depth_max: 64, violations_max: 100 }
    }
}

/// The depth that serde_json reads.
const DEPTH_READ_MAX: usize = 127;

const UNKNOWN: Detail = Detail::Borrowed("expected no member of this name");
const READ_ONLY: Detail = Detail::Borrowed("expected no value, because only the server writes it");
const UNIQUE: Detail = Detail::Borrowed("expected items that differ from each other");

/// Checks the bytes of a document against a node. Pointers begin with the prefix.
pub(super) fn check(
    arena: &Arena,
    node: NodeIndex,
    bytes: &[u8],
    mode: Mode,
    limits: &ShapeLimits,
    prefix: &str,
) -> Result<(), Unsuitable> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Unsuitable::NotJson { offset: error.valid_up_to(), reason: "the text is not UTF-8" })?;
    let mut walk = Walk {
        arena,
        lexer: Lexer::new(text),
        mode,
        depth: 0,
        depth_max: limits.depth_max.min(DEPTH_READ_MAX),
        report: Report::new(limits.violations_max),
        names: Names::default(),
        trying: false,
        tried: HashMap::new(),
    };
    match walk.document(node, prefix) {
        Ok(()) | Err(Stop::Unfit) => walk.report.finish(),
        Err(Stop::NotJson) => Err(Unsuitable::NotJson { offset: walk.lexer.at, reason: walk.lexer.reason }),
        Err(Stop::TooDeep) => Err(Unsuitable::TooDeep),
    }
}

/// The state of a walk.
pub(super) struct Walk<'w> {
    pub(super) arena: &'w Arena,
    pub(super) lexer: Lexer<'w>,
    mode: Mode,
    pub(super) depth: usize,
    depth_max: usize,
    report: Report,
    pub(super) names: Names<'w>,
    /// An alternative is being tried: the first violation ends the attempt.
    pub(super) trying: bool,
    /// Which alternative fitted where, up to which byte; or how far it did. So no attempt is made twice.
    pub(super) tried: HashMap<(NodeIndex, usize), Result<usize, usize>>,
}

impl<'w> Walk<'w> {
    fn document(&mut self, node: NodeIndex, prefix: &str) -> Result<(), Stop> {
        self.lexer.skip_space();
        self.value(node, &Place::Root(prefix), self.mode == Mode::Patch)?;
        self.lexer.skip_space();
        if self.lexer.peek().is_some() { self.lexer.wrong("expected nothing after the document") } else { Ok(()) }
    }

    /// One value, from its first byte on. `patch`: what is not mentioned stays as it is.
    pub(super) fn value(&mut self, index: NodeIndex, place: &Place<'_>, patch: bool) -> Result<(), Stop> {
        let node = self.arena.node(index);
        if let Some(choice) = &node.choice {
            return self.choose(node, choice, place, patch);
        }
        match self.lexer.peek() {
            Some(b'"') => self.text(node, place),
            Some(b'{') => self.object(node, place, patch),
            Some(b'[') => self.list(node, place),
            Some(b'-' | b'0'..=b'9') => self.number(node, place),
            Some(b't') => self.scalar(node, place, "true", Kinds::BOOLEAN),
            Some(b'f') => self.scalar(node, place, "false", Kinds::BOOLEAN),
            Some(b'n') => self.scalar(node, place, "null", Kinds::NULL),
            _ => self.lexer.wrong("expected a value"),
        }
    }

    pub(super) fn violation(
        &mut self,
        offset: usize,
        place: &Place<'_>,
        code: &'static str,
        detail: &Detail,
    ) -> Result<(), Stop> {
        if self.trying {
            return Err(Stop::Unfit);
        }
        self.report.add(offset, place, code, detail);
        Ok(())
    }

    fn enter(&mut self) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > self.depth_max { Err(Stop::TooDeep) } else { Ok(()) }
    }

    /// A value that is not a string is one of the enumerated, if they are.
    fn enumerated(&mut self, node: &Node, start: usize, place: &Place<'_>) -> Result<(), Stop> {
        match &node.values {
            Some(values) if !values.has_json(self.lexer.slice(start, self.lexer.at)) => {
                self.violation(start, place, "enum", &values.expected)
            }
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, node: &Node, place: &Place<'_>, literal: &'static str, kind: Kinds) -> Result<(), Stop> {
        let start = self.lexer.at;
        self.lexer.literal(literal)?;
        if kind == Kinds::NULL && node.nullable {
            return Ok(());
        }
        if !node.kinds.has(kind) {
            return self.violation(start, place, "type", &node.expected);
        }
        self.enumerated(node, start, place)
    }

    fn text(&mut self, node: &Node, place: &Place<'_>) -> Result<(), Stop> {
        let start = self.lexer.at;
        let token = self.lexer.string("expected a string")?;
        if !node.kinds.has(Kinds::STRING) {
            return self.violation(start, place, "type", &node.expected);
        }
        if node.values.is_none() && node.text.is_none() {
            return Ok(());
        }
        let text = token.text();
        if let Some(values) = &node.values
            && !values.has_text(&text)
        {
            self.violation(start, place, "enum", &values.expected)?;
        }
        match &node.text {
            Some(rules) => self.text_rules(rules, &text, start, place),
            None => Ok(()),
        }
    }

    fn text_rules(&mut self, rules: &TextRules, text: &str, start: usize, place: &Place<'_>) -> Result<(), Stop> {
        if !has_length(text, rules.chars_min, rules.chars_max) {
            self.violation(start, place, "length", &rules.length)?;
        }
        if let Some((pattern, expected)) = &rules.pattern
            && !pattern.fits(text)
        {
            self.violation(start, place, "pattern", expected)?;
        }
        match &rules.format {
            Some((format, expected)) if !format.holds(text) => self.violation(start, place, "format", expected),
            _ => Ok(()),
        }
    }

    fn number(&mut self, node: &Node, place: &Place<'_>) -> Result<(), Stop> {
        let start = self.lexer.at;
        let token = self.lexer.number()?;
        if !node.kinds.has(if token.is_integer { Kinds::INTEGER } else { Kinds::NUMBER }) {
            return self.violation(start, place, "type", &node.expected);
        }
        let in_range = match &node.number {
            Some(rules) if node.kinds.has(Kinds::NUMBER) => is_float_in_range(rules, &token),
            Some(rules) => {
                token.integer().is_some_and(|integer| (rules.integer_min..=rules.integer_max).contains(&integer))
            }
            None => token.is_finite(),
        };
        if !in_range {
            let range = node.number.as_ref().map_or(&TOO_LARGE, |rules| &rules.range);
            self.violation(start, place, "range", range)?;
        }
        self.enumerated(node, start, place)
    }

    fn list(&mut self, node: &Node, place: &Place<'_>) -> Result<(), Stop> {
        let start = self.lexer.at;
        self.enter()?;
        let wanted = node.kinds.has(Kinds::ARRAY);
        if !wanted {
            self.violation(start, place, "type", &node.expected)?;
        }
        let rules = node.list.as_deref().filter(|_| wanted);
        let items = self.items(rules, place)?;
        self.depth -= 1;
        if let Some(rules) = rules
            && !(rules.items_min..=rules.items_max).contains(&items)
        {
            self.violation(start, place, "items", &rules.count)?;
        }
        if wanted { self.enumerated(node, start, place) } else { Ok(()) }
    }

    /// From the opening bracket past the closing one; how many items there are.
    fn items(&mut self, rules: Option<&ListRules>, place: &Place<'_>) -> Result<u64, Stop> {
        let mut different = rules.filter(|rules| rules.unique).map(|_| HashSet::new());
        let patch = self.mode == Mode::Patch && rules.is_some_and(|rules| rules.patches);
        let mut index = 0_usize;
        self.lexer.at += 1;
        self.lexer.skip_space();
        if self.lexer.take(b']') {
            return Ok(0);
        }
        loop {
            let start = self.lexer.at;
            let node = rules.map_or(ANY, |rules| rules.first.get(index).copied().unwrap_or(rules.rest));
            let place = Place::Item(place, index);
            self.value(node, &place, patch)?;
            if let Some(different) = &mut different
                && let Some(item) = canonical_json(self.lexer.slice(start, self.lexer.at))
                && !different.insert(item)
            {
                self.violation(start, &place, "items", &UNIQUE)?;
            }
            index += 1;
            self.lexer.skip_space();
            if self.lexer.take(b']') {
                return Ok(index as u64);
            }
            if !self.lexer.take(b',') {
                return self.lexer.wrong("expected , or ] after an item");
            }
            self.lexer.skip_space();
        }
    }

    fn object(&mut self, node: &Node, place: &Place<'_>, patch: bool) -> Result<(), Stop> {
        let start = self.lexer.at;
        self.enter()?;
        let wanted = node.kinds.has(Kinds::OBJECT);
        if !wanted {
            self.violation(start, place, "type", &node.expected)?;
        }
        let rules = node.object.as_deref().filter(|_| wanted).unwrap_or(&OPEN);
        let mark = self.names.mark();
        let mut seen = Seen::default();
        let members = self.members(rules, place, patch, &mut seen)?;
        self.depth -= 1;
        if let Err(offset) = self.names.close(mark) {
            return self.twice(offset);
        }
        if !patch {
            self.missing(rules, &seen, place)?;
            if !(rules.members_min..=rules.members_max).contains(&members) {
                self.violation(start, place, "items", &rules.count)?;
            }
        }
        if wanted { self.enumerated(node, start, place) } else { Ok(()) }
    }

    /// From the opening brace past the closing one; how many members there are.
    fn members(&mut self, rules: &ObjectRules, place: &Place<'_>, patch: bool, seen: &mut Seen) -> Result<u64, Stop> {
        let mut members = 0;
        let mut guess = &rules.first;
        self.lexer.at += 1;
        self.lexer.skip_space();
        if self.lexer.take(b'}') {
            return Ok(0);
        }
        loop {
            guess = self.named_value(rules, guess, place, patch, seen)?;
            members += 1;
            self.lexer.skip_space();
            if self.lexer.take(b'}') {
                return Ok(members);
            }
            if !self.lexer.take(b',') {
                return self.lexer.wrong("expected , or } after a member");
            }
            self.lexer.skip_space();
        }
    }

    /// A member: name, colon, value. Gives what to look for behind it.
    fn named_value<'r>(
        &mut self,
        rules: &'r ObjectRules,
        guess: &'r Guess,
        place: &Place<'_>,
        patch: bool,
        seen: &mut Seen,
    ) -> Result<&'r Guess, Stop> {
        let start = self.lexer.at;
        if let Some((at, member)) = guess.get().and_then(|at| Some((*at, rules.members.get(*at)?)))
            && self.lexer.take_text(&member.written)
        {
            self.lexer.skip_space();
            return self.declared(start, at, member, place, patch, seen);
        }
        let name = self.lexer.string("expected the name of a member")?.text();
        self.lexer.skip_space();
        if !self.lexer.take(b':') {
            return self.lexer.wrong("expected : after the name of a member");
        }
        self.lexer.skip_space();
        if let Some((at, member)) = rules.member(&name) {
            let _ = guess.set(at);
            return self.declared(start, at, member, place, patch, seen);
        }
        self.undeclared(start, rules, &name, place, patch)?;
        self.names.push(name, start);
        Ok(guess)
    }

    fn undeclared(
        &mut self,
        start: usize,
        rules: &ObjectRules,
        name: &str,
        place: &Place<'_>,
        patch: bool,
    ) -> Result<(), Stop> {
        let place = Place::Member(place, name);
        match rules.rest {
            Some(_) if patch && self.lexer.peek() == Some(b'n') => self.lexer.literal("null"),
            Some(rest) => self.value(rest, &place, patch),
            None => {
                self.violation(start, &place, "unknown", &UNKNOWN)?;
                self.value(ANY, &place, false)
            }
        }
    }

    /// The value of a declared member.
    fn declared<'r>(
        &mut self,
        name_start: usize,
        at: usize,
        member: &'r MemberRules,
        place: &Place<'_>,
        patch: bool,
        seen: &mut Seen,
    ) -> Result<&'r Guess, Stop> {
        if !seen.insert(at) {
            return self.twice(name_start);
        }
        let (start, place) = (self.lexer.at, Place::Member(place, &member.name));
        if member.read_only && self.mode == Mode::Create {
            self.violation(start, &place, "read_only", &READ_ONLY)?;
            self.value(ANY, &place, false)?;
        } else if patch && self.lexer.peek() == Some(b'n') {
            self.lexer.literal("null")?;
            if member.required {
                self.violation(start, &place, "required", &REQUIRED)?;
            }
        } else {
            self.value(member.node, &place, patch)?;
        }
        Ok(&member.next)
    }

    fn twice<T>(&mut self, offset: usize) -> Result<T, Stop> {
        self.lexer.at = offset;
        self.lexer.wrong("a member of this name came before")
    }

    fn missing(&mut self, rules: &ObjectRules, seen: &Seen, place: &Place<'_>) -> Result<(), Stop> {
        let end = self.lexer.at.saturating_sub(1);
        for (at, member) in rules.members.iter().enumerate() {
            let demanded = member.required && !(member.read_only && self.mode == Mode::Create);
            if demanded && !seen.has(at) {
                self.violation(end, &Place::Member(place, &member.name), "required", &REQUIRED)?;
            }
        }
        Ok(())
    }
}

/// Whether a text has so many characters.
fn has_length(text: &str, chars_min: u64, chars_max: u64) -> bool {
    const BYTES_PER_CHAR_MAX: u64 = 4;
    let bytes = text.len() as u64;
    if bytes <= chars_max && bytes >= chars_min.saturating_mul(BYTES_PER_CHAR_MAX) {
        return true;
    }
    (chars_min..=chars_max).contains(&(text.chars().count() as u64))
}

fn is_float_in_range(rules: &NumberRules, token: &NumberToken<'_>) -> bool {
    let NumberRules { min, max, above, below, single, .. } = rules;
    if min.is_none() && max.is_none() && above.is_none() && below.is_none() && !single {
        return token.is_finite();
    }
    token.float().is_some_and(|float| {
        min.is_none_or(|min| float >= min)
            && max.is_none_or(|max| float <= max)
            && above.is_none_or(|above| float > above)
            && below.is_none_or(|below| float < below)
            && (!single || (float as f32).is_finite())
    })
}
