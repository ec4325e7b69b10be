//! The identity service as a program of its own: it begins on either store, and its store is backed up while it serves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use enaction_postgres_cluster::{Cluster, Durability};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

fn program(store: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_enaction-identity"));
    command.env("ENACTION_STORE", store).env("ENACTION_LOG", "warn");
    command
}

/// What it prints, when it ends well.
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A program that serves; it ends with this.
struct Served {
    child: Child,
    base: String,
}

impl Served {
    fn start(store: &str, data: &Path) -> Self {
        let mut command = program(store);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, rest) = line.split_once("listens on ").unwrap();
        let base = format!("{}/identity", rest.split(',').next().unwrap());
        Self { child, base }
    }

    async fn told(&self, ask: impl FnOnce(Client, &str) -> RequestBuilder) -> Value {
        let answer = ask(Client::builder().no_proxy().build().unwrap(), &self.base).send().await.unwrap();
        let (status, body) = (answer.status(), answer.bytes().await.unwrap());
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    /// The first company, made by the client of the bootstrap; the client of its administrator.
    async fn found(&self, bootstrap: &str) -> Value {
        let value = |name: &str| bootstrap.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        let first = json!({
            "company": { "code": "initech", "name": "Initech" },
            "site": { "code": "0001", "name": "Austin", "currency": "USD" },
            "administrator": { "name": "Ada" },
        });
        let founded = self.told(|client, base| {
            let ask = client.post(format!("{base}/bootstrap")).header("content-type", "application/json");
            ask.basic_auth(value("client_id: "), Some(value("client_secret: "))).body(first.to_string())
        });
        founded.await["administrator"].clone()
    }

    async fn token(&self, administrator: &Value) -> Value {
        let form = [("grant_type", "client_credentials"), ("scope", "openid"), ("company", "initech")];
        let text = |name: &str| administrator[name].as_str().unwrap().to_owned();
        let token = self.told(|client, base| {
            let ask = client.post(format!("{base}/token")).form(&form);
            ask.basic_auth(text("clientId"), Some(text("secret")))
        });
        token.await
    }

    async fn keys(&self) -> Value {
        self.told(|client, base| client.get(format!("{base}/jwks.json"))).await
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[actix_rt::test]
async fn an_installation_begins_on_either_store() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    for store in ["sqlite", &cluster.url()] {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        let bootstrap = printed(program(store).args(["bootstrap", "--data"]).arg(&data));
        let served = Served::start(store, &data);
        let administrator = served.found(&bootstrap).await;
        assert!(served.token(&administrator).await["access_token"].is_string(), "{store}");
    }
}

#[actix_rt::test]
async fn a_backup_of_a_server_that_runs_is_restored_and_served() {
    let root = tempfile::tempdir().unwrap();
    let [data, file, restored] = ["data", "backup.db", "restored"].map(|name| root.path().join(name));
    let bootstrap = printed(program("sqlite").args(["bootstrap", "--data"]).arg(&data));
    let served = Served::start("sqlite", &data);
    let administrator = served.found(&bootstrap).await;
    printed(program("sqlite").arg("backup").arg(&file).arg("--data").arg(&data));
    printed(program("sqlite").args(["store", "check", "--data"]).arg(&data));
    printed(program("sqlite").arg("restore").arg(&file).arg("--data").arg(&restored));
    let second = Served::start("sqlite", &restored);
    assert_eq!(second.keys().await, served.keys().await);
    assert!(second.token(&administrator).await["access_token"].is_string());
}

#[test]
fn where_no_directory_is_named_commands_and_server_mean_the_same() {
    let root = tempfile::tempdir().unwrap();
    let here = |arguments: &[&str]| printed(program("sqlite").current_dir(root.path()).args(arguments));
    here(&["bootstrap"]);
    assert!(here(&["store", "check"]).ends_with("in ./identity-data\n"));
}
