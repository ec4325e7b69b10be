//! `#[entity]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Lit, Meta, parse_quote};

use crate::{
    arguments::{self, Argument},
    data::{Member, container, default_impl, members, plain_answer, read_only},
    errors::Errors,
    lists::{self, List},
    schemas::{self, Schema},
};

#[derive(Default)]
struct Options {
    collection: String,
    unique: Vec<(String, bool)>,
    lists: Vec<List>,
    owned: bool,
    schemas: Vec<Schema>,
}

pub(crate) fn expand(given: TokenStream, item: TokenStream) -> TokenStream {
    let mut input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let given = arguments::parse(given, &mut errors);
    let facade = arguments::facade(&given);
    let options = options(&given, &mut errors);
    if options.collection.is_empty() {
        errors.at(&input.ident, "an entity names its collection: `#[entity(\"baskets\")]`");
    }
    let rules = rules(&mut input.attrs, &mut errors);
    let name = input.ident.clone();
    let Data::Struct(data) = &mut input.data else {
        errors.at(&name, "an entity is a struct with named members");
        return errors.with(quote!(#input));
    };
    let Fields::Named(named) = &mut data.fields else {
        errors.at(&name, "an entity is a struct with named members");
        return errors.with(quote!(#input));
    };
    let id = id_marks(&name, named, &mut errors);
    if id.server_draws
        && let Some(field) = named.named.iter_mut().find(|field| field.ident.as_ref().is_some_and(|name| name == "id"))
    {
        read_only(&mut field.attrs);
    }
    for (name, documentation) in [("created", "When it was created."), ("modified", "When it was last changed.")] {
        let ident = quote::format_ident!("{name}");
        named.named.push(parse_quote! {
            #[doc = #documentation]
            #[entity(read_only)]
            pub #ident: #facade::Time
        });
    }
    let members = members(&mut data.fields, "entity", &mut errors);
    for mark in members.iter().filter(|one| one.name != "id").flat_map(|one| &one.marks) {
        errors.at(
            mark,
            "expected `read_only`, `required`, `sensitive = \"..\"`, `default = value` or `pattern = \"..\"`",
        );
    }
    seen_by_all(&members, &options, &mut errors);
    let (attributes, lists) = (container(&facade, &members), lists::schema(&options.lists));
    let version = schemas::schema(&options.schemas);
    let default = default_impl(&name, &members);
    let answer = plain_answer(&facade, &name);
    let entity = entity_impl(&facade, &name, &options, &members, &id, &rules, &mut errors);
    errors.with(quote! {
        #[derive(
            Clone, Debug, PartialEq, #facade::__private::serde::Serialize, #facade::__private::serde::Deserialize,
            #facade::__private::schemars::JsonSchema,
        )]
        #attributes
        #lists
        #version
        #input
        #default
        #answer
        #entity
    })
}

/// An id names its entity in URLs; a value that is taken is told to everyone who tries it.
fn seen_by_all(members: &[Member], options: &Options, errors: &mut Errors) {
    for member in members {
        let Some(mark) = &member.sensitive else { continue };
        if member.name == "id" {
            errors.at(mark, "an id names its entity in URLs: it can not be sensitive");
        }
        if options.unique.iter().any(|(unique, _)| *unique == member.serialised) {
            errors.at(mark, "that a value is taken is told to everyone: what is unique can not be sensitive");
        }
    }
}

fn options(given: &[Argument], errors: &mut Errors) -> Options {
    let mut options = Options::default();
    for argument in given {
        match argument {
            Argument::Crate(_) => {}
            Argument::Literal(Lit::Str(name)) => options.collection = name.value(),
            Argument::Literal(other) => errors.at(other, "expected the name of the collection in quotes"),
            Argument::Meta(meta) if meta.path().is_ident("unique") => {
                options.unique.extend(arguments::names(meta, errors).into_iter().map(|name| (name, false)));
            }
            Argument::Meta(meta) if meta.path().is_ident("unique_installation") => {
                options.unique.extend(arguments::names(meta, errors).into_iter().map(|name| (name, true)));
            }
            Argument::Meta(meta) if meta.path().is_ident("list") => options.lists.extend(List::read(meta, errors)),
            Argument::Meta(meta) if meta.path().is_ident("owned_by") => {
                match arguments::text(meta, errors).as_deref() {
                    Some("company") => options.owned = true,
                    _ => errors.at(meta, "expected `owned_by = \"company\"`"),
                }
            }
            Argument::Meta(meta) if meta.path().is_ident("schema") => {
                options.schemas.extend(Schema::read(meta, errors));
            }
            Argument::Meta(meta) => {
                errors.at(meta, "expected `unique`, `unique_installation`, `list`, `owned_by` or `schema`");
            }
        }
    }
    schemas::in_order(&options.schemas, errors);
    options
}

/// The functions of `#[validate(schema(function = "check"))]`.
fn rules(attributes: &mut Vec<syn::Attribute>, errors: &mut Errors) -> Vec<syn::Path> {
    let mut functions = Vec::new();
    for argument in arguments::take(attributes, "validate", errors) {
        let Argument::Meta(Meta::List(list)) = argument else { continue };
        let parsed = list.parse_nested_meta(|meta| {
            if meta.path.is_ident("function") {
                let function: syn::LitStr = meta.value()?.parse()?;
                functions.push(function.parse()?);
            }
            Ok(())
        });
        errors.take(parsed);
    }
    functions
}

struct IdMarks {
    present: bool,
    form: TokenStream,
    server_draws: bool,
}

fn id_marks(name: &syn::Ident, named: &syn::FieldsNamed, errors: &mut Errors) -> IdMarks {
    let mut marks = IdMarks { present: true, form: quote!(Uuid7), server_draws: false };
    let Some(id) = named.named.iter().find(|field| field.ident.as_ref().is_some_and(|name| name == "id")) else {
        errors.at(name, format!("an entity has an id: write `pub id: Id<{name}>` among its members"));
        marks.present = false;
        return marks;
    };
    for argument in arguments::take(&mut id.attrs.clone(), "entity", errors) {
        match argument {
            Argument::Meta(meta) if meta.path().is_ident("random128_base32") => marks.form = quote!(Random128Base32),
            Argument::Meta(meta) if meta.path().is_ident("given") => marks.form = quote!(Given),
            Argument::Meta(meta) if meta.path().is_ident("drawn") => marks.server_draws = true,
            // Told with the members.
            Argument::Meta(meta) if meta.path().is_ident("sensitive") => {}
            Argument::Meta(meta) => errors.at(meta, "expected `random128_base32`, `drawn` or `given`"),
            Argument::Literal(other) => errors.at(other, "expected `random128_base32`, `drawn` or `given`"),
            Argument::Crate(path) => errors.at(path, "`crate` belongs to the attribute of the whole"),
        }
    }
    marks
}

fn entity_impl(
    facade: &TokenStream,
    name: &syn::Ident,
    options: &Options,
    members: &[Member],
    id: &IdMarks,
    rules: &[syn::Path],
    errors: &mut Errors,
) -> TokenStream {
    let Options { collection, unique, lists, owned, schemas } = options;
    let lists = lists::items(facade, collection, lists, schemas, members, errors);
    let steps = schemas::items(facade, schemas);
    let (form, may_be_given) = (&id.form, !id.server_draws);
    let mut uniques = Vec::new();
    let mut values = Vec::new();
    for (member, installation) in unique {
        let Some(field) = members.iter().find(|one| one.serialised == *member) else {
            errors.at(name, format!("there is no member {member:?} to be unique"));
            continue;
        };
        let index = format!("{}.{member}", schemas::index_prefix(collection, schemas, &[member]));
        let (field, kind) = (&field.name, &field.of);
        let version = quote!(<#kind as #facade::Indexed>::VERSION);
        uniques.push(quote! {
            #facade::Unique { index: #index, member: #member, installation: #installation, version: #version }
        });
        values.push(quote!(#facade::Indexed::index_key(&self.#field)));
    }
    let company = members.iter().any(|one| *owned && one.name == "company");
    if *owned && !company {
        errors.at(name, "what is owned by a company has a member `company: String` with `#[entity(read_only)]`");
    }
    let identity = match id.present {
        true => quote! {
            fn id(&self) -> &#facade::Id<Self> {
                &self.id
            }
            fn set_id(&mut self, id: #facade::Id<Self>) {
                self.id = id;
            }
        },
        // It was told already, and is told once.
        false => quote! {
            fn id(&self) -> &#facade::Id<Self> {
                ::core::unreachable!()
            }
            fn set_id(&mut self, _: #facade::Id<Self>) {}
        },
    };
    let set_company = company.then(|| {
        quote! {
            fn set_company(&mut self, company: &str) {
                self.company = ::core::convert::Into::into(company);
            }
        }
    });
    quote! {
        impl #facade::Entity for #name {
            const COLLECTION: &'static str = #collection;
            const ID_FORM: #facade::IdForm = #facade::IdForm::#form;
            const ID_MAY_BE_GIVEN: bool = #may_be_given;
            const OWNED_BY_COMPANY: bool = #owned;
            const UNIQUE: &'static [#facade::Unique] = &[#(#uniques),*];

            #identity
            fn created(&self) -> #facade::Time {
                self.created
            }
            fn modified(&self) -> #facade::Time {
                self.modified
            }
            fn set_times(&mut self, created: #facade::Time, modified: #facade::Time) {
                self.created = created;
                self.modified = modified;
            }
            #set_company
            #steps
            #lists
            fn unique_values(&self) -> ::std::vec::Vec<::core::option::Option<#facade::__private::IndexKey>> {
                ::std::vec![#(#values),*]
            }
            fn violations(&self) -> ::std::vec::Vec<#facade::Violation> {
                let mut all = ::std::vec::Vec::new();
                #(all.extend(::core::iter::IntoIterator::into_iter(#rules(self)));)*
                all
            }
        }
    }
}
