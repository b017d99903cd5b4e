"""An AWS account with responses from a table, below boto3's clients: requests and responses fit AWS's models."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from boto3.session import Session
from botocore.validate import ParamValidator

REGION = "eu-west-1"
Answer = Mapping[str, Any] | str | Callable[[Mapping[str, Any]], Any]


@dataclass
class FakeAccount:
    """Answers by `service:Operation`: a response, the code of an error, or a function of the request that gives one."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    _request: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def session(self) -> Session:
        """A session whose clients ask this account alone; it makes each of them once."""
        session = RememberingSession(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
        session.events.register("before-parameter-build", self._note)
        session.events.register("before-call", self._answer)
        return session

    def answer(self, answers: Mapping[str, Answer]) -> "FakeAccount":
        """Set the responses, and delete the recorded requests."""
        self.answers = dict(answers)
        self.asked.clear()
        return self

    def _note(self, params: Mapping[str, Any], **_: Any) -> None:
        self._request = params

    def _answer(self, model: Any, **_: Any) -> tuple[Any, Any]:
        operation = f"{model.service_model.service_name}:{model.name}"
        self.asked.append(operation)
        answer = self.answers[operation]
        if callable(answer):
            answer = answer(self._request)
        if isinstance(answer, str):
            return SimpleNamespace(status_code=400), {"Error": {"Code": answer, "Message": answer}}
        if model.output_shape is not None:
            report = ParamValidator().validate(answer, model.output_shape)
            assert not report.has_errors(), report.generate_report()
        return SimpleNamespace(status_code=200), {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}


class RememberingSession(Session):
    """Makes a client of each service and Region once: that takes longer than all that a test does with it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._clients: dict[tuple[str, str | None], Any] = {}

    def client(self, service: str, region_name: str | None = None, **options: Any) -> Any:  # type: ignore[override]
        """Return the client, whatever its options."""
        key = service, region_name
        if key not in self._clients:
            self._clients[key] = super().client(service, region_name=region_name, **options)  # type: ignore[call-overload]
        return self._clients[key]
