//! The licences of what comes along.

use spdx::{Expression, ParseMode};

use super::graph::metadata;

/// Licences that ask for no more than a notice.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether an expression can be met with permissive licences alone.
fn permissive(expression: &str) -> Result<bool, String> {
    // Older manifests write `MIT/Apache-2.0`.
    let mode = ParseMode { allow_slash_as_or_operator: true, ..ParseMode::STRICT };
    let expression = Expression::parse_mode(expression, mode).map_err(|error| error.to_string())?;
    Ok(expression.evaluate(|one| one.license.id().is_some_and(|id| PERMISSIVE.contains(&id.name))))
}

#[test]
fn every_dependency_may_be_used_by_anyone() {
    let metadata = metadata();
    assert!(metadata.packages.len() > 50, "cargo names the dependencies");
    for package in &metadata.packages {
        let licence = package.license.as_deref().unwrap_or_default();
        assert_eq!(permissive(licence), Ok(true), "the licence of {}: {licence:?}", package.name);
    }
}

#[test]
fn an_expression_is_read_as_spdx_means_it() {
    for (expression, expected) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only OR MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR GPL-2.0-only) AND (ISC AND Apache-2.0)", true),
        ("(MIT OR Apache-2.0) AND MPL-2.0", false),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("AGPL-3.0-only", false),
        ("LGPL-2.1-or-later", false),
        ("LicenseRef-ours", false),
    ] {
        assert_eq!(permissive(expression), Ok(expected), "{expression}");
    }
    assert!(permissive("").is_err(), "a package without a licence is refused");
    assert!(permissive("mit or something").is_err(), "what is no expression is refused");
}
