//! `#[value]` and `#[flags]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use crate::{
    arguments,
    data::{container, default_impl, members, paths, plain_answer},
    errors::Errors,
};

pub(crate) fn expand(given: TokenStream, item: TokenStream, flags: bool) -> TokenStream {
    let mut input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let given = arguments::parse(given, &mut errors);
    let facade = arguments::facade(&given);
    let name = input.ident.clone();
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, "a value has no generic parameters: it has one schema");
    }
    let (serde, schemars) = paths(&facade);
    let mark = flags.then(|| quote!(#[schemars(extend("x-flags" = true))]));
    let derives = quote! {
        #[derive(
            Clone, Debug, PartialEq, #facade::__private::serde::Serialize, #facade::__private::serde::Deserialize,
            #facade::__private::schemars::JsonSchema,
        )]
    };
    let (attributes, more) = match &mut input.data {
        Data::Struct(data) if matches!(data.fields, Fields::Named(_)) => {
            let members = members(&mut data.fields, if flags { "flags" } else { "value" }, &mut errors);
            for mark in members.iter().flat_map(|one| &one.marks) {
                errors.at(mark, expected(flags));
            }
            (container(&facade, &members), default_impl(&name, &members))
        }
        Data::Struct(data) if matches!(&data.fields, Fields::Unnamed(fields) if fields.unnamed.len() == 1) => {
            let attributes = quote! {
                #[derive(Default)]
                #[serde(crate = #serde, transparent)]
                #[schemars(crate = #schemars)]
            };
            (attributes, TokenStream::new())
        }
        Data::Enum(data) if !flags => {
            let plain = data.variants.iter().all(|variant| variant.fields.is_empty());
            let default = data.variants.iter().any(|one| one.attrs.iter().any(|one| one.path().is_ident("default")));
            let copy = plain.then(|| quote!(#[derive(Copy, Eq, Hash)]));
            let default = default.then(|| quote!(#[derive(Default)]));
            let case = if plain { "SCREAMING_SNAKE_CASE" } else { "camelCase" };
            let attributes = quote! {
                #copy
                #default
                #[serde(crate = #serde, rename_all = #case)]
                #[schemars(crate = #schemars)]
            };
            (attributes, TokenStream::new())
        }
        _ => {
            errors.at(
                &name,
                match flags {
                    true => "flags are a struct with named members: each is a query parameter",
                    false => "a value is a struct with named members, a struct of one member, or an enum",
                },
            );
            let attributes = quote! {
                #[serde(crate = #serde)]
                #[schemars(crate = #schemars)]
            };
            (attributes, TokenStream::new())
        }
    };
    let answer = (!flags).then(|| plain_answer(&facade, &name));
    errors.with(quote! { #derives #attributes #mark #input #more #answer })
}

fn expected(flags: bool) -> &'static str {
    match flags {
        true => "expected `required`, `default = value` or `pattern = \"..\"`",
        false => {
            "expected `read_only`, `required`, `sensitive = \"..\"`, `default = value`, `pattern = \"..\"` or `key`"
        }
    }
}
