"""The definition that API Gateway imports: paths, integrations, preflights and gateway responses. `make openapi` writes
it to gateway.json, which template.yaml includes.

Schemas, examples and descriptions are in openapi.yaml only, because CloudFormation includes no file above 450 KB
 (aws-cloudformation/cloudformation-coverage-roadmap, issue 1752).
"""

import json
import re
from collections.abc import Iterable
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Any

from api.openapi import in_order, operation_id
from api.operations import Operation
from api.responses import CORS_HEADERS, SECURITY_HEADERS, UNEXPECTED, UNEXPECTED_CODE, envelope
from iotcloud.errors import (
    RETRY_AFTER_SECONDS,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    RequestTooLarge,
    TooManyRequests,
)

Json = dict[str, Any]

FILE = Path(__file__).with_name("gateway.json")

INTEGRATION: Json = {
    "type": "aws_proxy",
    "httpMethod": "POST",
    "uri": {
        "Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
        "/${ApiFunction.Arn}/invocations"
    },
}
"""API Gateway's integration with the function."""

GATEWAY_RESPONSES: dict[str, tuple[HTTPStatus, str, str]] = {
    "ACCESS_DENIED": (HTTPStatus.FORBIDDEN, NotPermitted.message, NotPermitted.code),
    "API_CONFIGURATION_ERROR": (HTTPStatus.INTERNAL_SERVER_ERROR, UNEXPECTED, UNEXPECTED_CODE),
    "AUTHORIZER_CONFIGURATION_ERROR": (HTTPStatus.INTERNAL_SERVER_ERROR, UNEXPECTED, UNEXPECTED_CODE),
    "AUTHORIZER_FAILURE": (HTTPStatus.INTERNAL_SERVER_ERROR, UNEXPECTED, UNEXPECTED_CODE),
    "BAD_REQUEST_BODY": (HTTPStatus.BAD_REQUEST, InvalidInput.message, InvalidInput.code),
    "BAD_REQUEST_PARAMETERS": (HTTPStatus.BAD_REQUEST, InvalidInput.message, InvalidInput.code),
    "DEFAULT_4XX": (HTTPStatus.NOT_FOUND, NotFound.message, NotFound.code),
    "DEFAULT_5XX": (HTTPStatus.INTERNAL_SERVER_ERROR, UNEXPECTED, UNEXPECTED_CODE),
    "EXPIRED_TOKEN": (HTTPStatus.NOT_FOUND, NotFound.message, NotFound.code),
    "INTEGRATION_FAILURE": (HTTPStatus.GATEWAY_TIMEOUT, "The service did not answer", "integration_failure"),
    "INTEGRATION_TIMEOUT": (HTTPStatus.GATEWAY_TIMEOUT, "The service did not answer in time", "integration_timeout"),
    "INVALID_API_KEY": (HTTPStatus.FORBIDDEN, NotPermitted.message, NotPermitted.code),
    "INVALID_SIGNATURE": (HTTPStatus.NOT_FOUND, NotFound.message, NotFound.code),
    "MISSING_AUTHENTICATION_TOKEN": (HTTPStatus.NOT_FOUND, NotFound.message, NotFound.code),
    "QUOTA_EXCEEDED": (HTTPStatus.TOO_MANY_REQUESTS, TooManyRequests.message, TooManyRequests.code),
    "REQUEST_TOO_LARGE": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, RequestTooLarge.message, RequestTooLarge.code),
    "RESOURCE_NOT_FOUND": (HTTPStatus.NOT_FOUND, NotFound.message, NotFound.code),
    "THROTTLED": (HTTPStatus.TOO_MANY_REQUESTS, TooManyRequests.message, TooManyRequests.code),
    "UNAUTHORIZED": (HTTPStatus.UNAUTHORIZED, NotAuthenticated.message, NotAuthenticated.code),
    "UNSUPPORTED_MEDIA_TYPE": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported media type", "unsupported_media_type"),
    "WAF_FILTERED": (HTTPStatus.FORBIDDEN, NotPermitted.message, NotPermitted.code),
}
"""Responses to requests that reach no function.

For an unknown path or method, API Gateway first checks the `Authorization` header for a signature. It then reports a
missing token, a bad signature or an unclassified error; all mean that the path was not found. We replace its texts,
because they contain the header.
"""


def document(operations: Iterable[Operation]) -> Json:
    """Define the REST API, in OpenAPI 3.0.1 with API Gateway's extensions."""
    paths: dict[str, Json] = {"/": {"get": _ROOT}}
    for operation in in_order(operations):
        paths.setdefault(operation.path, {})[operation.method.lower()] = _method(operation)
    for path, methods in paths.items():
        methods["options"] = _preflight(path, sorted(method.upper() for method in methods))
    return {
        "openapi": "3.0.1",
        "info": {"title": "iotcloud", "version": version("iotcloud")},
        "paths": paths,
        "x-amazon-apigateway-gateway-responses": {
            name: _gateway_response(*response) for name, response in GATEWAY_RESPONSES.items()
        },
    }


def text(defined: Json) -> str:
    """Write a definition as JSON, one line per member of the outer three levels, so a diff shows each change."""

    def lines(value: Any, depth: int) -> str:
        if depth == 0 or not isinstance(value, dict):
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        indent = " " * (4 - depth)
        members = (f"{indent}{json.dumps(name)}: {lines(member, depth - 1)}" for name, member in value.items())
        return "{\n" + ",\n".join(members) + "\n" + indent[:-1] + "}"

    return lines(defined, 3) + "\n"


def _method(operation: Operation) -> Json:
    """Define a method that passes the request to the function unchanged."""
    return {
        "operationId": operation_id(operation),
        "responses": {},
        **_path_parameters(operation.path),
        "x-amazon-apigateway-auth": {"type": "NONE"},
        "x-amazon-apigateway-integration": INTEGRATION,
    }


def _path_parameters(path: str) -> Json:
    names = re.findall(r"{(\w+)}", path)
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    return {"parameters": parameters} if parameters else {}


def _quoted(text: str) -> str:
    """Quote a constant for API Gateway's mappings."""
    return f"'{text}'"


def _mock(status: HTTPStatus, headers: dict[str, str]) -> Json:
    """Define a response that API Gateway returns without a function, without a body."""
    return {
        "responses": {
            str(int(status)): {
                "description": "No body.",
                "headers": {name: {"schema": {"type": "string"}} for name in headers},
            }
        },
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": f'{{"statusCode": {int(status)}}}'},
            "responses": {
                "default": {
                    "statusCode": str(int(status)),
                    "responseParameters": {
                        f"method.response.header.{name}": _quoted(value) for name, value in headers.items()
                    },
                }
            },
        },
    }


_ROOT: Json = _mock(HTTPStatus.UNAUTHORIZED, {**CORS_HEADERS, **SECURITY_HEADERS})
"""The root returns 401 without a body, like the reference system."""


def _preflight(path: str, methods: list[str]) -> Json:
    headers = {
        **CORS_HEADERS,
        "Access-Control-Allow-Headers": "Authorization,Content-Type",
        "Access-Control-Allow-Methods": ",".join([*methods, "OPTIONS"]),
        "Access-Control-Max-Age": "7200",
    }
    return {**_path_parameters(path), **_mock(HTTPStatus.OK, headers)}


def _gateway_response(status: HTTPStatus, message: str, code: str) -> Json:
    failure = envelope(message, code)
    headers = {**CORS_HEADERS, **SECURITY_HEADERS}
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return {
        "statusCode": int(status),
        "responseParameters": {f"gatewayresponse.header.{name}": _quoted(value) for name, value in headers.items()},
        "responseTemplates": {"application/json": json.dumps(failure, separators=(",", ":"))},
    }
