//! A point of sale that sends what it wants until it has seen an answer, and has its effect once: an `Idempotency-Key`,
//! and a loop around it. Here the first answer is lost on the way.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use enaction::{prelude::*, testkit::TestService};
use reqwest::{Client, Response, StatusCode, header::RETRY_AFTER};

const ATTEMPTS_MAX: u32 = 10;
const WAIT_FIRST: Duration = Duration::from_millis(200);
const WAIT_MAX: Duration = Duration::from_secs(10);

/// One effect that is wanted. A till writes it down, key and all, before it sends it, and strikes it out when it has seen
/// the answer: so it goes on after a restart of its own.
struct Intent {
    /// Never used for anything else: what the till is called and a number that it counts up.
    key: String,
    path: String,
    body: String,
}

struct Till {
    client: Client,
    base: String,
    tokens: (String, String),
}

impl Till {
    /// Sends an intent until its answer is one that another attempt would not change. Nothing after so many attempts: the
    /// intent is kept, and sent later with the same key.
    async fn send(&self, intent: &Intent) -> Option<Response> {
        let mut wait = WAIT_FIRST;
        for _ in 0..ATTEMPTS_MAX {
            let mut told = None;
            // Without an answer nobody knows whether it was done: the same key finds out.
            if let Ok(answer) = self.once(intent).await {
                told = retry_after(&answer);
                if told.is_none() && !is_passing(answer.status()) {
                    return Some(answer);
                }
            }
            tokio::time::sleep(told.unwrap_or(wait)).await;
            wait = (wait * 2).min(WAIT_MAX);
        }
        None
    }

    async fn once(&self, intent: &Intent) -> reqwest::Result<Response> {
        let request = self.client.post(format!("{}{}", self.base, intent.path));
        let request = request.header("id-token", &self.tokens.0).header("site-token", &self.tokens.1);
        let request = request.header("idempotency-key", format!("\"{}\"", intent.key));
        request.header("content-type", "application/json").body(intent.body.clone()).send().await
    }
}

/// Of a 409 only that which says when to come again: the first attempt is still running.
fn retry_after(answer: &Response) -> Option<Duration> {
    let waits = is_passing(answer.status()) || answer.status() == StatusCode::CONFLICT;
    let seconds = answer.headers().get(RETRY_AFTER).filter(|_| waits)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// What says nothing of the intent; a gateway on the way says the last two.
fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 503 | 502 | 504)
}

/// What was sold.
#[entity("sales")]
pub struct Sale {
    pub id: Id<Sale>,
    #[entity(required)]
    pub total: u32,
}

fn main() {
    let service = TestService::new().module(Module::new("").resource(Resource::<Sale>::stored())).start();
    let anna = service.caller("acme").may(["sales.*"]);
    let base = format!("http://{}", losing_the_first_answer(service.address()));
    let till = Till { client: Client::new(), base, tokens: service.tokens(&anna) };
    let intent = Intent { key: "till-1.000042".into(), path: "/sales".into(), body: r#"{"total":1999}"#.into() };

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answer = runtime.block_on(till.send(&intent)).expect("an answer");
    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(answer.headers()["idempotency-replayed"], "true");
    let sales = service.get("/sales").from(&anna).send().json();
    assert_eq!(sales["items"].as_array().map(Vec::len), Some(1), "{sales}");
    println!("{}", sales["items"][0]);
}

/// A network on which the first request arrives and its answer does not.
fn losing_the_first_answer(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for (number, till) in listener.incoming().enumerate() {
            let (till, server) = (till.expect("a connection"), TcpStream::connect(server).expect("it listens"));
            let both = || (till.try_clone().expect("a handle"), server.try_clone().expect("a handle"));
            let (from_till, to_server) = both();
            std::thread::spawn(move || pass_on(from_till, to_server));
            if number == 0 {
                // The answer has begun, so the request was carried out.
                let (_, mut answer) = both();
                answer.read_exact(&mut [0]).expect("an answer");
                till.shutdown(Shutdown::Both).expect("cut");
            } else {
                std::thread::spawn(move || pass_on(server, till));
            }
        }
    });
    address
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let mut piece = [0; 4_096];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        if to.write_all(&piece[..count]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

#[test]
fn an_intent_whose_answer_is_lost_is_done_once() {
    main();
}
