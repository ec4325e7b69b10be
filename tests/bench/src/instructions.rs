//! Instructions of requests, counted by callgrind and held against `golden.txt`.
//!
//! Everything that the server process executes in user space between two requests on one connection is counted: the
//! reactor, actix-http's reading of the head and writing of the answer, the way of the request, the store. The kernel is
//! not. One connection, because then every request is read alone and the number repeats.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use crate::{
    cases::Case,
    load::{Load, Script},
    server::{Kept, Server, Which},
};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden.txt");
const REQUESTS: usize = 1_000;
/// How far a count may be from its golden number, in parts of a hundred.
const TOLERANCE: f64 = 2.0;

/// Counts, and holds the counts against the golden numbers or writes them down.
pub(crate) fn run(renew: bool) -> ExitCode {
    let Some(tools) = tools() else {
        eprintln!("install valgrind first (apt-get install valgrind): it counts the instructions");
        return ExitCode::FAILURE;
    };
    let compared = [Case::Read, Case::Create, Case::List].map(|case| {
        let [ours, plain] = [Which::Ours, Which::Plain].map(|which| count(which, case));
        println!("{:<14} {ours:>7} instructions; the hand-written server {plain}", case.name());
        (case.name(), ours)
    });
    let beside = [
        (Case::Unchanged, Case::Read),
        (Case::UnchangedList, Case::List),
        (Case::Filtered, Case::List),
        (Case::Batch, Case::Create),
    ];
    let beside = beside.map(|(case, whole)| {
        let ours = count(Which::Ours, case);
        let whole = compared.iter().find(|(name, _)| *name == whole.name()).map_or(0, |(_, count)| *count);
        println!("{:<14} {ours:>7} instructions; {:.2} of the plain answer", case.name(), ours as f64 / whole as f64);
        (case.name(), ours)
    });
    let counts = [compared.as_slice(), &beside].concat();
    if renew {
        let lines = counts.iter().map(|(name, count)| format!("{name}: {count}\n")).collect::<String>();
        fs::write(GOLDEN, format!("{tools}\n{lines}")).expect("write the golden file");
        return ExitCode::SUCCESS;
    }
    compare(&tools, &counts)
}

fn compare(tools: &str, counts: &[(&str, u64)]) -> ExitCode {
    let golden = fs::read_to_string(GOLDEN).expect("read golden.txt");
    let mut lines = golden.lines();
    let counted_with = lines.next().unwrap_or_default();
    if counted_with != tools {
        println!("not held against the golden numbers: those are of {counted_with}, these of {tools}");
        return ExitCode::SUCCESS;
    }
    let mut good = true;
    for (name, count) in counts {
        let expected = lines.clone().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")?.parse::<u64>().ok());
        let expected = expected.unwrap_or_default();
        let percent = (*count as f64 / expected as f64 - 1.0) * 100.0;
        if percent.abs() > TOLERANCE {
            println!("{name}: expected {expected} within {TOLERANCE} %, found {count} ({percent:+.1} %)");
            good = false;
        }
    }
    if good {
        return ExitCode::SUCCESS;
    }
    println!("if this is meant: cargo run --release -p enaction-bench -- instructions --renew");
    ExitCode::FAILURE
}

/// What the numbers hold for: the compiler and the counter; nothing when one is missing.
pub(crate) fn tools() -> Option<String> {
    let version = |program: &str| {
        let output = Command::new(program).arg("--version").stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        Some(text.split('(').next().unwrap_or_default().trim().to_owned())
    };
    Some(format!("{} and {} on {}", version("rustc")?, version("valgrind")?, std::env::consts::ARCH))
}

/// Instructions per request, or per operation of a batch.
fn count(which: Which, case: Case) -> u64 {
    let mut counting = Counting::start(which, Kept::InMemory, case.name());
    let script = case.prepare(&counting.server);
    let operations = case.operations();
    counting.count(&script, &script, REQUESTS / operations) / operations as u64
}

/// A server whose instructions are counted.
pub(crate) struct Counting {
    pub(crate) server: Server,
    /// Where the profile is written, to be read with `callgrind_annotate`.
    profile: PathBuf,
    counted: usize,
}

impl Counting {
    /// Starts a server; the profile is named after what is counted.
    pub(crate) fn start(which: Which, kept: Kept<'_>, what: &str) -> Self {
        let program = std::env::current_exe().expect("find this program");
        let profile = program.with_file_name(format!("callgrind.{}.{what}", which.name()));
        let under = [
            "env",
            // Callgrind counts each byte of a string instruction as one instruction; the processor does not.
            "GLIBC_TUNABLES=glibc.cpu.x86_rep_stosb_threshold=1073741824:glibc.cpu.x86_rep_movsb_threshold=1073741824",
            "valgrind",
            "-q",
            "--tool=callgrind",
            "--dump-before=*counting_begins*",
            "--dump-before=*counting_ends*",
            &format!("--callgrind-out-file={}", profile.display()),
        ];
        Self { server: Server::start(which, kept, Some(&under.map(str::to_owned))), profile, counted: 0 }
    }

    /// Instructions per request of a script, after as many of another.
    pub(crate) fn count(&mut self, before: &Script, script: &Script, requests: usize) -> u64 {
        let mut load = Load::new(self.server.address, 1);
        load.run(before, requests);
        self.server.order("begin");
        load.run(script, requests);
        self.server.order("end");
        self.counted += 1;
        // Each time leaves two dumps beside the profile. The second holds what was counted since the first.
        total(&PathBuf::from(format!("{}.{}", self.profile.display(), 2 * self.counted))) / requests as u64
    }
}

fn total(dump: &Path) -> u64 {
    let text = fs::read_to_string(dump).unwrap_or_else(|error| panic!("read {}: {error}", dump.display()));
    let total = text.lines().find_map(|line| line.strip_prefix("totals:").or(line.strip_prefix("summary:")));
    total.and_then(|total| total.trim().parse().ok()).expect("a total")
}
