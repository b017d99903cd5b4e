"""Describes the REST API for people and tools, from the operations and their schemas. `make openapi` writes it to
openapi.yaml. gateway.py defines API Gateway's part."""

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import Field, RootModel

from api.exports import FORMATS
from api.operations import PATH_PARAMETERS, QUERY_PARAMETERS, Authentication, Operation
from api.responses import UNEXPECTED, envelope, status_of
from api.schemas import Model, Schemas
from iotcloud.errors import (
    InvalidAuthorizationHeader,
    InvalidInput,
    IotCloudError,
    NotAuthenticated,
    RequestTooLarge,
    SignatureInvalid,
    TokenExpired,
    TooManyRequests,
)
from iotcloud.schema import Answer, Shape

Json = dict[str, Any]

FILE = Path(__file__).with_name("openapi.yaml")
HEADING = "# Written by `make openapi` from the routes and their schemas; change those instead.\n"

SECURITY_SCHEMES: dict[str, Json] = {
    "accessToken": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Bearer` and the access token from LOGIN or REFRESH USER TOKEN.",
    },
    "credentials": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "HTTP Basic credentials, or `Bearer` and the credential JWT of the old apps.",
    },
}
SECURITY: dict[Authentication, list[Json]] = {
    Authentication.ACCESS_TOKEN: [{"accessToken": []}],
    Authentication.UNVERIFIED_ACCESS_TOKEN: [{"accessToken": []}],
    Authentication.CREDENTIALS: [{"credentials": []}],
    Authentication.SIGNATURE: [],
    Authentication.NONE: [],
}
AUTHENTICATION_ERRORS: dict[Authentication, tuple[type[IotCloudError], ...]] = {
    Authentication.ACCESS_TOKEN: (InvalidAuthorizationHeader, TokenExpired, NotAuthenticated),
    Authentication.UNVERIFIED_ACCESS_TOKEN: (InvalidAuthorizationHeader,),
    Authentication.CREDENTIALS: (InvalidAuthorizationHeader,),
    Authentication.SIGNATURE: (SignatureInvalid,),
    Authentication.NONE: (),
}


class Failure(Answer):
    """What every failure answers."""

    status: Any = Field(default="NG", json_schema_extra={"type": "string", "enum": ["NG"]})
    message: str = Field(default=InvalidInput.message, description="The reason, in a form that can be shown to users.")
    detail: list[str] | None = Field(
        default=None, description="What is wrong with each member.", examples=[["devicename: Field required"]]
    )
    value: dict[str, Any] | None = Field(
        default=None,
        description="The last known `heartbeat` and `version` of a device that did not reply.",
        examples=[{"heartbeat": "1583203600", "version": "0.1"}],
    )
    online: bool | None = Field(
        default=None,
        description="Of a device that did not answer: false when it was known to be away and was not asked, true when "
        "it was connected and did not answer; absent when that is not known.",
    )


class Table(RootModel[str]):
    """Lines of comma-separated values, the names of the columns first."""


FAILURE: Model = (Failure, "serialization")
TABLE: Model = (Table, "serialization")


def document(operations: Iterable[Operation]) -> Json:
    """Describe the operations, in OpenAPI 3.0.1."""
    table = in_order(operations)
    schemas = Schemas({FAILURE, *(model for operation in table for model in _models(operation))})
    paths: dict[str, Json] = {}
    for operation in table:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.0.1",
        "info": {
            "title": "iotcloud",
            "version": version("iotcloud"),
            "description": "Remote access, control and management of microcontroller devices.",
        },
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in table)],
        "paths": paths,
        "components": {"schemas": schemas.components(), "securitySchemes": SECURITY_SCHEMES},
    }


def in_order(operations: Iterable[Operation]) -> list[Operation]:
    """Sort operations by group; in a group, the contract's letters come before the numbers of new operations."""
    return sorted(operations, key=_order)


def operation_id(operation: Operation) -> str:
    """Convert an operation's name to one word, e.g. `getStatus`."""
    words: list[str] = re.findall(r"[0-9A-Za-z]+", operation.name)
    first, *rest = words
    return first.lower() + "".join(word.capitalize() for word in rest)


def errors_of(operation: Operation) -> Sequence[type[IotCloudError]]:
    """Return every error that an operation may return, including parsing errors."""
    parsing: tuple[type[IotCloudError], ...] = (InvalidInput,) if "{" in operation.path or operation.query else ()
    if operation.request is not None:
        parsing = (InvalidInput, RequestTooLarge)
    found = (*AUTHENTICATION_ERRORS[operation.authentication], *parsing, *operation.errors, TooManyRequests)
    return list(dict.fromkeys(found))


def _order(operation: Operation) -> tuple[int, bool, int, str]:
    match = re.fullmatch(r"(\d+)(?:\.(\d+)|([A-Z]))", operation.id)
    if match is None:
        raise ValueError(f"operation {operation.id}: neither a contract's id (3A) nor a new one (3.1)")
    group, number, letter = match.groups()
    return int(group), number is not None, int(number or 0), letter or ""


def _models(operation: Operation) -> list[Model]:
    asked: list[Model] = [(operation.request, "validation")] if operation.request else []
    is_table = operation.is_file and not operation.media_type
    return [*asked, (operation.answer, "serialization"), *([TABLE] if is_table else [])]


def _operation(operation: Operation, schemas: Schemas) -> Json:
    summary, _, description = (operation.view.__doc__ or "").strip().partition("\n\n")
    described: Json = {
        "operationId": operation_id(operation),
        "tags": [operation.tag],
        "summary": f"{operation.id} {operation.name}",
        "description": _paragraphs(summary, description),
        "security": SECURITY[operation.authentication],
        "responses": {
            str(operation.success_status): _success(operation, schemas),
            **_failures(operation, schemas),
        },
    }
    if parameters := _parameters(operation):
        described["parameters"] = parameters
    if operation.request is not None:
        schema, example = _shape((operation.request, "validation"), schemas)
        media = "application/x-www-form-urlencoded" if operation.is_form else "application/json"
        is_required = any(field.is_required() for field in operation.request.model_fields.values())
        described["requestBody"] = {"required": is_required, "content": _content(schema, example, media)}
    return described


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in parts if part)


def _parameters(operation: Operation) -> list[Json]:
    in_path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_PARAMETERS[name].description,
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": PATH_PARAMETERS[name].max_length,
                "pattern": PATH_PARAMETERS[name].pattern,
            },
            "example": PATH_PARAMETERS[name].example,
        }
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    in_query = [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": QUERY_PARAMETERS[name],
            "schema": {"type": "string"},
        }
        for name in operation.query
    ]
    return in_path + in_query


def _shape(model: Model, schemas: Schemas) -> tuple[Json, Any]:
    return schemas.reference(model), schemas.example(model)


def _success(operation: Operation, schemas: Schemas) -> Json:
    schema, example = _shape((operation.answer, "serialization"), schemas)
    if not operation.is_file:
        return _response("Done.", schema, example)
    if operation.media_type:
        return {"description": "Done.", "content": _content(schema, example, operation.media_type)}
    assert issubclass(operation.answer, Shape)  # a row
    row = operation.answer.model_validate(example)
    content: Json = {}
    for name, style in FORMATS.items():
        text = style.begin(operation.answer) + style.write(operation.answer, [row])
        shown = schemas.reference(TABLE) if name.startswith("csv") else schema
        content = _content(shown, text, style.media_type.partition(";")[0]) | content
    return {
        "description": "Done; `X-Cursor` has the cursor of the next page.",
        "headers": {name: {"schema": {"type": "string"}} for name in ("Content-Disposition", "X-Cursor")},
        "content": content,
    }


def _failures(operation: Operation, schemas: Schemas) -> Json:
    """Describe an operation's error responses, one per status."""
    messages: dict[int, list[str]] = {HTTPStatus.INTERNAL_SERVER_ERROR: [UNEXPECTED]}
    for error in errors_of(operation):
        messages.setdefault(status_of(error), []).insert(0, error.message)
    failures = {
        str(int(status)): _response(
            " ".join(f"`{message}`." for message in dict.fromkeys(messages[status])),
            schemas.reference(FAILURE),
            envelope(messages[status][0]),
        )
        for status in sorted(messages)
    }
    failures[str(int(HTTPStatus.TOO_MANY_REQUESTS))]["headers"] = {
        "Retry-After": {"description": "Seconds to wait before a retry.", "schema": {"type": "integer"}}
    }
    return failures


def _response(description: str, schema: Json, example: Any) -> Json:
    return {"description": description, "content": _content(schema, example)}


def _content(schema: Json, example: Any, media: str = "application/json") -> Json:
    return {media: {"schema": schema, "example": example}}


def text(described: Json) -> str:
    """Write a description as YAML without anchors, so each example appears where it is used."""
    import yaml

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    written: str = yaml.dump(described, Dumper=Plain, sort_keys=False, allow_unicode=True, width=120)
    return HEADING + written


def main() -> None:
    """Write openapi.yaml and gateway.json."""
    from api import gateway
    from api.app import operations

    FILE.write_text(text(document(operations())), encoding="utf-8")
    gateway.FILE.write_text(gateway.text(gateway.document(operations())), encoding="utf-8")


if __name__ == "__main__":
    main()
