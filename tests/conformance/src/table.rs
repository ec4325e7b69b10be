//! What was observed, per kind of target and method, held against a table of conventions.

use std::collections::{BTreeMap, BTreeSet};

use enaction_core::table::{Cell, Convention, IdempotencyKey, Method, Preconditions, Row, Target as Kind};

/// What was seen of one method on one kind of target.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The conventions by which it succeeded, with the paths where it did.
    pub works: Vec<(Convention, String)>,
    /// Paths where it is 405.
    pub refused: BTreeSet<String>,
    /// Paths where it is 404 or 409.
    pub taken: BTreeSet<String>,
}

/// What was observed.
#[derive(Clone, Debug, Default)]
pub struct Observations(pub BTreeMap<(Kind, Method), Seen>);

impl Observations {
    fn seen(&mut self, kind: Kind, method: Method) -> &mut Seen {
        self.0.entry((kind, method)).or_default()
    }

    pub(crate) fn works(&mut self, kind: Kind, method: Method, path: &str, convention: Convention) {
        self.seen(kind, method).works.push((convention, path.to_owned()));
    }

    pub(crate) fn refused(&mut self, kind: Kind, method: Method, path: &str) {
        self.seen(kind, method).refused.insert(path.to_owned());
    }

    pub(crate) fn taken(&mut self, kind: Kind, method: Method, path: &str) {
        self.seen(kind, method).taken.insert(path.to_owned());
    }
}

/// Where a table says something else than what was observed. `plain` is the path of a resource that declares nothing but
/// what is stored: on it, exactly what a table has by itself succeeds.
#[must_use]
pub fn disagreements(observed: &Observations, table: &[Row], plain: &str) -> Vec<String> {
    let mut found = Vec::new();
    for row in table {
        for (method, cell) in Method::ALL.into_iter().zip(&row.cells) {
            let nothing = Seen::default();
            let seen = observed.0.get(&(row.target, method)).unwrap_or(&nothing);
            if let Some(why) = disagreement(row.target, cell, seen, plain) {
                found.push(format!("{} {:?}: {why}", method.as_str(), row.target));
            }
        }
    }
    found
}

fn disagreement(kind: Kind, cell: &Cell, seen: &Seen, plain: &str) -> Option<String> {
    let below = |path: &str| path == plain || path.strip_prefix(plain).is_some_and(|rest| rest.starts_with('/'));
    let by_itself = seen.works.iter().any(|(_, path)| below(path));
    let says = |holds: bool, why: &str| (!holds).then(|| format!("the table says {cell:?}, but {why}"));
    match cell {
        Cell::Refused => says(seen.works.is_empty() && seen.taken.is_empty(), "it does not stay 405")
            .or_else(|| says(!seen.refused.is_empty(), "it was never 405")),
        Cell::Taken => says(seen.works.is_empty(), "it succeeds")
            .or_else(|| says(!seen.taken.is_empty(), "it was never 404 and 409")),
        Cell::Bound(convention) | Cell::OptIn(convention) => {
            let other = seen.works.iter().find(|(one, _)| !declared(kind, one, convention));
            let exact = seen.works.iter().any(|(one, _)| one == convention);
            let stored = matches!(kind, Kind::Collection | Kind::Item | Kind::Property);
            let bound = matches!(cell, Cell::Bound(_));
            let beside = matches!(kind, Kind::Search | Kind::Batch);
            says(exact, "it never succeeds so")
                .or_else(|| other.and_then(|(one, path)| says(false, &format!("{path} is {one:?}"))))
                .or_else(|| says(seen.taken.is_empty(), "it is 404 and 409"))
                .or_else(|| says(!stored || by_itself == bound, "what is stored does otherwise by itself"))
                // Without a declaration there is no path that ends with a word behind a colon.
                .or_else(|| says(bound || beside || !seen.refused.is_empty(), "it was never 405"))
                // What a singleton binds it declares, whatever the table says.
                .or_else(|| says(!bound || stored || kind == Kind::Singleton || seen.refused.is_empty(), "it was 405"))
        }
    }
}

/// What a declaration may make of a convention: an action that makes something answers as a creation does, what takes
/// preconditions or a key may demand them, and what shows a secret takes no key.
fn declared(kind: Kind, seen: &Convention, told: &Convention) -> bool {
    let preconditions = match (told.preconditions, seen.preconditions) {
        (Preconditions::Taken, Preconditions::Demanded) => seen.preconditions,
        _ => told.preconditions,
    };
    let idempotency_key = match (told.idempotency_key, seen.idempotency_key) {
        (IdempotencyKey::Taken, any) => any,
        _ => told.idempotency_key,
    };
    let told = Convention { preconditions, idempotency_key, ..*told };
    *seen == told || kind == Kind::Action && *seen == Convention { success: 201, location: true, ..told }
}
