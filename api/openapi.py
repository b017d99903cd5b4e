"""Describes the REST API for people and tools, from the operations and their schemas. `make openapi` writes it to
openapi.yaml. gateway.py defines API Gateway's part."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, RootModel

from api.exports import FORMATS
from api.operations import PATH_PARAMETERS, Authentication, Operation, PathParameter
from api.property_variants import CLASS_MODELS, with_variants
from api.responses import UNEXPECTED, UNEXPECTED_CODE, envelope, status_of
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
from iotcloud.peripherals.model import PERIPHERALS
from iotcloud.schema import Shape

Json = dict[str, Any]

FILE = Path(__file__).with_name("openapi.yaml")
HEADING = "# Written by `make openapi` from the routes and their schemas; change those instead.\n"

SERVERS: list[Json] = [
    {
        "url": "https://{api}.execute-api.{region}.amazonaws.com/live",
        "description": "A deployment on AWS; the stack's output ApiUrl.",
        "variables": {
            "api": {"default": "a1b2c3d4e5", "description": "The id of the REST API; the stack's output ApiId."},
            "region": {"default": "eu-west-1", "description": "The region of the stack."},
        },
    },
    {
        "url": "http://{host}/_aws/execute-api/{api}/live",
        "description": "The local cloud of `make run`, which shows its URL.",
        "variables": {
            "host": {"default": "127.0.0.1:4566", "description": "Where the local cloud listens."},
            "api": {"default": "a1b2c3d4e5", "description": "The id of the REST API."},
        },
    },
]
TAGS = {
    "Users": "People: sign-up, sign-in, tokens, profile.",
    "Devices": "The registry: devices, their certificates and places.",
    "Sharing": "Devices that their owner lets others use.",
    "Firmware": "Updates of devices' firmware.",
    "Groups": "Named sets of devices.",
    "Administration": "For those who run the platform.",
    "Board": "A device's status and settings.",
    "Ports": "UART, GPIO and voltages.",
    "Live": "What happens to devices, published as it happens.",
    "Readings": "What sensors measured.",
    "Sensors": "What is attached to the buses of a device.",
    "Histories": "Messages from and to devices.",
    "Notices": "What people were told of devices (MENOS), and limits of that.",
    "Receipts": "What carriers tell of text messages.",
    "Mobile": "Phones that get push messages.",
    "Catalogue": "Models of sensors.",
    "Billing": "Free messages, bought credits and payments.",
    "Support": "Feedback, questions and terms.",
}
"""What each tag is about, in the order of a reader's interest."""
SECURITY_SCHEMES: dict[str, Json] = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token that LOGIN (1F) or REFRESH USER TOKEN (1K) gave.",
    },
    "credentials": {"type": "http", "scheme": "basic", "description": "A user name and a password."},
    "credentialToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The credential JWT of the old apps; new ones use HTTP Basic.",
    },
}
SECURITY: dict[Authentication, list[Json]] = {
    Authentication.ACCESS_TOKEN: [{"accessToken": []}],
    Authentication.UNVERIFIED_ACCESS_TOKEN: [{"accessToken": []}],
    Authentication.CREDENTIALS: [{"credentials": []}, {"credentialToken": []}],
    Authentication.SIGNATURE: [],
    Authentication.OPTIONAL: [{"accessToken": []}, {}],
    Authentication.NONE: [],
}
AUTHENTICATION_ERRORS: dict[Authentication, tuple[type[IotCloudError], ...]] = {
    Authentication.ACCESS_TOKEN: (InvalidAuthorizationHeader, TokenExpired, NotAuthenticated),
    Authentication.UNVERIFIED_ACCESS_TOKEN: (InvalidAuthorizationHeader,),
    Authentication.CREDENTIALS: (InvalidAuthorizationHeader,),
    Authentication.SIGNATURE: (SignatureInvalid,),
    Authentication.OPTIONAL: (),
    Authentication.NONE: (),
}


class FailureDetail(Shape):
    """What is wrong with one member of a request."""

    member: str = Field(description="The member's path; empty for the request as a whole.", examples=["devicename"])
    reason: str = Field(description="What is wrong, for people.", examples=["Field required"])


class LastSeen(Shape):
    """What is remembered of a device that did not answer."""

    heartbeat: str | None = Field(None, description="When it last published, epoch seconds.", examples=["1583203600"])
    version: str | None = Field(None, description="The version of its firmware.", examples=["0.1"])


class Failure(Shape):
    """What every failure answers."""

    status: Literal["NG"] = Field("NG", description="NG: nothing was done.")
    code: str = Field(
        description="The condition, for programs; each answer's `x-error-codes` lists those that it can have.",
        examples=[InvalidInput.code],
    )
    message: str = Field(description="The reason, for people.", examples=[InvalidInput.message])
    detail: list[FailureDetail] | None = Field(default=None, description="What is wrong with each member.")
    value: LastSeen | None = Field(default=None, description="Of a device that did not answer.")
    online: bool | None = Field(
        default=None,
        description="Of a device that did not answer: false when it was known to be away and was not asked, true when "
        "it was connected and did not answer; absent when that is not known.",
    )


class Table(RootModel[str]):
    """Lines of comma-separated values, the names of the columns first."""


class Lines(RootModel[str]):
    """A JSON object on each line; its members are the columns of the table."""


FAILURE: Model = (Failure, "serialization")
TABLE: Model = (Table, "serialization")
LINES: Model = (Lines, "serialization")
NUMBER = "number"
NUMERIC = re.compile(r"[-+]?[0-9][0-9.eE+-]*")


def document(operations: Iterable[Operation]) -> Json:
    """Describe the operations, in OpenAPI 3.0.1."""
    table = in_order(operations)
    schemas = Schemas({FAILURE, *CLASS_MODELS, *(model for operation in table for model in _models(operation))})
    used = {operation.tag for operation in table}
    paths: dict[str, Json] = {}
    for operation in table:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "iotcloud",
            "version": version("iotcloud"),
            "description": "Remote access, control and management of microcontroller devices.",
            "contact": {"name": "The maintainers of libpyiotcloud, serverless edition"},
            "license": {"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"},
        },
        "servers": SERVERS,
        "tags": [{"name": tag, "description": about} for tag, about in TAGS.items() if tag in used],
        "paths": paths,
        "components": {
            "schemas": _referenced(paths, with_variants(schemas.components())),
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _referenced(paths: Json, components: Mapping[str, Json]) -> Json:
    """Leave out what nothing refers to, such as the rows of files."""
    kept: set[str] = set()
    found = set(_references(paths))
    while found:
        kept |= found
        found = {name for one in found for name in _references(components[one])} - kept
    return {name: schema for name, schema in components.items() if name in kept}


def _references(value: Any) -> Iterator[str]:
    """Go through the names of the components that a part of the document refers to."""
    if isinstance(value, dict):
        if isinstance(target := value.get("$ref"), str):
            yield target.rsplit("/")[-1]
        for member in value.values():
            yield from _references(member)
    elif isinstance(value, list):
        for member in value:
            yield from _references(member)


def in_order(operations: Iterable[Operation]) -> list[Operation]:
    """Sort operations by group; in a group, the contract's letters come before the numbers of new operations."""
    return sorted(operations, key=_order)


def operation_id(operation: Operation) -> str:
    """Make an operation's name one word, e.g. `getStatus`."""
    first, *rest = operation.call_name.split("_")
    return first + "".join(word.capitalize() for word in rest)


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
    return [*asked, (operation.answer, "serialization"), *([TABLE, LINES] if is_table else [])]


def _operation(operation: Operation, schemas: Schemas) -> Json:
    summary, _, description = (operation.view.__doc__ or "").strip().partition("\n\n")
    described: Json = {
        "operationId": operation_id(operation),
        "tags": [operation.tag],
        "summary": f"{_first_sentence(summary)} ({operation.id})",
        "description": _paragraphs(summary, description, f"`{operation.id}` {operation.name}"),
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


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\w)[.;:](?=\s|$)", " ".join(text.split()))[0]


def _parameters(operation: Operation) -> list[Json]:
    in_path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_PARAMETERS[name].description,
            "schema": _slot_number(operation.path) if name == NUMBER else _path_text(PATH_PARAMETERS[name]),
            "example": 1 if name == NUMBER else PATH_PARAMETERS[name].example,
        }
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    in_query = [
        {
            "name": one.name,
            "in": "query",
            "required": False,
            "description": one.description,
            "schema": dict(one.schema),
            **({} if one.example is None else {"example": one.example}),
        }
        for one in operation.query
    ]
    return in_path + in_query


def _path_text(parameter: PathParameter) -> Json:
    return {"type": "string", "minLength": 1, "maxLength": parameter.max_length, "pattern": parameter.pattern}


def _slot_number(path: str) -> Json:
    """Limit a number to the slots of the peripheral that stands before it."""
    (peripheral,) = re.findall(rf"/(\w+)/{{{NUMBER}}}", path)
    return {"type": "integer", "minimum": 1, "maximum": PERIPHERALS[peripheral].slots}


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
        shown = schemas.reference(TABLE if name.startswith("csv") else LINES)
        content = _content(shown, text, style.media_type.partition(";")[0]) | content
    return {
        "description": "Done; `X-Cursor` has the cursor of the next page.",
        "headers": {name: {"schema": {"type": "string"}} for name in ("Content-Disposition", "X-Cursor")},
        "content": content,
    }


def _failures(operation: Operation, schemas: Schemas) -> Json:
    """Describe the failures of an operation, one response for each status."""
    conditions: dict[int, dict[str, str]] = {}
    for error in reversed(errors_of(operation)):
        conditions.setdefault(status_of(error), {})[error.code] = error.message
    conditions.setdefault(HTTPStatus.INTERNAL_SERVER_ERROR, {})[UNEXPECTED_CODE] = UNEXPECTED
    failures = {
        str(int(status)): {
            **_response(
                " ".join(f"`{message}` (`{code}`)." for code, message in conditions[status].items()),
                schemas.reference(FAILURE),
                envelope(*next((message, code) for code, message in conditions[status].items())),
            ),
            "x-error-codes": list(conditions[status]),
        }
        for status in sorted(conditions)
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

    def represent_text(dumper: Plain, text: str) -> yaml.ScalarNode:
        """Write a text, in quotes where YAML 1.2 would read a number, which PyYAML's 1.1 does not."""
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if NUMERIC.fullmatch(text) else None)

    Plain.add_representer(str, represent_text)
    written: str = yaml.dump(described, Dumper=Plain, sort_keys=False, allow_unicode=True, width=120)
    return HEADING + written


def main() -> None:
    """Write openapi.yaml, beside it what API Gateway imports, and the enumerations."""
    from api import enumerations, gateway
    from api.app import operations

    FILE.write_text(text(document(operations())), encoding="utf-8")
    gateway.FILE.write_text(gateway.text(gateway.document(operations())), encoding="utf-8")
    enumerations.FILE.write_text(enumerations.text(enumerations.document(operations())), encoding="utf-8")


if __name__ == "__main__":
    main()
