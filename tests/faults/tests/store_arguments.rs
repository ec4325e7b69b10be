//! What an operator of PostgreSQL says on the command line: whose certificates to trust, how many connections to open.

use std::{path::Path, time::Duration};

use enaction_faults::{
    check::catalogue,
    journal::Journal,
    load::Load,
    program::{Ended, enaction, run},
    random::seed,
    server::Server,
};
use enaction_postgres_cluster::{Cluster, Durability};

/// The server, where it is to refuse.
fn refused(data: &Path, arguments: &[&str], says: &str) {
    let ended: Ended =
        run(enaction().args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).arg("--data").arg(data));
    assert!(!ended.status.success() && ended.err.contains(says), "{arguments:?} {says}: {ended:?}");
}

/// An authority, and a certificate of it for 127.0.0.1, made by the server's account where the server looks for them.
const CERTIFIED: &str = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem \
    && openssl req -new -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr \
    && echo subjectAltName=IP:127.0.0.1 > server.ext \
    && openssl x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile server.ext -out server.crt \
    && chmod 600 server.key";

#[test]
fn an_encrypted_connection_is_made_to_whom_the_named_authority_certified() {
    let (root, cluster) = (tempfile::tempdir().expect("a directory"), Cluster::start(Durability::Quick, &[]));
    cluster.ask(&format!("COPY (SELECT 1) TO PROGRAM '{CERTIFIED}'"));
    cluster.ask("ALTER SYSTEM SET ssl = on");
    cluster.ask("SELECT pg_reload_conf()");
    cluster.until(|| cluster.ask("SHOW ssl") == "on");
    let [data, authority, nobody] = ["data", "authority.pem", "nobody.pem"].map(|name| root.path().join(name));
    std::fs::write(&authority, cluster.ask("SELECT pg_read_file('ca.pem')")).expect("the authority is written");
    std::fs::write(&nobody, "").expect("a file is written");
    let (authority, nobody) = (authority.display().to_string(), nobody.display().to_string());
    let url = format!("{}?sslmode=require", cluster.url());

    refused(&data, &["--store", &url], "certificate");
    refused(&data, &["--store", &url, "--store-certificates", &nobody], &nobody);
    refused(&data, &["--store-certificates", &authority], "--store-certificates");
    assert!(!data.join("store.db").exists(), "no other store was made instead");
    let mut server = Server::start_with(&data, |command| {
        command.env("ENACTION_STORE", &url).env("ENACTION_STORE_CERTIFICATES", &authority);
    });
    server.ready();
    let encrypted =
        "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'enaction'";
    assert_eq!(cluster.ask(encrypted), "t");
    server.stop();
}

#[test]
fn a_server_opens_no_more_connections_than_it_is_told() {
    let (root, cluster) = (tempfile::tempdir().expect("a directory"), Cluster::start(Durability::Quick, &[]));
    let mut server = Server::start_with(&root.path().join("data"), |command| {
        command.args(["--store", &cluster.url(), "--store-connections", "1"]);
    });
    server.ready();
    let tokens = server.tokens();
    let items: Vec<String> = catalogue(&mut server.client()).into_keys().collect();
    let (nodes, seed, mut journal) = ([server.address], seed(), Journal::default());
    let load =
        Load { nodes: &nodes, tries_for: Duration::from_secs(30), tokens: &tokens, items: &items, round: 0, seed };
    let mut most = 0;
    load.run(&mut journal, || {
        for _ in 0..30 {
            let open = cluster.ask("SELECT count(*) FROM pg_stat_activity WHERE usename = 'enaction'");
            most = most.max(open.parse::<u32>().expect("a number"));
        }
    });
    println!("{} writes through {most} connections", journal.acknowledged);
    assert!(journal.acknowledged > 0, "there was load");
    assert_eq!(most, 4, "one that reads, one that commits, one that announces the server, one that listens");
    server.stop();
}
