"""The device's identity: its certificate and key, checked before the first connection."""

import socket
import ssl

from awscrt import io

from simulators.devices.python.links import Endpoint, LinkError
from simulators.devices.python.links.reasons import reason


def client_context(endpoint: Endpoint) -> io.ClientTlsContext:
    """Create awscrt's TLS context for mutual TLS; raise LinkError with the name of a missing or invalid file."""
    for option, path in (("--ca", endpoint.ca), ("--cert", endpoint.certificate), ("--key", endpoint.key)):
        if not path.is_file():
            raise LinkError(f"{option} {path}: no such file")
    _standard_context(endpoint)
    try:
        options = io.TlsContextOptions.create_client_with_mtls_from_path(str(endpoint.certificate), str(endpoint.key))
        options.override_default_trust_store_from_path(ca_filepath=str(endpoint.ca))
        options.min_tls_ver = io.TlsVersion.TLSv1_2
        return io.ClientTlsContext(options)
    except Exception as unusable:
        raise LinkError(f"certificate, key or CA cannot be used: {reason(unusable)}") from unusable


def diagnose(endpoint: Endpoint) -> str | None:
    """Test the handshake with the standard library's TLS and return the error; None without error. Blocks up to 5 s.

    awscrt reports a failed handshake up to 30 s late (s2n's blinding against timing attacks).
    """
    try:
        with socket.create_connection((endpoint.host, endpoint.port), timeout=5) as plain:
            _standard_context(endpoint).wrap_socket(plain, server_hostname=endpoint.host).close()
    except ssl.SSLCertVerificationError as mistrusted:
        return f"the server's certificate is not trusted by --ca {endpoint.ca}: {mistrusted.verify_message}"
    except OSError as failed:
        return f"{endpoint.host}:{endpoint.port}: {failed}"
    return None


def _standard_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Load the files into the standard library's TLS: its errors name the invalid file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(endpoint.ca)
    except ssl.SSLError as unreadable:
        raise LinkError(f"--ca {endpoint.ca} is not a PEM certificate: {unreadable.reason}") from unreadable
    try:
        context.load_cert_chain(endpoint.certificate, endpoint.key)
    except ssl.SSLError as unreadable:
        what = "do not belong together" if unreadable.reason == "KEY_VALUES_MISMATCH" else "are not a PEM pair"
        raise LinkError(f"--cert {endpoint.certificate} and --key {endpoint.key} {what}") from unreadable
    return context
