"""The REST API's entry point: every operation of `api.routes` mounted in one Chalice app, and the one wrapper around
views that maps an error to a response."""

import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from chalice.app import Chalice, Response

from api import responses as answers
from api.operations import Operation
from api.requests import Event, parse_call, source_ip
from api.throttling import admit
from iotcloud.errors import IotCloudError, NotFound, TextCeilingReached
from iotcloud.observability import count, finish_background, logger, write_metrics

ROUTES = Path(__file__).with_name("routes")

app = Chalice(app_name="iotcloud", configure_logs=False)


def operations() -> list[Operation]:
    """Return every operation that the modules of `api.routes` export, in the order of the modules' names."""
    names = sorted(file.stem for file in ROUTES.glob("[!_]*.py"))
    modules = [import_module(f"api.routes.{name}") for name in names]
    return [operation for module in modules for operation in module.routes.operations]


def mount(table: Iterable[Operation]) -> None:
    """Register a route for each operation."""
    for operation in table:
        app.route(operation.path, methods=[operation.method], content_types=[], name=operation.id)(serving(operation))


def serving(operation: Operation) -> Callable[..., Response]:
    """Create the view function of an operation.

    Chalice converts an exception to a 500 before any middleware runs, so errors are converted to responses here.
    """

    def serve(**_path: str) -> Response:
        request = app.current_request
        assert request is not None  # Chalice sets it before it calls a view
        event: Event = request.to_original_event()
        request_id = _request_id(event)
        started_at = time.perf_counter()
        response = answer(operation, event, request_id)
        logger.info(
            "answered",
            operation=operation.id,
            status=response.status_code,
            duration_ms=round((time.perf_counter() - started_at) * 1000, 1),
        )
        return response

    return serve


def answer(operation: Operation, event: Event, request_id: str) -> Response:
    """Call the operation's view and return a response, also for any exception."""
    try:
        admit(operation, source_ip(event))
        return answers.success(operation.view(parse_call(operation, event)), operation.success_status, request_id)
    except IotCloudError as error:
        if isinstance(error, TextCeilingReached):
            count("TextCeilingReached")
        if answers.is_ours(error):
            logger.exception("failed", operation=operation.id)
        return answers.failure(error, request_id)
    except Exception:  # noqa: BLE001 the entrypoint, where nothing may pass
        logger.exception("unexpected", operation=operation.id)
        return answers.unexpected(request_id)


def handler(event: Event, context: object) -> dict[str, Any]:
    """Handle one request of API Gateway's REST API (Lambda proxy integration)."""
    request_id = _request_id(event)
    logger.set_correlation_id(request_id)
    request = event["requestContext"]
    # Chalice would respond to an unknown path or method in its own format, without the envelope.
    if request["httpMethod"] not in app.routes.get(request["resourcePath"], {}):
        response: dict[str, Any] = answers.failure(NotFound(), request_id).to_dict()
    else:
        response = app({**event, "headers": event.get("headers") or {}}, context)
    finish_background()
    write_metrics()
    return response


def _request_id(event: Event) -> str:
    return str(event["requestContext"].get("requestId", ""))


mount(operations())
