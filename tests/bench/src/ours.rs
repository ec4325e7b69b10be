//! Our server: baskets and the catalogue as they are, behind real tokens.

use std::{net::SocketAddr, sync::Arc};

use enaction::{
    Admission, Application, Caller, Claims,
    rest::Server,
    store::Store,
    stores::{MemoryStore, PostgresSettings, PostgresStore, SqliteSettings, SqliteStore},
};
use enaction_services::{
    baskets,
    catalogue::{self, Product, stock},
};

use crate::{
    server::Kept,
    world::{COMPANY, World, products},
};

/// Serves until the process ends.
pub(crate) fn serve(world: &Arc<World>, kept: Kept<'_>, listening: impl FnOnce(SocketAddr)) {
    let store: Arc<dyn Store> = match kept {
        Kept::In(directory) => {
            let store = SqliteStore::open(&directory.join("store.db"), SqliteSettings::default());
            Arc::new(store.expect("open the store"))
        }
        Kept::On(url) => Arc::new(postgres(url.to_owned())),
        Kept::InMemory => Arc::new(MemoryStore::new()),
    };
    let application = application(world, store);
    fill_catalogue(&application);
    let server = Server::new(application, Arc::new(world.verifier())).listen("127.0.0.1:0").workers(1);
    let bound = server.without_signals().bind().expect("listen");
    listening(*bound.addresses().first().expect("an address"));
    bound.run().expect("serve");
}

/// Its connections run on a thread of their own, because it serves workers that come and go.
fn postgres(url: String) -> PostgresStore {
    let (told, connected) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_rt::Runtime::new().expect("a runtime").block_on(async {
            let store = PostgresStore::connect(&url, PostgresSettings::default()).await;
            told.send(store.expect("connect")).expect("hand over the store");
            std::future::pending::<()>().await;
        });
    });
    connected.recv().expect("the store")
}

/// Baskets and the catalogue.
pub(crate) fn application(world: &Arc<World>, store: Arc<dyn Store>) -> Arc<Application> {
    let builder = Application::builder().policies(Arc::clone(world) as _);
    let application = builder.module(catalogue::module()).module(baskets::module()).build(store);
    application.unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn fill_catalogue(application: &Arc<Application>) {
    let claims = Claims { subject: "usr_manager".into(), company: COMPANY.into(), ..Claims::default() };
    let products = products().map(|(code, description, unit_price)| Product {
        id: code.parse().expect("an id"),
        description,
        unit_price,
        ..Product::default()
    });
    let stocked =
        application.run_typed::<stock>(Some(Caller::new(claims)), Admission::default(), (products.collect(),));
    actix_rt::Runtime::new().expect("a runtime").block_on(stocked).expect("fill the catalogue");
}
