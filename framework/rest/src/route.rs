//! Route: path to target, method to operation. OPTIONS ends here.

use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use actix_http::header::{self, HeaderValue};
use arc_swap::ArcSwap;
use enaction_core::{Operation, catalogue, table::Method};

use crate::{
    pages::Page,
    refused::Refused,
    target::{Ready, Target},
};

/// A table of operations that no router can be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unroutable(String);

impl fmt::Display for Unroutable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "build the router: {}", self.0)
    }
}

impl std::error::Error for Unroutable {}

/// The router that is in use. It is swapped whole, so that every request sees one table.
pub(crate) struct Routes(ArcSwap<Router>);

impl Routes {
    pub(crate) fn new(router: Router) -> Self {
        Self(ArcSwap::from_pointee(router))
    }

    pub(crate) fn swap(&self, router: Router) {
        self.0.store(Arc::new(router));
    }

    /// What a path (as [`path::read`](crate::path::read) gives it) names, and the parameters in it.
    pub(crate) fn find<'p>(&self, path: &'p str) -> Result<Found<'p>, Refused> {
        let router = self.0.load();
        let found = router.0.at(path).map_err(|_| Refused::from(catalogue::NOT_FOUND))?;
        Ok(Found {
            target: Arc::clone(found.value),
            parameters: found.params.iter().map(|(_, value)| Cow::Borrowed(value)).collect(),
        })
    }
}

/// What a path names.
pub(crate) struct Found<'p> {
    pub(crate) target: Arc<Target>,
    /// The values of the parameters, in the order of the template.
    pub(crate) parameters: Vec<Cow<'p, str>>,
}

/// What a method of a target leads to.
pub(crate) enum Leads<'t> {
    Options,
    Page(&'t Page),
    Operation(&'t Ready),
}

/// What a method of a target leads to; 405 when to nothing.
pub(crate) fn lead<'t>(target: &'t Target, method: &str) -> Result<Leads<'t>, Refused> {
    if method == "OPTIONS" {
        return Ok(Leads::Options);
    }
    let method = Method::parse(method);
    let page = target.page.as_ref().filter(|_| method == Some(Method::Get)).map(Leads::Page);
    let operation = || method.and_then(|method| target.of(method)).map(Leads::Operation);
    page.or_else(operation).ok_or_else(|| not_allowed(target.allow()))
}

/// 405 with the methods that the target has.
pub(crate) fn not_allowed(allow: HeaderValue) -> Refused {
    Refused::from(catalogue::METHOD_NOT_ALLOWED).with(&header::ALLOW, allow)
}

/// A radix tree from path to target.
pub(crate) struct Router(matchit::Router<Arc<Target>>);

impl Router {
    pub(crate) fn new(operations: &[Arc<Operation>], pages: Vec<(&str, Page)>) -> Result<Self, Unroutable> {
        let mut targets: BTreeMap<String, Target> = BTreeMap::new();
        for (path, page) in pages {
            targets.entry(normal(path)).or_default().page = Some(page);
        }
        for operation in operations {
            if !targets.entry(normal(&operation.path)).or_default().put(operation) {
                let method = operation.method.as_str();
                return Err(Unroutable(format!("{method} {}: another operation or page is there", operation.path)));
            }
        }
        let mut tree = matchit::Router::new();
        for (path, target) in targets.into_iter().filter(|(_, target)| !target.is_free()) {
            tree.insert(&path, Arc::new(target)).map_err(|error| Unroutable(format!("{path}: {error}")))?;
        }
        Ok(Self(tree))
    }
}

/// A template whose parameters are named by their position, because templates of one place may name it differently.
fn normal(template: &str) -> String {
    let mut position = 0;
    let segments = template.split('/').map(|segment| {
        if !segment.starts_with('{') {
            return segment.replace('{', "{{").replace('}', "}}");
        }
        position += 1;
        format!("{{p{position}}}")
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn parameters_are_named_by_their_position() {
        for (template, expected) in [
            ("/baskets", "/baskets"),
            ("/baskets/{id}", "/baskets/{p1}"),
            ("/baskets/{basket}/items/{key}", "/baskets/{p1}/items/{p2}"),
        ] {
            assert_eq!(normal(template), expected);
        }
    }
}
