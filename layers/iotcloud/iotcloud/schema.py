"""Base classes of request bodies, responses and the envelope. Features extend them in `schema.py`."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from iotcloud.enumerations import Enumeration
from iotcloud.errors import EmptyParameter, InvalidInput, MissingParameter, Problem
from iotcloud.names import checked_name

MAX_NAME_LENGTH = 64
NAME_PATTERN = r"^[^/\x00-\x1f\x7f]+$"
"""A name is one path segment (rest-api contract: "A name may not contain `/`") on one line."""


def kept_name(longest: int) -> AfterValidator:
    """Make the validator of a name of at most `longest` characters, which puts it into the form in which it is kept."""

    def check(text: str) -> str:
        try:
            return checked_name("name", text, longest)
        except InvalidInput as refused:
            raise ValueError(refused.message) from None

    return AfterValidator(check)


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_NAME_LENGTH, pattern=NAME_PATTERN),
    kept_name(MAX_NAME_LENGTH),
]
"""The name that a person gives to a device or to a sensor, in the form in which it is kept."""


def numbered(enumeration: Enumeration, text: str = "", **keywords: Any) -> Any:
    """Describe a whole number that is one of an enumeration; clients are generated with the names of its meanings."""
    numbers = tuple(enumeration.meanings)
    return Field(
        ge=min(numbers),
        le=max(numbers),
        description=f"{text}: {enumeration}." if text else f"{enumeration}.",
        json_schema_extra={"enum": list(numbers), "x-enum-varnames": list(enumeration.names.values())},
        **keywords,
    )


class Shape(BaseModel):
    """A part of a body or of an answer. Its validator is built when first used, which keeps a cold start short."""

    model_config = ConfigDict(
        frozen=True, defer_build=True, hide_input_in_errors=True, json_schema_serialization_defaults_required=True
    )


class Body(Shape):
    """A request body. Unknown members are ignored, as the old clients send some; numbers are not taken from text."""

    model_config = ConfigDict(extra="ignore", str_max_length=4096)

    @classmethod
    def parse(cls, members: Any) -> Self:
        """Validate decoded JSON. None, an absent body, counts as an empty object.

        Raise MissingParameter for an absent member, EmptyParameter for an empty text, else InvalidInput. The errors
        name the members in `detail`.
        """
        if members is not None and not isinstance(members, dict):
            raise InvalidInput
        return cls._checked(cls.model_validate, members or {})

    @classmethod
    def parse_query(cls, query: Mapping[str, str]) -> Self:
        """Check query parameters as the members of a body, with numbers in text; an empty one counts as absent."""
        return cls._checked(cls.model_validate_strings, {name: text for name, text in query.items() if text})

    @classmethod
    def _checked(cls, validate: Callable[[Any], Self], members: Any) -> Self:
        try:
            return validate(members)
        except ValidationError as invalid:
            raise _condition(invalid) from None


class Answer(Shape):
    """A successful answer: the envelope's two members, and those of the operation."""

    status: Literal["OK", "NG"] = Field("OK", description="OK; NG only where an operation says so.")
    message: str = Field("Done", description="What was done, for people.")


def _condition(invalid: ValidationError) -> InvalidInput:
    problems = invalid.errors(include_url=False, include_context=False)
    detail = [Problem(".".join(map(str, problem["loc"])), problem["msg"]) for problem in problems]
    kinds = {problem["type"] for problem in problems}
    if "missing" in kinds:
        return MissingParameter(detail=detail)
    if any(problem["type"] == "string_too_short" and problem["input"] == "" for problem in problems):
        return EmptyParameter(detail=detail)
    return InvalidInput(detail=detail)
