"""A good request reaches each operation of the route table."""

from base64 import b64encode
from urllib.parse import quote

from api.app import handler, operations
from api.operations import Authentication, Operation
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import rest_api_event
from tests.integration.staged_requests import (
    OWNER,
    SECRET,
    good_body,
    good_values,
    stage,
    staged_platform,
    write,
)

OTHERWISE = {
    **dict.fromkeys(("1.1", "1.6", "1B", "1E", "2.7", "8.6", "8.11"), 400),
    **dict.fromkeys(("1K", "8.7"), 401),
    **dict.fromkeys(("9D", "9E", "8.10", "2.6", "2.9", "2.10", "2.18", "2.19", "2.20"), 404),
    **dict.fromkeys(("1A", "2C", "2.12", "4A", "5A", "6A", "7A"), 409),
}
"""What a good request is answered where it is not 200: nothing waits for a code, everything is there already,
or an operation before has taken it away."""


def test_good_requests_reach_each_operation() -> None:
    """One after the other on one platform, as what an operation is answered depends on those before."""
    with staged_platform() as wired:
        answered = {operation.id: make_good_request(wired, operation) for operation in operations()}

    assert {key: status for key, status in answered.items() if status != OTHERWISE.get(key, 200)} == {}


def make_good_request(wired: Wiring, operation: Operation) -> int:
    path = operation.path
    for name, value in good_values(operation).items():
        path = path.replace("{" + name + "}", quote(value))
    headers = {"Authorization": f"Bearer {FakeTokens.issue(OWNER)}" + (",admin" if "/account/users" in path else "")}
    if operation.authentication is Authentication.CREDENTIALS:
        headers["Authorization"] = f"Basic {b64encode(f'{OWNER}:{SECRET}'.encode()).decode()}"
    stage(wired)
    status: int = handler(rest_api_event(operation.method, path, write(good_body(operation) or {}), headers), None)[
        "statusCode"
    ]
    return status
