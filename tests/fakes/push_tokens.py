"""Push tokens in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from iotcloud.users.push_tokens import PushPlatform, PushToken


@dataclass
class FakePushTokens:
    """Replaces PushTokenStore."""

    kept: list[PushToken] = field(default_factory=list)
    holders: dict[tuple[PushPlatform, str], str] = field(default_factory=dict)

    def save(self, push_token: PushToken) -> None:
        self.forget([kept for kept in self.kept if _key(kept) == _key(push_token)])
        self.kept.append(push_token)
        self.holders[push_token.platform, push_token.token] = push_token.username

    def find_holder(self, platform: PushPlatform, token: str) -> str | None:
        return self.holders.get((platform, token))

    def list_all(self, username: str) -> Sequence[PushToken]:
        return [kept for kept in self.kept if kept.username == username]

    def forget(self, push_tokens: Sequence[PushToken]) -> None:
        gone = {_key(push_token) for push_token in push_tokens}
        self.kept = [kept for kept in self.kept if _key(kept) not in gone]
        for push_token in push_tokens:
            if self.find_holder(push_token.platform, push_token.token) == push_token.username:
                del self.holders[push_token.platform, push_token.token]


def _key(push_token: PushToken) -> tuple[str, str, str]:
    return push_token.username, push_token.platform, push_token.token
