//! A resource without id, such as `/me`.

use crate::{
    process::{Command, Query},
    table::{Method, Target},
};

use super::{
    above::Above,
    binding::Described,
    declaration::Declared,
    kept::{keep_hidden, out_of_reach},
    patched::lay_over,
};

/// A resource without id: one thing per caller, company or service.
pub struct Singleton {
    path: String,
    name: String,
    operations: Vec<(Method, &'static str, Described)>,
}

impl Singleton {
    /// A singleton under a path; the last segment is the first part of its process names.
    #[must_use]
    pub fn new(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        Self { path: format!("/{}", path.trim_start_matches('/')), name, operations: Vec::new() }
    }

    /// GET.
    #[must_use]
    pub fn read<P: Query>(self) -> Self {
        self.bind(Method::Get, "read", Described::new::<P>())
    }

    /// PUT.
    #[must_use]
    pub fn replace<P: Command>(self) -> Self {
        self.bind(Method::Put, "replace", Described::new::<P>())
    }

    /// PATCH. Where the process takes what GET gives, or a `Patch` of it, the patch is laid over that.
    #[must_use]
    pub fn modify<P: Command>(self) -> Self {
        self.bind(Method::Patch, "modify", Described::new::<P>())
    }

    /// DELETE.
    #[must_use]
    pub fn delete<P: Command>(self) -> Self {
        self.bind(Method::Delete, "delete", Described::new::<P>())
    }

    fn bind(mut self, method: Method, verb: &'static str, process: Described) -> Self {
        self.operations.push((method, verb, process));
        self
    }

    /// Everything that it declares.
    #[must_use]
    pub fn declare(self) -> Declared {
        let mut out = Declared::default();
        let (path, name) = (self.path.clone(), self.name.clone());
        self.declare_at(&path, &name, &mut out);
        out
    }

    /// The same inside of an item.
    pub(crate) fn declare_inside(self, segment: &str, above: &Above, out: &mut Declared) {
        self.declare_at(&format!("{}/{segment}", above.path), &format!("{}.{segment}", above.name), out);
    }

    fn declare_at(self, path: &str, name: &str, out: &mut Declared) {
        let read = self.operations.iter().find(|(method, ..)| *method == Method::Get);
        let read = read.and_then(|(_, verb, process)| (process.make)(&format!("{name}.{verb}")).ok());
        for (method, verb, process) in self.operations {
            let mut made = (process.make)(&format!("{name}.{verb}"));
            if let (Method::Patch, Some(read), Ok(made)) = (method, &read, &mut made) {
                lay_over(made, read);
            }
            out.push(Target::Singleton, method, path, made, Some(process.of));
            let lost = out.operations.last().into_iter().flat_map(|last| &last.process).flat_map(out_of_reach);
            out.mistakes.extend(lost.collect::<Vec<_>>());
        }
        keep_hidden(path, out);
    }
}
