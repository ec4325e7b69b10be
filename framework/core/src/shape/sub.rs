//! What callers hold: a shape, its parts by path, its members.

use std::sync::Arc;

use serde_json::Value;

use super::{
    compile::compile,
    lexer::Lexer,
    node::{ANY, Arena, Kinds, Node, NodeIndex, OPEN, ObjectRules},
    report::{Unsuitable, required_at},
    schema::ShapeError,
    walk::{Mode, ShapeLimits, check},
};

/// What documents of one kind must look like. Cheap to clone; a part of it is a shape too.
///
/// The dialect is JSON Schema 2020-12 as far as types have it. An object with declared properties is closed unless the
/// schema says that it is open. A schema with a rule that would not be enforced is refused.
///
/// ```
/// use enaction_core::shape::{Mode, Shape, ShapeLimits};
/// let shape = Shape::compile(&serde_json::json!({
///     "type": "object",
///     "properties": { "name": { "type": "string", "maxLength": 20 } },
///     "required": ["name"],
/// }))?;
/// assert!(shape.check(br#"{"name":"till 1"}"#, Mode::Create, &ShapeLimits::default()).is_ok());
/// assert!(shape.check(b"{}", Mode::Create, &ShapeLimits::default()).is_err());
/// assert!(shape.check(b"{}", Mode::Patch, &ShapeLimits::default()).is_ok());
/// # Ok::<_, enaction_core::shape::ShapeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Shape {
    arena: Arc<Arena>,
    node: NodeIndex,
}

/// A place of a shape, found by [`Shape::at`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Part {
    /// What is there.
    pub shape: Shape,
    /// It can not be removed.
    pub required: bool,
    /// It, or something around it, is written by the server only.
    pub read_only: bool,
}

/// A declared member of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member<'s> {
    /// Its name in documents.
    pub name: &'s str,
    /// It can not be absent.
    pub required: bool,
    /// Only the server writes it.
    pub read_only: bool,
}

/// The JSON type of a value, apart from null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShapeKind {
    /// An object.
    Object,
    /// An array.
    Array,
    /// A string.
    String,
    /// A number without fraction and exponent.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// Several of them.
    Any,
}

impl Shape {
    /// Compiles a schema document.
    ///
    /// # Errors
    /// The schema is not valid, has a rule or a format that would not be enforced, or an alternative of itself.
    pub fn compile(schema: &Value) -> Result<Self, ShapeError> {
        let (arena, node) = compile(schema)?;
        Ok(Self { arena: Arc::new(arena), node })
    }

    /// Checks a document.
    ///
    /// # Errors
    /// Not JSON or too deep, found anywhere in the document; else all violations at once.
    pub fn check(&self, bytes: &[u8], mode: Mode, limits: &ShapeLimits) -> Result<(), Unsuitable> {
        self.check_at("", bytes, mode, limits)
    }

    /// Checks a document that stands at a pointer of a greater one: pointers of violations begin with it.
    ///
    /// # Errors
    /// As [`Shape::check`].
    pub fn check_at(&self, prefix: &str, bytes: &[u8], mode: Mode, limits: &ShapeLimits) -> Result<(), Unsuitable> {
        check(&self.arena, self.node, bytes, mode, limits, prefix)
    }

    /// What is at a path of member names and item indices; `None` where the schema has nothing there.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<Part> {
        let mut part = Part { shape: self.clone(), required: true, read_only: false };
        for segment in path {
            let step = step(&self.arena, part.shape.node, segment)?;
            part.shape.node = step.node;
            part.required = step.required;
            part.read_only |= step.read_only;
        }
        Some(part)
    }

    /// The declared members of the object, by name. Where there are alternatives, those of all of them.
    pub fn members(&self) -> impl Iterator<Item = Member<'_>> {
        let node = self.arena.node(self.node);
        let merged = node.choice.as_ref().and_then(|choice| choice.merged).map(|merged| self.arena.node(merged));
        let rules = merged.unwrap_or(node).object.as_deref().unwrap_or(&OPEN);
        rules.members.iter().map(|member| Member {
            name: &member.name,
            required: member.required,
            read_only: member.read_only,
        })
    }

    /// The JSON type, apart from null.
    #[must_use]
    pub fn kind(&self) -> ShapeKind {
        match self.kinds() {
            Kinds::OBJECT => ShapeKind::Object,
            Kinds::ARRAY => ShapeKind::Array,
            Kinds::STRING => ShapeKind::String,
            Kinds::INTEGER => ShapeKind::Integer,
            Kinds::NUMBER => ShapeKind::Number,
            Kinds::BOOLEAN => ShapeKind::Boolean,
            _ => ShapeKind::Any,
        }
    }

    /// Whether null is a value.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        let node = self.arena.node(self.node);
        node.nullable || node.kinds.has(Kinds::NULL)
    }

    /// The text of a path segment or a query parameter as JSON of this type: a string is put in quotes, others are taken
    /// where they are written as JSON writes them. `None` where the text does not have the type.
    ///
    /// ```
    /// # use enaction_core::shape::Shape;
    /// let limit = Shape::compile(&serde_json::json!({ "type": "integer" }))?;
    /// assert_eq!(limit.text_to_json("10").as_deref(), Some("10"));
    /// assert_eq!(limit.text_to_json("010"), None);
    /// # Ok::<_, enaction_core::shape::ShapeError>(())
    /// ```
    #[must_use]
    pub fn text_to_json(&self, text: &str) -> Option<String> {
        let kinds = self.kinds();
        if kinds.has(Kinds::STRING) {
            return serde_json::to_string(text).ok();
        }
        let mut lexer = Lexer::new(text);
        let number = lexer.number().ok().filter(|_| lexer.peek().is_none());
        let fits = match (number, text) {
            (Some(number), _) if number.is_integer => kinds.has(Kinds::INTEGER) && number.is_finite(),
            (Some(number), _) => kinds.has(Kinds::NUMBER) && number.is_finite(),
            (None, "true" | "false") => kinds.has(Kinds::BOOLEAN),
            _ => false,
        };
        fits.then(|| text.to_owned())
    }

    fn kinds(&self) -> Kinds {
        self.arena.node(self.node).kinds.without(Kinds::NULL)
    }
}

impl Part {
    /// Checks the bare value of this place. In a patch null removes it, which is a violation where it is required.
    /// Pointers begin with the prefix.
    ///
    /// # Errors
    /// As [`Shape::check`].
    pub fn check_at(&self, prefix: &str, bytes: &[u8], mode: Mode, limits: &ShapeLimits) -> Result<(), Unsuitable> {
        if mode == Mode::Patch && bytes.trim_ascii() == b"null" {
            return if self.required { Err(required_at(prefix)) } else { Ok(()) };
        }
        self.shape.check_at(prefix, bytes, mode, limits)
    }
}

struct Step {
    node: NodeIndex,
    required: bool,
    read_only: bool,
}

fn step(arena: &Arena, index: NodeIndex, segment: &str) -> Option<Step> {
    let node = arena.node(index);
    if let Some(choice) = &node.choice {
        let member = choice.merged.and_then(|merged| step(arena, merged, segment));
        return member.or_else(|| choice.alternatives.iter().find_map(|one| step(arena, *one, segment)));
    }
    let member = node.kinds.has(Kinds::OBJECT).then(|| member(node.object.as_deref().unwrap_or(&OPEN), segment));
    member.flatten().or_else(|| item(node, segment))
}

fn member(rules: &ObjectRules, name: &str) -> Option<Step> {
    match rules.member(name) {
        Some((_, member)) => Some(Step { node: member.node, required: member.required, read_only: member.read_only }),
        None => rules.rest.map(|node| Step { node, required: false, read_only: false }),
    }
}

fn item(node: &Node, segment: &str) -> Option<Step> {
    let canonical = segment == "0" || !segment.starts_with('0');
    let digits = segment.bytes().all(|byte| byte.is_ascii_digit());
    let index: usize = segment.parse().ok().filter(|_| canonical && digits && node.kinds.has(Kinds::ARRAY))?;
    let node = match &node.list {
        None => ANY,
        Some(rules) if (index as u64) < rules.items_max => rules.first.get(index).copied().unwrap_or(rules.rest),
        Some(_) => return None,
    };
    Some(Step { node, required: false, read_only: false })
}
