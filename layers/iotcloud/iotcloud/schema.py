"""The base of what crosses the wire: request bodies, answers and the envelope. Each feature's `schema.py` builds on it."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from iotcloud.errors import EmptyParameter, InvalidInput, MissingParameter


class Body(BaseModel):
    """A request body. Unknown members are ignored, as the old clients send some; numbers are not taken from text."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_max_length=4096)

    @classmethod
    def parse(cls, members: Any) -> Self:
        """Check decoded JSON against the schema.

        Raise MissingParameter for an absent member, EmptyParameter for an empty text, InvalidInput for all else;
        the errors name the members in `fields["detail"]`.
        """
        if not isinstance(members, dict):
            raise MissingParameter if members is None else InvalidInput
        try:
            return cls.model_validate(members)
        except ValidationError as invalid:
            raise _condition(invalid) from None


class Answer(BaseModel):
    """A successful answer: the envelope's two members, and those of the operation."""

    model_config = ConfigDict(frozen=True)

    status: Literal["OK", "NG"] = "OK"
    message: str = "Done"


def _condition(invalid: ValidationError) -> InvalidInput:
    problems = invalid.errors(include_url=False, include_context=False)
    detail = [f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in problems]
    kinds = {problem["type"] for problem in problems}
    if "missing" in kinds:
        return MissingParameter(detail=detail)
    if any(problem["type"] == "string_too_short" and problem["input"] == "" for problem in problems):
        return EmptyParameter(detail=detail)
    return InvalidInput(detail=detail)
