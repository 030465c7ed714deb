//! HTTPS next to HTTP: a local certificate authority, made on first start, and a fresh leaf for this process.
//!
//! Amplify JS dials `wss://` whatever it is told, so TLS is on by default. Clients trust the authority by its file,
//! for example `NODE_EXTRA_CA_CERTS=.stepwell/ca.pem`. Its key never leaves the data folder.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    net::IpAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use clock::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use time::{Duration, OffsetDateTime};

/// What could not be made or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{path}: {cause}")]
    File { path: PathBuf, cause: io::Error },
    #[error("{path} holds no usable certificate authority ({cause}); remove ca.pem and ca.key to have new ones made")]
    Authority { path: PathBuf, cause: rcgen::Error },
    #[error("make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("set TLS up: {0}")]
    Tls(#[from] rustls::Error),
}

const AUTHORITY_DAYS: i64 = 3650;
const LEAF_DAYS: i64 = 397;

/// A server configuration whose certificate names `localhost`, the loopback addresses and `host`.
///
/// # Errors
/// The authority's files cannot be read or written, or hold something else.
pub(crate) fn server_config(folder: &Path, host: IpAddr, now: Timestamp) -> Result<Arc<ServerConfig>, Error> {
    let now = OffsetDateTime::from_unix_timestamp(now.0 / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (authority, authority_pem) = authority(folder, now)?;
    let key = KeyPair::generate()?;
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !host.is_unspecified() && !host.is_loopback() {
        names.push(host.to_string());
    }
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "stepwell");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    validity(&mut params, now, LEAF_DAYS);
    let leaf = params.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let chain = vec![leaf.der().clone(), authority_pem];
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The file that clients are told to trust.
pub(crate) fn authority_file(folder: &Path) -> PathBuf {
    folder.join("ca.pem")
}

type Authority = (Issuer<'static, KeyPair>, rustls::pki_types::CertificateDer<'static>);

fn authority(folder: &Path, now: OffsetDateTime) -> Result<Authority, Error> {
    let (certificate_path, key_path) = (authority_file(folder), folder.join("ca.key"));
    if !certificate_path.exists() || !key_path.exists() {
        create_authority(&certificate_path, &key_path, now)?;
    }
    let key_text = read(&key_path)?;
    let key = KeyPair::from_pem(&key_text).map_err(|cause| Error::Authority { path: key_path, cause })?;
    let pem = read(&certificate_path)?;
    let unusable = |cause| Error::Authority { path: certificate_path.clone(), cause };
    let der = <rustls::pki_types::CertificateDer<'static> as rustls::pki_types::pem::PemObject>::from_pem_slice(
        pem.as_bytes(),
    )
    .map_err(|_| unusable(rcgen::Error::CouldNotParseCertificate))?;
    Ok((Issuer::new(authority_params(now), key), der))
}

fn create_authority(certificate_path: &Path, key_path: &Path, now: OffsetDateTime) -> Result<(), Error> {
    let key = KeyPair::generate()?;
    let certificate = authority_params(now).self_signed(&key)?;
    write(key_path, &key.serialize_pem(), 0o600)?;
    write(certificate_path, &certificate.pem(), 0o644)
}

fn authority_params(now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "stepwell local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    validity(&mut params, now, AUTHORITY_DAYS);
    params
}

fn validity(params: &mut CertificateParams, now: OffsetDateTime, days: i64) {
    // An hour back, for clients whose clock is a little behind.
    params.not_before = now - Duration::hours(1);
    params.not_after = now + Duration::days(days);
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|cause| Error::File { path: path.to_owned(), cause })
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), Error> {
    let result = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    result.map_err(|cause| Error::File { path: path.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const LOCALHOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    #[test]
    fn the_authority_is_made_once_and_its_key_is_private() {
        let folder = tempfile::tempdir().expect("a folder");
        server_config(folder.path(), LOCALHOST, NOW).expect("a new authority");
        let first = fs::read_to_string(authority_file(folder.path())).expect("the certificate");
        let mode = fs::metadata(folder.path().join("ca.key")).expect("the key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        server_config(folder.path(), LOCALHOST, NOW).expect("the same authority");
        assert_eq!(fs::read_to_string(authority_file(folder.path())).expect("the certificate"), first);
    }

    #[test]
    fn a_broken_authority_says_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("ca.pem"), "x").expect("written");
        fs::write(folder.path().join("ca.key"), "x").expect("written");
        let error = server_config(folder.path(), LOCALHOST, NOW).expect_err("not an authority").to_string();
        assert!(error.contains("remove ca.pem and ca.key"), "{error}");
    }
}
