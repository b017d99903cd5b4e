"""HTTP responses: the envelope, the headers, and the only table from errors to statuses."""

import json
from http import HTTPStatus
from typing import Any

from chalice.app import HeadersType, Response

from api.exports import File
from iotcloud.errors import (
    AlreadyExists,
    DependencyFailed,
    DeviceUnreachable,
    InvalidInput,
    IotCloudError,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    RequestTooLarge,
    TooManyRequests,
)
from iotcloud.schema import Answer

STATUS: dict[type[IotCloudError], HTTPStatus] = {
    IotCloudError: HTTPStatus.INTERNAL_SERVER_ERROR,
    InvalidInput: HTTPStatus.BAD_REQUEST,
    RequestTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotPermitted: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    AlreadyExists: HTTPStatus.CONFLICT,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    DependencyFailed: HTTPStatus.INTERNAL_SERVER_ERROR,
    DeviceUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of each error class; a class that is not listed has the status of its nearest base."""

UNEXPECTED = "Internal server error"
UNEXPECTED_CODE = "internal_server_error"

CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Disposition,Retry-After,X-Cursor,X-Request-Id",
}
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}

PAGE_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
"""Of a file that is shown and not kept: it runs no script, and loads nothing."""


def status_of(error: type[IotCloudError]) -> HTTPStatus:
    """Return the status of an error."""
    return next(STATUS[base] for base in error.__mro__ if base in STATUS)


def is_ours(error: IotCloudError) -> bool:
    """Return whether an error is ours and not the caller's."""
    return status_of(type(error)) == HTTPStatus.INTERNAL_SERVER_ERROR


def success(answer: Answer | File, status: int, request_id: str) -> Response:
    """Return a response with an operation's members, without None values; or with a file unchanged."""
    if isinstance(answer, File):
        return _file(answer, status, request_id)
    return _response(answer.model_dump(mode="json", exclude_none=True), status, request_id)


def failure(error: IotCloudError, request_id: str) -> Response:
    """Answer with a condition's code and message, and the members that it carries."""
    members = envelope(error.message, error.code)
    if error.detail:
        members["detail"] = [{"member": problem.member, "reason": problem.reason} for problem in error.detail]
    response = _response(members | dict(error.fields) | members, status_of(type(error)), request_id)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def unexpected(request_id: str) -> Response:
    """Answer for what nobody foresaw, without a word about it."""
    return _response(envelope(UNEXPECTED, UNEXPECTED_CODE), HTTPStatus.INTERNAL_SERVER_ERROR, request_id)


def envelope(message: str, code: str) -> dict[str, object]:
    """Make the three members of every failure."""
    return {"status": "NG", "code": code, "message": message}


def _response(members: dict[str, Any], status: int, request_id: str) -> Response:
    return Response(json.dumps(members, separators=(",", ":")), _headers("application/json", request_id), int(status))


def _file(file: File, status: int, request_id: str) -> Response:
    headers: HeadersType = {
        **_headers(file.media_type, request_id),
        **({"Content-Disposition": f'attachment; filename="{file.name}"'} if file.name else PAGE_HEADERS),
        **({} if file.cursor is None else {"X-Cursor": file.cursor}),
    }
    return Response(file.text, headers, status)


def _headers(media_type: str, request_id: str) -> HeadersType:
    return {"Content-Type": media_type, "X-Request-Id": request_id, **CORS_HEADERS, **SECURITY_HEADERS}
