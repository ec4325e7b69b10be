//! The proxy that stands between a server and its database fails as it says.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use enaction_faults::proxy::{Network, Proxy};

const SOON: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends back what it gets, and tells of it.
fn echo() -> (SocketAddr, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("its address");
    let (got, all) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let got = got.clone();
            std::thread::spawn(move || answer(stream, &got));
        }
    });
    (address, all)
}

fn answer(mut stream: TcpStream, got: &Sender<Vec<u8>>) {
    let mut piece = [0; 1024];
    while let Ok(count @ 1..) = stream.read(&mut piece) {
        if got.send(piece[..count].to_vec()).is_err() || stream.write_all(&piece[..count]).is_err() {
            return;
        }
    }
}

fn connect(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.address).expect("the proxy listens")
}

/// What comes within a time; `None` when nothing does, empty when the connection ended.
fn comes(stream: &mut TcpStream, within: Duration) -> Option<Vec<u8>> {
    stream.set_read_timeout(Some(within)).expect("a socket takes it");
    let mut piece = [0; 1024];
    match stream.read(&mut piece) {
        Ok(count) => Some(piece[..count].to_vec()),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => None,
        Err(_) => Some(Vec::new()),
    }
}

fn send(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

#[test]
fn what_is_stalled_arrives_later() {
    let (address, _got) = echo();
    let proxy = Proxy::start(address);
    let mut old = connect(&proxy);
    send(&mut old, b"whole");
    assert_eq!(comes(&mut old, PATIENCE).as_deref(), Some(&b"whole"[..]));
    proxy.be(Network::Stalled);
    let mut new = connect(&proxy);
    for stream in [&mut old, &mut new] {
        send(stream, b"later");
        assert_eq!(comes(stream, SOON), None);
    }
    proxy.be(Network::Whole);
    for stream in [&mut old, &mut new] {
        assert_eq!(comes(stream, PATIENCE).as_deref(), Some(&b"later"[..]));
    }
}

#[test]
fn what_is_parted_is_lost_and_its_connection_ends_when_the_network_is_whole() {
    let (address, got) = echo();
    let proxy = Proxy::start(address);
    let mut old = connect(&proxy);
    send(&mut old, b"whole");
    assert_eq!(comes(&mut old, PATIENCE).as_deref(), Some(&b"whole"[..]));
    proxy.be(Network::Parted);
    send(&mut old, b"lost");
    assert_eq!(comes(&mut old, SOON), None);
    proxy.be(Network::Whole);
    assert_eq!(comes(&mut old, PATIENCE), Some(Vec::new()));
    let mut new = connect(&proxy);
    send(&mut new, b"again");
    assert_eq!(comes(&mut new, PATIENCE).as_deref(), Some(&b"again"[..]));
    assert_eq!(got.try_iter().collect::<Vec<_>>(), [b"whole", b"again"]);
}

#[test]
fn what_is_cut_ends_at_once() {
    let (address, _got) = echo();
    let proxy = Proxy::start(address);
    let mut old = connect(&proxy);
    send(&mut old, b"whole");
    assert_eq!(comes(&mut old, PATIENCE).as_deref(), Some(&b"whole"[..]));
    proxy.be(Network::Cut);
    let mut new = connect(&proxy);
    for stream in [&mut old, &mut new] {
        assert_eq!(comes(stream, PATIENCE), Some(Vec::new()));
    }
}

#[test]
fn the_answer_of_one_statement_is_swallowed_after_it_was_carried_out() {
    let (address, got) = echo();
    let proxy = Proxy::start(address);
    let message = |kind: &[u8], body: &[u8]| {
        let length = u32::try_from(body.len() + 4).expect("it is short").to_be_bytes();
        [kind, &length, body].concat()
    };
    let mut stream = connect(&proxy);
    let others = [message(b"", b"begin"), message(b"P", b"one\0SELECT 1\0"), message(b"P", b"two\0INSERT x\0")];
    proxy.swallow_answer_of("INSERT");
    for message in others.into_iter().chain([message(b"B", b"\0one\0"), message(b"S", b"")]) {
        send(&mut stream, &message);
        assert_eq!(comes(&mut stream, PATIENCE), Some(message));
    }
    assert_eq!(proxy.swallowed(), 0);
    let bind = message(b"B", b"\0two\0");
    send(&mut stream, &bind);
    assert_eq!(comes(&mut stream, PATIENCE), Some(Vec::new()));
    assert_eq!((proxy.swallowed(), got.try_iter().last()), (1, Some(bind)));
}
