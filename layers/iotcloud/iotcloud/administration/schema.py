"""Request and response bodies of administration."""

from typing import Self

from pydantic import Field

from iotcloud.administration.model import User
from iotcloud.pagination import Page
from iotcloud.schema import Answer, Shape


class UserRecord(Shape):
    """An account, as an administrator sees it."""

    username: str = Field(examples=["0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"], description="The name in the user pool.")
    email: str = Field(examples=["user@example.com"], description="The e-mail address.")
    state: str = Field(description="In the user pool's words.", examples=["CONFIRMED"])
    suspended: bool = Field(description="Whether the user is kept out.")
    timestamp: str = Field(description="When it was made, epoch seconds.", examples=["1795428000"])


class UsersAnswer(Answer):
    """Some accounts."""

    users: list[UserRecord] = Field(description="In the user pool's order.")
    cursor: str | None = Field(None, description="Leads to the next accounts; absent when there are no more.")

    @classmethod
    def from_page(cls, page: Page[User]) -> Self:
        """Answer with some accounts."""
        users = [
            UserRecord(
                username=user.username,
                email=user.email,
                state=user.status,
                suspended=user.is_suspended,
                timestamp=str(int(user.created_at.timestamp())),
            )
            for user in page.items
        ]
        return cls(users=users, cursor=page.cursor)
