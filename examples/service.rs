//! A service as a program of its own: tokens and policies come from an identity service elsewhere.
//!
//! With the server of the workspace running on 127.0.0.1:8080:
//!
//!     cargo run -p enaction-examples --example service -- --issuer http://127.0.0.1:8080/identity --data ./notes

use enaction::{Service, prelude::*};

/// What is to be remembered at a site.
#[entity("memos")]
pub struct Memo {
    pub id: Id<Memo>,
    #[validate(length(max = 500))]
    pub text: String,
}

/// Everything that the service answers.
pub fn module() -> Module {
    Module::new("").resource(Resource::<Memo>::stored())
}

fn main() -> std::process::ExitCode {
    Service::new().module(module()).main()
}

#[test]
fn the_module_of_the_service_is_tested_without_its_program() {
    let service = enaction::testkit::TestService::new().module(module()).start();
    let anna = service.caller("acme").may(["memos.*"]);
    assert_eq!(service.post("/memos").json(r#"{"text":"call back"}"#).from(&anna).send().status, 201);
}
