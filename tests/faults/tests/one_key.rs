//! A hundred requests with one key, over a server that is killed among them and comes up again: one effect.

use std::{sync::Barrier, time::Duration};

use enaction_faults::{
    client::{Answer, Client},
    program::Signal,
    random::{Random, seed},
    rounds::rounds,
    server::Server,
};
use serde_json::{Value, json};

const CLIENTS: usize = 100;

/// Sends one request from all clients at the same time; the answers that came.
fn at_once(
    server: &Server,
    tokens: &str,
    target: &str,
    body: &str,
    key: &str,
    meanwhile: impl FnOnce(),
) -> Vec<Answer> {
    let barrier = Barrier::new(CLIENTS + 1);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let mut client = Client::new(server.address, tokens);
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    client.send_under(key, "POST", target, Some(body)).ok()
                })
            })
            .collect();
        barrier.wait();
        meanwhile();
        clients.into_iter().filter_map(|client| client.join().expect("a client")).collect()
    })
}

/// What was answered to those who were not told to wait; the same for all.
fn answered(answers: &[Answer]) -> Option<Value> {
    let done: Vec<Value> = answers
        .iter()
        .filter(|answer| answer.status != 409)
        .map(|answer| {
            let mut document = answer.json();
            if let Some(results) = document["results"].as_array_mut() {
                // Whether it was given before differs.
                results.iter_mut().filter_map(|one| one["headers"].as_object_mut()).for_each(|fields| {
                    fields.remove("idempotency-replayed");
                });
            }
            assert!((200..300).contains(&answer.status), "{answer:?}");
            document
        })
        .collect();
    assert!(done.windows(2).all(|two| two[0] == two[1]), "one answer for all: {done:?}");
    for waiting in answers.iter().filter(|answer| answer.status == 409) {
        assert_eq!(waiting.json()["code"], "idempotency_in_progress");
    }
    done.into_iter().next()
}

#[test]
fn a_hundred_requests_with_one_key_have_one_effect_across_a_kill() {
    let root = tempfile::tempdir().expect("a directory");
    let data = root.path().join("data");
    let mut server = Server::start(&data);
    server.ready();
    let mut random = Random::new(seed(), 7);
    let create = json!({ "basketType": "BASKET" });
    let batch = |atomic: bool| {
        let operation = json!({ "method": "POST", "path": "/baskets", "body": create });
        json!({ "atomic": atomic, "operations": [operation, operation, operation] })
    };
    let kinds =
        [("/baskets", create.clone(), 1), ("/baskets:batch", batch(false), 3), ("/baskets:batch", batch(true), 3)];
    for round in 0..rounds(1, 6) {
        for (kind, (target, body, effects)) in kinds.iter().enumerate() {
            let (key, body) = (format!("key-{round}-{kind}"), body.to_string());
            let tokens = server.tokens();
            let count = |server: &Server| {
                let all = Client::new(server.address, &server.tokens()).send("GET", "/baskets?count=true", None);
                all.expect("an answer").json()["count"]["value"].as_u64().expect("a count")
            };
            let before = count(&server);
            let pause = random.between_ms(0, 60);
            let first = at_once(&server, &tokens, target, &body, &key, || {
                std::thread::sleep(pause);
                server.signal(Signal::KILL);
            });
            let ended = server.wait(Duration::from_secs(10));
            assert_eq!(ended.err, "", "a server that was killed has complained before");
            server = Server::start(&data);
            server.ready();
            let tokens = server.tokens();
            // Until nobody is told to wait.
            let mut again = at_once(&server, &tokens, target, &body, &key, || ());
            while answered(&again).is_none() {
                again = at_once(&server, &tokens, target, &body, &key, || ());
            }
            let (known, now) = (answered(&first), answered(&again));
            assert!(known.is_none() || known == now, "what was answered before the kill is answered after it");
            assert_eq!(count(&server) - before, *effects, "{target} under {key}");
        }
    }
    server.stop();
}
