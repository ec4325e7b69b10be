//! The rooms of the workspace: who may depend on whom.

use std::{collections::BTreeSet, process::Command};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use enaction_tests::files;

/// The folder of a crate, its name, and the crates of ours that it may depend on. `*` is every crate of ours.
const ROOMS: &[(&str, &str, &[&str])] = &[
    ("framework/core", "enaction-core", &[]),
    ("framework/macros", "enaction-macros", &[]),
    ("framework/tokens", "enaction-tokens", &["enaction-core"]),
    ("framework/stores", "enaction-stores", &["enaction-core"]),
    ("framework/contract", "enaction-contract", &["enaction-core", "enaction-macros"]),
    ("framework/outbound", "enaction-outbound", &["enaction-core", "enaction-macros"]),
    ("framework/script", "enaction-script", &["enaction-core", "enaction-macros"]),
    ("framework/inbound", "enaction-inbound", &["enaction-core", "enaction-macros"]),
    ("framework/rest", "enaction-rest", &["enaction-core", "enaction-tokens"]),
    (
        "framework",
        "enaction",
        &[
            "enaction-core",
            "enaction-macros",
            "enaction-tokens",
            "enaction-stores",
            "enaction-contract",
            "enaction-outbound",
            "enaction-script",
            "enaction-inbound",
            "enaction-rest",
        ],
    ),
    ("identity", "enaction-identity", &["enaction"]),
    ("services", "enaction-services", &["enaction", "enaction-identity"]),
    ("examples", "enaction-examples", &["*"]),
    ("tests", "enaction-tests", &["*"]),
    ("tests/compile_fail", "enaction-compile-fail", &["*"]),
    ("tests/conformance", "enaction-conformance", &["*"]),
    ("tests/faults", "enaction-faults", &["*"]),
    ("tests/bench", "enaction-bench", &["*"]),
    ("tests/postgres", "enaction-postgres-cluster", &[]),
];

/// What depends on all that it likes, and may have lints of its own.
const ALL_KNOWING: &[&str] = &[
    "enaction-examples",
    "enaction-tests",
    "enaction-compile-fail",
    "enaction-conformance",
    "enaction-faults",
    "enaction-bench",
    "enaction-postgres-cluster",
];

/// Packages of others that only these crates may name.
const RESERVED: &[(&[&str], &[&str])] = &[
    (&["actix-web", "actix-http", "actix-server", "actix-router"], &["enaction-rest", "enaction-bench"]),
    (&["rusqlite", "tokio-postgres", "deadpool-postgres"], &["enaction-stores", "enaction-faults", "enaction-bench"]),
    (&["jsonwebtoken"], &["enaction-tokens", "enaction-bench"]),
];

pub(crate) fn metadata() -> Metadata {
    MetadataCommand::new().current_dir(files::root()).exec().expect("cargo describes the workspace")
}

fn ours(metadata: &Metadata) -> Vec<&Package> {
    metadata.workspace_packages()
}

/// Whether one crate of ours may depend on another.
fn may_know(from: &str, to: &str) -> bool {
    let room = ROOMS.iter().find(|(_, name, _)| *name == from);
    room.is_some_and(|(.., allowed)| *allowed == ["*"] || allowed.contains(&to))
}

/// Whether the tests of a crate may use another: never one of those that stand above the facade.
fn may_try(from: &str, to: &str) -> bool {
    let starts_clusters = to == "enaction-postgres-cluster";
    may_know(from, to)
        || starts_clusters
        || ROOMS.iter().any(|(folder, name, _)| *name == to && folder.starts_with("framework"))
}

#[test]
fn every_crate_stands_in_its_room() {
    let metadata = metadata();
    for package in ours(&metadata) {
        let folder = package.manifest_path.parent().expect("a manifest stands in a folder");
        let folder = folder.strip_prefix(files::root()).expect("the crate stands in the workspace").as_str();
        let room = ROOMS.iter().find(|(_, name, _)| *name == package.name.as_str());
        let (expected, ..) = room.unwrap_or_else(|| panic!("{} has no room: the design names none", package.name));
        assert_eq!(folder, *expected, "the room of {}", package.name);
    }
}

#[test]
fn a_crate_depends_on_what_its_room_allows() {
    let metadata = metadata();
    let names: BTreeSet<&str> = ours(&metadata).iter().map(|package| package.name.as_str()).collect();
    for package in ours(&metadata) {
        let from = package.name.as_str();
        for edge in package.dependencies.iter().filter(|one| names.contains(one.name.as_str())) {
            let development = edge.kind == DependencyKind::Development;
            let allowed = if development { may_try(from, &edge.name) } else { may_know(from, &edge.name) };
            assert!(allowed, "{from} may not depend on {}", edge.name);
        }
    }
}

#[test]
fn the_rooms_keep_their_direction() {
    for (from, to) in [
        ("enaction-core", "enaction-stores"),
        ("enaction-core", "enaction-macros"),
        ("enaction-stores", "enaction-rest"),
        ("enaction-tokens", "enaction-rest"),
        ("enaction-contract", "enaction-rest"),
        ("enaction-rest", "enaction-stores"),
        ("enaction-rest", "enaction-contract"),
        ("enaction-identity", "enaction-core"),
        ("enaction-identity", "enaction-services"),
        ("enaction-services", "enaction-core"),
        ("enaction", "enaction-identity"),
        ("something-new", "enaction-core"),
    ] {
        assert!(!may_know(from, to), "{from} does not know {to}");
    }
    assert!(!may_try("enaction-core", "enaction-services"), "the tests of core need no services");
}

#[test]
fn packages_with_a_crate_of_their_own_are_named_by_no_other() {
    for package in ours(&metadata()) {
        for dependency in package.dependencies.iter().filter(|one| one.kind != DependencyKind::Development) {
            for (packages, holders) in
                RESERVED.iter().filter(|(packages, _)| packages.contains(&dependency.name.as_str()))
            {
                let allowed = holders.contains(&package.name.as_str());
                assert!(
                    allowed,
                    "{} names {}, which only {holders:?} may ({packages:?})",
                    package.name, dependency.name
                );
            }
        }
    }
}

#[test]
fn core_knows_no_server_no_database_and_no_running_runtime() {
    let tree = Command::new(env!("CARGO"))
        .current_dir(files::root())
        .args(["tree", "--package", "enaction-core", "--edges", "normal", "--prefix", "none", "--format", "{p}|{f}"])
        .output()
        .expect("cargo tree runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("cargo speaks UTF-8");
    assert!(tree.starts_with("enaction-core "), "the tree begins with core: {tree}");
    for line in tree.lines() {
        let (package, features) = line.split_once('|').unwrap_or((line, ""));
        let name = package.split(' ').next().unwrap_or_default();
        let foreign = ["actix", "rusqlite", "libsqlite", "postgres", "sqlx", "hyper", "mio", "reqwest", "jsonwebtoken"];
        assert!(!foreign.iter().any(|one| name.contains(one)), "core knows {name}");
        if name == "tokio" {
            let runs =
                features.split(',').find(|one| one.starts_with("rt") || ["net", "process", "full"].contains(one));
            assert_eq!(runs, None, "core takes locks and timers of tokio, and leaves its runtime to others");
        }
    }
}

#[test]
fn what_is_no_library_is_not_published() {
    for package in ours(&metadata()) {
        let published = package.publish.as_ref().is_none_or(|registries| !registries.is_empty());
        let library = package.name.as_str() != "enaction-services" && !ALL_KNOWING.contains(&package.name.as_str());
        assert_eq!(published, library, "whether {} is published", package.name);
        assert!(package.description.is_some() && package.license.is_some(), "{} says what it is", package.name);
    }
}

#[test]
fn what_ships_holds_to_the_lints_of_the_workspace() {
    for package in ours(&metadata()).into_iter().filter(|one| !ALL_KNOWING.contains(&one.name.as_str())) {
        let manifest = files::text(package.manifest_path.as_std_path());
        assert!(manifest.contains("[lints]\nworkspace = true"), "{} holds to the lints", package.name);
    }
}
