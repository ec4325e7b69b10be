//! The way of a request: the steps in their order. For two mistakes there is one answer: that of the earlier step.

use std::{borrow::Cow, rc::Rc};

use actix_http::{ConnectionType, Payload, Request, header};
use bytes::Bytes;
use enaction_core::{
    catalogue,
    table::{Method, Target as Kind},
};

use crate::{
    admission::{self, Room, Running},
    answer::{Answer, answer},
    batch,
    body::Body,
    call::{Call, Head},
    client, envelope,
    log::Seen,
    names, oauth, path,
    problem::problem,
    refused::Refused,
    route::{self, Found, Leads},
    shared::Shared,
    target::{Ready, Target},
    tokens,
    trace::Trace,
};

/// Answers a request, whatever it is.
pub(crate) async fn go(shared: &Shared, room: &Room, running: &Rc<Running>, mut request: Request) -> Answer {
    let mut seen = Seen::new();
    let mut body = Body::of(&mut request);
    let trace = Trace::of(request.head().headers(), || shared.application.random());
    let mut way = Way { shared, room, running, request: &request, trace: &trace, seen: &mut seen, told_by: None };
    let mut answer = match way.steps(&mut body).await {
        Ok(answer) => answer,
        Err(refused) => way.refuse(refused),
    };
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, names::NOSNIFF.clone());
    let mut answer = close(shared, body.finish().await, answer);
    seen.tell(request.method().as_str(), answer.status().as_u16(), &trace);
    trace.put(answer.headers_mut());
    answer
}

/// Closes the connection behind the answer, where what was sent is not all read or the server is stopping.
fn close(shared: &Shared, unread: Option<Payload>, mut answer: Answer) -> Answer {
    if unread.is_some() || shared.is_stopping() {
        answer.head_mut().set_connection_type(ConnectionType::Close);
    }
    match unread {
        Some(unread) => answer.map_body(|_, content| content.holding(unread)),
        None => answer,
    }
}

struct Way<'a> {
    shared: &'a Shared,
    room: &'a Room,
    running: &'a Rc<Running>,
    request: &'a Request,
    trace: &'a Trace,
    seen: &'a mut Seen,
    /// Set when refusals are told as OAuth 2 has it: whether the client tried `Basic`.
    told_by: Option<bool>,
}

impl Way<'_> {
    async fn steps(&mut self, body: &mut Body) -> Result<Answer, Refused> {
        let (request, limits) = (self.request, &self.shared.application.limits);
        // admission
        admission::check_head(request, limits)?;
        self.room.check()?;
        // route
        let method = request.method().as_str();
        if let ("CONNECT", _) | (_, "*") = (method, request.path()) {
            return whole_server(method);
        }
        let path = path::read(request.path())?;
        let Found { target, parameters } = self.shared.routes.find(&path)?;
        match route::lead(&target, method)? {
            Leads::Options => Ok(options(&target)),
            Leads::Page(page) => {
                self.seen.page = Some((page.name(), page.path()));
                if body.has_bytes(limits).await? {
                    return Err(catalogue::BODY_NOT_ALLOWED.into());
                }
                let code = parameters.first().map_or("", |code| code.as_ref());
                // Boxed, as a batch is, so that no other request carries the room for it.
                Box::pin(page.answer(self.shared, code, request.head().headers())).await
            }
            Leads::Operation(ready) => {
                self.seen.operation = Some(ready.operation.clone());
                self.operation(ready, &parameters, body).await
            }
        }
    }

    async fn operation(
        &mut self,
        ready: &Ready,
        segments: &[Cow<'_, str>],
        body: &mut Body,
    ) -> Result<Answer, Refused> {
        let (shared, request) = (self.shared, self.request);
        let (path, query) = (request.path(), request.uri().query());
        let head = Head { headers: request.head().headers(), path, query };
        // tokens
        let admission = tokens::admit(shared, head.headers, &ready.operation.process, &mut self.seen.caller).await?;
        // envelope
        self.told_by = ready.tells_oauth().then(|| client::is_basic(head.headers));
        let opened = envelope::open(ready, head.headers, body, &shared.application.limits).await?;
        // unwrap
        let admitted = (self.seen.caller.clone(), admission);
        let call = Call::unwrap(ready, head, segments, admitted, opened, shared)?;
        // process, commit, respond
        match ready.operation.target {
            Kind::Batch => Box::pin(batch::answer(call, shared, self.running, self.trace)).await,
            _ => call.answer(shared, self.running).await,
        }
    }

    fn refuse(&mut self, refused: Refused) -> Answer {
        self.seen.code = Some(refused.fault.code());
        self.seen.reason = refused.reason;
        match self.told_by {
            // Limits are told the same everywhere.
            Some(basic) if refused.fault.limit().is_none() => oauth::refusal(refused, basic),
            _ => problem(refused, &self.shared.public, self.request.path(), self.trace),
        }
    }
}

/// `OPTIONS` of a target.
fn options(target: &Target) -> Answer {
    let mut answer = answer(204, Bytes::new());
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, names::NO_STORE.clone());
    headers.insert(header::ALLOW, target.allow());
    let takers = [
        (&names::ACCEPT_POST, Method::Post),
        (&names::ACCEPT_PATCH, Method::Patch),
        (&names::ACCEPT_QUERY, Method::Query),
    ];
    for (name, method) in takers {
        if let Some(taken) = target.taken(method) {
            headers.insert(name.clone(), taken);
        }
    }
    answer
}

/// What is asked of the server as a whole: `OPTIONS *` (RFC 9110, section 9.3.7), and `CONNECT`, which names no path.
fn whole_server(method: &str) -> Result<Answer, Refused> {
    let allow = header::HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, QUERY, OPTIONS");
    if method != "OPTIONS" {
        return Err(route::not_allowed(allow));
    }
    let mut answer = answer(204, Bytes::new());
    answer.headers_mut().insert(header::CACHE_CONTROL, names::NO_STORE.clone());
    answer.headers_mut().insert(header::ALLOW, allow);
    Ok(answer)
}
