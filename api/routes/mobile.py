"""The phones of a user (group 10)."""

from api.operations import Call, Routes
from iotcloud.errors import EmptyParameter, InvalidCredentialToken, InvalidInput, MissingParameter, NotAuthenticated
from iotcloud.schema import Answer
from iotcloud.users.schema import PushTokenBody
from iotcloud.wiring import wiring

routes = Routes("Mobile")


@routes.operation(
    "10A",
    "REGISTER DEVICE TOKEN",
    "POST",
    "/mobile/devicetoken",
    request=PushTokenBody,
    answer=Answer,
    errors=(EmptyParameter, InvalidCredentialToken, InvalidInput, MissingParameter, NotAuthenticated),
)
def register_push_token(call: Call[PushTokenBody]) -> Answer:
    """Send push messages to this phone until the caller logs out on it.

    The body has `devicetoken` and `service` (`APNS` or `GCM`), or the old apps' `token`.
    """
    given = wiring().users.credentials.read_body(call.body.token, call.body.devicetoken, call.body.service)
    wiring().users.push_tokens.register(call.caller.username, call.caller.session, given.name, given.secret)
    return Answer()
