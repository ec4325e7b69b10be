//! What a compiled shape consists of: a flat arena of nodes that name each other by index.

use std::{borrow::Cow, sync::OnceLock};

use regex::Regex;

use crate::id::{ID_PATTERN, is_id};

use super::{format::Format, values::Values};

/// What was expected, as a violation says it.
pub(super) type Detail = Cow<'static, str>;

/// The index of a node in its arena.
pub(super) type NodeIndex = u32;

/// The node that takes every JSON value; every arena begins with it.
pub(super) const ANY: NodeIndex = 0;

/// All nodes of one schema.
#[derive(Debug)]
pub(super) struct Arena(pub(super) Vec<Node>);

impl Arena {
    pub(super) fn node(&self, index: NodeIndex) -> &Node {
        usize::try_from(index).ok().and_then(|at| self.0.get(at)).unwrap_or(&NOTHING)
    }
}

static NOTHING: Node = Node::of(Kinds::NONE);

/// A set of JSON types. An integer is a number without fraction and exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const NONE: Self = Self(0);
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOLEAN: Self = Self(2);
    pub(super) const INTEGER: Self = Self(4);
    /// Any number, also an integer.
    pub(super) const NUMBER: Self = Self(4 | 8);
    pub(super) const STRING: Self = Self(16);
    pub(super) const ARRAY: Self = Self(32);
    pub(super) const OBJECT: Self = Self(64);
    pub(super) const ALL: Self = Self(127);

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// What one place of a document may hold.
#[derive(Debug)]
pub(super) struct Node {
    /// The JSON types that are taken.
    pub(super) kinds: Kinds,
    /// `null` is taken whatever the other rules say.
    pub(super) nullable: bool,
    /// The detail of a `type` violation.
    pub(super) expected: Detail,
    pub(super) text: Option<Box<TextRules>>,
    pub(super) number: Option<Box<NumberRules>>,
    pub(super) list: Option<Box<ListRules>>,
    pub(super) object: Option<Box<ObjectRules>>,
    /// The values that are taken, where they are enumerated.
    pub(super) values: Option<Box<Values>>,
    /// Where there is one, the rules above are part of its alternatives and absent here.
    pub(super) choice: Option<Box<Choice>>,
}

impl Node {
    /// Takes every value of these types.
    pub(super) const fn of(kinds: Kinds) -> Self {
        Self {
            kinds,
            nullable: false,
            expected: Cow::Borrowed("expected no value here"),
            text: None,
            number: None,
            list: None,
            object: None,
            values: None,
            choice: None,
        }
    }
}

/// Rules of strings.
#[derive(Debug)]
pub(super) struct TextRules {
    pub(super) chars_min: u64,
    pub(super) chars_max: u64,
    pub(super) length: Detail,
    pub(super) pattern: Option<(Pattern, Detail)>,
    pub(super) format: Option<(Format, Detail)>,
}

/// What `pattern` says.
#[derive(Debug)]
pub(super) enum Pattern {
    /// The form of an id. It is most documents' most frequent pattern, and needs no regular expression.
    Id,
    Regex(Regex),
}

impl Pattern {
    pub(super) fn of(pattern: &str) -> Result<Self, regex::Error> {
        if pattern == ID_PATTERN { Ok(Self::Id) } else { Regex::new(pattern).map(Self::Regex) }
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        match self {
            Self::Id => is_id(text),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// Rules of numbers: the first pair where only integers are taken, the others where every number is.
#[derive(Debug)]
pub(super) struct NumberRules {
    pub(super) integer_min: i128,
    pub(super) integer_max: i128,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) above: Option<f64>,
    pub(super) below: Option<f64>,
    /// Only what is finite in 32 bits.
    pub(super) single: bool,
    pub(super) range: Detail,
}

/// Rules of arrays.
#[derive(Debug)]
pub(super) struct ListRules {
    pub(super) first: Vec<NodeIndex>,
    pub(super) rest: NodeIndex,
    pub(super) items_min: u64,
    pub(super) items_max: u64,
    pub(super) unique: bool,
    /// In a patch, its items are patches too.
    pub(super) patches: bool,
    pub(super) count: Detail,
}

/// Rules of objects.
#[derive(Debug)]
pub(super) struct ObjectRules {
    /// Sorted by name.
    pub(super) members: Vec<MemberRules>,
    /// Which of them is looked for first where an object begins.
    pub(super) first: Guess,
    /// What other members hold; `None`: there are none.
    pub(super) rest: Option<NodeIndex>,
    pub(super) members_min: u64,
    pub(super) members_max: u64,
    pub(super) count: Detail,
}

/// Rules of an object that holds whatever it likes.
pub(super) static OPEN: ObjectRules = ObjectRules {
    members: Vec::new(),
    first: Guess::new(),
    rest: Some(ANY),
    members_min: 0,
    members_max: u64::MAX,
    count: Cow::Borrowed(""),
};

/// The place of the member that came next in the first document that had one: documents of one program have their
/// members in one order, so that a name is mostly told without being read.
pub(super) type Guess = OnceLock<usize>;

impl ObjectRules {
    /// The declared member of a name, with its place.
    pub(super) fn member(&self, name: &str) -> Option<(usize, &MemberRules)> {
        // Names of different lengths, which most are, differ without a look at their bytes.
        const LINEAR_MEMBERS_MAX: usize = 32;
        if self.members.len() <= LINEAR_MEMBERS_MAX {
            return self.members.iter().enumerate().find(|(_, member)| *member.name == *name);
        }
        let at = self.members.binary_search_by(|member| (*member.name).cmp(name)).ok()?;
        self.members.get(at).map(|member| (at, member))
    }
}

/// A declared member of an object.
#[derive(Debug)]
pub(super) struct MemberRules {
    pub(super) name: Box<str>,
    /// As a document has it: the name in quotes, and the colon.
    pub(super) written: Box<str>,
    pub(super) node: NodeIndex,
    pub(super) required: bool,
    pub(super) read_only: bool,
    /// Which member is looked for first behind this one.
    pub(super) next: Guess,
}

impl MemberRules {
    pub(super) fn new(name: &str, node: NodeIndex, required: bool, read_only: bool) -> Self {
        let written = format!("{}:", serde_json::Value::from(name)).into();
        Self { name: name.into(), written, node, required, read_only, next: Guess::new() }
    }
}

/// Alternatives, of which a value must fit one.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) alternatives: Vec<NodeIndex>,
    pub(super) by: ChooseBy,
    /// `oneOf`: a value that fits two is refused.
    pub(super) exclusive: bool,
    /// All object alternatives in one, nothing of it mandatory: for merge patches and for looking up members.
    pub(super) merged: Option<NodeIndex>,
}

/// How an object finds its alternative.
#[derive(Debug)]
pub(super) enum ChooseBy {
    /// By trying.
    Trying,
    /// By the text that one member of it holds.
    Tag { name: Box<str>, texts: Vec<(Box<str>, NodeIndex)>, expected: Detail },
    /// By the name of its only member.
    Name { names: Vec<(Box<str>, NodeIndex)>, expected: Detail },
}
