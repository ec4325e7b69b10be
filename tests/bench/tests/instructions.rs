//! A read and a create take as many instructions as `golden.txt` says, within 2 %. It is one of the long tests.

use std::process::Command;

#[test]
fn every_counted_case_takes_the_instructions_that_golden_txt_says() {
    if std::env::var_os("ENACTION_LONG").is_none() {
        eprintln!("skipped: set ENACTION_LONG=1, as `tests/run long` does");
        return;
    }
    let arguments = ["run", "--release", "--package", "enaction-bench", "--", "instructions"];
    let output = Command::new(env!("CARGO")).args(arguments).output().expect("run cargo");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stderr), text(&output.stdout));
    eprint!("{}", text(&output.stdout));
}
