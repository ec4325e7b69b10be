//! What can be asked of a list, told among the flags of its operation.

use enaction_core::{
    Operation,
    schema::{resolve, sub_document, without_null},
    table::Method,
};
use serde_json::{Map, Value, json};

/// Puts what the list declares in the place of the general flags of a page, and `fields` beside them.
pub(crate) fn tell(operation: &Operation, flags: &mut Map<String, Value>) {
    if operation.has_fields() && operation.method == Method::Get && operation.process.output.is_some() {
        let description =
            "The members that are wanted, between commas: `id,items.quantity`. All where it is not given.";
        flags.insert("fields".into(), json!({ "type": "string", "description": description }));
    }
    if !flags.contains_key("cursor") {
        return;
    }
    let page = operation.process.output.as_ref();
    let item = page.and_then(|page| Some(sub_document(page, page.pointer("/properties/items/items")?)));
    let lists = item.as_ref().and_then(|item| item.get("x-lists"));
    match (item.as_ref(), lists.and_then(Value::as_array)) {
        (Some(item), Some(lists)) => {
            put(flags, "filter", ("properties", members(item, lists)), lists);
            put(flags, "sort", ("examples", lists.iter().map(|list| joined(&list["sort"])).collect()), lists);
        }
        _ => ["filter", "sort"].iter().for_each(|name| drop(flags.remove(*name))),
    }
}

fn put(flags: &mut Map<String, Value>, name: &str, (word, value): (&str, Value), lists: &[Value]) {
    if let Some(flag) = flags.get_mut(name).and_then(Value::as_object_mut) {
        flag.remove("additionalProperties");
        flag.insert(word.to_owned(), value);
        flag.insert("x-lists".to_owned(), lists.to_vec().into());
    }
}

/// Every member that selects, with its schema and the operators that it has.
fn members(item: &Value, lists: &[Value]) -> Value {
    let names = lists.iter().flat_map(|list| [&list["by"], &list["sort"]]).filter_map(Value::as_array).flatten();
    let names = names.filter_map(Value::as_str).map(|name| name.trim_start_matches('-'));
    let member = |name: &str| {
        let mut schema = sub_document(item, &without_null(item.get("properties")?.get(name)?));
        let is_text = {
            let schema = resolve(&schema, &schema);
            let has = |word: &str| schema.get(word).is_some();
            schema.get("type") == Some(&"string".into())
                && !has("enum")
                && schema.get("format") != Some(&"date-time".into())
        };
        let operators = ["ge", "gt", "le", "lt", "in", "exists"].into_iter().chain(is_text.then_some("prefix"));
        schema.as_object_mut()?.insert("x-operators".into(), operators.collect());
        Some((name.to_owned(), schema))
    };
    names.filter_map(member).collect::<Map<_, _>>().into()
}

fn joined(names: &Value) -> Value {
    let names = names.as_array().into_iter().flatten().filter_map(Value::as_str);
    names.collect::<Vec<_>>().join(",").into()
}
