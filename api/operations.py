"""Defines an operation of the API: its id in the contract, its schemas and its view. The app (`api.app`) and its
description (`api.openapi`) are both built from tables of operations, so they cannot diverge."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel

from api.exports import FORMATS, File
from iotcloud.devices.model import DEVICEID_PATTERN, MAX_DEVICEID
from iotcloud.email_address import EMAIL_PATTERN
from iotcloud.errors import InvalidInput, IotCloudError
from iotcloud.names import normal_name
from iotcloud.notices.schema import ChannelName
from iotcloud.pagination import MAX_LIMIT
from iotcloud.readings.schema import LAST_SECOND, MAX_INTERVAL_SECONDS, MAX_POINTS
from iotcloud.schema import MAX_NAME_LENGTH, NAME_PATTERN, Answer, Body
from iotcloud.topics import Direction

B = TypeVar("B", bound=Body | None)


class Authentication(StrEnum):
    """What the `Authorization` header of an operation must carry; with `SIGNATURE`, what its view has verified.

    What is `OPTIONAL` is an access token that the view reads by itself, good or not.
    """

    ACCESS_TOKEN = "access_token"  # noqa: S105 a scheme's name
    CREDENTIALS = "credentials"
    UNVERIFIED_ACCESS_TOKEN = "unverified_access_token"  # noqa: S105 a scheme's name
    SIGNATURE = "signature"
    OPTIONAL = "optional"
    NONE = "none"


@dataclass(frozen=True)
class Caller:
    """The caller: verified claims of the access token. The token itself is never logged."""

    username: str
    access_token: str = field(repr=False)
    groups: frozenset[str] = frozenset()
    session: str = ""
    """The sign-in session of the access token; a refresh does not change it."""


ANONYMOUS = Caller(username="", access_token="")
"""The caller of an operation without an access token."""


@dataclass(frozen=True)
class Call(Generic[B]):
    """One parsed request: caller, decoded path parameters, query parameters, and the body in its schema.

    `authorization` is the raw header, for operations that read credentials from it.
    """

    caller: Caller
    path: dict[str, str]
    query: dict[str, str]
    body: B
    authorization: str = field(default="", repr=False)
    source_ip: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The headers that the operation reads, by lower-case name."""
    text: str = field(default="", repr=False)
    """The body as it came, of operations that verify what signs it."""
    base_url: str = ""
    """Where the caller reached the API, without a slash at its end."""
    signature: str = field(default="", repr=False)
    """The header with a carrier's signature, for operations that carriers call."""


@dataclass(frozen=True)
class PathParameter:
    """The allowed values of a path parameter."""

    description: str
    example: str
    max_length: int
    pattern: str
    is_name: bool = False
    """Whether it is normalized like names before it is compared."""

    def check(self, text: str) -> str:
        """Return the normalized text for lookups; raise InvalidInput if it is no valid value."""
        if len(text) > self.max_length or not re.fullmatch(self.pattern, text):
            raise InvalidInput
        sought = normal_name(text) if self.is_name else text
        if not sought:
            raise InvalidInput
        return sought


def _name(description: str, example: str) -> PathParameter:
    return PathParameter(description, example, MAX_NAME_LENGTH, NAME_PATTERN, is_name=True)


PATH_PARAMETERS = {
    "deviceid": PathParameter("A device's id.", "PH80XXRR1123264F", MAX_DEVICEID, DEVICEID_PATTERN),
    "devicename": _name("The caller's name for the device.", "Barn unit"),
    "email": PathParameter("An e-mail address.", "user@example.com", 254, EMAIL_PATTERN),
    "filterstring": _name("Part of a device's name or id, in any case.", "barn"),
    "groupname": _name("The caller's name for a group of devices.", "Barns"),
    "id": PathParameter("The `state` of the sign-in at the identity provider.", "1029384756", 128, r"^[\w.~-]+$"),
    "noticeid": PathParameter("A notice's `id` in the ledger.", "0f3a9c", 128, r"^[0-9A-Za-z-]+$"),
    "number": PathParameter("The number of the peripheral within its kind.", "1", 1, r"^[1-4]$"),
    "page": PathParameter("Which page.", "faqs", 7, r"^(faqs|terms|privacy|license)$"),
    "sensorname": _name("The caller's name for the sensor.", "POT 1"),
    "username": PathParameter(
        "A user's name in the user pool.", "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", 128, NAME_PATTERN
    ),
}
"""Every path parameter of the API, by its name in the paths."""


@dataclass(frozen=True)
class QueryParameter:
    """What may stand in a query; `schema` is its type and limits, in the words of OpenAPI."""

    name: str
    description: str
    schema: Mapping[str, Any]
    example: str | int | None = None


def _text(name: str, description: str, example: str | None = None, *choices: str) -> QueryParameter:
    allowed = {"enum": [str(one) for one in choices]} if choices else {}
    return QueryParameter(name, description, {"type": "string", **allowed}, example)


def _number(name: str, description: str, least: int, most: int, example: int) -> QueryParameter:
    return QueryParameter(name, description, {"type": "integer", "minimum": least, "maximum": most}, example)


QUERY_PARAMETERS: Mapping[str, QueryParameter] = {
    one.name: one
    for one in (
        _text("cursor", "Where to go on: the `cursor` of the page before."),
        _number("datebegin", "From when on, in epoch seconds, inclusive.", 0, LAST_SECOND, 1583200000),
        _number("dateend", "Until when, in epoch seconds, inclusive.", 0, LAST_SECOND, 1583286400),
        _text("devicename", "The caller's own name for the device; all devices when it is left out.", "Barn unit"),
        _text("direction", "`From` the device or `To` it; both when it is left out.", "From", *Direction),
        _text("format", "`csv` when it is left out; `csv-semicolon` has decimal commas.", "csv", *FORMATS),
        _number(
            "interval",
            "Seconds over which readings are summed up; each stands alone when it is left out.",
            1,
            MAX_INTERVAL_SECONDS,
            3600,
        ),
        _number("limit", "How many items to answer at most.", 1, MAX_LIMIT, 25),
        _text("notice", "Which notice a receipt is about, as the carrier was told.", "0f3a9c"),
        _text("source", "The port, in upper case.", "ADC1"),
        _text(
            "timezone",
            "By whose clocks intervals begin: an IANA name or an offset such as `+05:30`; UTC when left out.",
            "Europe/Berlin",
        ),
        _text("token", "The token of the link that the recipient was sent."),
        _text("topic", "The topic, without its device.", "get_status"),
        _text("type", "The channel of notices; all when it is left out.", "Email", *get_args(ChannelName)),
    )
}
"""Every query parameter of the API, by its name."""
POINTS = _number("limit", "How many points to answer at most.", 1, MAX_POINTS, 100)
"""The `limit` of a series."""

View = Callable[[Any], Answer | File]


@dataclass(frozen=True)
class Operation:
    """One row of the contract."""

    id: str
    """Group and letter, e.g. `3A`; new operations have group and number, e.g. `3.1`."""
    name: str
    method: str
    path: str
    view: View
    request: type[Body] | None
    answer: type[BaseModel]
    """The schema of the response; for a file, of one row."""
    errors: tuple[type[IotCloudError], ...]
    authentication: Authentication
    tag: str
    query: tuple[QueryParameter, ...] = ()
    call_name: str = ""
    """What a program calls it, in snake case: `list_devices`."""
    success_status: int = 200
    is_form: bool = False
    """Whether the body is form-encoded instead of JSON."""
    headers: tuple[str, ...] = ()
    """Names, in lower case, of the headers that it reads."""
    media_type: str = ""
    """Of a file that is no rows: its one media type."""

    @property
    def is_file(self) -> bool:
        """Whether the response is a file: rows without the envelope."""
        return not issubclass(self.answer, Answer)


@dataclass
class Routes:
    """A table of operations that share a tag."""

    tag: str
    operations: list[Operation] = field(default_factory=list)

    def operation(
        self,
        id: str,  # noqa: A002 the contract's word
        name: str,
        method: str,
        path: str,
        *,
        answer: type[BaseModel],
        request: type[Body] | None = None,
        errors: tuple[type[IotCloudError], ...] = (),
        authentication: Authentication = Authentication.ACCESS_TOKEN,
        query: tuple[str | QueryParameter, ...] = (),
        is_form: bool = False,
        headers: tuple[str, ...] = (),
        media_type: str = "",
        call_name: str = "",
    ) -> Callable[[View], View]:
        """Enter the decorated view as an operation; its docstring becomes the operation's description.

        Without a `call_name` the operation is called as its view.
        """

        def enter(view: View) -> View:
            self.operations.append(
                Operation(
                    id,
                    name,
                    method,
                    path,
                    view,
                    request,
                    answer,
                    errors,
                    authentication,
                    self.tag,
                    tuple(QUERY_PARAMETERS[one] if isinstance(one, str) else one for one in query),
                    call_name or view.__name__,
                    is_form=is_form,
                    headers=headers,
                    media_type=media_type,
                )
            )
            return view

        return enter
