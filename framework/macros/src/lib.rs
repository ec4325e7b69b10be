//! The attributes of Enaction, thin: each emits a static description and one impl. They are used through the crate
//! `enaction`, whose paths they emit; `crate = other` as an argument serves the crates below it.

use proc_macro::TokenStream;

mod arguments;
mod data;
mod entity;
mod errors;
mod lists;
mod process;
mod schemas;
mod value;

/// Makes an async function a process.
///
/// The function is left alone. Beside it stands, in the type namespace, a struct of its name that describes it, so that
/// `.create::<open>()` binds it. The doc comment is the description and is needed. The first parameter is
/// `&ReadContext` (a query) or `&mut WriteContext` (a command); the others are owned types.
///
/// Arguments: `permission = "name"` (default: the name under which it is bound), `public`, `faults(CODE, ..)`.
///
/// Where a function without the attribute is bound, the compiler says "constant provided when a type was expected".
#[proc_macro_attribute]
pub fn process(arguments: TokenStream, item: TokenStream) -> TokenStream {
    process::expand(arguments.into(), item.into()).into()
}

/// Makes a struct an entity: `#[entity("baskets")]`.
///
/// Members are camelCase and optional; absent, they take their type's default or the declared one. `created` and
/// `modified` are added. Arguments: the collection; `unique = "member"`; `unique_installation = "member"`;
/// `owned_by = "company"`; `schema(2, changes = "name, title", up = path, down = path)` for each schema behind the first: what
/// differs, and the functions that make a stored document of the schema before into one of it and back (`down` may be left
/// out, where no older program runs beside this one while it writes); and `list(by = "basketType, customerId", sort = "-created")` for each
/// order in which the collection can be listed: items are selected by equality on the first members of `by` and `sort`,
/// then by at most one range, prefix or `in`, and come in the order of what remains. On members, `#[entity(..)]`: `read_only`, `required`,
/// `default = value`, `pattern = "regular expression"`, `sensitive = "permission"` (without it the member does not exist:
/// it is left out of answers, its URL is 404, and a write neither takes nor loses it);
/// on the id: `random128_base32`, `drawn` (clients may not give it), `given` (it is never drawn).
/// `#[validate(..)]` holds the rules of members; `#[validate(schema(function = "check"))]` names a function of the whole.
#[proc_macro_attribute]
pub fn entity(arguments: TokenStream, item: TokenStream) -> TokenStream {
    entity::expand(arguments.into(), item.into()).into()
}

/// Makes a struct or an enum a plain value: a part of an entity, a parameter or an answer.
///
/// Members are as those of an entity, with `#[value(..)]`: `read_only`, `required`, `default = value`, `pattern`, `sensitive`,
/// `key` (it names the elements of a list of these). A struct of one unnamed member is that member. Variants without members are written in
/// upper case with underscores.
#[proc_macro_attribute]
pub fn value(arguments: TokenStream, item: TokenStream) -> TokenStream {
    value::expand(arguments.into(), item.into(), false).into()
}

/// Makes a struct the flags of an operation: query parameters that steer the service and are never data of the entity.
#[proc_macro_attribute]
pub fn flags(arguments: TokenStream, item: TokenStream) -> TokenStream {
    value::expand(arguments.into(), item.into(), true).into()
}
