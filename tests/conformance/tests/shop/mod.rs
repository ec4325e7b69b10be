//! A service that has everything: each kind of target, with each of its methods and without, and members of each form.

mod customers;
mod patron;
mod plain;
mod processes;
mod receipt;
mod thing;

use enaction::{
    Endpoint, Module, Resource, Singleton,
    limits::Limits,
    table::Method,
    testkit::{Answer, Running, TestCaller, TestService},
};
use enaction_conformance::{Target, Tokens};

pub(crate) use plain::Plain;
pub(crate) use processes::relay;

/// The path of the resource that declares nothing but what is stored.
pub(crate) const PLAIN: &str = "/plains";

/// Everything that the service answers.
pub(crate) fn module() -> Module {
    use processes::{
        announce, echo, empty, forget, merge_all, own_settings, pinned, replace_all, reset, set_settings, settings,
        tell,
    };
    Module::new("")
        .keeps::<patron::Caring>()
        .keeps::<processes::Settings>()
        .resource(Resource::<plain::Plain>::stored())
        .resource(Resource::<plain::Strict>::stored().without(Method::Delete).demand_if_match())
        .resource(Resource::<plain::Seen>::read_only().create::<plain::see>().pages_by_offset())
        .resource(receipt::receipts())
        .resource(
            thing::things()
                .search()
                .batch()
                .replace_all::<replace_all>()
                .modify_all::<merge_all>()
                .delete_all::<empty>(),
        )
        .resource(customers::customers())
        .resource(patron::patrons())
        .resource(patron::couriers())
        .singleton(Singleton::new("/care").read::<patron::cared_for>().replace::<patron::care_for>())
        .singleton(Singleton::new("/clock").read::<tell>())
        .singleton(
            Singleton::new("/settings")
                .read::<settings>()
                .replace::<set_settings>()
                .modify::<own_settings>()
                .delete::<reset>(),
        )
        .singleton(Singleton::new("/announcement").replace::<announce>())
        .endpoint(Endpoint::get::<pinned>("/pinned", "pinned.read").media_type("application/pins+json").max_age_s(60))
        .endpoint(Endpoint::post::<echo>("/echo", "echo.post"))
        .endpoint(Endpoint::form::<forget>("/forget", "forget.post").oauth_errors())
        .process::<relay>("relay.call")
        .process::<patron::find>("patrons.find")
        .process::<patron::tally>("patrons.tally")
}

/// Baskets, the catalogue and this shop.
pub(crate) fn service() -> TestService {
    TestService::new()
        .module(module())
        .module(enaction_services::catalogue::module())
        .module(enaction_services::baskets::module())
}

/// The same as a server.
pub(crate) fn start() -> Running {
    service().start()
}

/// The server, and someone of a company who may do everything.
pub(crate) struct Shop {
    pub(crate) service: Running,
    pub(crate) anna: TestCaller,
}

impl Shop {
    pub(crate) fn open() -> Self {
        Self::of(start())
    }

    pub(crate) fn of(service: Running) -> Self {
        let anna = service.caller("acme").at("0001", "EUR").may(["*"]);
        Self { service, anna }
    }

    /// Asks with fields; an empty body is none.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str, fields: &[(&str, &str)]) -> Answer {
        self.ask_as(&self.anna, method, path, body, fields)
    }

    /// The same of someone else.
    pub(crate) fn ask_as(
        &self,
        caller: &TestCaller,
        method: &str,
        path: &str,
        body: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.service.request(method, path).from(caller);
        for (name, value) in fields {
            request = request.header(name, value);
        }
        if body.is_empty() { request.send() } else { request.json(body).send() }
    }

    pub(crate) fn tag(&self, path: &str) -> String {
        self.ask("GET", path, "", &[]).header("etag").expect("a tag").to_owned()
    }
}

/// The server and those who call it.
pub(crate) fn target(service: &Running) -> Target {
    let someone = |company: &str| service.caller(company).at("0001", "EUR").on("till-1");
    let tokens = |caller| Tokens::from(service.tokens(&caller));
    Target {
        address: service.address(),
        all: tokens(someone("acme").may(["*"])),
        other: tokens(someone("globex").may(["*"])),
        nobody: tokens(someone("acme")),
        narrow: Some(tokens(someone("acme").may(["*"]).narrowed_to("nothing.needs"))),
    }
}

/// Limits with a short time for processes.
pub(crate) fn hasty() -> Limits {
    let mut limits = Limits::default();
    limits.process_ms_max = 200;
    limits
}
