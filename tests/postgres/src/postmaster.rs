//! A running server: our own child process, and what it says on standard error.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

const READY: &str = "database system is ready to accept";
const START_MAX: Duration = Duration::from_secs(60);

/// The first process of a server, which starts all others.
#[derive(Debug)]
pub(crate) struct Postmaster {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Postmaster {
    /// Starts it and waits until it takes connections; nothing when it ended before.
    pub(crate) fn start(mut command: Command) -> Result<Self, String> {
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|error| format!("start {command:?}: {error}"))?;
        let says = BufReader::new(child.stderr.take().expect("standard error is piped"));
        let log = Arc::new(Mutex::new(Vec::new()));
        let (ready, is_ready) = channel();
        let lines = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in says.lines().map_while(Result::ok) {
                let tells = line.contains(READY);
                lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                if tells {
                    let _ = ready.send(());
                }
            }
        });
        let mut started = Self { child, log, reader: Some(reader) };
        match started.wait_for(&is_ready) {
            true => Ok(started),
            false => Err(started.log().join("\n")),
        }
    }

    /// The sender is gone when the process closed its standard error.
    fn wait_for(&mut self, is_ready: &Receiver<()>) -> bool {
        is_ready.recv_timeout(START_MAX).is_ok()
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks it to end by a signal, and waits until it has.
    pub(crate) fn end(&mut self, signal: Signal) {
        let _ = kill_process(self.pid(), signal);
        self.reap();
    }

    /// Kills it and all that it started with SIGKILL. Each of these leads a process group of its own, so they are killed one
    /// by one; the first is stopped before, so that it starts no other meanwhile.
    pub(crate) fn kill(&mut self) {
        let _ = kill_process(self.pid(), Signal::STOP);
        for child in self.children() {
            let _ = kill_process(child, Signal::KILL);
        }
        let _ = kill_process(self.pid(), Signal::KILL);
        self.reap();
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn children(&self) -> Vec<Pid> {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let mine = processes.filter_map(|process| {
            let pid: i32 = process.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(process.path().join("stat")).ok()?;
            // Behind the name, which may hold anything, come the state and the parent.
            let parent: u32 = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
            (parent == self.child.id()).then(|| Pid::from_raw(pid))?
        });
        mine.collect()
    }

    fn reap(&mut self) {
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end(Signal::QUIT);
        }
    }
}
