//! The disk that the shim makes keeps what was synced and nothing else, and fails as it is told.
#![cfg(target_os = "linux")]

use std::{fs, path::Path, process::Command};

use enaction_faults::{
    disk::{Disk, Failing, Faults, Kind},
    program::{Ended, run},
};

const HONEST: Kind = Kind::Honest(0);
const EARLY: Kind = Kind::Honest(100);

/// Runs `dd`, which writes and may sync one file, on a disk on which something goes wrong and that then loses its power:
/// how it ended, and the files that are left.
fn run_dd(
    disk: &mut Disk,
    before: &[(&str, &str)],
    kind: Kind,
    faults: Faults,
    arguments: &[&str],
) -> (Ended, i64, Vec<(String, String)>) {
    let live = tempfile::tempdir().expect("a directory");
    for (name, content) in before {
        fs::write(live.path().join(name), content).expect("a file");
    }
    let source = tempfile::NamedTempFile::new().expect("a file");
    fs::write(source.path(), "new!").expect("a file");
    let mut command = Command::new("dd");
    command.arg(format!("if={}", source.path().display())).args(arguments).current_dir(live.path());
    disk.plug(&mut command, live.path(), kind, 1);
    disk.order(faults);
    let ended = run(&mut command);
    let failed = disk.failed();
    disk.lose_power(live.path());
    (ended, failed, files(live.path()))
}

fn left(disk: &mut Disk, before: &[(&str, &str)], kind: Kind, arguments: &[&str]) -> Vec<(String, String)> {
    let (ended, _, left) = run_dd(disk, before, kind, Faults::default(), arguments);
    assert!(ended.status.success(), "{ended:?}");
    left
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).expect("a directory").map(|entry| entry.expect("an entry"));
    let mut files: Vec<(String, String)> = entries
        .map(|entry| {
            let content = fs::read_to_string(entry.path()).expect("a file");
            (entry.file_name().into_string().expect("a name"), content)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn only_what_was_synced_survives() {
    let mut disk = Disk::new();
    let old: &[(&str, &str)] = &[("f", "old content")];
    for (kind, arguments, left_in_f) in [
        (HONEST, &["of=f", "conv=notrunc"][..], "old content"),
        (HONEST, &["of=f", "conv=notrunc,fsync"], "new!content"),
        (HONEST, &["of=f", "conv=notrunc,fdatasync"], "new!content"),
        (HONEST, &["of=f", "conv=notrunc,fsync", "oflag=append"], "old contentnew!"),
        (HONEST, &["of=f", "conv=notrunc", "oflag=append"], "old content"),
        (HONEST, &["of=f", "conv=fsync"], "new!"),
        (HONEST, &["of=f"], "old content"),
        (HONEST, &["of=f", "conv=fsync", "seek=3", "bs=1"], "oldnew!"),
        (EARLY, &["of=f", "conv=notrunc"], "new!content"),
        (Kind::Lying, &["of=f", "conv=notrunc,fsync"], "old content"),
    ] {
        assert_eq!(left(&mut disk, old, kind, arguments), [("f".into(), left_in_f.into())], "{kind:?} {arguments:?}");
    }
}

#[test]
fn a_new_name_survives_only_when_its_directory_was_synced() {
    let mut disk = Disk::new();
    assert_eq!(left(&mut disk, &[], HONEST, &["of=f", "conv=fsync"]), []);
    assert_eq!(
        left(&mut disk, &[("other", "stays")], EARLY, &["of=f", "conv=fsync"]),
        [("other".into(), "stays".into())]
    );
}

#[test]
fn a_disk_fails_as_it_is_told() {
    let mut disk = Disk::new();
    const SYNCED: &str = "conv=notrunc,fsync";
    let none = Faults::default();
    let once = |sync| Faults { sync: Failing::Once(sync), ..none };
    let write = |write| Faults { write: Failing::Once(write), ..none };
    let room = |room| Faults { room: Some(room), ..none };
    let eio = Some("Input/output error");
    let enospc = Some("No space left on device");
    for (faults, arguments, says, failed, left_in_f) in [
        (once(1), &["of=f", SYNCED][..], eio, 1, "old content"),
        (Faults { sync: Failing::From(1), ..none }, &["of=f", SYNCED], eio, 1, "old content"),
        (once(2), &["of=f", SYNCED], None, 0, "new!content"),
        (Faults { of: "g", ..once(1) }, &["of=f", SYNCED], None, 0, "new!content"),
        (Faults { of: "f", ..once(1) }, &["of=f", SYNCED], eio, 1, "old content"),
        (write(1), &["of=f", SYNCED], eio, 1, "old content"),
        (write(3), &["of=f", SYNCED, "bs=1"], eio, 1, "ned content"),
        (Faults { write: Failing::From(2), ..none }, &["of=f", SYNCED, "bs=1"], eio, 1, "nld content"),
        (room(0), &["of=f", SYNCED], None, 0, "new!content"),
        (room(0), &["of=f", SYNCED, "oflag=append"], enospc, 1, "old content"),
        (room(2), &["of=f", SYNCED, "oflag=append"], enospc, 2, "old contentne"),
        (room(4), &["of=f", SYNCED, "oflag=append"], None, 0, "old contentnew!"),
        (Faults { of: "g", ..room(0) }, &["of=f", SYNCED, "oflag=append"], None, 0, "old contentnew!"),
    ] {
        let (ended, refused, left) = run_dd(&mut disk, &[("f", "old content")], HONEST, faults, arguments);
        let said = says.is_none_or(|says| ended.err.contains(says));
        assert!(said && ended.status.success() == says.is_none(), "{faults:?} {arguments:?}: {ended:?}");
        assert_eq!((refused, left), (failed, vec![("f".into(), left_in_f.into())]), "{faults:?} {arguments:?}");
    }
}

#[test]
fn what_a_sync_failed_to_write_is_not_written_by_the_next() {
    let mut disk = Disk::new();
    const SYNCS_TWICE: &str = r#"use IO::Handle; open(my $f, '>', 'f') or die;
        for my $text ('abc', 'x') { syswrite($f, $text); $f->sync; }"#;
    for (sync, expected) in [(Failing::Never, "abcx"), (Failing::Once(1), "\0\0\0x"), (Failing::From(1), "")] {
        let live = tempfile::tempdir().expect("a directory");
        fs::write(live.path().join("f"), "").expect("a file");
        let mut command = Command::new("perl");
        command.args(["-e", SYNCS_TWICE]).current_dir(live.path());
        disk.plug(&mut command, live.path(), HONEST, 1);
        disk.order(Faults { sync, ..Faults::default() });
        let ended = run(&mut command);
        assert!(ended.status.success(), "{ended:?}");
        disk.lose_power(live.path());
        assert_eq!(files(live.path()), [("f".into(), expected.into())], "{sync:?}");
    }
}

#[test]
fn a_program_is_killed_before_the_call_that_was_named() {
    let mut disk = Disk::new();
    for (kill, left_in_f) in [(1, "old content"), (3, "ned content"), (6, "new!content")] {
        let faults = Faults { kill, ..Faults::default() };
        let arguments = ["of=f", "conv=notrunc,fsync", "bs=1"];
        let (ended, _, left) = run_dd(&mut disk, &[("f", "old content")], EARLY, faults, &arguments);
        assert_eq!((ended.status.success(), &*left[0].1), (kill == 6, left_in_f), "{kill}: {ended:?}");
    }
}
