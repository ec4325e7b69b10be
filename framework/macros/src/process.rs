//! `#[process]`: reads the signature, leaves the body alone.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, FnArg, GenericArgument, Ident, Pat, PathArguments, ReturnType, Signature, Type, Visibility,
    parse::{Parse, ParseStream},
};

use crate::{
    arguments::{self, Argument},
    errors::Errors,
};

/// A function whose body stays tokens.
struct Function {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    signature: Signature,
    body: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
            body: input.parse()?,
        })
    }
}

#[derive(Clone, Copy)]
enum Effect {
    Query,
    Command,
}

pub(crate) fn expand(given: TokenStream, item: TokenStream) -> TokenStream {
    let function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let described = describe(given, &function, &mut errors).unwrap_or_default();
    let Function { attributes, visibility, signature, body } = &function;
    errors.with(quote! { #(#attributes)* #visibility #signature #body #described })
}

fn describe(given: TokenStream, function: &Function, errors: &mut Errors) -> Option<TokenStream> {
    let given = arguments::parse(given, errors);
    let facade = arguments::facade(&given);
    let Options { permission, public, faults } = options(&given, errors);
    let signature = &function.signature;
    let name = &signature.ident;
    let documentation = arguments::documentation(&function.attributes);
    if documentation.is_empty() {
        errors.at(name, "a process needs a description: write a doc comment above it");
    }
    if signature.asyncness.is_none() {
        errors.at(signature.fn_token, "a process is an `async fn`");
    }
    if !signature.generics.params.is_empty() {
        errors.at(&signature.generics, "a process has no generic parameters: its input and output have one schema");
    }
    let mut inputs = signature.inputs.iter();
    let effect = inputs.next().and_then(effect);
    if effect.is_none() {
        errors
            .at(&signature.inputs, "the first parameter of a process is `cx: &ReadContext` or `cx: &mut WriteContext`");
    }
    let parameters: Vec<(Ident, Type)> = inputs.filter_map(|input| parameter(input, errors)).collect();
    let out = output(signature, errors);
    let (effect, out) = (effect?, out?);

    let visibility = &function.visibility;
    let (names, types): (Vec<_>, Vec<_>) = parameters.iter().map(|(name, one)| (name.to_string(), one)).unzip();
    let function_name = name.to_string();
    // What was told is told once: the compiler does not look at the function a second time.
    let sound = errors.is_empty();
    let (variant, trait_name, context, run, body) = match effect {
        Effect::Query => {
            (quote!(Query), quote!(Query), quote!(&'a #facade::ReadContext), quote!(run_query), quote!(query_body))
        }
        Effect::Command => (
            quote!(Command),
            quote!(Command),
            quote!(&'a mut #facade::WriteContext),
            quote!(run_command),
            quote!(command_body),
        ),
    };
    let run = match sound {
        true => quote!(__enaction::#run(#name, cx, args)),
        false => quote!({
            let _ = (cx, args);
            ::core::future::pending::<#facade::Result<<Self as #facade::Callable>::Out>>()
        }),
    };
    Some(quote! {
        #[doc = #documentation]
        #[allow(non_camel_case_types)]
        #visibility struct #name {}
        const _: () = {
            use #facade::__private as __enaction;
            impl #facade::Described for #name {
                const DESCRIPTION: __enaction::Description = __enaction::Description {
                    function: #function_name,
                    documentation: #documentation,
                    effect: __enaction::Effect::#variant,
                    parameters: &[#(__enaction::Parameter::of::<#types>(#names)),*],
                    output: <#out as #facade::Answer>::schema,
                    permission: #permission,
                    public: #public,
                    faults: &[#(#faults),*],
                };
            }
            impl #facade::Callable for #name {
                type Args = (#(#types,)*);
                type Out = #out;
                fn body() -> __enaction::Body {
                    __enaction::#body::<Self>()
                }
            }
            impl #facade::#trait_name for #name {
                fn run<'a>(
                    cx: #context,
                    args: <Self as #facade::Callable>::Args,
                ) -> impl ::core::future::Future<Output = #facade::Result<<Self as #facade::Callable>::Out>>
                + ::core::marker::Send
                + 'a {
                    #run
                }
            }
        };
    })
}

struct Options {
    permission: TokenStream,
    public: bool,
    faults: Vec<syn::Path>,
}

fn options(given: &[Argument], errors: &mut Errors) -> Options {
    let mut options = Options { permission: quote!(::core::option::Option::None), public: false, faults: Vec::new() };
    for argument in given {
        match argument {
            Argument::Crate(_) => {}
            Argument::Meta(meta) if meta.path().is_ident("public") => options.public = true,
            Argument::Meta(meta) if meta.path().is_ident("permission") => {
                if let Some(name) = arguments::text(meta, errors) {
                    options.permission = quote!(::core::option::Option::Some(#name));
                }
            }
            Argument::Meta(meta) if meta.path().is_ident("faults") => {
                let list = errors.take(meta.require_list().cloned());
                let paths = list.map(|list| {
                    let paths = syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated;
                    let named = list.parse_args_with(paths);
                    named.map_err(|error| syn::Error::new(error.span(), "a fault is named by its constant"))
                });
                if let Some(paths) = paths.and_then(|paths| errors.take(paths)) {
                    options.faults.extend(paths);
                }
            }
            Argument::Meta(meta) => errors.at(meta, "expected `permission = \"name\"`, `public` or `faults(CODE, ..)`"),
            Argument::Literal(literal) => errors.at(literal, "a process has no unnamed arguments"),
        }
    }
    options
}

fn effect(first: &FnArg) -> Option<Effect> {
    let FnArg::Typed(first) = first else { return None };
    let Type::Reference(reference) = first.ty.as_ref() else { return None };
    let Type::Path(path) = reference.elem.as_ref() else { return None };
    let context = path.path.segments.last()?.ident.to_string();
    match (context.as_str(), reference.mutability.is_some()) {
        ("ReadContext", false) => Some(Effect::Query),
        ("WriteContext", true) => Some(Effect::Command),
        _ => None,
    }
}

fn parameter(input: &FnArg, errors: &mut Errors) -> Option<(Ident, Type)> {
    let FnArg::Typed(input) = input else {
        errors.at(input, "a process is a plain function, not a method");
        return None;
    };
    if let Type::Reference(reference) = input.ty.as_ref() {
        errors.at(reference, "parameters of a process are owned types: they may come from a request");
        return None;
    }
    match input.pat.as_ref() {
        Pat::Ident(name) => Some((name.ident.clone(), input.ty.as_ref().clone())),
        other => {
            errors.at(other, "a parameter of a process has a name: it is bound by it");
            None
        }
    }
}

fn output(signature: &Signature, errors: &mut Errors) -> Option<Type> {
    let ReturnType::Type(_, output) = &signature.output else {
        errors.at(&signature.ident, "a process returns `Result<..>`");
        return None;
    };
    let found = match output.as_ref() {
        Type::Path(path) => path.path.segments.last().filter(|last| last.ident == "Result"),
        _ => None,
    };
    let first = found.and_then(|last| match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.first(),
        _ => None,
    });
    match first {
        Some(GenericArgument::Type(out)) => Some(out.clone()),
        _ => {
            errors.at(output, "a process returns `Result<..>`");
            None
        }
    }
}
