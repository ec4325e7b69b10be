//! Aliases: reserved words in the place of an id, each of which stands for the id that a query gives.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Fault, ReadContext, Result, catalogue,
    id::is_id,
    process::{Body, Boxed, Cx, Erased, Input, Output, Process},
};

use super::{
    Declared,
    binding::Described,
    declaration::{path_parameters, set_path},
};

/// A word and the query that tells what it stands for.
pub(crate) struct Alias {
    pub(crate) word: String,
    pub(crate) query: Described,
}

/// A compiled one.
struct Word {
    /// As it stands in the input.
    document: Bytes,
    body: Body,
    in_path: Vec<usize>,
    parameters: usize,
}

/// Lets words stand in the place of the ids of a collection, in every path that begins with that of its items.
pub(crate) fn let_stand(out: &mut Declared, aliases: &[Alias], collection: &str, item: &str, name: &str) {
    let mut words = Vec::new();
    for Alias { word, query } in aliases {
        if !is_id(word) {
            out.mistakes.push(format!("{collection}: the alias {word:?} has not the form of an id"));
        }
        match (query.make)(&format!("{name}.{word}")) {
            Ok(process) => words.extend(compiled(out, word, process, collection)),
            Err(error) => out.mistakes.push(format!("{collection}: the alias {word:?}: {error}")),
        }
    }
    if words.is_empty() {
        return;
    }
    let (words, depth) = (Arc::new(words), path_parameters(collection).count());
    let below = |path: &str| path.strip_prefix(item).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    for process in out.operations.iter_mut().filter(|one| below(&one.path)).flat_map(|one| &mut one.process) {
        let Some((id, above)) = process.in_path.get(..=depth).and_then(<[usize]>::split_last) else { continue };
        let (id, above) = (*id, above.to_vec());
        process.body = Arc::new(Aliased { inner: Arc::clone(&process.body), words: Arc::clone(&words), id, above });
    }
}

fn compiled(out: &mut Declared, word: &str, mut process: Process, collection: &str) -> Option<Word> {
    let missing = set_path(&mut process, collection);
    let unmet = process.body_parameters().filter(|(_, _, optional)| !optional).map(|(name, ..)| name.to_owned());
    let wrong: Vec<String> = missing.into_iter().chain(unmet).collect();
    if !wrong.is_empty() {
        let why = format!("`{}` is to take the ids of the path and nothing else", process.function);
        out.mistakes.push(format!("{collection}: the alias {word:?}: {why}: {}", wrong.join(", ")));
        return None;
    }
    let document = serde_json::to_vec(word).ok()?.into();
    Some(Word { document, body: process.body, in_path: process.in_path, parameters: process.parameters.len() })
}

impl Word {
    /// The document of the id that it stands for.
    async fn id(&self, cx: &ReadContext, above: &[usize], given: &Input) -> Result<Bytes> {
        let mut input = Input::of(self.parameters);
        for (index, above) in self.in_path.iter().zip(above) {
            if let Some(id) = given.get(*above) {
                input.set(*index, id.clone());
            }
        }
        match self.body.run(Cx::Read(cx), input).await? {
            Output::Value(id) => Ok(id),
            Output::Entity(raw) => {
                serde_json::to_vec(&*raw.id).map(Bytes::from).map_err(|_| catalogue::INTERNAL.fault())
            }
            Output::Nothing => Err(catalogue::NOT_FOUND.fault()),
            Output::Page { .. } => Err(catalogue::INTERNAL.because("an alias stands for one item, not for a page")),
        }
    }
}

/// A process that takes a word in the place of an id.
struct Aliased {
    inner: Body,
    words: Arc<Vec<Word>>,
    /// The parameter that is the id.
    id: usize,
    /// Those that are the ids of the items on the way.
    above: Vec<usize>,
}

impl Erased for Aliased {
    fn run<'a>(&'a self, cx: Cx<'a>, mut input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let word = input.get(self.id).and_then(|given| self.words.iter().find(|word| word.document == *given));
            if let Some(word) = word {
                let id = word.id(cx.read(), &self.above, &input).await?;
                input.set(self.id, id);
            }
            self.inner.run(cx, input).await
        })
    }

    fn of_commit(&self, fault: Fault) -> Fault {
        self.inner.of_commit(fault)
    }
}
