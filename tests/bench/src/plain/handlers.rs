//! The routes.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, ContentType, ETag, EntityTag},
    },
    web::{Bytes, Data, Json, Path, Query, ServiceConfig, get, post, resource},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Failure, State,
    basket::{Basket, Draft},
    session::Caller,
};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/baskets").route(get().to(list)).route(post().to(create)))
        .service(resource("/baskets/{id}").route(get().to(read)));
}

fn problem(status: u16, code: &str, rest: serde_json::Value) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(status).unwrap_or_default())
        .content_type("application/problem+json")
        .json(json!({ "code": code, "status": status, "violations": rest }))
}

fn etag(version: u64) -> ETag {
    ETag(EntityTag::new_strong(version.to_string()))
}

async fn read(state: Data<State>, Caller(session): Caller, id: Path<String>) -> HttpResponse {
    if !session.may("baskets.read") {
        return problem(403, "permission_denied", json!([]));
    }
    match state.baskets.get(&session.company, &id) {
        Some(basket) => HttpResponse::Ok()
            .insert_header(etag(basket.version))
            .insert_header((header::CACHE_CONTROL, "private, no-cache"))
            .json(&*basket),
        None => problem(404, "not_found", json!([])),
    }
}

async fn create(state: Data<State>, Caller(session): Caller, draft: Json<Draft>) -> HttpResponse {
    if !session.may("baskets.create") {
        return problem(403, "permission_denied", json!([]));
    }
    let basket = match Basket::open(draft.into_inner(), &state, &session) {
        Ok(basket) => Arc::new(basket),
        Err(violations) => return problem(422, "invalid", json!(violations)),
    };
    let body = Bytes::from(serde_json::to_vec(&*basket).unwrap_or_default());
    let version = match &state.durable {
        Some(durable) => durable.insert(&session, &basket.id, &body).await,
        None if state.baskets.insert(&session.company, &basket) => Ok(basket.version),
        None => Err(Failure::Taken),
    };
    match version {
        Ok(version) => HttpResponse::Created()
            .insert_header(etag(version))
            .insert_header((header::LOCATION, format!("/baskets/{}", basket.id)))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type(ContentType::json())
            .body(body),
        Err(Failure::Taken) => problem(409, "already_exists", json!([])),
        Err(Failure::Unavailable) => problem(503, "store_unavailable", json!([])),
    }
}

/// Which part of the list.
#[derive(Deserialize)]
struct Part {
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Serialize)]
struct Listed<'a> {
    items: Vec<&'a Basket>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn list(state: Data<State>, Caller(session): Caller, part: Query<Part>) -> HttpResponse {
    if !session.may("baskets.list") {
        return problem(403, "permission_denied", json!([]));
    }
    let limit = part.limit.unwrap_or(50);
    if !(1..=500).contains(&limit) {
        return problem(400, "query_invalid", json!([]));
    }
    let (baskets, more) = state.baskets.list(&session.company, part.cursor.as_deref(), limit);
    let next = baskets.last().filter(|_| more).map(|last| format!("/baskets?cursor={}", last.id));
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .json(Listed { items: baskets.iter().map(|basket| &**basket).collect(), next })
}
