//! The same work by hand: what a good team would write on actix-web for baskets alone. Structs and serde, a `dashmap`, the
//! pair of tokens checked once and then remembered, ids, names, ETag and Location; or, in the place of the map, SQLite
//! with one writer that commits in groups, or PostgreSQL.
//!
//! It leaves out what such a server has no word for: the convention table, schemas, request ids, units of work.

mod basket;
mod handlers;
mod memory;
mod postgres;
mod session;
mod sqlite;

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    web::{self, Bytes},
};

use crate::{
    server::Kept,
    world::{World, products},
};

use self::{
    memory::Memory,
    postgres::Postgres,
    session::{Session, Sessions},
    sqlite::Sqlite,
};

/// Why a basket is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Taken,
    Unavailable,
}

/// The version under which a basket is kept.
type Outcome = Result<u64, Failure>;

/// What the handlers share.
struct State {
    sessions: Sessions,
    products: HashMap<String, Product>,
    baskets: Memory,
    /// When it is there, baskets are kept in it.
    durable: Option<Durable>,
}

enum Durable {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Durable {
    async fn insert(&self, session: &Session, id: &str, body: &Bytes) -> Outcome {
        match self {
            Self::Sqlite(sqlite) => sqlite.insert(session, id, body).await,
            Self::Postgres(postgres) => postgres.insert(session, id, body).await,
        }
    }
}

struct Product {
    description: String,
    unit_price: i64,
}

/// Serves until the process ends.
pub(crate) fn serve(world: &Arc<World>, kept: Kept<'_>, listening: impl FnOnce(SocketAddr)) {
    let product = |(code, description, unit_price)| (code, Product { description, unit_price });
    let state = web::Data::new(State {
        sessions: Sessions::new(Arc::clone(world)),
        products: products().map(product).collect(),
        baskets: Memory::default(),
        durable: match kept {
            Kept::InMemory => None,
            Kept::In(directory) => Some(Durable::Sqlite(Sqlite::open(&directory.join("store.db")))),
            Kept::On(url) => Some(Durable::Postgres(Postgres::of(url))),
        },
    });
    actix_rt::System::new().block_on(async move {
        state.sessions.load_keys().await;
        if let Some(Durable::Postgres(postgres)) = &state.durable {
            postgres.lay_out().await;
        }
        let server = HttpServer::new(move || {
            let json = web::JsonConfig::default().limit(1_048_576);
            App::new().app_data(state.clone()).app_data(json).configure(handlers::routes)
        });
        let server = server.workers(1).keep_alive(Duration::from_secs(15)).bind("127.0.0.1:0").expect("listen");
        listening(*server.addrs().first().expect("an address"));
        server.run().await.expect("serve");
    });
}
