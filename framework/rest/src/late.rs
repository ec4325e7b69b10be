//! Connections that the kernel had accepted when the server was told to stop. actix would leave them to be reset; they
//! are taken out of the queue and served.

use std::{io, sync::Arc, time::Duration};

use actix_http::{HttpService, KeepAlive};
use actix_rt::net::TcpStream;
use actix_web::dev::{Service, ServiceFactory};

use crate::{edge::Factory, listen::Listener, shared::Shared};

/// Empties the queues of the listeners and closes them. Each connection answers one request.
pub(crate) async fn serve(shared: &Arc<Shared>, listeners: Vec<Listener>) {
    let limits = &shared.application.limits;
    let head = Duration::from_millis(u64::try_from(limits.head_ms_max).unwrap_or(u64::MAX));
    let service = HttpService::build()
        .keep_alive(KeepAlive::Disabled)
        .client_request_timeout(head)
        .finish(Factory::<()>::new(Arc::clone(shared)))
        .tcp();
    let Ok(service) = service.new_service(()).await else { return };
    for listener in listeners {
        while let Ok(stream) = accept(&listener) {
            actix_rt::spawn(service.call(stream));
        }
        // In the same breath: whoever comes later is refused, which tells it that nothing was done.
        listener.close();
    }
}

fn accept(listener: &Listener) -> io::Result<TcpStream> {
    let (stream, _) = listener.socket().accept()?;
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    TcpStream::from_std(stream)
}
