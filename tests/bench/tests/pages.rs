//! A read, and the first and the thousandth page, of a million items take about what those of a thousand take. It is one of
//! the long tests.

use std::process::Command;

#[test]
fn a_page_takes_the_same_whatever_lies_before_it_and_beside_it() {
    if std::env::var_os("ENACTION_LONG").is_none() {
        eprintln!("skipped: set ENACTION_LONG=1, as `tests/run long` does");
        return;
    }
    let arguments = ["run", "--release", "--package", "enaction-bench", "--", "pages"];
    let output = Command::new(env!("CARGO")).args(arguments).output().expect("run cargo");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stderr), text(&output.stdout));
    eprint!("{}", text(&output.stdout));
}
