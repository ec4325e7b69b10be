//! A backup taken under load by the command line, restored into a new data directory, and served.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use enaction_faults::{
    check::{catalogue, check},
    journal::{Basket, Change, Journal, Line},
    load::Load,
    program::{Ended, enaction, run},
    random::seed,
    server::Server,
};

const SERVED: std::time::Duration = std::time::Duration::from_millis(300);

fn command(words: &[&str], file: Option<&Path>, data: &Path) -> Ended {
    run(enaction().args(words).args(file).arg("--data").arg(data))
}

fn done(ended: &Ended, says: &str) {
    assert!(ended.status.success() && ended.err.is_empty() && ended.out.contains(says), "{says}: {ended:?}");
}

fn refused(ended: &Ended, says: &str) {
    assert!(!ended.status.success() && ended.err.contains(says), "{says}: {ended:?}");
}

fn sell(server: &Server, item: &str) {
    let (mut client, mut basket) = (server.client(), None);
    for change in [Change::Create, Change::Add(Line { item: item.to_owned(), quantity: 2 }), Change::Submit] {
        let (method, target, body) = change.request("SOLD");
        let after: Basket = change.applied(&basket);
        let answer = client.send(method, &target, body.as_deref()).expect("an answer");
        assert!(change.is_acknowledged_by(&answer, &after), "{change:?}: {answer:?}");
        basket = Some(after);
    }
}

#[test]
fn a_backup_taken_under_load_is_restored_with_all_that_was_acknowledged_before_it() {
    let root = tempfile::tempdir().expect("a directory");
    let [data, restored, file] = ["data", "restored", "backup.db"].map(|name| root.path().join(name));
    let mut server = Server::start(&data);
    server.ready();
    let tokens = server.tokens();
    let known = catalogue(&mut server.client());
    let (nodes, items, seed) = ([server.address], known.keys().cloned().collect::<Vec<_>>(), seed());
    let load = |round| Load {
        nodes: &nodes,
        tries_for: std::time::Duration::ZERO,
        tokens: &tokens,
        items: &items,
        round,
        seed,
    };
    let (mut before, mut meanwhile) = (Journal::default(), Journal::default());
    load(0).run(&mut before, || std::thread::sleep(SERVED));
    load(1).run(&mut meanwhile, || {
        done(&command(&["backup"], Some(&file), &data), "backed up");
        done(&command(&["store", "check"], None, &data), "found nothing wrong");
        std::thread::sleep(SERVED);
    });
    refused(&command(&["backup"], Some(&file), &data), "it is there already");
    refused(&command(&["restore"], Some(&file), &data), "another server holds it");
    // SQLite would take such a name for a URI, and write to another file.
    let mut odd = enaction();
    odd.current_dir(root.path()).args(["backup", "file:odd.db", "--data", "data"]);
    done(&run(&mut odd), "backed up");
    let odd = std::fs::metadata(root.path().join("file:odd.db")).expect("the backup");
    assert!(odd.len() > 0 && odd.permissions().mode() & 0o777 == 0o600, "{odd:?}");
    server.stop();
    refused(&command(&["restore"], Some(&file), &data), "it is there already");

    done(&command(&["restore"], Some(&file), &restored), "restored");
    done(&command(&["store", "check"], None, &restored), "found nothing wrong");
    // The credentials of the development data are no part of the store.
    std::fs::copy(data.join("development.json"), restored.join("development.json")).expect("the credentials");
    let mut server = Server::start(&restored);
    server.ready();
    let acknowledged = before.acknowledged;
    let findings = check(&mut server.client(), &known, &mut before);
    let of_meanwhile = |wrong: &&String| wrong.ends_with("nobody opened it") && wrong[1..].starts_with('1');
    let (there, wrong): (Vec<_>, Vec<_>) = findings.wrong.iter().partition(of_meanwhile);
    assert_eq!(wrong, [""; 0]);
    println!("{acknowledged} writes before the backup, {} baskets of {} meanwhile", there.len(), meanwhile.owned.len());
    assert!(acknowledged > 30 && there.len() <= meanwhile.owned.len() + 1);
    sell(&server, &items[0]);
    server.stop();
    done(&command(&["store", "check"], None, &restored), "found nothing wrong");
    done(&command(&["backup"], Some(&root.path().join("stopped.db")), &restored), "backed up");
}
