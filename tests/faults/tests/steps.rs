//! A client that goes away at each step of the way of its request, and a server that is killed there, leave all of the
//! command or nothing.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::Command,
    time::Duration,
};

use enaction_faults::{
    program::{Program, built},
    steps::POINTS,
};

const LIMIT: Duration = Duration::from_secs(30);

struct Server {
    program: Program,
    address: String,
    tokens: String,
}

impl Server {
    fn start(data: &Path, at: &str) -> Self {
        let mut command = Command::new(built("enaction-stopping-server"));
        let mut program = Program::start(command.arg(data).arg(at));
        let printed = program.wait_until("it serves", LIMIT, |one| one.out().contains("ready").then(|| one.out()));
        let lines: Vec<&str> = printed.lines().collect();
        let tokens = format!("id_token: {}\r\nsite_token: {}\r\n", lines[1], lines[2]);
        Self { address: lines[0].to_owned(), tokens, program }
    }

    fn request(&self, line: &str, body: &str) -> String {
        let length = body.len();
        let content = format!("content-type: application/json\r\ncontent-length: {length}\r\n");
        let content = if body.is_empty() { String::new() } else { content };
        format!("{line} HTTP/1.1\r\nhost: x\r\n{}{content}connection: close\r\n\r\n{body}", self.tokens)
    }

    /// Sends a part of something.
    fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.write_all(bytes).expect("it reads");
        stream
    }

    fn ask(&self, line: &str, body: &str) -> String {
        answer(self.send(self.request(line, body).as_bytes()))
    }

    fn stands_at(&mut self, point: &str) {
        let said = format!("at {point}\n");
        self.program.wait_until(point, LIMIT, |one| one.out().contains(&said).then_some(()));
    }

    /// How much is there: `left`, `right`.
    fn there(&self) -> [bool; 2] {
        ["left", "right"].map(|id| {
            let answer = self.ask(&format!("GET /halves/{id}"), "");
            match answer.get(9..12) {
                Some("200") => true,
                Some("404") => false,
                _ => panic!("GET /halves/{id}: {answer}"),
            }
        })
    }
}

fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    text
}

/// How far a request comes before the client goes or the server is killed.
enum Step {
    /// So many bytes of it were sent.
    Sent(fn(&str) -> usize),
    /// The server stands at a point.
    Reached(&'static str),
    /// The answer was read.
    Answered,
}

/// The steps, whether the command is done when the client leaves there, and when the server is killed there.
fn steps() -> Vec<(&'static str, Step, bool, bool)> {
    let reached = |at: usize, killed: bool| (POINTS[at], Step::Reached(POINTS[at]), true, killed);
    vec![
        ("in the line", Step::Sent(|_| 7), false, false),
        ("in the head", Step::Sent(|request| request.find("site_token").expect("a token") + 40), false, false),
        ("in the body", Step::Sent(|request| request.len() - 1), false, false),
        reached(0, false),
        reached(1, false),
        reached(2, false),
        reached(3, true),
        ("behind the answer", Step::Answered, true, true),
    ]
}

/// Brings a request to a step; gives what has to be held until the step is over.
fn bring(server: &mut Server, step: &Step) -> Option<TcpStream> {
    let request = server.request("POST /halves", "{}");
    match step {
        Step::Sent(bytes) => Some(server.send(&request.as_bytes()[..bytes(&request)])),
        Step::Reached(point) => {
            let stream = server.send(request.as_bytes());
            server.stands_at(point);
            Some(stream)
        }
        Step::Answered => {
            let answer = server.ask("POST /halves", "{}");
            assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
            None
        }
    }
}

fn stop_of(step: &Step) -> &'static str {
    match step {
        Step::Reached(point) => point,
        _ => "nowhere",
    }
}

#[test]
fn a_client_that_goes_away_at_any_step_leaves_all_or_nothing() {
    for (name, step, done, _) in steps() {
        let data = tempfile::tempdir().expect("a directory");
        let mut server = Server::start(data.path(), stop_of(&step));
        drop(bring(&mut server, &step));
        // Long enough for the server to see that it is gone.
        std::thread::sleep(Duration::from_millis(50));
        std::fs::write(data.path().join("go"), "").expect("a file");
        let there = (0..500).find_map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            let there = server.there();
            (there == [done; 2]).then_some(there)
        });
        assert_eq!(there, Some([done; 2]), "gone {name}");
        drop(server.program.kill());
        assert_eq!(Server::start(data.path(), "nowhere").there(), [done; 2], "gone {name}, after a restart");
    }
}

#[test]
fn a_server_that_is_killed_at_any_step_leaves_all_or_nothing() {
    for (name, step, _, done) in steps() {
        let data = tempfile::tempdir().expect("a directory");
        let mut server = Server::start(data.path(), stop_of(&step));
        let held = bring(&mut server, &step);
        drop(server.program.kill());
        drop(held);
        let server = Server::start(data.path(), "nowhere");
        assert_eq!(server.there(), [done; 2], "killed {name}");
        let answer = server.ask("POST /halves", "{}");
        let expected = if done { "HTTP/1.1 409" } else { "HTTP/1.1 201" };
        assert!(answer.starts_with(expected), "killed {name}, then {answer}");
    }
}

#[test]
fn a_request_that_is_sent_again_under_its_key_after_a_kill_at_any_step_is_done_once() {
    for (name, step, _, done) in steps() {
        let data = tempfile::tempdir().expect("a directory");
        let keyed = |at: &str| {
            let mut server = Server::start(data.path(), at);
            server.tokens.push_str("idempotency-key: \"one\"\r\n");
            server
        };
        let mut server = keyed(stop_of(&step));
        let held = bring(&mut server, &step);
        drop(server.program.kill());
        drop(held);
        let server = keyed("nowhere");
        assert_eq!(server.there(), [done; 2], "killed {name}");
        for replayed in [done, true, true] {
            let answer = server.ask("POST /halves", "{}");
            assert!(answer.starts_with("HTTP/1.1 201"), "killed {name}, then {answer}");
            assert_eq!(answer.contains("idempotency-replayed: true"), replayed, "killed {name}, then {answer}");
        }
        assert_eq!(server.there(), [true; 2], "killed {name}, then sent again");
    }
}

#[test]
fn a_query_is_given_up_when_its_client_goes_away() {
    let data = tempfile::tempdir().expect("a directory");
    let mut server = Server::start(data.path(), "in a query");
    let stream = server.send(server.request("GET /halves/look", "").as_bytes());
    server.stands_at("in a query");
    drop(stream);
    // It was never let go on.
    server.program.wait_until("its end", LIMIT, |one| one.out().contains("the query ended").then_some(()));
}
