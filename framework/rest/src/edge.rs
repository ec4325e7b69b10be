//! Where actix hands a request over: one service for everything. An error never crosses back; a panic becomes an answer.

use std::{future::Future, marker::PhantomData, panic::AssertUnwindSafe, pin::Pin, rc::Rc, sync::Arc, task};

use actix_http::{Request, header};
use actix_web::dev::{Service, ServiceFactory};
use enaction_core::catalogue;
use futures_util::FutureExt as _;

use crate::{admission::Room, answer::Answer, names, problem::problem, shared::Shared, trace::Trace, way};

/// Makes the edge of one worker.
pub(crate) struct Factory<C> {
    shared: Arc<Shared>,
    config: PhantomData<fn(C)>,
}

impl<C> Factory<C> {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, config: PhantomData }
    }
}

impl<C> ServiceFactory<Request> for Factory<C> {
    type Response = Answer;
    type Error = actix_web::Error;
    type Config = C;
    type Service = Edge;
    type InitError = ();
    type Future = std::future::Ready<Result<Edge, ()>>;

    fn new_service(&self, _: C) -> Self::Future {
        let room = Room::new(Arc::clone(&self.shared));
        std::future::ready(Ok(Edge { shared: Arc::clone(&self.shared), room }))
    }
}

/// The edge of one worker.
pub(crate) struct Edge {
    shared: Arc<Shared>,
    room: Rc<Room>,
}

impl Service<Request> for Edge {
    type Response = Answer;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, actix_web::Error>>>>;

    fn poll_ready(&self, _: &mut task::Context<'_>) -> task::Poll<Result<(), actix_web::Error>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&self, request: Request) -> Self::Future {
        let (shared, room) = (Arc::clone(&self.shared), Rc::clone(&self.room));
        let running = room.enter();
        Box::pin(async move {
            let answer = AssertUnwindSafe(way::go(&shared, &room, &running, request)).catch_unwind().await;
            Ok(answer.unwrap_or_else(|_| after_panic(&shared)))
        })
    }
}

/// The request is gone with the panic, so its answer names no path.
fn after_panic(shared: &Shared) -> Answer {
    tracing::error!("the server panicked while it answered a request");
    let trace = Trace::of(&header::HeaderMap::new(), || shared.application.random());
    let mut answer = problem(catalogue::INTERNAL.into(), &shared.public, "/", &trace);
    answer.head_mut().set_connection_type(actix_http::ConnectionType::Close);
    let headers = answer.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, names::NOSNIFF.clone());
    trace.put(headers);
    answer
}
