use std::{fs, net::Ipv4Addr, path::Path};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};

/// A certificate authority of a test, and the certificate that it gave a server.
#[derive(Debug)]
pub struct Certificates {
    authority: String,
}

impl Certificates {
    /// Makes both, and writes what a server needs: `server.crt` and `server.key`.
    ///
    /// # Panics
    /// When the files cannot be written.
    #[must_use]
    pub fn write(folder: &Path, host: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        let authority =
            CertifiedIssuer::self_signed(params, key).expect("an authority can be made");
        let key = KeyPair::generate().expect("a key can be made");
        let mut params = CertificateParams::default();
        params.subject_alt_names = match host.parse::<Ipv4Addr>() {
            Ok(address) => vec![SanType::IpAddress(address.into())],
            Err(_) => vec![SanType::DnsName(host.try_into().expect("the host is ASCII"))],
        };
        let certificate = params.signed_by(&key, &authority).expect("it signs");
        fs::write(folder.join("server.crt"), certificate.pem()).expect("it can be written");
        fs::write(folder.join("server.key"), key.serialize_pem()).expect("it can be written");
        Self { authority: authority.pem() }
    }

    /// The authority's certificate, as PEM.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }
}
