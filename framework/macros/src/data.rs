//! What entities and values have in common: members with names, defaults and marks.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, Field, Fields, Ident, Meta, Type, parse_quote};

use crate::{
    arguments::{self, Argument},
    errors::Errors,
};

/// A member with what its attributes said.
pub(crate) struct Member {
    pub(crate) name: Ident,
    pub(crate) serialised: String,
    pub(crate) of: Type,
    pub(crate) default: Option<Expr>,
    pub(crate) required: bool,
    pub(crate) key: bool,
    /// The permission without which it does not exist, as it was written.
    pub(crate) sensitive: Option<Meta>,
    /// Marks that only some kinds of data know.
    pub(crate) marks: Vec<Meta>,
    /// The attributes that others read, as they were written.
    pub(crate) attributes: Vec<Attribute>,
}

/// Reads and takes away our attributes, and writes those of serde and schemars.
pub(crate) fn members(fields: &mut Fields, attribute: &str, errors: &mut Errors) -> Vec<Member> {
    fields.iter_mut().filter_map(|field| member(field, attribute, errors)).collect()
}

fn member(field: &mut Field, attribute: &str, errors: &mut Errors) -> Option<Member> {
    let given = arguments::take(&mut field.attrs, attribute, errors);
    let name = field.ident.clone()?;
    let serialised = renamed(&field.attrs).unwrap_or_else(|| camel_case(&name.to_string()));
    let mut member = Member {
        name,
        serialised,
        of: field.ty.clone(),
        default: None,
        required: false,
        key: false,
        sensitive: None,
        marks: Vec::new(),
        attributes: field.attrs.clone(),
    };
    for argument in given {
        match argument {
            Argument::Meta(meta) if meta.path().is_ident("read_only") => read_only(&mut field.attrs),
            Argument::Meta(meta) if meta.path().is_ident("required") => member.required = true,
            Argument::Meta(meta) if meta.path().is_ident("key") => member.key = true,
            Argument::Meta(meta) if meta.path().is_ident("sensitive") && attribute != "flags" => {
                sensitive(&meta, &mut field.attrs, errors);
                member.sensitive = Some(meta);
            }
            Argument::Meta(meta) if meta.path().is_ident("pattern") => {
                if let Some(pattern) = arguments::text(&meta, errors) {
                    field.attrs.push(parse_quote!(#[schemars(regex(pattern = #pattern))]));
                }
            }
            Argument::Meta(meta) if meta.path().is_ident("default") => {
                member.default = arguments::expression(&meta, errors);
            }
            Argument::Meta(meta) => member.marks.push(meta),
            Argument::Literal(literal) => errors.at(literal, "a member has no unnamed arguments"),
            Argument::Crate(path) => errors.at(path, "`crate` belongs to the attribute of the whole"),
        }
    }
    if let Some(mark) = &member.sensitive
        && let Some(why) = never_sensitive(&member, &field.attrs)
    {
        errors.at(mark, why);
    }
    if is_option(&field.ty) {
        field.attrs.push(parse_quote!(#[serde(skip_serializing_if = "Option::is_none")]));
    }
    Some(member)
}

/// Says in the schema that only the server writes a member.
pub(crate) fn read_only(attributes: &mut Vec<Attribute>) {
    attributes.push(parse_quote!(#[schemars(extend("readOnly" = true))]));
}

/// Says in the schema which permission a caller needs for a member.
fn sensitive(mark: &Meta, attributes: &mut Vec<Attribute>, errors: &mut Errors) {
    match arguments::text(mark, errors) {
        Some(permission) if permission.is_empty() => {
            errors.at(mark, "what is sensitive names its permission: `sensitive = \"customers.personal\"`");
        }
        Some(permission) => attributes.push(parse_quote!(#[schemars(extend("x-sensitive" = #permission))])),
        None => {}
    }
}

/// Why a member has to exist for every caller, if it has to.
fn never_sensitive(member: &Member, attributes: &[Attribute]) -> Option<&'static str> {
    match member {
        _ if member.key => Some("a key names its element in URLs: it can not be sensitive"),
        _ if member.required => Some("who may not see a member can not send it: what is required can not be sensitive"),
        _ if serde_says(attributes, "flatten") => {
            Some("what is flattened has no name of its own: mark the members inside")
        }
        _ => None,
    }
}

/// Whether serde is told this of a member.
pub(crate) fn serde_says(attributes: &[Attribute], word: &str) -> bool {
    let mut said = false;
    for attribute in attributes.iter().filter(|one| one.path().is_ident("serde")) {
        let _ = attribute.parse_nested_meta(|meta| {
            said |= meta.path.is_ident(word);
            if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<Expr>()?;
            }
            Ok(())
        });
    }
    said
}

fn is_option(of: &Type) -> bool {
    matches!(of, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

fn renamed(attributes: &[Attribute]) -> Option<String> {
    let mut name = None;
    for attribute in attributes.iter().filter(|one| one.path().is_ident("serde")) {
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            }
            Ok(())
        });
    }
    name
}

fn camel_case(name: &str) -> String {
    let mut upper = false;
    let mut camel = String::with_capacity(name.len());
    for c in name.trim_start_matches("r#").chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                camel.extend(c.to_uppercase());
                upper = false;
            }
            c => camel.push(c),
        }
    }
    camel
}

/// The attributes that make serde and schemars work through the facade.
pub(crate) fn container(facade: &TokenStream, members: &[Member]) -> TokenStream {
    let (serde, schemars) = paths(facade);
    let required = members.iter().filter(|one| one.required).map(|one| &one.serialised);
    let key = members.iter().find(|one| one.key).map(|one| {
        let key = &one.serialised;
        quote!(#[schemars(extend("x-key" = #key))])
    });
    quote! {
        #[serde(crate = #serde, rename_all = "camelCase", default)]
        #[schemars(crate = #schemars, transform = #facade::__private::Require(&[#(#required),*]))]
        #key
    }
}

/// The paths of serde and schemars as texts.
pub(crate) fn paths(facade: &TokenStream) -> (String, String) {
    let facade = facade.to_string().replace(' ', "");
    (format!("{facade}::__private::serde"), format!("{facade}::__private::schemars"))
}

/// `Default`, with the declared defaults.
pub(crate) fn default_impl(name: &Ident, members: &[Member]) -> TokenStream {
    let values = members.iter().map(|member| {
        let (name, of) = (&member.name, &member.of);
        match &member.default {
            Some(value) => quote!(#name: ::core::convert::Into::into(#value)),
            None => quote!(#name: <#of as ::core::default::Default>::default()),
        }
    });
    quote! {
        impl ::core::default::Default for #name {
            fn default() -> Self {
                Self { #(#values),* }
            }
        }
    }
}

/// Makes it a plain answer.
pub(crate) fn plain_answer(facade: &TokenStream, name: &Ident) -> TokenStream {
    quote! {
        impl #facade::__private::PlainAnswer for #name {}
        #facade::__private::plain_answer!(#name);
    }
}
