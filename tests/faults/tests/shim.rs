//! The shim that simulates a power cut keeps what was synced, and nothing else.
#![cfg(target_os = "linux")]

use std::{fs, path::Path, process::Command};

use enaction_faults::{
    disk::{Disk, Kind},
    program::run,
};

const HONEST: Kind = Kind::Honest(0);
const EARLY: Kind = Kind::Honest(100);

/// Runs `dd`, which writes and may sync one file, on a disk that then loses its power; the files that are left.
fn left(before: &[(&str, &str)], kind: Kind, arguments: &[&str]) -> Vec<(String, String)> {
    let (live, mut disk) = (tempfile::tempdir().expect("a directory"), Disk::new());
    for (name, content) in before {
        fs::write(live.path().join(name), content).expect("a file");
    }
    let source = tempfile::NamedTempFile::new().expect("a file");
    fs::write(source.path(), "new!").expect("a file");
    let mut command = Command::new("dd");
    command.arg(format!("if={}", source.path().display())).args(arguments).current_dir(live.path());
    disk.plug(&mut command, live.path(), kind, 1);
    let ended = run(&mut command);
    assert!(ended.status.success(), "{ended:?}");
    disk.lose_power(live.path());
    files(live.path())
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
        assert_eq!(left(old, kind, arguments), [("f".into(), left_in_f.into())], "{kind:?} {arguments:?}");
    }
}

#[test]
fn a_new_name_survives_only_when_its_directory_was_synced() {
    assert_eq!(left(&[], HONEST, &["of=f", "conv=fsync"]), []);
    assert_eq!(left(&[("other", "stays")], EARLY, &["of=f", "conv=fsync"]), [("other".into(), "stays".into())]);
}
