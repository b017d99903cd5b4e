"""Administration of accounts in the Cognito user pool."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from iotcloud.administration.model import User, UserNotRegistered
from iotcloud.errors import DependencyFailed, InvalidInput, IotCloudError, TooManyRequests

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import UserTypeTypeDef

CONDITIONS: Mapping[str, type[IotCloudError]] = {
    "InvalidParameterException": InvalidInput,
    "TooManyRequestsException": TooManyRequests,
    "UserNotFoundException": UserNotRegistered,
}


class CognitoUsers:
    """The accounts of one user pool. All methods raise DependencyFailed or TooManyRequests."""

    def __init__(self, client: "CognitoIdentityProviderClient", user_pool_id: str) -> None:
        self._client = client
        self._user_pool_id = user_pool_id

    def list_users(self, limit: int, token: str | None) -> tuple[list[User], str | None]:
        """Return some users and the token for the next ones; raise InvalidInput for a token that is no longer good."""
        position = {"PaginationToken": token} if token else {}
        with _conditions():
            answer = self._client.list_users(UserPoolId=self._user_pool_id, Limit=limit, **position)
        return [_user(user) for user in answer["Users"]], answer.get("PaginationToken")

    def find_username(self, name: str) -> str:
        """Return the pool's own name of a user who is given by it or by e-mail address; raise UserNotRegistered."""
        with _conditions():
            return self._client.admin_get_user(UserPoolId=self._user_pool_id, Username=name)["Username"]

    def disable(self, username: str) -> None:
        """Refuse a user's password, and make their refresh tokens void; raise UserNotRegistered."""
        with _conditions():
            self._client.admin_disable_user(UserPoolId=self._user_pool_id, Username=username)
            self._client.admin_user_global_sign_out(UserPoolId=self._user_pool_id, Username=username)

    def enable(self, username: str) -> None:
        """Enable a user's sign-in. Raise UserNotRegistered."""
        with _conditions():
            self._client.admin_enable_user(UserPoolId=self._user_pool_id, Username=username)


@contextmanager
def _conditions() -> Iterator[None]:
    try:
        yield
    except ClientError as failed:
        raise CONDITIONS.get(failed.response["Error"]["Code"], DependencyFailed) from failed
    except ParamValidationError as invalid:
        raise InvalidInput from invalid
    except BotoCoreError as failed:
        raise DependencyFailed from failed


def _user(user: "UserTypeTypeDef") -> User:
    attributes = {attribute["Name"]: attribute.get("Value", "") for attribute in user.get("Attributes", [])}
    return User(
        username=user["Username"],
        email=attributes.get("email", ""),
        status=user["UserStatus"],
        is_suspended=not user["Enabled"],
        created_at=user["UserCreateDate"],
    )
