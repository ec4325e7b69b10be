//! Requests in the `.http` form that editors run: `### title`, `@name = value`, `{{name}}`, a request line, fields, a body.
//!
//! Two comments mean something to a replay: `# 201` or `# 409 basket_empty` above a request is what it is to be answered
//! with, and `# @name basket` gives its answer a name, so that later requests can say `{{basket.response.headers.location}}`
//! or `{{basket.response.body.$.id}}`.

use std::collections::BTreeMap;

use crate::client::{Answer, Request};

/// One request of a file.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// What stands behind `###`.
    pub title: String,
    /// Its name.
    pub name: Option<String>,
    /// The expected status.
    pub status: Option<u16>,
    /// The expected code of the problem.
    pub code: Option<String>,
    /// The request line and what follows, before variables are put in.
    pub text: String,
}

/// A file of requests.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The variables of the file.
    pub variables: BTreeMap<String, String>,
    /// Its requests, in order.
    pub steps: Vec<Step>,
}

/// Reads a file.
///
/// # Panics
/// When an expectation can not be read.
#[must_use]
pub fn read(text: &str) -> Script {
    let mut script = Script::default();
    let mut step = Step::default();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("###") {
            script.finish(std::mem::take(&mut step));
            step.title = title.trim().to_owned();
        } else if !step.text.is_empty() {
            step.text.push_str(line);
            step.text.push('\n');
        } else if let Some(comment) = line.strip_prefix('#') {
            step.comment(comment.trim());
        } else if let Some((name, value)) = line.strip_prefix('@').and_then(|line| line.split_once('=')) {
            script.variables.insert(name.trim().to_owned(), value.trim().to_owned());
        } else if !line.trim().is_empty() {
            step.text = format!("{line}\n");
        }
    }
    script.finish(step);
    script
}

impl Script {
    fn finish(&mut self, step: Step) {
        if !step.text.is_empty() {
            self.steps.push(step);
        }
    }
}

impl Step {
    fn comment(&mut self, comment: &str) {
        if let Some(name) = comment.strip_prefix("@name") {
            self.name = Some(name.trim().to_owned());
            return;
        }
        let mut words = comment.split_whitespace();
        if let Some(status) = words.next().and_then(|word| word.parse::<u16>().ok()).filter(|status| *status >= 100) {
            self.status = Some(status);
            self.code = words.next().map(str::to_owned);
        }
    }
}

/// The answers so far, by the names of their requests.
#[derive(Debug, Default)]
pub struct Answers(BTreeMap<String, Answer>);

impl Answers {
    /// Keeps the answer to a request that has a name.
    pub fn keep(&mut self, step: &Step, answer: &Answer) {
        if let Some(name) = &step.name {
            self.0.insert(name.clone(), answer.clone());
        }
    }

    fn value(&self, name: &str) -> Option<String> {
        let (step, rest) = name.split_once(".response.")?;
        let answer = self.0.get(step)?;
        match rest.split_once('.')? {
            ("headers", header) => answer.header(&header.to_ascii_lowercase()).map(str::to_owned),
            ("body", path) => {
                let pointer = path.strip_prefix('$')?.replace('.', "/");
                let json = answer.json();
                let value = json.pointer(&pointer)?;
                Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            }
            _ => None,
        }
    }
}

/// The request of a step, with every variable put in. `{{host}}` and what else the file defines come from it; `others`
/// go first.
///
/// # Panics
/// When a variable is not known, or the request can not be read.
#[must_use]
pub fn request(script: &Script, step: &Step, others: &BTreeMap<String, String>, answers: &Answers) -> Request {
    let mut text = step.text.clone();
    while let Some(begin) = text.find("{{") {
        let end = begin + text[begin..].find("}}").expect("a variable ends");
        let name = text[begin + 2..end].trim().to_owned();
        let value = others.get(&name).or_else(|| script.variables.get(&name)).cloned().or_else(|| answers.value(&name));
        let value = value.unwrap_or_else(|| panic!("{}: what is {{{{{name}}}}}?", step.title));
        text.replace_range(begin..end + 2, &value);
    }
    let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let mut lines = head.lines();
    let line = lines.next().expect("a request line");
    let (method, url) = line.split_once(' ').expect("a method and a URL");
    let path = url.split_once("://").map_or(url, |(_, rest)| &rest[rest.find('/').unwrap_or(rest.len())..]);
    let mut request = Request::new(method, path.trim());
    for field in lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let (name, value) = field.split_once(':').expect("a field");
        request = request.with(name.trim(), value.trim());
    }
    request.body = body.trim().as_bytes().to_vec();
    request
}

/// Whether a path is one of a template.
#[must_use]
pub fn fits(template: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len() && template.iter().zip(path).all(|(one, two)| one.starts_with('{') || *one == two)
}
