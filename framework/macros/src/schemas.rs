//! `schema(2, changes = "..", up = .., down = ..)` of an entity: the steps from one schema to the next.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, Lit, Meta, Token, punctuated::Punctuated};

use crate::{
    arguments::{self, Argument},
    errors::Errors,
};

/// The step to a schema from the one before.
pub(crate) struct Schema {
    mark: Meta,
    version: u16,
    changes: Vec<String>,
    up: Option<Expr>,
    down: Option<Expr>,
}

const EXPECTED: &str = "expected `schema(2, changes = \"name, title\", up = function, down = function)`";

impl Schema {
    pub(crate) fn read(mark: &Meta, errors: &mut Errors) -> Option<Self> {
        let list = errors.take(mark.require_list().cloned())?;
        let given = errors.take(list.parse_args_with(Punctuated::<Argument, Token![,]>::parse_terminated))?;
        let mut schema = Self { mark: mark.clone(), version: 0, changes: Vec::new(), up: None, down: None };
        for argument in given {
            match argument {
                Argument::Literal(Lit::Int(version)) => schema.version = errors.take(version.base10_parse())?,
                Argument::Meta(meta) if meta.path().is_ident("changes") => {
                    schema.changes = arguments::names(&meta, errors);
                }
                Argument::Meta(meta) if meta.path().is_ident("up") => schema.up = arguments::expression(&meta, errors),
                Argument::Meta(meta) if meta.path().is_ident("down") => {
                    schema.down = arguments::expression(&meta, errors);
                }
                Argument::Meta(other) => return refused(other, errors),
                Argument::Literal(other) => return refused(other, errors),
                Argument::Crate(path) => return refused(path, errors),
            }
        }
        if schema.up.is_none() || schema.changes.is_empty() {
            return refused(mark, errors);
        }
        Some(schema)
    }
}

fn refused(place: impl ToTokens, errors: &mut Errors) -> Option<Schema> {
    errors.at(place, EXPECTED);
    None
}

/// Every schema behind the first, each once and in order.
pub(crate) fn in_order(schemas: &[Schema], errors: &mut Errors) {
    for (schema, expected) in schemas.iter().zip(2_u16..) {
        if schema.version != expected {
            let what = "the first schema needs no step, and each later one has its own, in order";
            return errors.at(&schema.mark, format!("{what}: expected `schema({expected}, ..)`"));
        }
        if schema.changes.iter().any(|member| member == "id") {
            errors.at(&schema.mark, "an id names its entity in URLs: no schema changes it");
        }
    }
}

/// What the names of indexes of these members begin with. From the last schema that changed one of them on they are other
/// indexes, so that entries of two schemas are not taken for each other.
pub(crate) fn index_prefix(collection: &str, schemas: &[Schema], members: &[&String]) -> String {
    let changes = |schema: &&Schema| members.iter().any(|member| schema.changes.contains(member));
    let last = schemas.iter().rev().find(changes);
    last.map_or_else(|| collection.to_owned(), |last| format!("{collection}#{}", last.version))
}

/// The items of the impl of an entity: its version, and its steps.
pub(crate) fn items(facade: &TokenStream, schemas: &[Schema]) -> Option<TokenStream> {
    let version = schemas.last()?.version;
    let steps = schemas.iter().map(|Schema { changes, up, down, .. }| {
        let down = down
            .as_ref()
            .map_or_else(|| quote!(::core::option::Option::None), |down| quote!(::core::option::Option::Some(#down)));
        quote!(#facade::Step { changes: &[#(#changes),*], up: #up, down: #down })
    });
    Some(quote! {
        const SCHEMA_VERSION: u16 = #version;
        const STEPS: &'static [#facade::Step] = &[#(#steps),*];
    })
}

/// The version as data of the schema, for everything that is derived from it.
pub(crate) fn schema(schemas: &[Schema]) -> Option<TokenStream> {
    let version = schemas.last()?.version;
    Some(quote!(#[schemars(extend("x-schema-version" = #version))]))
}
