//! The parameters of a process as a tuple.

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Result, catalogue};

use super::Input;

/// The parameters of a process behind its context: owned types that can be read and written as JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can not be the parameters of a process",
    note = "parameters are owned types that serialise: ids, numbers, texts, `#[value]` types, entities, `Patch<E>`, flags"
)]
pub trait Arguments: Sized + Send + 'static {
    /// Reads them from checked input.
    ///
    /// # Errors
    /// `invalid` when a type refuses what its schema let through.
    fn parse(input: &Input) -> Result<Self>;

    /// Writes them as input.
    ///
    /// # Errors
    /// `internal` when a value can not be written as JSON.
    fn to_input(&self) -> Result<Input>;
}

fn document<T: Serialize>(value: &T) -> Result<Option<Bytes>> {
    let text =
        serde_json::to_vec(value).map_err(|_| catalogue::INTERNAL.because("an argument can not be written as JSON"))?;
    Ok((text != b"null").then(|| text.into()))
}

macro_rules! arguments {
    ($($index:tt $Type:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<$($Type: Serialize + DeserializeOwned + Send + 'static),*> Arguments for ($($Type,)*) {
            fn parse(_input: &Input) -> Result<Self> { Ok(($(_input.parse::<$Type>($index)?,)*)) }
            fn to_input(&self) -> Result<Input> { Ok(vec![$(document(&self.$index)?),*].into()) }
        }
    };
}
arguments!();
arguments!(0 A);
arguments!(0 A, 1 B);
arguments!(0 A, 1 B, 2 C);
arguments!(0 A, 1 B, 2 C, 3 D);
arguments!(0 A, 1 B, 2 C, 3 D, 4 E);
arguments!(0 A, 1 B, 2 C, 3 D, 4 E, 5 F);
arguments!(0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G);
arguments!(0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H);
