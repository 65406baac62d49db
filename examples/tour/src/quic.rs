//! QUIC over a link, with the sharer's certificate pinned by its fingerprint.

use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{Connection, Endpoint, EndpointConfig, TokioRuntime, TransportConfig};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{CertificateError, DigitallySignedStruct, PeerIncompatible, SignatureScheme};

use crate::failure::{Doing as _, Failure};
use crate::fingerprint::Fingerprint;
use crate::link::{FAR_END, Link};

/// The protocol inside (see `request.rs`), as TLS calls it.
const PROTOCOL: &[u8] = b"thalweg-tour/1";

/// TLS wants a name; nobody looks at it, as what counts is the fingerprint.
const NAME: &str = "sharer.invalid";

/// How many requests the viewer may have open at once.
const REQUESTS: u32 = 8;

/// A certificate for one run, made by the sharer itself.
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    pub(crate) fn generate() -> Result<Self, Failure> {
        let made = rcgen::generate_simple_self_signed([NAME.to_owned()])
            .doing("can't make a certificate")?;
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        Ok(Self { certificate: made.cert.der().clone(), key })
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate)
    }
}

/// The sharer's end: waits for connections on `link`.
pub(crate) fn listen(link: Link, identity: Identity) -> Result<Endpoint, Failure> {
    let key = ring::sign::any_supported_type(&identity.key).doing("the certificate's key")?;
    let identity = CertifiedKey::new(vec![identity.certificate], key);
    let mut tls = rustls::ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .doing("TLS")?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
    tls.alpn_protocols = vec![PROTOCOL.to_vec()];
    let tls = QuicServerConfig::try_from(tls).doing("TLS for QUIC")?;
    let mut server = quinn::ServerConfig::with_crypto(Arc::new(tls));
    server.transport_config(transport()?).migration(false);
    endpoint(link, Some(server))
}

/// The viewer's end: connects to the sharer that has the certificate with this fingerprint.
pub(crate) async fn connect(
    link: Link,
    sharer: Fingerprint,
) -> Result<(Endpoint, Connection), Failure> {
    let mut tls = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .doing("TLS")?
        .dangerous() // What is dangerous about it is a verifier that verifies too little.
        .with_custom_certificate_verifier(Arc::new(Pinned::new(sharer)))
        .with_no_client_auth();
    tls.alpn_protocols = vec![PROTOCOL.to_vec()];
    let tls = QuicClientConfig::try_from(tls).doing("TLS for QUIC")?;
    let mut client = quinn::ClientConfig::new(Arc::new(tls));
    client.transport_config(transport()?);
    let endpoint = endpoint(link, None)?;
    let connection = endpoint.connect_with(client, FAR_END, NAME).doing("QUIC")?;
    let connection = connection.await.doing("the QUIC handshake")?;
    Ok((endpoint, connection))
}

fn endpoint(link: Link, server: Option<quinn::ServerConfig>) -> Result<Endpoint, Failure> {
    let config = EndpointConfig::default();
    Endpoint::new_with_abstract_socket(config, server, Arc::new(link), Arc::new(TokioRuntime))
        .doing("the QUIC endpoint")
}

fn transport() -> Result<Arc<TransportConfig>, Failure> {
    let mut transport = TransportConfig::default();
    transport
        // What every path carries, with the framing of a relay around it. A path may change, so
        // that nothing larger is looked for.
        .initial_mtu(1200)
        .mtu_discovery_config(None)
        .max_concurrent_bidi_streams(REQUESTS.into())
        .max_concurrent_uni_streams(0_u32.into())
        .max_idle_timeout(Some(Duration::from_secs(10).try_into().doing("the idle timeout")?));
    Ok(Arc::new(transport))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Accepts one certificate: the one whose fingerprint came through signaling. Who made it, whom it
/// names and until when it is valid says nothing more.
#[derive(Debug)]
struct Pinned {
    fingerprint: Fingerprint,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pinned {
    fn new(fingerprint: Fingerprint) -> Self {
        Self { fingerprint, algorithms: ring::default_provider().signature_verification_algorithms }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if Fingerprint::of(certificate) == self.fingerprint {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    /// A certificate is no secret: that the sharer has its key is what this proves.
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
