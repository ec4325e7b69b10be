//! Whether a connection is encrypted, and whose certificates it trusts.

use std::{net::IpAddr, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Encryption without a checked certificate keeps nobody out. So there is none of it: what does not leave the machine is
/// as the URL says, plain when it says nothing; what leaves it is encrypted and checked, unless the URL says
/// `sslmode=disable`.
pub(super) fn demand(config: &mut Config) {
    if config.get_ssl_mode() == SslMode::Prefer {
        let stays = config.get_hosts().iter().all(stays_on_the_machine)
            && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
        config.ssl_mode(if stays { SslMode::Disable } else { SslMode::Require });
    }
}

fn stays_on_the_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        Host::Unix(_) => true,
    }
}

/// Connects to servers whose certificate one of these authorities signed; of the machine's where there is no file.
pub(super) fn connector(root_certificates: Option<&Path>) -> Result<MakeRustlsConnect, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let config = match root_certificates {
        Some(file) => builder.with_root_certificates(authorities(file)?).with_no_client_auth(),
        None => builder.with_platform_verifier().map_err(|error| error.to_string())?.with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn authorities(file: &Path) -> Result<RootCertStore, String> {
    let refused = |why: String| format!("read {}: {why}", file.display());
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| refused(error.to_string()))? {
        let certificate = certificate.map_err(|error| refused(error.to_string()))?;
        authorities.add(certificate).map_err(|error| refused(error.to_string()))?;
    }
    if authorities.is_empty() { Err(refused("expected certificates, found none".into())) } else { Ok(authorities) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_the_machine_is_encrypted_unless_the_url_says_otherwise() {
        for (url, expected) in [
            ("postgres://u@db.example/d", SslMode::Require),
            ("postgres://u@10.0.0.7/d", SslMode::Require),
            ("postgres://u@127.0.0.1,db.example/d", SslMode::Require),
            ("postgres://u@db.example/d?sslmode=prefer", SslMode::Require),
            ("postgres://u@db.example/d?sslmode=disable", SslMode::Disable),
            ("postgres://u@127.0.0.1/d", SslMode::Disable),
            ("postgres://u@[::1]/d", SslMode::Disable),
            ("postgres://u@localhost/d", SslMode::Disable),
            ("postgres://u@localhost/d?sslmode=require", SslMode::Require),
        ] {
            let mut config: Config = url.parse().unwrap();
            demand(&mut config);
            assert_eq!(config.get_ssl_mode(), expected, "{url}");
        }
    }
}
