"""The gap: the emulator passes a REST API decoded paths, and bodies of any size.

Amazon API Gateway routes by the encoded path, so `a%2Fb` is one segment, and leaves `pathParameters` encoded
(aws/chalice issue 511). It returns 413 itself above 10 MB (Amazon API Gateway quotas, "Payload size").
"""

from typing import Any

from ministack import app
from ministack.services import apigateway_v1

MAX_BODY_OCTETS = 10 * 1024 * 1024


def apply() -> None:
    """Route requests of REST APIs by their encoded path, and reject bodies that are too large."""
    answer, route = app._handle_execute_api_request, apigateway_v1._execute_in_scope

    async def answer_by_raw_path(
        host: str, path: str, *rest: Any, raw_path: str | None = None, raw_query_string: str | None = None
    ) -> Any:
        parsed = app._parse_execute_api_url(host, path)
        if raw_path is not None and parsed is not None and apigateway_v1.find_api_scope(parsed[0]) is not None:
            path = raw_path
        return await answer(host, path, *rest, raw_path=raw_path, raw_query_string=raw_query_string)

    async def route_within_limits(*arguments: Any) -> Any:
        request, body = arguments[0], arguments[6]
        if body is not None and len(body) > MAX_BODY_OCTETS:
            api_id, stage = request["api_id"], request["stage_name"]
            request["stage"] = apigateway_v1._stages_v1.get(api_id, {}).get(stage, {})
            return apigateway_v1._gw_error("REQUEST_TOO_LARGE", "Request Too Long")
        return await route(*arguments)

    app._handle_execute_api_request = answer_by_raw_path
    apigateway_v1._execute_in_scope = route_within_limits
