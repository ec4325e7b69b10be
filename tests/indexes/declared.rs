//! One shop in two versions of a program: the newer one has other indexes than the older.

/// The entities and their module, with what is indexed of them.
macro_rules! version {
    ($version:ident: customers $customers:tt, orders $orders:tt, people $people:tt) => {
        pub(crate) mod $version {
            use std::sync::Arc;

            use enaction::{Application, prelude::*, store::Store};

            /// Who buys.
            #[entity $customers]
            pub struct Customer {
                #[entity(given)]
                pub id: Id<Customer>,
                pub code: Option<String>,
                pub email: Option<String>,
                pub kind: String,
                pub points: i64,
            }

            /// What a customer ordered.
            #[entity $orders]
            pub struct Order {
                #[entity(given)]
                pub id: Id<Order>,
                pub number: Option<String>,
                pub total: i64,
            }

            /// Who works for a company.
            #[entity $people]
            pub struct Person {
                #[entity(given)]
                pub id: Id<Person>,
                #[entity(read_only)]
                pub company: String,
                pub badge: Option<String>,
                pub name: String,
            }

            /// Who has this address.
            #[process]
            pub async fn by_email(cx: &ReadContext, email: String) -> Result<Option<String>> {
                Ok(cx.find::<Customer>("email", &email).await?.map(|found| found.id.to_string()))
            }

            /// An application of this version.
            pub(crate) fn open(store: &Arc<dyn Store>) -> Arc<Application> {
                let mut builder = Application::builder();
                let capability = builder.take_capability().expect("the capability");
                let customers = Resource::<Customer>::stored().collection("orders", Resource::<Order>::stored());
                let people = Resource::<Person>::stored();
                let builder = builder
                    .clock(Arc::new(crate::shop::Noon))
                    .policies(Arc::new(crate::shop::Everything))
                    .module(Module::new("").resource(customers).process::<by_email>("customers.byEmail"))
                    .module(Module::new("/staff").of_installation(&capability).resource(people));
                builder.build(Arc::clone(store)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
            }
        }
    };
}

version! {
    old:
    customers ("customers", unique = "code", list(by = "kind", sort = "-created")),
    orders ("orders"),
    people ("people", owned_by = "company", unique = "name")
}

version! {
    new:
    customers ("customers", unique = "code, email", list(by = "kind", sort = "-points")),
    orders ("orders", unique = "number", list(sort = "-total")),
    people ("people", owned_by = "company", unique_installation = "badge", list(sort = "name"))
}

/// Every index of both, with its collection.
pub(crate) const NEW: [(&str, &str); 6] = [
    ("customers", "customers.email"),
    ("customers", "customers:kind:-points"),
    ("orders", "orders.number"),
    ("orders", "orders::-total"),
    ("people", "people.badge"),
    ("people", "people::name"),
];
pub(crate) const OLD: [(&str, &str); 2] = [("customers", "customers:kind:-created"), ("people", "people.name")];
