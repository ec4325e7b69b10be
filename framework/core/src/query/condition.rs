//! What a filter says of one member, read from its document. Every mistake is told at once, up to `violations_max`.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{
    Violation, Withheld,
    limits::Limits,
    shape::{Mode, ShapeLimits, Unsuitable},
};

use super::queries::{Form, Member, Queries};

/// What has to hold for a member.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    /// It has this value; null where it is absent.
    Equal(Value),
    /// It lies between these, each with whether the bound itself does.
    Between(Option<(Value, bool)>, Option<(Value, bool)>),
    /// It begins with this.
    Prefix(String),
    /// It is one of these.
    In(Vec<Value>),
    /// It is not absent.
    Exists,
}

/// So many characters of a text stand in an index, and one more.
const CHARS_MAX: usize = crate::store::INDEX_TEXT_CHARS - 1;

type Text = Cow<'static, str>;

/// Reads the conditions of one query.
pub(super) struct Reader<'a> {
    pub(super) queries: &'a Queries,
    pub(super) withheld: &'a Withheld,
    pub(super) limits: &'a Limits,
    pub(super) violations: Vec<Violation>,
    /// The limit that was exceeded.
    pub(super) limit: Option<&'static str>,
    values: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(queries: &'a Queries, withheld: &'a Withheld, limits: &'a Limits) -> Self {
        Self { queries, withheld, limits, violations: Vec::new(), limit: None, values: 0 }
    }

    /// The conditions of a filter, by the position of their member.
    pub(super) fn conditions(&mut self, filter: &Map<String, Value>) -> Vec<(usize, Condition)> {
        let queries = self.queries;
        let mut all = Vec::new();
        for (name, given) in filter {
            if self.is_enough() {
                break;
            }
            match queries.find(name, self.withheld) {
                None => self.not_declared(format!("/filter[{name}]")),
                Some((position, member)) => {
                    all.extend(self.condition(member, given).map(|condition| (position, condition)));
                }
            }
        }
        all
    }

    pub(super) fn not_declared(&mut self, pointer: String) {
        let told = self.queries.told(self.withheld);
        self.tell(pointer, "not_declared", told);
    }

    pub(super) fn tell(&mut self, pointer: impl Into<String>, code: impl Into<Text>, detail: impl Into<Text>) {
        if self.violations.len() < self.limits.violations_max.max(1) {
            self.violations.push(Violation::new(pointer, code, detail));
        }
    }

    /// Whether it is refused, and what comes behind would not be told.
    pub(super) fn is_enough(&self) -> bool {
        self.values > self.limits.filter_values_max || self.violations.len() >= self.limits.violations_max.max(1)
    }

    fn condition(&mut self, member: &Member, given: &Value) -> Option<Condition> {
        let at = format!("/filter[{}]", member.name);
        let Value::Object(operators) = given else {
            return self.value(member, given, &at).map(Condition::Equal);
        };
        let (mut low, mut high, mut others) = (None, None, Vec::new());
        let before = self.violations.len();
        for (operator, given) in operators {
            if self.is_enough() {
                return None;
            }
            let at = format!("{at}[{operator}]");
            let bound = match operator.as_str() {
                "ge" | "gt" => &mut low,
                "le" | "lt" => &mut high,
                _ => {
                    others.extend(self.operator(member, operator, given, &at));
                    continue;
                }
            };
            if bound.is_some() {
                self.tell(at.clone(), "repeated", "expected one bound on each side");
            }
            *bound = self.value(member, given, &at).map(|value| (value, operator.ends_with('e')));
        }
        let between = (low.is_some() || high.is_some()).then_some(Condition::Between(low, high));
        let mut all = others.into_iter().chain(between);
        match (all.next(), all.next()) {
            (Some(only), None) => Some(only),
            (None, _) if self.violations.len() > before => None,
            _ => {
                self.tell(at, "repeated", "expected one condition, or one range");
                None
            }
        }
    }

    fn operator(&mut self, member: &Member, operator: &str, given: &Value, at: &str) -> Option<Condition> {
        match (operator, given) {
            ("in", Value::Array(values)) => {
                let (mut read, before) = (Vec::new(), self.violations.len());
                for value in values {
                    if self.is_enough() {
                        return None;
                    }
                    read.extend(self.value(member, value, at));
                }
                (self.violations.len() == before).then_some(Condition::In(read))
            }
            ("exists", Value::Bool(true)) => Some(Condition::Exists),
            ("exists", Value::Bool(false)) => Some(Condition::Equal(Value::Null)),
            ("prefix", Value::String(text)) if member.form == Form::Text => {
                self.room(text, at).then(|| Condition::Prefix(text.clone()))
            }
            ("in" | "exists" | "prefix", _) => {
                self.tell(at, "type", "expected another type of value");
                None
            }
            _ => {
                let detail = "expected one of ge, gt, le, lt, in, prefix, exists";
                self.tell(at, "unknown", detail);
                None
            }
        }
    }

    /// A value as the index has it.
    fn value(&mut self, member: &Member, given: &Value, at: &str) -> Option<Value> {
        self.one_more(at);
        if let Value::String(text) = given {
            if !self.room(text, at) {
                return None;
            }
            if member.form == Form::Time {
                let time = member.time(text).map(Value::from);
                if time.is_none() {
                    self.tell(at, "format", "expected a time as in RFC 3339");
                }
                return time;
            }
        }
        let document = Bytes::from(serde_json::to_vec(given).unwrap_or_default());
        match member.shape.check(&document, Mode::Full, &ShapeLimits::default()) {
            Ok(()) => Some(given.clone()),
            Err(Unsuitable::Violations(found)) => {
                found.into_iter().for_each(|one| self.tell(at, one.code, one.detail));
                None
            }
            Err(_) => {
                self.tell(at, "type", "expected another type of value");
                None
            }
        }
    }

    /// Whether a text is short enough to stand in an index.
    fn room(&mut self, text: &str, at: &str) -> bool {
        let most = self.limits.filter_value_chars_max.min(CHARS_MAX);
        let fits = text.chars().nth(most).is_none();
        if !fits {
            self.limit.get_or_insert("filter_value_chars_max");
            self.tell(at, "length", format!("expected at most {most} characters"));
        }
        fits
    }

    fn one_more(&mut self, at: &str) {
        self.values += 1;
        let most = self.limits.filter_values_max;
        if self.values == most + 1 {
            self.limit.get_or_insert("filter_values_max");
            self.tell(at, "items", format!("expected at most {most} values"));
        }
    }
}
