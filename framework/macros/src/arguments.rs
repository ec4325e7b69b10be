//! `name`, `name = value`, `name(..)` and literals between commas.

use proc_macro2::TokenStream;
use syn::{
    Attribute, Expr, ExprLit, Lit, Meta, Token,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::errors::Errors;

/// One argument of an attribute.
pub(crate) enum Argument {
    Literal(Lit),
    Meta(Meta),
    /// `crate = path`: `crate` is a keyword, so that it is no path of a meta.
    Crate(syn::Path),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![crate]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            return input.call(syn::Path::parse_mod_style).map(Self::Crate);
        }
        if input.peek(Lit) { input.parse().map(Self::Literal) } else { input.parse().map(Self::Meta) }
    }
}

pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Vec<Argument> {
    let all = Punctuated::<Argument, Token![,]>::parse_terminated.parse2(tokens);
    errors.take(all).map(|all| all.into_iter().collect()).unwrap_or_default()
}

/// Takes the attributes of a name away and gives their arguments.
pub(crate) fn take(attributes: &mut Vec<Attribute>, name: &str, errors: &mut Errors) -> Vec<Argument> {
    let (ours, others): (Vec<_>, Vec<_>) = attributes.drain(..).partition(|one| one.path().is_ident(name));
    *attributes = others;
    let mut all = Vec::new();
    for attribute in ours {
        if let Some(list) = errors.take(attribute.meta.require_list().cloned()) {
            all.extend(parse(list.tokens, errors));
        }
    }
    all
}

/// The text of `name = "text"`.
pub(crate) fn text(meta: &Meta, errors: &mut Errors) -> Option<String> {
    let value = errors.take(meta.require_name_value().cloned())?.value;
    match &value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        other => {
            errors.at(other, "expected a text in quotes");
            None
        }
    }
}

/// The names between the commas of `name = "a, b"`.
pub(crate) fn names(meta: &Meta, errors: &mut Errors) -> Vec<String> {
    let text = text(meta, errors).unwrap_or_default();
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// The value of `name = value`.
pub(crate) fn expression(meta: &Meta, errors: &mut Errors) -> Option<Expr> {
    errors.take(meta.require_name_value().cloned()).map(|pair| pair.value)
}

/// The lines of the doc comment.
pub(crate) fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|one| one.path().is_ident("doc")).filter_map(|one| match &one.meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The path of the facade, or what `crate = ..` says.
pub(crate) fn facade(arguments: &[Argument]) -> TokenStream {
    let given = arguments.iter().find_map(|one| match one {
        Argument::Crate(path) => Some(quote::quote!(#path)),
        _ => None,
    });
    given.unwrap_or_else(|| quote::quote!(::enaction))
}
