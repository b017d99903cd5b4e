"""The gap: the data plane has no GetConnection and no DeleteConnection.

AWS returns 404 for a client that is not connected (AWS IoT Core API reference, data plane).
"""

import time
from typing import Any
from urllib.parse import unquote

from ministack.core import iam_actions
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import iot, iot_data

PATH = "/connections/"
ADMINISTRATIVE_ACTION = 0x98
"""MQTT 5's reason code of an administrative disconnect (section 3.14.2.1)."""
REASON = "API_INITIATED_DISCONNECT"
"""The reason in the lifecycle event (AWS IoT Core developer guide, "Lifecycle events")."""


def apply() -> None:
    """Serve both calls, and check the right on the client in the request."""
    handle, extract = iot_data.handle_request, iam_actions.extract_resource_arn

    async def handle_with_connections(method: str, path: str, headers: Any, body: bytes, query: dict[str, Any]) -> Any:
        if not path.startswith(PATH):
            return await handle(method, path, headers, body, query)
        clientid = unquote(path.removeprefix(PATH))
        if method == "DELETE":
            return await delete_connection(clientid)
        return get_connection(clientid)

    def extract_with_clients(service: str, method: str, path: str, *rest: Any) -> Any:
        if service == "iot-data" and path.startswith(PATH):
            return f"arn:aws:iot:{get_region()}:{get_account_id()}:client/{unquote(path.removeprefix(PATH))}"
        return extract(service, method, path, *rest)

    iot_data.handle_request = handle_with_connections
    iam_actions.extract_resource_arn = extract_with_clients


def get_connection(clientid: str) -> Any:
    """Return whether a client is connected, and since when; 404 for an unknown client."""
    key = (get_account_id(), get_region(), clientid)
    known = iot._connectivity.get(key)
    if key not in iot._connected_clients:
        return not_found(clientid) if known is None else json_response({"connected": False})
    since = known["timestamp"] if known else int(time.time() * 1000)
    return json_response({"connected": True, "connectedSince": since})


async def delete_connection(clientid: str) -> Any:
    """End a client's connection and delete its session; 404 for one that is not connected."""
    key = (get_account_id(), get_region(), clientid)
    session = iot._connected_clients.get(key)
    if session is None:
        return not_found(clientid)
    session._forced_disconnect_reason = REASON
    if session.protocol_version == iot.MQTT_5:
        await session.send_bytes(iot._make_disconnect(ADMINISTRATIVE_ACTION))
    await session._send({"type": "websocket.close", "code": 1000})
    await session.cleanup()
    iot._persistent_sessions.pop(key, None)
    return json_response({})


def not_found(clientid: str) -> Any:
    """AWS's response for a client without a connection."""
    return error_response_json("ResourceNotFoundException", f"client {clientid} is not connected", 404)
