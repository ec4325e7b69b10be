//! Stopping under load: nothing that was accepted is cut.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{raw::Raw, world::World};

#[test]
fn what_runs_is_finished_and_what_is_idle_is_closed() {
    let mut world = World::new(|_| {});
    let mut idle = world.connect();
    idle.send(world.signed("GET /baskets", &[], b""));
    assert_eq!(idle.receive(false).unwrap().status, 200);
    let mut running = world.connect();
    running.send(world.signed("POST /baskets/nap", &[("Content-Type", "application/json")], b"700"));
    let mut sending = world.connect();
    sending.send(world.signed("POST /baskets", &[("Content-Type", "application/json"), ("Content-Length", "2")], b"{"));
    std::thread::sleep(Duration::from_millis(100));
    world.handle.stop();
    std::thread::sleep(Duration::from_millis(150));
    assert!(TcpStream::connect(world.address).is_err(), "no new connection is taken");
    idle.send(world.signed("GET /baskets", &[], b""));
    let late = idle.receive(false).unwrap();
    assert_eq!(
        (late.status, late.field("connection")),
        (200, Some("close")),
        "a request on an old connection is answered"
    );
    sending.send(b"}");
    assert_eq!(sending.receive(false).unwrap().status, 201);
    let reply = running.receive(false).unwrap();
    assert_eq!((reply.status, reply.field("connection"), reply.json()), (200, Some("close"), json!(700)));
    assert!(running.is_closed());
    world.thread.take().unwrap().join().unwrap().unwrap();
}

#[test]
fn sigterm_and_ctrl_c_stop_a_server_in_order_and_at_once_when_they_come_again() {
    use rustix::process::{Signal, getpid, kill_process};
    for signal in [Signal::TERM, Signal::INT] {
        let mut world = World::with(|_| {}, |server| server);
        let mut running = world.connect();
        running.send(world.signed("POST /baskets/nap", &[("Content-Type", "application/json")], b"500"));
        std::thread::sleep(Duration::from_millis(100));
        kill_process(getpid(), signal).unwrap();
        assert_eq!(running.receive(false).unwrap().status, 200);
        world.thread.take().unwrap().join().unwrap().unwrap();

        let mut world = World::with(|_| {}, |server| server);
        let mut running = world.connect();
        running.send(world.signed("POST /baskets/nap", &[("Content-Type", "application/json")], b"9000"));
        std::thread::sleep(Duration::from_millis(100));
        let since = Instant::now();
        kill_process(getpid(), signal).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        kill_process(getpid(), signal).unwrap();
        world.thread.take().unwrap().join().unwrap().unwrap();
        assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    }
}

#[test]
fn a_socket_that_was_handed_over_is_left_open_for_others() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let kept = socket.try_clone().unwrap();
    let mut world = World::with(|_| {}, |server| server.without_signals().listen(socket));
    let address = kept.local_addr().unwrap();
    assert!(TcpStream::connect(address).is_ok());
    world.handle.stop();
    world.thread.take().unwrap().join().unwrap().unwrap();
    assert!(TcpStream::connect(address).is_ok());
    assert!(TcpStream::connect(world.address).is_err());
}

#[test]
fn what_does_not_end_is_cut_when_the_time_is_over() {
    let mut world = World::new(|limits| limits.stop_ms_max = 600);
    let mut running = world.connect();
    running.send(world.signed("POST /baskets/nap", &[("Content-Type", "application/json")], b"8000"));
    std::thread::sleep(Duration::from_millis(100));
    let since = Instant::now();
    world.handle.stop();
    world.thread.take().unwrap().join().unwrap().unwrap();
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
}

#[test]
fn under_load_every_accepted_request_is_answered() {
    let mut world = World::new(|_| {});
    let (answered, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (read, write) = (
        Arc::new(world.signed("GET /baskets", &[], b"")),
        Arc::new(world.signed("POST /baskets", &[("Content-Type", "application/json")], b"{}")),
    );
    let address = world.address;
    let clients: Vec<_> = (0..16)
        .map(|number| {
            let (answered, refused) = (Arc::clone(&answered), Arc::clone(&refused));
            let bytes = Arc::clone(if number % 2 == 0 { &read } else { &write });
            // Half of them keep their connection, half take a new one for each request.
            let keeps = number % 4 < 2;
            std::thread::spawn(move || -> Result<(), String> {
                loop {
                    let Ok(stream) = TcpStream::connect(address) else {
                        refused.fetch_add(1, Ordering::SeqCst);
                        return Ok(());
                    };
                    drop(stream.set_read_timeout(Some(Duration::from_secs(5))));
                    let mut connection = Raw::to_stream(stream);
                    loop {
                        connection.send(&*bytes);
                        let reply = connection.receive(false).ok_or_else(|| format!("client {number} was cut"))?;
                        assert!(reply.status < 300, "{reply:?}");
                        answered.fetch_add(1, Ordering::SeqCst);
                        if !keeps || reply.field("connection") == Some("close") {
                            break;
                        }
                    }
                }
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(400));
    world.handle.stop();
    let cut: Vec<_> = clients.into_iter().filter_map(|client| client.join().unwrap().err()).collect();
    world.thread.take().unwrap().join().unwrap().unwrap();
    assert_eq!(cut, Vec::<String>::new());
    assert!(answered.load(Ordering::SeqCst) > 100);
    assert_eq!(refused.load(Ordering::SeqCst), 16);
}

#[test]
fn a_connection_that_sends_nothing_does_not_hold_the_server() {
    let mut world = World::new(|_| {});
    let mut silent = TcpStream::connect(world.address).unwrap();
    let mut half = TcpStream::connect(world.address).unwrap();
    half.write_all(b"GET /baskets HT").unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let since = Instant::now();
    world.handle.stop();
    world.thread.take().unwrap().join().unwrap().unwrap();
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    let mut bytes = [0; 1];
    assert!(matches!(silent.read(&mut bytes), Ok(0) | Err(_)));
}
