//! The same behind HTTP: how clients authenticate themselves, what may be kept, and the convention table.

use std::{net::SocketAddr, sync::Arc, thread::JoinHandle};

use enaction::rest::{Handle, Server};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::world::{Credentials, EXCHANGE, ID_TOKEN, World};

/// A world behind a socket.
struct Served {
    world: World,
    address: SocketAddr,
    client: Client,
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    fn new(world: World) -> Self {
        let server = Server::new(Arc::clone(&world.application), Arc::clone(&world.verifier));
        let bound = server.listen("127.0.0.1:0").workers(1).without_signals().bind().unwrap();
        let (address, handle) = (bound.addresses()[0], bound.handle());
        let thread = Some(std::thread::spawn(move || bound.run().unwrap()));
        let client = Client::builder().no_proxy().build().unwrap();
        Self { world, address, client, handle, thread }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}/identity{path}", self.address))
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    fn token(&self, form: &[(&str, &str)]) -> RequestBuilder {
        self.request(Method::POST, "/token").form(form)
    }

    /// The two header lines of somebody, through the token endpoint.
    async fn pair(&self, subject: &str) -> (String, String) {
        let Credentials { id, secret } = &self.world.development;
        let post = async |form: &[(&str, &str)]| {
            let answer = self.token(form).basic_auth(id, Some(secret)).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            body(answer).await
        };
        let text = |answer: &Value, name: &str| answer[name].as_str().unwrap().to_owned();
        let own = text(&post(&[("grant_type", "client_credentials"), ("scope", "openid")]).await, "id_token");
        let exchange = [("grant_type", EXCHANGE), ("subject_token_type", ID_TOKEN)];
        let theirs =
            [("subject_token", own.as_str()), ("requested_token_type", ID_TOKEN), ("requested_subject", subject)];
        let id = text(&post(&[&exchange[..], &theirs].concat()).await, "access_token");
        let (_, company) = subject.split_once('@').unwrap();
        let place = [("subject_token", id.as_str()), ("company", company)];
        let site = text(&post(&[&exchange[..], &place].concat()).await, "access_token");
        (id, site)
    }

    async fn call(&self, pair: &(String, String), method: Method, path: &str, json: Option<Value>) -> Response {
        let mut request = self.request(method.clone(), path).header("id_token", &pair.0).header("site_token", &pair.1);
        if let Some(json) = json {
            let kind = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
            request = request.header(header::CONTENT_TYPE, kind).body(json.to_string());
        }
        request.send().await.unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.handle.stop();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn body(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default()
}

fn field<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[actix_rt::test]
async fn a_client_authenticates_itself_by_basic_or_in_the_form() {
    let served = Served::new(World::new().await);
    let Credentials { id, secret } = served.world.development.clone();
    let form = [("grant_type", "client_credentials"), ("scope", "openid"), ("unknown", "passed over")];
    let with = |more: &[(&'static str, &str)]| {
        let all: Vec<(&str, String)> =
            form.iter().chain(more).map(|(name, value)| (*name, (*value).to_owned())).collect();
        served.request(Method::POST, "/token").form(&all)
    };
    let in_form = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
    for (sentence, request, status, error) in [
        ("basic", with(&[]).basic_auth(&id, Some(&secret)), 200, None),
        ("form", with(&in_form), 200, None),
        ("both", with(&in_form).basic_auth(&id, Some(&secret)), 400, Some("invalid_request")),
        ("neither", with(&[]), 401, Some("invalid_client")),
        ("a wrong secret", with(&[]).basic_auth(&id, Some("wrong")), 401, Some("invalid_client")),
        ("an unknown client", with(&[]).basic_auth("nobody", Some(&secret)), 401, Some("invalid_client")),
        ("a field twice", with(&[("scope", "openid")]).basic_auth(&id, Some(&secret)), 400, Some("invalid_request")),
        ("an empty form", served.token(&[]).basic_auth(&id, Some(&secret)), 400, Some("invalid_request")),
        (
            "a grant that is none",
            served.token(&[("grant_type", "password")]).basic_auth(&id, Some(&secret)),
            400,
            Some("unsupported_grant_type"),
        ),
    ] {
        let is_basic = request.try_clone().unwrap().build().unwrap().headers().contains_key(header::AUTHORIZATION);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{sentence}");
        assert_eq!(field(&answer, "cache-control"), "no-store", "{sentence}");
        assert_eq!(field(&answer, "content-type"), "application/json", "{sentence}");
        let challenge = if status == 401 && is_basic { "Basic realm=\"api\"" } else { "" };
        assert_eq!(field(&answer, "www-authenticate"), challenge, "{sentence}");
        let answer = body(answer).await;
        assert_eq!(answer.get("error").and_then(Value::as_str), error, "{sentence}: {answer}");
    }
    let wrong_kind = served.request(Method::POST, "/token").header(header::CONTENT_TYPE, "application/json").body("{}");
    assert_eq!(wrong_kind.send().await.unwrap().status().as_u16(), 400);
    assert_eq!(served.get("/token").await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[actix_rt::test]
async fn documents_may_be_kept_and_are_named_by_their_content() {
    let served = Served::new(World::new().await);
    let installation = served.world.caller("administrator@system").await;
    let acme = served.world.id_of(&installation, "installation.companies", "code", "acme").await;
    let policy = format!("/policy/{acme}");
    for (path, seconds) in [
        ("/jwks.json", 300),
        ("/.well-known/openid-configuration", 300),
        ("/.well-known/oauth-authorization-server", 300),
        (policy.as_str(), 5),
    ] {
        let answer = served.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(field(&answer, "cache-control"), format!("public, max-age={seconds}"), "{path}");
        let tag = field(&answer, "etag").to_owned();
        assert!(tag.starts_with('"') && tag.len() > 2, "{path}");
        assert_eq!(field(&served.get(path).await, "etag"), tag, "{path}");
        let again = served.request(Method::GET, path).header(header::IF_NONE_MATCH, &tag).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
    let before = field(&served.get(&policy).await, "etag").to_owned();
    let admin = served.pair("administrator@acme").await;
    let role = json!({ "name": "auditor", "permissions": ["operations.read"] });
    assert_eq!(served.call(&admin, Method::POST, "/roles", Some(role)).await.status(), StatusCode::CREATED);
    let after = served.get(&policy).await;
    assert_ne!(field(&after, "etag"), before);
    assert_eq!(body(after).await["roles"]["auditor"], json!(["operations.read"]));
    for path in ["/policy/acme", "/policy/nobody", "/policy/a%20b"] {
        assert_eq!(served.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[actix_rt::test]
async fn the_convention_table_holds_for_what_identity_keeps() {
    let served = Served::new(World::new().await);
    let admin = served.pair("administrator@acme").await;
    let client = served.call(&admin, Method::POST, "/clients", Some(json!({ "name": "robot" }))).await;
    assert_eq!(client.status(), StatusCode::CREATED);
    let location = field(&client, "location").to_owned();
    let client = body(client).await;
    assert_eq!(location, format!("/identity/clients/{}", client["id"].as_str().unwrap()));
    let path = location.strip_prefix("/identity").unwrap();
    let secret = format!("{path}/secret");
    let site = body(served.call(&admin, Method::GET, "/sites", None).await).await["items"][0].clone();
    let site_path = format!("/sites/{}", site["id"].as_str().unwrap());
    let device = body(served.call(&admin, Method::GET, "/devices", None).await).await["items"][0].clone();
    let device_site = format!("/devices/{}/site", device["id"].as_str().unwrap());
    let roles = body(served.call(&admin, Method::GET, "/roles", None).await).await;
    let role = roles["items"][0]["id"].as_str().unwrap().to_owned();
    let permissions = format!("/roles/{role}/permissions");
    for (method, path, body_sent, status) in [
        (Method::GET, "/me", None, 200),
        (Method::POST, "/me", None, 405),
        (Method::GET, path, None, 200),
        (Method::POST, path, Some(json!({ "name": "x" })), 409),
        (Method::POST, "/clients/none", Some(json!({ "name": "x" })), 404),
        (Method::POST, "/clients", Some(json!({ "id": "mine", "name": "x" })), 422),
        (Method::POST, &secret, None, 200),
        (Method::GET, &secret, None, 405),
        (Method::PATCH, path, Some(json!({ "status": "DISABLED" })), 200),
        (Method::GET, &format!("{path}/status"), None, 200),
        (Method::PUT, &format!("{path}/company"), Some(json!("globex")), 405),
        (Method::DELETE, path, None, 200),
        (Method::GET, path, None, 404),
        (Method::DELETE, "/clients", None, 405),
        (Method::PUT, &device_site, Some(json!("none")), 422),
        (Method::PUT, &device_site, Some(site["id"].clone()), 200),
        (Method::PUT, &permissions, Some(json!(["installation.*"])), 422),
        (Method::PUT, &format!("{site_path}/currency"), Some(json!("euro")), 422),
        (Method::PUT, &format!("{site_path}/code"), Some(site["code"].clone()), 200),
        (Method::DELETE, &site_path, None, 409),
        (Method::GET, "/companies", None, 403),
    ] {
        let answer = served.call(&admin, method.clone(), path, body_sent.clone()).await;
        let found = answer.status().as_u16();
        assert_eq!(found, status, "{method} {path} {body_sent:?}: {}", body(answer).await);
    }
    assert_eq!(served.get("/sites").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(served.get("/me").await.status(), StatusCode::UNAUTHORIZED);
}

#[actix_rt::test]
async fn what_acme_has_is_404_for_globex() {
    let served = Served::new(World::new().await);
    let (acme, globex) = (served.pair("administrator@acme").await, served.pair("administrator@globex").await);
    for collection in ["sites", "people", "devices", "roles", "memberships"] {
        let items = body(served.call(&acme, Method::GET, &format!("/{collection}"), None).await).await;
        for item in items["items"].as_array().unwrap() {
            let path = format!("/{collection}/{}", item["id"].as_str().unwrap());
            for (method, json) in [
                (Method::GET, None),
                (Method::PUT, Some(item.clone())),
                (Method::PATCH, Some(json!({}))),
                (Method::DELETE, None),
                (
                    Method::POST,
                    Some(json!({ "name": "x", "code": "1", "currency": "EUR", "site": "x", "subject": "x" })),
                ),
            ] {
                let found = served.call(&globex, method.clone(), &path, json).await.status().as_u16();
                let expected = if method == Method::POST { [404, 422].contains(&found) } else { found == 404 };
                assert!(expected, "{method} {path}: {found}");
            }
            assert_eq!(served.call(&acme, Method::GET, &path, None).await.status(), StatusCode::OK, "{path}");
        }
    }
}

#[actix_rt::test]
async fn a_real_installation_begins_over_http() {
    let served = Served::new(World::bare().await);
    let client = crate::bootstrap::open(&served.world).await;
    let first = json!({
        "company": { "code": "initech", "name": "Initech" },
        "site": { "code": "0001", "name": "Austin", "currency": "USD" },
        "administrator": { "name": "Ada" },
    });
    let begin = |secret: &str| {
        let request = served.request(Method::POST, "/bootstrap").basic_auth(&client.id, Some(secret));
        request.header(header::CONTENT_TYPE, "application/json").body(first.to_string()).send()
    };
    assert_eq!(begin("wrong").await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let answer = begin(&client.secret).await.unwrap();
    assert_eq!((answer.status(), field(&answer, "cache-control")), (StatusCode::OK, "no-store"));
    let administrator = Credentials::of(&body(answer).await["administrator"]);
    assert_eq!(begin(&client.secret).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let form = [("grant_type", "client_credentials"), ("scope", "openid"), ("company", "initech"), ("site", "0001")];
    let answer = served.token(&form).basic_auth(&administrator.id, Some(&administrator.secret)).send().await.unwrap();
    let answer = body(answer).await;
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    let me = body(served.call(&(text("id_token"), text("access_token")), Method::GET, "/me", None).await).await;
    assert_eq!((&me["name"], &me["site"]["currency"]), (&json!("Ada"), &json!("USD")));
}
