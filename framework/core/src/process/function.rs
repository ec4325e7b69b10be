//! What an async function must be like to be a process, and what `#[process]` says of it.

use std::{future::Future, pin::Pin};

use crate::{Answer, ReadContext, Result, WriteContext};

use super::{Arguments, Body, Description};

/// A boxed future that another thread may finish.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A function that carries `#[process]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a process",
    note = "write `#[process]` above the function and a doc comment that says what it does"
)]
pub trait Described: 'static {
    /// What the attribute read off the function.
    const DESCRIPTION: Description;
}

/// A process that can be called with typed arguments; `#[process]` writes this impl.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a process",
    note = "write `#[process]` above the function and a doc comment that says what it does"
)]
pub trait Callable: Described {
    /// Its parameters behind the context.
    type Args: Arguments;
    /// What it gives.
    type Out: Answer;
    /// The function without types.
    fn body() -> Body;
}

/// A process that only reads: its first parameter is `&ReadContext`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a query, and only a query may stand here",
    label = "a process that takes `&ReadContext` is needed",
    note = "a query is an async function with `#[process]` above it, whose first parameter is `&ReadContext`",
    note = "a query never writes, and GET never changes data (seed 003): what writes is bound to another method"
)]
pub trait Query: Callable {
    /// Runs it.
    fn run<'a>(cx: &'a ReadContext, args: Self::Args) -> impl Future<Output = Result<Self::Out>> + Send + 'a;
}

/// A process that may also write: its first parameter is `&mut WriteContext`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command, and only a command may stand here",
    label = "a process that takes `&mut WriteContext` is needed",
    note = "a command is an async function with `#[process]` above it, whose first parameter is `&mut WriteContext`"
)]
pub trait Command: Callable {
    /// Runs it.
    fn run<'a>(cx: &'a mut WriteContext, args: Self::Args) -> impl Future<Output = Result<Self::Out>> + Send + 'a;
}

/// An async function of a read context. `AsyncFn` can not ask `Send` of its future; an associated type can.
pub trait QueryFn<'a, Args> {
    /// What it gives.
    type Out;
    /// Its future.
    type Fut: Future<Output = Result<Self::Out>> + Send + 'a;
    /// Calls it.
    fn call(&self, cx: &'a ReadContext, args: Args) -> Self::Fut;
}

/// An async function of a write context.
pub trait CommandFn<'a, Args> {
    /// What it gives.
    type Out;
    /// Its future.
    type Fut: Future<Output = Result<Self::Out>> + Send + 'a;
    /// Calls it.
    fn call(&self, cx: &'a mut WriteContext, args: Args) -> Self::Fut;
}

macro_rules! arity {
    ($($value:ident: $Type:ident),*) => {
        impl<'a, F, Fut, Out, $($Type),*> QueryFn<'a, ($($Type,)*)> for F
        where F: Fn(&'a ReadContext, $($Type),*) -> Fut, Fut: Future<Output = Result<Out>> + Send + 'a {
            type Out = Out;
            type Fut = Fut;
            fn call(&self, cx: &'a ReadContext, ($($value,)*): ($($Type,)*)) -> Fut { self(cx, $($value),*) }
        }
        impl<'a, F, Fut, Out, $($Type),*> CommandFn<'a, ($($Type,)*)> for F
        where F: Fn(&'a mut WriteContext, $($Type),*) -> Fut, Fut: Future<Output = Result<Out>> + Send + 'a {
            type Out = Out;
            type Fut = Fut;
            fn call(&self, cx: &'a mut WriteContext, ($($value,)*): ($($Type,)*)) -> Fut { self(cx, $($value),*) }
        }
    };
}
arity!();
arity!(a: A);
arity!(a: A, b: B);
arity!(a: A, b: B, c: C);
arity!(a: A, b: B, c: C, d: D);
arity!(a: A, b: B, c: C, d: D, e: E);
arity!(a: A, b: B, c: C, d: D, e: E, f: G);
arity!(a: A, b: B, c: C, d: D, e: E, f: G, g: H);
arity!(a: A, b: B, c: C, d: D, e: E, f: G, g: H, h: I);

/// Runs a function as a query; emitted by `#[process]`.
#[doc(hidden)]
pub fn run_query<'a, Args, Out, F>(f: F, cx: &'a ReadContext, args: Args) -> F::Fut
where
    F: QueryFn<'a, Args, Out = Out>,
    F::Fut: 'a,
{
    f.call(cx, args)
}

/// Runs a function as a command; emitted by `#[process]`.
#[doc(hidden)]
pub fn run_command<'a, Args, Out, F>(f: F, cx: &'a mut WriteContext, args: Args) -> F::Fut
where
    F: CommandFn<'a, Args, Out = Out>,
    F::Fut: 'a,
{
    f.call(cx, args)
}
