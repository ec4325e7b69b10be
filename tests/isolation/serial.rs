//! What may come out: the outcomes of every order in which commands run one after the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use enaction::{Application, processes::Output, stores::MemoryStore};
use enaction_tests::caller;
use serde_json::{Value, json};

use crate::{
    machine,
    schedule::{self, Task},
    stores::UnderTest,
};

/// What a command answered: what it told, or the code of its fault.
pub(crate) type Answer = Result<Vec<i64>, String>;

/// What came out: the answers, and the cells with value and tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outcome {
    pub(crate) answers: Vec<Answer>,
    pub(crate) cells: BTreeMap<String, (i64, Option<String>)>,
}

/// Commands that run at the same time, on what another command wrote before.
#[derive(Clone, Debug)]
pub(crate) struct Commands {
    pub(crate) before: String,
    pub(crate) programs: Vec<String>,
}

impl Commands {
    pub(crate) fn of(before: &str, programs: &[&str]) -> Self {
        Self { before: before.to_owned(), programs: programs.iter().map(|one| (*one).to_owned()).collect() }
    }

    /// What comes out when their steps are mixed as a seed says.
    pub(crate) fn mixed(&self, application: &Arc<Application>, company: &str, seed: u64) -> Outcome {
        let _ = schedule::run(0, vec![command(application, company, &self.before)]);
        let tasks = self.programs.iter().map(|program| command(application, company, program)).collect();
        let answers = schedule::run(seed, tasks);
        Outcome { answers, cells: cells(application, company) }
    }

    /// What may come out.
    fn serial(&self, application: &Arc<Application>, company: &str) -> BTreeSet<Outcome> {
        let orders = orders(self.programs.len()).into_iter().enumerate();
        let outcomes = orders.map(|(index, order)| {
            let company = format!("{company}-{index}");
            let _ = schedule::run(0, vec![command(application, &company, &self.before)]);
            let mut answers = vec![Ok(Vec::new()); self.programs.len()];
            for position in order {
                let one = command(application, &company, &self.programs[position]);
                answers[position] = schedule::run(0, vec![one]).remove(0);
            }
            Outcome { answers, cells: cells(application, &company) }
        });
        outcomes.collect()
    }
}

/// Where commands run one after the other.
pub(crate) fn one_after_the_other() -> Arc<Application> {
    machine::on(&(Arc::new(MemoryStore::default()) as _))
}

/// Commands with everything that may come out of them.
pub(crate) struct Allowed {
    commands: Commands,
    outcomes: BTreeSet<Outcome>,
}

impl Allowed {
    /// By running them in every order, each for a company of its own.
    pub(crate) fn by(commands: Commands, one_after_the_other: &Arc<Application>, company: &str) -> Self {
        let outcomes = commands.serial(one_after_the_other, company);
        Self { commands, outcomes }
    }

    /// The outcome of a seed, when no order of the commands gives it.
    pub(crate) fn broken(&self, application: &Arc<Application>, company: &str, seed: u64) -> Option<Outcome> {
        let outcome = self.commands.mixed(application, company, seed);
        (!self.outcomes.contains(&outcome)).then_some(outcome)
    }

    /// Runs them once, and asks that some order gives what comes out.
    pub(crate) fn hold(&self, sentence: &str, under_test: &UnderTest, application: &Arc<Application>, seed: u64) {
        let company = format!("seed-{seed}");
        if let Some(outcome) = self.broken(application, &company, seed) {
            panic!(
                "{sentence}, on {}, seed {seed}: no order of\n{:#?}\ngives\n{outcome:#?}\nbut only\n{:#?}",
                under_test.name, self.commands, self.outcomes
            );
        }
    }
}

fn command(application: &Arc<Application>, company: &str, program: &str) -> Task<Answer> {
    let (application, caller) = (Arc::clone(application), caller::of(company));
    let parameters = json!({ "program": program }).to_string();
    Box::pin(async move {
        match application.call("cells.run", caller, parameters.as_bytes()).await {
            Ok(output) => Ok(serde_json::from_value(json_of(&output)).expect("it tells numbers")),
            Err(fault) => Err(fault.code().to_owned()),
        }
    })
}

fn cells(application: &Arc<Application>, company: &str) -> BTreeMap<String, (i64, Option<String>)> {
    let (application, caller) = (Arc::clone(application), caller::of(company));
    let list: Task<Value> = Box::pin(async move {
        let page = application.call("cells.list", caller, br#"{"page": {"limit": 500}}"#).await;
        json_of(&page.expect("the cells are listed"))
    });
    let page = schedule::run(0, vec![list]).remove(0);
    let items = page["items"].as_array().expect("a page has items").iter();
    let cell = |one: &Value| {
        let tag = one["tag"].as_str().map(str::to_owned);
        (one["id"].as_str().expect("an id").to_owned(), (one["value"].as_i64().expect("a value"), tag))
    };
    items.map(cell).collect()
}

fn json_of(output: &Output) -> Value {
    output.json().map_or(Value::Null, |body| serde_json::from_slice(&body).expect("an answer is JSON"))
}

/// Every order of so many.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1).into_iter();
    let with_last = |order: Vec<usize>| {
        (0..=order.len()).map(move |place| {
            let mut order = order.clone();
            order.insert(place, count - 1);
            order
        })
    };
    shorter.flat_map(with_last).collect()
}

#[test]
fn every_order_of_three_is_tried() {
    let all: BTreeSet<Vec<usize>> = orders(3).into_iter().collect();
    assert_eq!(all.len(), 6);
    assert!(all.iter().all(|order| order.iter().copied().collect::<BTreeSet<_>>().len() == 3));
}
