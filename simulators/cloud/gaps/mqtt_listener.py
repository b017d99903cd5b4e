"""The gap: the MQTT listener ignores BIND_HOST, is open to the network, and accepts clients without a certificate.

AWS IoT Core ends the TLS handshake of a client without a registered certificate. And a laptop must not be a public
broker: the listener must use the loopback address, like the rest of the local cloud.
"""

import asyncio
import ssl

from ministack.services import iot

HOST = "127.0.0.1"


def apply() -> None:
    """Bind the listener to the loopback address, and require the client's certificate."""
    build_context = iot._mtls_build_ssl_context

    def build_context_requiring_a_certificate() -> ssl.SSLContext:
        context = build_context()
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    async def start_on_loopback() -> None:
        if iot._mtls_server is None and (port := iot._mtls_port()) is not None:
            loop = asyncio.get_running_loop()
            iot._mtls_server = await loop.create_server(iot._MtlsAcceptor, host=HOST, port=port)
            iot._mtls_loop = loop

    iot._mtls_build_ssl_context = build_context_requiring_a_certificate
    iot._mtls_start_locked = start_on_loopback
