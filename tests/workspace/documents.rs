//! What the documents say is there: commands, files, links.

use std::{path::Path, process::Command};

use enaction_tests::files;

const DOCUMENTS: [&str; 5] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];

/// Every piece of code of a document: the lines of its blocks, and what stands between backticks.
fn code(document: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut fenced = false;
    for line in files::text(document).lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced || line.starts_with("    ") {
            all.push(line.trim().to_owned());
        } else {
            all.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    all
}

/// The arguments of our program, where a piece of code calls it.
fn arguments(code: &str) -> Option<Vec<&str>> {
    let code = code.split('#').next().unwrap_or_default().split('>').next().unwrap_or_default();
    let of_cargo = code.starts_with("cargo run") && !code.contains(" -p ");
    let arguments = match code.strip_prefix("enaction ") {
        Some(arguments) => arguments,
        None if of_cargo => code.split_once(" -- ").map_or("", |(_, arguments)| arguments),
        None => return None,
    };
    Some(arguments.split_whitespace().collect())
}

#[test]
fn every_command_that_a_document_names_is_one_of_the_program() {
    let mut named = 0;
    for document in DOCUMENTS {
        for code in code(document) {
            let Some(arguments) = arguments(&code) else { continue };
            let words = arguments.iter().take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()));
            let help = Command::new(env!("CARGO_BIN_EXE_enaction-of-the-readme")).args(words).arg("--help").output();
            let help = help.expect("the program runs");
            let text = String::from_utf8(help.stdout).expect("the program speaks UTF-8");
            assert!(help.status.success() && text.contains("Usage:"), "{document}: {code}: {text}");
            for flag in arguments.iter().filter(|word| word.starts_with("--")) {
                let known = text.split_whitespace().any(|word| word == *flag);
                assert!(known, "{document}: {code}: the program has no {flag} there");
            }
            named += 1;
        }
    }
    assert!(named >= 6, "the commands were found: {named}");
}

#[test]
fn every_script_and_crate_that_a_document_names_is_there() {
    let manifests: String = files::below("", &["Cargo.toml"]).iter().map(files::text).collect();
    for document in DOCUMENTS {
        for code in code(document) {
            let words: Vec<&str> = code.split_whitespace().collect();
            if let Some(script) = words.first().filter(|word| ["tests/run", ".ci/run"].contains(word)) {
                assert!(executable(&files::root().join(script)), "{document}: {script} can be run");
            }
            for pair in words.windows(2).filter(|pair| ["-p", "--package"].contains(&pair[0])) {
                let known = manifests.contains(&format!("name = \"{}\"", pair[1]));
                assert!(known, "{document}: {code}: there is no crate {}", pair[1]);
            }
        }
    }
}

fn executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o111 != 0)
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    for document in DOCUMENTS {
        let text = files::text(document);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let outside = link.starts_with("https://") || link.starts_with('#');
            let path = link.split('#').next().unwrap_or_default();
            assert!(outside || files::root().join(path).exists(), "{document}: {link} leads nowhere");
        }
    }
}

#[test]
fn every_folder_that_a_document_names_is_there() {
    let folders = ["framework/", "identity/", "services/", "examples/", "tests/"];
    for document in DOCUMENTS {
        for code in code(document) {
            let path = code.split([':', '<', '*']).next().unwrap_or_default();
            if folders.iter().any(|folder| path.starts_with(folder)) && !path.contains(' ') {
                assert!(files::root().join(path).exists(), "{document}: {code} is not there");
            }
        }
    }
}
