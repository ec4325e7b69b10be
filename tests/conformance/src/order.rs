//! For two mistakes there is one answer: that of the earlier step. Every operation, every pair that one request can have.

use enaction_core::table::{BodyRule, Target as Kind};

use crate::{
    answers,
    client::Answer,
    mistakes::{ALL, Mistake, Setting},
    operation::Operation,
    report::Report,
    world::World,
};

/// Tries each mistake alone and each pair, on every operation. None of the requests changes anything.
pub(crate) fn check(world: &World<'_>, report: &mut Report) {
    for operation in &world.operations {
        let Some(setting) = Setting::new(world, operation) else { continue };
        let all: Vec<Mistake> = ALL.iter().copied().filter(|mistake| setting.has(*mistake)).collect();
        for (at, first) in all.iter().enumerate() {
            one(&setting, report, &[*first]);
            for second in all.iter().skip(at + 1).filter(|second| first.goes_with(**second)) {
                one(&setting, report, &[*first, *second]);
                report.pairs += 1;
            }
        }
        empty(world, report, operation, &setting.path);
    }
}

fn one(setting: &Setting<'_>, report: &mut Report, mistakes: &[Mistake]) {
    let request = setting.request(mistakes);
    let answer = setting.world.bare(&request);
    let place = format!("{} with {mistakes:?}", setting.operation.line());
    let path = request.target.split('?').next().unwrap_or_default();
    let path: String = path.chars().take(500).collect();
    answers::every(report, &place, &request.method, &path, &answer);
    let (status, code) = mistakes.first().map(|first| first.answer()).unwrap_or_default();
    let told = (answer.status, answer.code());
    let told = told == (status, code.to_owned()) || as_oauth(setting.operation, mistakes, &answer);
    report.expect(told, &place, || format!("{status} {code}, not {}", answer.told()));
    if status == 405 {
        let allow = setting.world.allow(&setting.operation.path);
        report.expect(answer.header("allow") == Some(&allow), &place, || format!("{:?}", answer.header("allow")));
    }
    if status == 401 {
        report.expect(answer.header("www-authenticate").is_some(), &place, || "no challenge".into());
    }
}

/// An endpoint of OAuth tells in its own words what its envelope and its process refuse.
fn as_oauth(operation: &Operation, mistakes: &[Mistake], answer: &Answer) -> bool {
    let late = mistakes.iter().all(|one| *one > Mistake::NotPermitted);
    operation.kind == Kind::Endpoint && late && matches!(answer.status, 400 | 401) && answer.json()["error"].is_string()
}

/// No byte of body where one is optional is an empty document: what is required is missing, and nothing else is wrong.
fn empty(world: &World<'_>, report: &mut Report, operation: &Operation, path: &str) {
    if operation.convention.body != BodyRule::Optional || operation.kind == Kind::Endpoint {
        return;
    }
    let with = |body: Option<&str>| {
        let request = operation.request(path);
        world.ask(match body {
            Some(body) => request.json(body),
            None => request,
        })
    };
    let required =
        operation.input.as_ref().and_then(|input| input["required"].as_array()).is_some_and(|all| !all.is_empty());
    if required {
        let (nothing, empty) = (with(None), with(Some("{}")));
        let line = operation.line();
        let same = nothing.violations() == empty.violations() && nothing.status == empty.status;
        report.expect(same, &line, || format!("no body is {}, {{}} is {}", nothing.told(), empty.told()));
        let missing = nothing.status == 422 && nothing.violations().iter().all(|(_, code)| code == "required");
        report.expect(missing, &line, || format!("no body is {}", nothing.told()));
    }
}
