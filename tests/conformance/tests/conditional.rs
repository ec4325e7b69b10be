//! Preconditions over HTTP: what a client says to know, held against what is committed.

use enaction::testkit::{Answer, Running, TestCaller};

use crate::shop;

struct Shop {
    service: Running,
    anna: TestCaller,
}

impl Shop {
    fn open() -> Self {
        let service = shop::start();
        let anna = service.caller("acme").at("0001", "EUR").may(["*"]);
        Self { service, anna }
    }

    fn ask(&self, method: &str, path: &str, body: &str, fields: &[(&str, &str)]) -> Answer {
        let mut request = self.service.request(method, path).from(&self.anna);
        for (name, value) in fields {
            request = request.header(name, value);
        }
        if body.is_empty() { request.send() } else { request.json(body).send() }
    }

    fn tag(&self, path: &str) -> String {
        self.ask("GET", path, "", &[]).header("etag").expect("a tag").to_owned()
    }
}

#[test]
fn a_change_under_a_tag_is_made_once() {
    let shop = Shop::open();
    assert_eq!(shop.ask("POST", "/plains", r#"{"id":"one","code":"a"}"#, &[]).status, 201);
    let first = shop.tag("/plains/one");
    let second = shop.ask("PUT", "/plains/one", r#"{"code":"b"}"#, &[("if-match", &first)]);
    assert_eq!(second.status, 200);
    for (method, path, body) in [
        ("PUT", "/plains/one", r#"{"code":"c"}"#),
        ("PATCH", "/plains/one", r#"{"code":"c"}"#),
        ("DELETE", "/plains/one", ""),
        ("PUT", "/plains/one/code", r#""c""#),
        ("PATCH", "/plains/one/address/city", r#""Bonn""#),
        ("DELETE", "/plains/one/code", ""),
        ("GET", "/plains/one", ""),
        ("GET", "/plains/one/code", ""),
    ] {
        let answer = shop.ask(method, path, body, &[("if-match", &first)]);
        assert_eq!((answer.status, answer.code().as_str()), (412, "precondition_failed"), "{method} {path}");
    }
    assert_eq!(Some(shop.tag("/plains/one").as_str()), second.header("etag"));
    assert_eq!(shop.ask("GET", "/plains/one/code", "", &[]).json(), "b");
}
