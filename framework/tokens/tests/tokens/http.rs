//! Key sets from a server.

use enaction_core::KeySource;
use enaction_tokens::{Error, HttpDocument, HttpKeys};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A server that gives this answer once, and its address.
async fn serve(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await;
        let _ = stream.write_all(&answer).await;
    });
    format!("http://{address}/keys")
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

#[tokio::test]
async fn a_key_set_is_fetched_from_a_server() {
    let url = serve(answer("200 OK", r#"{"keys":[]}"#)).await;
    let document = HttpKeys::new(&url).unwrap().fetch().await.unwrap();
    assert_eq!(&*document.json, br#"{"keys":[]}"#);
}

#[tokio::test]
async fn an_answer_that_is_no_key_set_is_a_failure() {
    let endless = "x".repeat(256 * 1024 + 1);
    for (sentence, answer) in [
        ("an error", answer("500 Oops", "")),
        ("a redirect", answer("302 Found\r\nlocation: http://127.0.0.1:1/", "")),
        ("no content", answer("204 No Content", "")),
        ("longer than 256 KiB", answer("200 OK", &endless)),
        ("cut short", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec()),
        ("no HTTP", b"hello".to_vec()),
    ] {
        let url = serve(answer).await;
        let fault = HttpKeys::new(&url).unwrap().fetch().await.unwrap_err();
        assert_eq!(fault.code(), "keys_unavailable", "{sentence}");
    }
}

#[tokio::test]
async fn a_document_that_is_not_there_is_told_from_one_that_can_not_be_had() {
    for (status, expected) in [
        ("200 OK", Ok(Some(2))),
        ("404 Not Found\r\ncontent-type: application/problem+json", Ok(None)),
        ("404 Not Found", Err(())),
        ("503 Busy", Err(())),
    ] {
        let document = HttpDocument::new(&serve(answer(status, "{}")).await).unwrap();
        let found = document.fetch_if_there().await;
        assert_eq!(found.map(|bytes| bytes.map(|bytes| bytes.len())).map_err(drop), expected, "{status}");
    }
}

#[tokio::test]
async fn keys_come_encrypted_or_from_the_machine_itself() {
    for (url, allowed) in [
        ("https://id.example/keys", true),
        ("http://localhost:8080/keys", true),
        ("http://127.0.0.1/keys", true),
        ("http://[::1]/keys", true),
        ("http://id.example/keys", false),
        ("http://127.0.0.1.evil.example/keys", false),
        ("http://localhost.evil.example/keys", false),
        ("file:///etc/keys", false),
        ("keys", false),
    ] {
        assert_eq!(HttpKeys::new(url).is_ok(), allowed, "{url}");
    }
    assert!(HttpKeys::without_encryption_to_another_machine("http://id.internal/keys").is_ok());
    assert!(matches!(HttpKeys::without_encryption_to_another_machine("file:///x"), Err(Error::Address(_))));
}
