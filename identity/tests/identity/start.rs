//! The first start on a store, and those after it.

use std::sync::Arc;

use enaction::KeySource;

use crate::world::{ISSUER, installation};

fn keys(document: &[u8]) -> usize {
    let document: serde_json::Value = serde_json::from_slice(document).unwrap();
    document["keys"].as_array().unwrap().len()
}

#[actix_rt::test]
async fn the_issuer_and_the_keys_of_the_first_start_stay() {
    let store = Arc::default();
    let (first, identity, _) = installation(&store, ISSUER);
    assert_eq!(identity.issuer().unwrap_err().code(), "keys_unavailable");
    assert_eq!(identity.fetch().await.unwrap_err().code(), "keys_unavailable");
    identity.start(&first).await.unwrap();
    let before = identity.fetch().await.unwrap();
    let (second, identity, _) = installation(&store, "http://elsewhere:9090/identity");
    identity.start(&second).await.unwrap();
    assert_eq!(&*identity.issuer().unwrap(), ISSUER);
    assert_eq!(identity.fetch().await.unwrap(), before);
    assert_eq!(keys(&before.json), 2);
}

#[test]
fn programs_that_start_at_once_make_one_set_of_keys() {
    for _ in 0..3 {
        let store = Arc::default();
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let store = Arc::clone(&store);
                std::thread::spawn(move || {
                    actix_rt::System::new().block_on(async move {
                        let (application, identity, _) =
                            installation(&store, &format!("http://host-{number}/identity"));
                        identity.start(&application).await.unwrap();
                        (identity.issuer().unwrap(), identity.fetch().await.unwrap())
                    })
                })
            })
            .collect();
        let started: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(started.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(keys(&started[0].1.json), 2);
    }
}

#[actix_rt::test]
async fn a_first_start_needs_an_issuer_and_keeps_nothing_without_one() {
    let store = Arc::default();
    for issuer in ["", "identity", "ftp://host", "https://", "https://host/?a", "https://host/#a", "https://a b"] {
        let (application, identity, _) = installation(&store, issuer);
        assert_eq!(identity.start(&application).await.unwrap_err().code(), "invalid", "{issuer}");
        // To open the installation, nothing needs to be started.
        assert!(enaction_identity::bootstrap(&application).await.is_ok());
    }
    for issuer in [ISSUER, ""] {
        let (application, identity, _) = installation(&store, issuer);
        identity.start(&application).await.unwrap();
        assert_eq!(&*identity.issuer().unwrap(), ISSUER);
    }
}
