"""Readable messages for awscrt's errors."""

from awscrt.exceptions import AwsCrtError

_REASONS = {
    "AWS_IO_SOCKET_CONNECTION_REFUSED": "nothing listens on that port",
    "AWS_IO_SOCKET_TIMEOUT": "no answer from that address",
    "AWS_IO_SOCKET_NO_ROUTE_TO_HOST": "no route to that address",
    "AWS_IO_SOCKET_CLOSED": "the server closed the connection: is that a TLS port, and does it know this certificate?",
    "AWS_IO_DNS_INVALID_NAME": "the host name is not known",
    "AWS_IO_DNS_QUERY_FAILED": "the host name is not known",
    "AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE": "TLS handshake failed: is --ca the server's, and the certificate its own?",
    "AWS_IO_TLS_NEGOTIATION_TIMEOUT": "the TLS handshake did not finish: is that a TLS port?",
    "AWS_ERROR_MQTT_UNEXPECTED_HANGUP": "the server hung up: does its policy allow this certificate and device id?",
    "AWS_ERROR_MQTT_CONNECTION_SHUTDOWN": "the connection was shut down",
    "AWS_ERROR_MQTT_TIMEOUT": "the server does not answer any more",
    "AWS_ERROR_MQTT5_CONNACK_CONNECTION_REFUSED": "the server refused the connection",
    "AWS_ERROR_MQTT5_CONNACK_TIMEOUT": "the server did not answer the connect",
    "AWS_ERROR_MQTT5_PING_RESPONSE_TIMEOUT": "the server does not answer any more",
    "AWS_ERROR_MQTT5_OPERATION_FAILED_DUE_TO_OFFLINE_QUEUE_POLICY": "not connected",
}


def reason(failure: BaseException) -> str:
    """Return a readable message with awscrt's error name."""
    if isinstance(failure, AwsCrtError):
        return f"{_REASONS.get(failure.name, failure.message)} ({failure.name})"
    return str(failure) or type(failure).__name__
