//! A server that stops at one point of the way of a request and says so, so that its client can leave it there, or it can
//! be killed there. It serves one command, which makes two halves of a whole.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use enaction::{
    prelude::*,
    store::{Committed, Refusal, Scope, Store, Unit},
    stores::{SqliteSettings, SqliteStore},
    testkit::TestService,
};
use enaction_tests::store::{Front, Fronted};

/// The points behind the reading of the request at which it can stop, in their order.
pub const POINTS: [&str; 4] = ["before the writes", "behind the writes", "before the commit", "behind the commit"];

/// Half of something.
#[entity("halves")]
pub struct Half {
    #[entity(given)]
    pub id: Id<Half>,
}

/// Where it stops, and the file whose coming lets it go on.
struct Stop {
    at: String,
    until: PathBuf,
}

impl Stop {
    async fn here(&self, point: &str) {
        if self.at == point {
            println!("at {point}");
            while !self.until.exists() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }
}

/// Makes both halves.
#[process]
pub async fn make(cx: &mut WriteContext) -> Result<Stored<Half>> {
    let stop = cx.provided::<Stop>()?;
    stop.here("before the writes").await;
    cx.create(Half { id: "left".parse().expect("an id"), ..Half::default() }).await?;
    let right = cx.create(Half { id: "right".parse().expect("an id"), ..Half::default() }).await?;
    stop.here("behind the writes").await;
    Ok(right)
}

/// Looks for both halves, and prints when it was given up.
#[process]
pub async fn look(cx: &ReadContext) -> Result<u64> {
    struct Left;
    impl Drop for Left {
        fn drop(&mut self) {
            println!("the query ended");
        }
    }
    let _left = Left;
    let stop = cx.provided::<Stop>()?;
    stop.here("in a query").await;
    let page = cx.list::<Half>(&PageRequest::default()).await?;
    Ok(page.items.len() as u64)
}

struct Stopping(Arc<Stop>);

#[async_trait]
impl Front for Stopping {
    async fn commit(&self, behind: &dyn Store, unit: Unit) -> Result<Committed, Refusal> {
        // What the server keeps for itself is no step of the command.
        if unit.scope == Scope::Installation {
            return behind.commit(unit).await;
        }
        self.0.here("before the commit").await;
        let committed = behind.commit(unit).await;
        self.0.here("behind the commit").await;
        committed
    }
}

/// The program: serves on a free port until it is killed. Prints its address and the two tokens of a caller.
///
/// # Panics
/// When it can not start.
pub fn serve_until_killed(data: &Path, at: &str) {
    let stop = Arc::new(Stop { at: at.to_owned(), until: data.join("go") });
    let store = SqliteStore::open(&data.join("store"), SqliteSettings::default()).expect("the store opens");
    let halves = Resource::<Half>::stored().create::<make>().view::<look>("look");
    let module = Module::new("").resource(halves).provide(Arc::clone(&stop));
    let service = TestService::new().store(Fronted::new(Stopping(stop), store)).module(module).start();
    let (id, site) = service.tokens(&service.caller("acme").may(["*"]));
    println!("{}\n{id}\n{site}\nready", service.address());
    loop {
        std::thread::park();
    }
}
