//! Connections that the kernel had accepted when the server was told to stop. actix would leave them to be reset; they
//! are taken out of the queue and served.

use std::{io, net::TcpListener, time::Duration};

use actix_http::{HttpService, KeepAlive};
use actix_rt::net::TcpStream;
use actix_web::dev::{Service, ServiceFactory};

use crate::{edge::Factory, shared::Shared};
use std::sync::Arc;

/// Empties the queues of the listeners and closes them for everyone. Each connection answers one request.
pub(crate) async fn serve(shared: &Arc<Shared>, listeners: &[TcpListener]) {
    let limits = &shared.application.limits;
    let head = Duration::from_millis(u64::try_from(limits.head_ms_max).unwrap_or(u64::MAX));
    let service = HttpService::build()
        .keep_alive(KeepAlive::Disabled)
        .client_request_timeout(head)
        .finish(Factory::<()>::new(Arc::clone(shared)))
        .tcp();
    let Ok(service) = service.new_service(()).await else { return };
    for listener in listeners {
        while let Ok(stream) = accept(listener) {
            actix_rt::spawn(service.call(stream));
        }
        // Only now, and in the same breath: whoever comes later is refused, which tells it that nothing was done.
        let _ = rustix::net::shutdown(listener, rustix::net::Shutdown::Read);
    }
}

fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, _) = listener.accept()?;
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    TcpStream::from_std(stream)
}
