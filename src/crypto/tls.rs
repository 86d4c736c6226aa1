use std::sync::Arc;

use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore};

/// Whom a TLS client believes.
#[derive(Clone, Debug, Default)]
pub(crate) enum TlsRoots {
    /// The certificate authorities of the system.
    #[default]
    Platform,
    /// These certificate authorities, and no other.
    Only(Arc<RootCertStore>),
}

impl TlsRoots {
    /// The certificates of a PEM text; none if it holds no certificate that can be used.
    pub(crate) fn from_pem(pem: &[u8]) -> Option<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.ok()?).ok()?;
        }
        (!roots.is_empty()).then(|| Self::Only(Arc::new(roots)))
    }

    /// A client of TLS 1.2 and 1.3 that verifies the server's certificate and name.
    ///
    /// The provider is named, since a program with two of them has no default one.
    pub(crate) fn connector(&self) -> Result<TlsConnector, Error> {
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?;
        let builder = match self {
            Self::Platform => builder.with_platform_verifier()?,
            Self::Only(roots) => builder.with_root_certificates(Arc::clone(roots)),
        };
        Ok(TlsConnector::from(Arc::new(builder.with_no_client_auth())))
    }
}
