//! The query string: the flags of a process as its input, and what is asked of the framework itself. Every mistake at once.

use std::{borrow::Cow, collections::HashSet};

use serde_json::Value;

use crate::{
    Fields, PageRequest, Result, Violation, catalogue,
    fault::pointer,
    limits::Limits,
    query::{Queries, filter_name, read_filters, split_at_commas},
    shape::Unsuitable,
    table::Effect,
};

use super::{
    Input, ParameterKind, Process,
    bound::BoundParameter,
    unwrap::{Request, searches, shape_limits},
};

/// What is asked of the framework beside the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Whether nothing is to be written: `validateOnly=true`.
    pub validate_only: bool,
    /// Which members of the answer are wanted: `fields=id,items.quantity`.
    pub fields: Option<Fields>,
}

/// The flag that every write has.
const VALIDATE_ONLY: &str = "validateOnly";
/// The flag of every GET whose answer has members.
pub(super) const FIELDS: &str = "fields";
/// The flag that orders a list.
const SORT: &str = "sort";

/// Reads the query string of a request: the flags of the process into its input, and gives what the others say.
pub(super) fn read(process: &Process, request: &Request<'_>, limits: &Limits, input: &mut Input) -> Result<Wishes> {
    let query = request.query.unwrap_or_default();
    let flags = || process.parameters.iter().enumerate().filter(|(_, one)| one.kind == ParameterKind::Flags);
    if query.is_empty() && flags().next().is_none() {
        return Ok(Wishes::default());
    }
    let pairs = parse(query)?;
    let mut reader = Reader { process, request, limits, pairs: &pairs, violations: Vec::new(), limit: None };
    reader.names(|name| flags().any(|(_, one)| one.flags.iter().any(|(flag, _)| flag == name)));
    for (index, parameter) in flags() {
        reader.parameter(index, parameter, input)?;
    }
    let wishes = reader.wishes();
    if reader.violations.is_empty() {
        return Ok(wishes);
    }
    reader.violations.truncate(limits.violations_max.max(1));
    let fault = catalogue::QUERY_INVALID.fault().with_violations(reader.violations);
    Err(match reader.limit {
        Some(limit) => fault.with_limit(limit),
        None => fault,
    })
}

struct Reader<'r> {
    process: &'r Process,
    request: &'r Request<'r>,
    limits: &'r Limits,
    pairs: &'r [Pair<'r>],
    violations: Vec<Violation>,
    /// The limit that was exceeded.
    limit: Option<&'static str>,
}

impl Reader<'_> {
    /// Whether a name is a flag of the framework.
    fn is_own(&self, name: &str) -> bool {
        match name {
            VALIDATE_ONLY => self.request.may_validate_only && self.process.effect == Effect::Command,
            FIELDS => self.request.may_select && !searches(self.process),
            _ => false,
        }
    }

    /// Whether a name selects.
    fn is_filter(&self, name: &str) -> bool {
        self.process.queries.is_some() && filter_name(name).is_some()
    }

    /// Each is known, and comes once; what selects is told where it is read.
    fn names(&mut self, is_flag: impl Fn(&str) -> bool) {
        let mut before = HashSet::new();
        for Pair { name, .. } in self.pairs {
            if self.is_filter(name) {
                continue;
            }
            if !self.is_own(name) && !is_flag(name) {
                self.violations.push(Violation::new(pointer(name), "unknown", "there is no such query parameter"));
            } else if !before.insert(name) {
                self.violations.push(Violation::new(pointer(name), "repeated", "expected once"));
            }
        }
    }

    /// The document of one parameter.
    fn parameter(&mut self, index: usize, parameter: &BoundParameter, input: &mut Input) -> Result<()> {
        let mut document = vec![b'{'];
        for (name, shape) in &parameter.flags {
            let Some(pair) = self.pairs.iter().find(|one| one.name == *name) else { continue };
            match shape.text_to_json(&pair.text) {
                Some(value) => put(&mut document, name, &value),
                None => self.violations.push(Violation::new(pointer(name), "type", "expected another type of value")),
            }
        }
        let queries = self.process.queries.as_ref().filter(|(page, _)| *page == index).map(|(_, queries)| queries);
        if let Some(queries) = queries.filter(|_| self.pairs.iter().any(Pair::is_of_query)) {
            put(&mut document, "filter", &self.query(queries).to_string());
        }
        document.push(b'}');
        match parameter.shape.check(&document, parameter.mode(), &shape_limits(self.limits)) {
            Err(Unsuitable::Violations(more)) => self.violations.extend(more),
            Err(other) => return Err(other.into()),
            Ok(()) => input.set(index, document.into()),
        }
        Ok(())
    }

    /// The filter of a query. What is not declared is told here already, so that no later mistake is told before.
    fn query(&mut self, queries: &Queries) -> Value {
        let filters = self.pairs.iter().filter(|one| self.is_filter(&one.name)).map(|one| (&*one.name, one.raw));
        let (filter, found) = read_filters(queries, filters, self.request.withheld, self.limits);
        if found.is_empty() {
            // One with a comma in a name is empty, and so names nothing.
            let sort = self.pairs.iter().find(|one| one.name == SORT).map(|one| one.names().unwrap_or_default());
            let page = PageRequest { filter: filter.clone(), sort, ..PageRequest::default() };
            if let Err(fault) = queries.plan(&page, self.request.withheld, self.limits) {
                self.limit = self.limit.or(fault.limit());
                self.violations.extend(fault.violations().iter().cloned());
            }
        }
        self.violations.extend(found);
        filter.into()
    }

    fn wishes(&mut self) -> Wishes {
        let mut wishes = Wishes::default();
        for pair in self.pairs.iter().filter(|one| self.is_own(&one.name)).collect::<Vec<_>>() {
            if pair.name == FIELDS {
                let names = split_at_commas(pair.raw).unwrap_or_default();
                match self.process.fields(names.iter().map(AsRef::as_ref), self.request.withheld, self.limits) {
                    Ok(fields) => wishes.fields = Some(fields),
                    Err(fault) => {
                        self.limit = self.limit.or(fault.limit());
                        self.violations.extend(fault.violations().iter().cloned());
                    }
                }
            } else if let Ok(asked) = pair.text.parse() {
                wishes.validate_only = asked;
            } else {
                self.violations.push(Violation::new(pointer(VALIDATE_ONLY), "type", "expected true or false"));
            }
        }
        wishes
    }
}

/// Puts a member into a document without its end.
pub(super) fn put(document: &mut Vec<u8>, name: &str, value: &str) {
    if document.len() > 1 {
        document.push(b',');
    }
    document.extend_from_slice(&serde_json::to_vec(name).unwrap_or_default());
    document.push(b':');
    document.extend_from_slice(value.as_bytes());
}

/// One parameter of a query string.
struct Pair<'q> {
    /// Decoded.
    name: Cow<'q, str>,
    raw: &'q str,
    /// The raw value, decoded.
    text: Cow<'q, str>,
}

impl Pair<'_> {
    /// Whether it says what is selected or in which order.
    fn is_of_query(&self) -> bool {
        self.name == SORT || filter_name(&self.name).is_some()
    }

    /// The names between raw commas; nothing where one of them holds a comma, which no member does.
    fn names(&self) -> Option<String> {
        let names = split_at_commas(self.raw)?;
        (!names.iter().any(|name| name.contains(','))).then(|| names.join(","))
    }
}

fn parse(query: &str) -> Result<Vec<Pair<'_>>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, raw) = pair.split_once('=').unwrap_or((pair, ""));
        Some(Pair { name: percent_decode(name, true)?, raw, text: percent_decode(raw, true)? })
    });
    let pairs = pairs.collect::<Option<_>>();
    pairs.ok_or_else(|| catalogue::QUERY_INVALID.because("expected percent-encoded UTF-8"))
}

/// Decodes `%XX`, and `+` as a space where `plus` says so; `None` when it is no UTF-8 or not well formed.
#[must_use]
pub fn percent_decode(text: &str, plus: bool) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| byte == b'%' || (plus && byte == b'+')) {
        return Some(text.into());
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digit =
                    |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(bytes.next())? * 16 + digit(bytes.next())?
            }
            b'+' if plus => b' ',
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}
