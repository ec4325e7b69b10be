//! A server as a process of its own: how it is started, what it cost, and how it is told that counting begins.

use std::{
    ffi::OsStr,
    fs,
    hint::black_box,
    io::{BufRead as _, BufReader, Lines, Write as _, stdin},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::{ours, plain, world::World};

/// The two that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Ours,
    Plain,
}

impl Which {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Plain => "plain",
        }
    }
}

/// Where a server keeps what it is given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kept<'a> {
    InMemory,
    /// On SQLite, in this directory.
    In(&'a Path),
    /// In the PostgreSQL database of this URL.
    On(&'a str),
}

impl<'a> Kept<'a> {
    /// As it stands on a command line.
    fn argument(self) -> Option<&'a OsStr> {
        match self {
            Self::InMemory => None,
            Self::In(directory) => Some(directory.as_os_str()),
            Self::On(url) => Some(OsStr::new(url)),
        }
    }

    fn of(argument: Option<&'a str>) -> Self {
        match argument {
            None => Self::InMemory,
            Some(url) if url.starts_with("postgres://") => Self::On(url),
            Some(directory) => Self::In(Path::new(directory)),
        }
    }
}

/// Runs a server in this process until standard input ends.
pub(crate) fn serve(which: &str, kept: Option<&str>) {
    let world = World::new();
    let kept = Kept::of(kept);
    match which {
        "ours" => ours::serve(&world, kept, |address| tell(&world, address)),
        "plain" => plain::serve(&world, kept, |address| tell(&world, address)),
        other => panic!("there is no server {other}"),
    }
}

/// Says where the server listens and with which tokens it can be called, and takes orders from now on.
fn tell(world: &World, address: SocketAddr) {
    let (id_token, site_token) = world.tokens();
    println!("{address} {id_token} {site_token}");
    std::thread::spawn(|| {
        for order in stdin().lines().map_while(Result::ok) {
            match order.as_str() {
                "begin" => counting_begins(),
                _ => counting_ends(),
            }
            println!("done");
        }
        std::process::exit(0);
    });
}

/// Callgrind writes down what it counted so far when this is called, and begins anew.
#[inline(never)]
fn counting_begins() {
    black_box("begin");
}

/// The same, at the end.
#[inline(never)]
fn counting_ends() {
    black_box("end");
}

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
    /// The header lines that carry the tokens.
    pub(crate) tokens: String,
}

impl Server {
    /// Starts a server, under a program when one is given.
    pub(crate) fn start(which: Which, kept: Kept<'_>, under: Option<&[String]>) -> Self {
        let own = std::env::current_exe().expect("find this program");
        let mut command = match under.and_then(<[String]>::split_first) {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(own);
                command
            }
            None => Command::new(own),
        };
        command.args(["serve", which.name()]).args(kept.argument());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = on_any(|| command.spawn()).expect("start a server");
        let orders = child.stdin.take().expect("its standard input");
        let mut answers = BufReader::new(child.stdout.take().expect("its standard output")).lines();
        let told = answers.next().and_then(Result::ok).expect("the server says where it listens");
        let [address, id, site] = told.split(' ').collect::<Vec<_>>().try_into().expect("address and tokens");
        Self {
            child,
            orders,
            answers,
            address: address.parse().expect("an address"),
            tokens: format!("id_token: {id}\r\nsite_token: {site}\r\n"),
        }
    }

    /// Gives an order and waits until it was carried out.
    pub(crate) fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("give an order");
        let done = self.answers.next().and_then(Result::ok);
        assert_eq!(done.as_deref(), Some("done"), "carry out {order}");
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The time that its threads spent on a processor, in the program and in the kernel.
    pub(crate) fn cpu_time(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.id())).expect("the threads of the server");
        let nanos = tasks.filter_map(|task| {
            let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanos.sum())
    }

    /// Keeps all its threads on one processor.
    pub(crate) fn pin(&self, cpu: usize) {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.id())).expect("the threads of the server");
        for task in tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok()) {
            pin(rustix::process::Pid::from_raw(task), cpu);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts something that may run on every processor, though this thread stays on one.
pub(crate) fn on_any<T>(start: impl FnOnce() -> T) -> T {
    let own = sched_getaffinity(None).ok();
    let mut all = CpuSet::new();
    (0..CpuSet::MAX_CPU).for_each(|cpu| all.set(cpu));
    let _ = sched_setaffinity(None, &all);
    let started = start();
    own.map(|own| sched_setaffinity(None, &own));
    started
}

/// Keeps a thread, or this one, on one processor. Where that is not allowed it stays where it is.
pub(crate) fn pin(thread: Option<rustix::process::Pid>, cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu);
    let _ = sched_setaffinity(thread, &set);
}
