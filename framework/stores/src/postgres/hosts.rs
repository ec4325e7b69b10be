//! The hosts of a URL, one after the other: each has a time of its own, so that one that is silent does not use up that of
//! the next. The library bounds only the first step of a connection.

use std::time::Duration;

use tokio_postgres::{Client, Config, Error, config::Host};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connections::Connection;

/// How many hosts a URL names.
pub(super) fn count(config: &Config) -> usize {
    config.get_hosts().len().max(config.get_hostaddrs().len()).max(1)
}

/// A connection to the first host that answers in time and is what is wanted; nothing when each was silent, else why the last
/// one that answered is not.
pub(super) async fn first_that_answers(
    config: &Config,
    tls: &MakeRustlsConnect,
    each: Duration,
) -> Option<Result<(Client, Connection), Error>> {
    let mut refused = None;
    for host in 0..count(config) {
        match tokio::time::timeout(each, alone(config, host).connect(tls.clone())).await {
            Ok(Ok(connected)) => return Some(Ok(connected)),
            Ok(Err(error)) => refused = Some(Err(error)),
            Err(_) => {}
        }
    }
    refused
}

/// The same with one of its hosts.
fn alone(config: &Config, host: usize) -> Config {
    if count(config) == 1 {
        return config.clone();
    }
    let mut one = Config::new();
    one.ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .target_session_attrs(config.get_target_session_attrs())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle());
    config.get_user().map(|user| one.user(user));
    config.get_password().map(|password| one.password(password));
    config.get_dbname().map(|name| one.dbname(name));
    config.get_options().map(|options| one.options(options));
    config.get_application_name().map(|name| one.application_name(name));
    config.get_connect_timeout().map(|time| one.connect_timeout(*time));
    config.get_tcp_user_timeout().map(|time| one.tcp_user_timeout(*time));
    config.get_keepalives_interval().map(|time| one.keepalives_interval(time));
    config.get_keepalives_retries().map(|retries| one.keepalives_retries(retries));
    match config.get_hosts().get(host) {
        Some(Host::Tcp(name)) => drop(one.host(name.as_str())),
        Some(Host::Unix(path)) => drop(one.host_path(path)),
        None => {}
    }
    config.get_hostaddrs().get(host).map(|address| one.hostaddr(*address));
    let ports = config.get_ports();
    ports.get(host).or(ports.first()).map(|port| one.port(*port));
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_keeps_its_port_and_what_holds_for_all() {
        for (url, hosts) in [
            ("postgres://shop@one/base", &["postgres://shop@one/base"][..]),
            (
                "postgres://shop:secret@one:1,two:2/base?application_name=till&keepalives_idle=7&target_session_attrs=read-write",
                &[
                    "postgres://shop:secret@one:1/base?application_name=till&keepalives_idle=7&target_session_attrs=read-write",
                    "postgres://shop:secret@two:2/base?application_name=till&keepalives_idle=7&target_session_attrs=read-write",
                ],
            ),
            (
                "host=one,two port=5 hostaddr=127.0.0.1,127.0.0.2 user=shop sslmode=require",
                &[
                    "host=one port=5 hostaddr=127.0.0.1 user=shop sslmode=require",
                    "host=two port=5 hostaddr=127.0.0.2 user=shop sslmode=require",
                ],
            ),
        ] {
            let config: Config = url.parse().unwrap();
            let alone: Vec<Config> = (0..count(&config)).map(|host| alone(&config, host)).collect();
            assert_eq!(alone, hosts.iter().map(|url| url.parse().unwrap()).collect::<Vec<Config>>(), "{url}");
        }
    }
}
