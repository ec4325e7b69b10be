//! Mistakes are gathered and told together.

use proc_macro2::TokenStream;
use quote::ToTokens;

#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    pub(crate) fn at(&mut self, place: impl ToTokens, text: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(place, text));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// The errors beside what could be emitted, so that nothing else is reported missing.
    pub(crate) fn with(self, tokens: TokenStream) -> TokenStream {
        let errors = self.0.map(|error| error.into_compile_error());
        quote::quote!(#errors #tokens)
    }
}
