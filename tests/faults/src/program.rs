//! Programs that a test starts: found, watched, and ended by their id.

use std::{
    io::Read,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

pub use rustix::process::Signal;

/// The variable that lets the server under test acknowledge what is not on the disk.
pub const LOSES: &str = "ENACTION_TEST_LOSES_ACKNOWLEDGED_COMMITS";

/// The program of this package with a name. Cargo builds it before the tests.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of this program");
    let folder = test.ancestors().find(|folder| folder.join(name).is_file());
    folder.unwrap_or_else(|| panic!("{name} stands above {}", test.display())).join(name)
}

/// A command of the server's program, which complains and does not tell stories. `ENACTION_PROGRAM` names another one, such
/// as that of a release.
#[must_use]
pub fn enaction() -> Command {
    let program = std::env::var_os("ENACTION_PROGRAM").map_or_else(|| built("enaction-under-test"), PathBuf::from);
    let mut command = Command::new(program);
    command.env("ENACTION_LOG", "warn");
    command
}

/// A program that runs. It is killed when it is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    out: Arc<Mutex<Vec<u8>>>,
    err: Arc<Mutex<Vec<u8>>>,
    readers: Vec<std::thread::JoinHandle<()>>,
    /// When it was started.
    pub started: Instant,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// What it told the system.
    pub status: ExitStatus,
    /// What it printed.
    pub out: String,
    /// What it complained about.
    pub err: String,
}

impl Program {
    /// Starts it, and reads what it prints.
    ///
    /// # Panics
    /// When it can not be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        let started = Instant::now();
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("start {command:?}: {error}"));
        let (out, out_reader) = gather(child.stdout.take().expect("its output"));
        let (err, err_reader) = gather(child.stderr.take().expect("its errors"));
        Self { child, out, err, readers: vec![out_reader, err_reader], started }
    }

    /// What it printed so far.
    #[must_use]
    pub fn out(&self) -> String {
        text(&self.out)
    }

    /// What it complained about so far.
    #[must_use]
    pub fn err(&self) -> String {
        text(&self.err)
    }

    /// Waits until something is found, not longer than a time.
    ///
    /// # Panics
    /// When the program ends before, or the time does.
    pub fn wait_until<T>(&mut self, what: &str, limit: Duration, mut find: impl FnMut(&Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = find(self) {
                return found;
            }
            let ended = self.child.try_wait().expect("ask for its end");
            let late = begun.elapsed() > limit;
            assert!(ended.is_none() && !late, "{what}: late {late}, ended {ended:?}\n{}\n{}", self.out(), self.err());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn signal(&self, signal: Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).expect("send a signal");
    }

    /// Ends it without a word (`kill -9`).
    #[must_use]
    pub fn kill(mut self) -> Ended {
        self.child.kill().expect("kill it");
        self.end()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When the time ends before.
    #[must_use]
    pub fn wait(mut self, limit: Duration) -> Ended {
        let begun = Instant::now();
        while self.child.try_wait().expect("ask for its end").is_none() {
            assert!(begun.elapsed() < limit, "it ends within {limit:?}\n{}\n{}", self.out(), self.err());
            std::thread::sleep(Duration::from_millis(5));
        }
        self.end()
    }

    /// Waits until it prints something with these words, or has ended.
    ///
    /// # Errors
    /// How it ended.
    ///
    /// # Panics
    /// When it does neither in time.
    pub fn prints(mut self, words: &str, limit: Duration) -> Result<Self, Ended> {
        let begun = Instant::now();
        loop {
            if self.out().contains(words) {
                return Ok(self);
            }
            if self.child.try_wait().expect("ask for its end").is_some() {
                return Err(self.end());
            }
            assert!(begun.elapsed() < limit, "{words}\n{}\n{}", self.out(), self.err());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn end(&mut self) -> Ended {
        let status = self.child.wait().expect("its end");
        for reader in self.readers.drain(..) {
            reader.join().expect("its output is read");
        }
        Ended { status, out: self.out(), err: self.err() }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end.
///
/// # Panics
/// When it takes a minute.
#[must_use]
pub fn run(command: &mut Command) -> Ended {
    Program::start(command).wait(Duration::from_secs(60))
}

fn text(bytes: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.lock().expect("the reader lives")).into_owned()
}

fn gather(mut from: impl Read + Send + 'static) -> (Arc<Mutex<Vec<u8>>>, std::thread::JoinHandle<()>) {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&bytes);
    let reader = std::thread::spawn(move || {
        let mut piece = [0; 8192];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            into.lock().expect("the test lives").extend_from_slice(&piece[..count]);
        }
    });
    (bytes, reader)
}
