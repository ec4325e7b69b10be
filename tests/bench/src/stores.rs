//! Durable creates, by clients of different numbers: ours beside a server written by hand for the same store, which writes
//! the same rows.

use enaction_postgres_cluster::{Cluster, Durability};

use crate::{
    cases::Case,
    compare::{Prepared, Rounds, directory, measure, median},
    server::{Kept, Which, on_any, pin},
};

const STORES: [&str; 2] = ["SQLite", "PostgreSQL"];
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// Whether these words name what can be measured: nothing for all, a store, or a store and a number of connections.
pub(crate) fn is_known(one: &[&str]) -> bool {
    let is_number = |text: &str| CONNECTIONS.iter().any(|number| number.to_string() == text);
    match one {
        [] => true,
        [store] => STORES.contains(store),
        [store, connections] => STORES.contains(store) && is_number(connections),
        _ => false,
    }
}

/// Measures and prints what is named.
pub(crate) fn run(quick: bool, one: &[&str]) {
    let is_wanted = |name: &str| one.first().is_none_or(|store| *store == name);
    let connections =
        || CONNECTIONS.into_iter().filter(|number| one.get(1).is_none_or(|wanted| *wanted == number.to_string()));
    pin(None, 1);
    println!(
        "durable creates, ours and the hand-written by turns; the median of the rounds, and the least and the most"
    );
    println!("{:<28}{:>10}{:>10}{:>12}{:>8}{:>8}", "", "a second", "by hand", "throughput", "aim", "cpu");
    for connections in connections().filter(|_| is_wanted("SQLite")) {
        let directories = [(); 2].map(|()| directory());
        let [ours, plain] = directories.each_ref().map(|directory| Kept::In(directory.path()));
        compare("SQLite", connections, [ours, plain], "0.95", quick);
    }
    if !is_wanted("PostgreSQL") {
        return;
    }
    let cluster = on_any(|| Cluster::start(Durability::Durable, &[]));
    for connections in connections() {
        let databases = [Which::Ours, Which::Plain].map(|which| format!("{}_{connections}", which.name()));
        let urls = databases.map(|database| {
            cluster.create_database(&database);
            cluster.url_of(&database)
        });
        let [ours, plain] = urls.each_ref().map(|url| Kept::On(url));
        compare("PostgreSQL", connections, [ours, plain], "0.90", quick);
    }
}

fn compare(store: &str, connections: usize, [ours, plain]: [Kept<'_>; 2], aim: &str, quick: bool) {
    let servers = [(Which::Ours, ours), (Which::Plain, plain)]
        .map(|(which, kept)| Prepared::start(which, Case::Create, kept).asked_by(connections));
    let (rounds, requests) = if quick { (5, 1_000) } else { (9, 4_000) };
    // A client that waits for each answer has one commit for each.
    let requests = if connections == 1 { requests } else { 4 * requests };
    let Rounds(rounds) = measure(&servers, rounds, requests);
    let [ours, plain] = [0, 1].map(|which: usize| 1e6 / median(rounds.iter().map(|round| round[which].wall_us)));
    let mut ratios: Vec<f64> = rounds.iter().map(|[ours, plain]| plain.wall_us / ours.wall_us).collect();
    ratios.sort_by(f64::total_cmp);
    let [least, most] = [ratios.first(), ratios.last()].map(|ratio| ratio.copied().unwrap_or_default());
    let (ratio, cpu) =
        (median(ratios.into_iter()), median(rounds.iter().map(|[ours, plain]| ours.cpu_us / plain.cpu_us)));
    let name = format!("{store}, {connections} connections");
    println!("{name:<28}{ours:>10.0}{plain:>10.0}{ratio:>12.2}{aim:>8}{cpu:>8.2}   {least:.2} to {most:.2}");
}
