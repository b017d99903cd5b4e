"""Push tokens in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from iotcloud.users.push_tokens import PushToken


@dataclass
class FakePushTokens:
    """Takes the place of PushTokenStore."""

    kept: list[PushToken] = field(default_factory=list)

    def save(self, push_token: PushToken) -> None:
        self.forget([kept for kept in self.kept if _key(kept) == _key(push_token)])
        self.kept.append(push_token)

    def list_all(self, username: str) -> Sequence[PushToken]:
        return [kept for kept in self.kept if kept.username == username]

    def forget(self, push_tokens: Sequence[PushToken]) -> None:
        gone = {_key(push_token) for push_token in push_tokens}
        self.kept = [kept for kept in self.kept if _key(kept) not in gone]


def _key(push_token: PushToken) -> tuple[str, str, str]:
    return push_token.username, push_token.platform, push_token.token
