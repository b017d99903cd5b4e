"""The gap: a distribution of the emulator supports only plain HTTP, and rejects a REST API as origin. Only the
request's host selects it, and programs, unlike browsers, cannot resolve `*.localhost`.

Amazon CloudFront terminates TLS and serves behaviors that require HTTPS; here viewers on this machine count as HTTPS
viewers. An origin named `{api}.execute-api...` is the REST API of that id, which the emulator serves itself
 (Amazon CloudFront developer guide, "Using Amazon API Gateway as an origin").
"""

import http.client
import os
import re
from typing import Any
from urllib.parse import unquote

from ministack import app
from ministack.services import cloudfront

REST_API = re.compile(r"([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
SITE = re.compile(r"/_aws/cloudfront/([a-z0-9]+)(/.*)")
"""A distribution by its path, beside `/_aws/execute-api/`."""
HOST = "127.0.0.1"


def apply() -> None:
    """Treat viewers as HTTPS viewers, resolve REST APIs by their names, and select distributions by a path."""
    find, serve, forward = (
        app._handle_cloudfront_dataplane_request,
        cloudfront.handle_viewer_request,
        cloudfront._forward_to_origin,
    )

    async def find_by_path(host: str, path: str, raw_path: str, *rest: Any) -> Any:
        if site := SITE.fullmatch(raw_path):
            host, raw_path = f"{site[1]}.cloudfront.net", site[2]
            path = unquote(raw_path)
        return await find(host, path, raw_path, *rest)

    async def serve_by_https(dist: Any, method: str, path: str, uri: str, query: str, headers: Any, *rest: Any) -> Any:
        return await serve(dist, method, path, uri, query, {**headers, "x-forwarded-proto": "https"}, *rest)

    def forward_to_api(
        origin: Any, method: str, uri: str, query: str, headers: Any, body: bytes, *rest: Any, **named: Any
    ) -> Any:
        api = REST_API.fullmatch(origin["domain_name"].lower())
        if api is None:
            return forward(origin, method, uri, query, headers, body, *rest, **named)
        port = int(os.environ["GATEWAY_PORT"])
        sent = cloudfront._origin_request_headers(origin, headers, HOST, "")
        sent["Host"] = f"{api[1]}.execute-api.localhost:{port}"
        connection = http.client.HTTPConnection(HOST, port, timeout=origin.get("read_timeout", 30))
        try:
            connection.request(method, uri + (f"?{query}" if query else ""), body=body or None, headers=sent)
            answer = connection.getresponse()
            return answer.status, answer.reason, answer.getheaders(), answer.read()
        except OSError as failed:
            raise cloudfront.OriginUnreachable(str(failed)) from failed
        finally:
            connection.close()

    app._handle_cloudfront_dataplane_request = find_by_path
    cloudfront.handle_viewer_request = serve_by_https
    cloudfront._forward_to_origin = forward_to_api
