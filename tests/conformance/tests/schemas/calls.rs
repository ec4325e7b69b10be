//! Applications over stores of the tests, and calls of their processes.

use std::sync::Arc;

use async_trait::async_trait;
use enaction::{
    Application, Caller, Claims, Clock, Fault, Policy, PolicySource, SystemClock, prelude::*, store::Store,
};
use serde_json::Value;

/// Everyone may do everything.
struct Everything;

#[async_trait]
impl PolicySource for Everything {
    fn cached(&self, _: &str) -> Option<Arc<Policy>> {
        Some(Arc::new(Policy { roles: [("all".to_owned(), vec!["*".to_owned()])].into(), ..Policy::default() }))
    }

    async fn policy(&self, company: &str) -> Result<Arc<Policy>, Fault> {
        Ok(self.cached(company).expect("a policy"))
    }
}

pub(crate) fn open_at<S: Store>(store: &Arc<S>, module: Module, clock: Arc<dyn Clock>) -> Arc<Application> {
    let builder = Application::builder().clock(clock).policies(Arc::new(Everything)).module(module);
    builder.build(Arc::clone(store) as Arc<dyn Store>).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

pub(crate) fn open<S: Store>(store: &Arc<S>, module: Module) -> Arc<Application> {
    open_at(store, module, Arc::new(SystemClock))
}

pub(crate) async fn call(app: &Arc<Application>, name: &str, input: Value) -> Result<Value, Fault> {
    let caller = Caller::new(Claims { company: "acme".into(), roles: vec!["all".into()], ..Claims::default() });
    let output = app.call(name, caller, input.to_string().as_bytes()).await?;
    Ok(output.json().map_or(Value::Null, |body| serde_json::from_slice(&body).expect("JSON")))
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(future)
}
