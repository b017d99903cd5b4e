"""The gap: a REST API takes the caller's network address from the header X-Forwarded-For, which callers can forge.

Amazon API Gateway takes it from the TCP connection, and appends it to the header (developer guide, "$context
variables", identity.sourceIp). The local cloud listens only on the loopback address, so this is every caller's.
"""

from typing import Any

from ministack.services import apigateway_v1

CALLER = "127.0.0.1"
HEADER = "x-forwarded-for"


def apply() -> None:
    """Pass each request on with the caller's real address."""
    execute = apigateway_v1._execute_in_scope

    async def execute_for_caller(
        request: Any, api_id: str, stage: str, method: str, path: str, headers: Any, *rest: Any
    ) -> Any:
        return await execute(request, api_id, stage, method, path, with_caller(headers or {}), *rest)

    apigateway_v1._execute_in_scope = execute_for_caller


def with_caller(headers: dict[str, Any]) -> dict[str, Any]:
    """Return the headers with the caller's address appended to the sent value.

    For a list, the emulator passes the header to the function and reads no address from it.
    """
    sent = next((value for name, value in headers.items() if name.lower() == HEADER), None)
    kept = {name: value for name, value in headers.items() if name.lower() != HEADER}
    before = [] if sent is None else [sent] if isinstance(sent, str) else list(sent)
    return {**kept, HEADER: [", ".join([*before, CALLER])]}
