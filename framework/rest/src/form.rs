//! The forms of endpoints (`application/x-www-form-urlencoded`): fields become members of a JSON object of strings.

use std::borrow::Cow;

use bytes::Bytes;
use enaction_core::{
    Fault, Violation, catalogue,
    process::{Process, percent_decode},
};
use serde_json::{Map, Value};

/// The names of fields that a process takes. Others are passed over (RFC 6749, section 3.1).
pub(crate) struct Fields(Vec<String>);

impl Fields {
    pub(crate) fn of(process: &Process) -> Self {
        let parameters: Vec<_> = process.body_parameters().collect();
        let members = match parameters.as_slice() {
            [(_, schema, _)] => schema.get("properties").and_then(Value::as_object),
            _ => None,
        };
        Self(match members {
            Some(members) => members.keys().cloned().collect(),
            None => parameters.iter().map(|(name, ..)| (*name).to_owned()).collect(),
        })
    }
}

/// The fields of a form, decoded, each at most once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Form<'b>(Vec<(Cow<'b, str>, Cow<'b, str>)>);

impl<'b> Form<'b> {
    /// Reads a form. A field without a value counts as left out (RFC 6749, section 3.1).
    ///
    /// # Errors
    /// `form_invalid` for what is not percent-encoded UTF-8, and for a field that is sent twice.
    pub(crate) fn read(body: &'b [u8]) -> Result<Self, Fault> {
        let unreadable = || catalogue::FORM_INVALID.because("expected percent-encoded UTF-8");
        let text = std::str::from_utf8(body).map_err(|_| unreadable())?;
        let mut fields: Vec<(Cow<'b, str>, Cow<'b, str>)> = Vec::new();
        for field in text.split('&').filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            let decoded = percent_decode(name, true).zip(percent_decode(value, true)).ok_or_else(unreadable)?;
            if fields.iter().any(|(before, _)| *before == decoded.0) {
                let violation = Violation::new("", "repeated", "expected every field at most once");
                return Err(catalogue::FORM_INVALID.because("a field was sent twice").with_violations(vec![violation]));
            }
            fields.push(decoded);
        }
        fields.retain(|(_, value)| !value.is_empty());
        Ok(Self(fields))
    }

    /// The value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_ref())
    }

    /// The JSON object of the fields that are known.
    pub(crate) fn json(&self, known: &Fields) -> Bytes {
        let fields = self.0.iter().filter(|(name, _)| known.0.iter().any(|one| one == name));
        let members: Map<String, Value> =
            fields.map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().into())).collect();
        serde_json::to_vec(&members).unwrap_or_default().into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Form};

    #[test]
    fn fields_become_strings_and_unknown_ones_are_passed_over() {
        for (body, json) in [
            ("", Some("{}")),
            ("a=1&b=x+y%26", Some(r#"{"a":"1","b":"x y&"}"#)),
            ("a=1&&z=2", Some(r#"{"a":"1"}"#)),
            ("a=&b=1", Some(r#"{"b":"1"}"#)),
            ("a", Some("{}")),
            ("a=1&a=1", None),
            ("z=1&z=2", None),
            ("a=%FF", None),
            ("a=%2", None),
        ] {
            let known = Fields(vec!["a".to_owned(), "b".to_owned()]);
            let form = Form::read(body.as_bytes());
            assert_eq!(form.ok().map(|form| form.json(&known)).as_deref(), json.map(str::as_bytes), "{body}");
        }
    }
}
