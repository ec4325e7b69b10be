//! `list(by = "..", sort = "..")` of an entity: the orders in which its collection can be listed.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Meta, Token, Type, punctuated::Punctuated};

use crate::{
    arguments::{self, Argument},
    data::{Member, serde_says},
    errors::Errors,
    schemas::{self, Schema},
};

/// A declared order, members as serialised.
pub(crate) struct List {
    mark: Meta,
    by: Vec<String>,
    /// Each with whether it descends.
    sort: Vec<(String, bool)>,
}

impl List {
    pub(crate) fn read(mark: &Meta, errors: &mut Errors) -> Option<Self> {
        let list = errors.take(mark.require_list().cloned())?;
        let given = errors.take(list.parse_args_with(Punctuated::<Argument, Token![,]>::parse_terminated))?;
        let (mut by, mut sort) = (Vec::new(), Vec::new());
        for argument in given {
            match argument {
                Argument::Meta(meta) if meta.path().is_ident("by") => by = arguments::names(&meta, errors),
                Argument::Meta(meta) if meta.path().is_ident("sort") => {
                    sort = arguments::names(&meta, errors).iter().map(|one| direction(one)).collect();
                }
                Argument::Meta(other) => return refused(other, errors),
                Argument::Literal(other) => return refused(other, errors),
                Argument::Crate(path) => return refused(path, errors),
            }
        }
        if by.is_empty() && sort.is_empty() {
            return refused(mark, errors);
        }
        Some(Self { mark: mark.clone(), by, sort })
    }

    /// All members in the order of the index.
    fn members(&self) -> impl Iterator<Item = (&String, bool)> {
        self.by.iter().map(|name| (name, false)).chain(self.sort.iter().map(|(name, descends)| (name, *descends)))
    }

    /// As texts: those that select, and those that order with a `-` before what descends.
    fn texts(&self) -> (&[String], Vec<String>) {
        let sort = self.sort.iter().map(|(name, descends)| format!("{}{name}", if *descends { "-" } else { "" }));
        (&self.by, sort.collect())
    }
}

const EXPECTED: &str = "expected `list(by = \"basketType, customerId\", sort = \"-created\")`";

fn refused(place: impl ToTokens, errors: &mut Errors) -> Option<List> {
    errors.at(place, EXPECTED);
    None
}

fn direction(name: &str) -> (String, bool) {
    name.strip_prefix('-').map_or((name.to_owned(), false), |name| (name.to_owned(), true))
}

/// The items of the impl of an entity: its lists, and where it stands in them.
pub(crate) fn items(
    facade: &TokenStream,
    collection: &str,
    lists: &[List],
    schemas: &[Schema],
    members: &[Member],
    errors: &mut Errors,
) -> TokenStream {
    if lists.is_empty() {
        return TokenStream::new();
    }
    let (mut listings, mut keys, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    for list in lists {
        let (by, texts) = list.texts();
        let prefix =
            schemas::index_prefix(collection, schemas, &list.members().map(|(name, _)| name).collect::<Vec<_>>());
        let index = format!("{prefix}:{}:{}", by.join(","), texts.join(","));
        if seen.contains(&index) {
            errors.at(&list.mark, "this list is declared twice");
        }
        let (mut key, mut before) = (quote!(#facade::__private::IndexKey::default()), Vec::new());
        for (name, descends) in list.members() {
            match members.iter().find(|one| one.serialised == *name) {
                None => errors.at(&list.mark, format!("there is no member {name:?} to list by")),
                Some(_) if before.contains(&name) => errors.at(&list.mark, format!("{name:?} stands in it twice")),
                Some(member) => {
                    if let Some(why) = without_order(member) {
                        errors.at(&list.mark, format!("{name:?} {why}"));
                    }
                    let field = &member.name;
                    key = quote!(#facade::__private::list_part(#key, &self.#field, #descends));
                }
            }
            before.push(name);
        }
        let (names, directions): (Vec<_>, Vec<_>) = list.sort.iter().cloned().unzip();
        listings.push(quote! {
            #facade::Listing { index: #index, by: &[#(#by),*], sort: &[#((#names, #directions)),*] }
        });
        keys.push(key);
        seen.push(index);
    }
    quote! {
        const LISTS: &'static [#facade::Listing] = &[#(#listings),*];
        fn list_keys(&self) -> ::std::vec::Vec<#facade::__private::IndexKey> {
            ::std::vec![#(#keys),*]
        }
    }
}

/// The lists as data of the schema, for everything that is derived from it.
pub(crate) fn schema(lists: &[List]) -> Option<TokenStream> {
    let lists = lists.iter().map(|list| {
        let (by, sort) = list.texts();
        quote!({ "by": [#(#by),*], "sort": [#(#sort),*] })
    });
    let lists: Vec<_> = lists.collect();
    (!lists.is_empty()).then(|| quote!(#[schemars(extend("x-lists" = [#(#lists),*]))]))
}

/// Why a member can not stand in an index, as far as its declaration tells; its schema tells the rest at start.
fn without_order(member: &Member) -> Option<&'static str> {
    const CONTAINERS: [&str; 7] = ["Vec", "VecDeque", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "Map"];
    const OTHERWISE: [&str; 6] =
        ["with", "serialize_with", "skip", "skip_serializing", "skip_serializing_if", "flatten"];
    let words: Vec<String> = words(&member.of);
    if words.iter().any(|word| CONTAINERS.contains(&word.as_str())) {
        return Some("is a list or a map, which has no order");
    }
    let own = OTHERWISE.iter().any(|word| serde_says(&member.attributes, word));
    own.then_some("is not written as its type is, so that an index would hold something else than the answer")
}

/// The names in a type, also inside of an `Option`.
fn words(of: &Type) -> Vec<String> {
    of.to_token_stream().into_iter().flat_map(flat).collect()
}

fn flat(token: proc_macro2::TokenTree) -> Vec<String> {
    match token {
        proc_macro2::TokenTree::Group(group) => group.stream().into_iter().flat_map(flat).collect(),
        proc_macro2::TokenTree::Ident(word) => vec![word.to_string()],
        _ => Vec::new(),
    }
}
