"""Runs a command: reads its words, finds the sign-in, prints rows, and ends with the exit code of what happened."""

import os
import sys
from argparse import ArgumentParser, Namespace
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from getpass import getpass
from pathlib import Path
from typing import TextIO

import httpx

from iotcloud_client.cloud import Cloud
from iotcloud_client.command import completion, output, parser, session_file
from iotcloud_client.command.actions import WrongUse
from iotcloud_client.command.session_file import SavedSession
from iotcloud_client.failures import ApiFailure, NoAnswer, NotSignedIn
from iotcloud_client.generated.api.users import sign_up
from iotcloud_client.generated.client import AuthenticatedClient
from iotcloud_client.generated.models.sign_up_body import SignUpBody

DONE, REFUSED, WRONG_USE, NOT_SIGNED_IN, DEVICE_SILENT, NO_ANSWER = range(6)
UNAUTHORIZED, UNAVAILABLE = 401, 503
INTERRUPTED = 130


def run() -> None:
    """Run the command of this process."""
    try:
        code = main(sys.argv[1:], os.environ)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = DONE
    raise SystemExit(code)


def main(
    words: Sequence[str],
    environment: Mapping[str, str],
    *,
    transport: httpx.BaseTransport | None = None,
    ask: Callable[[str], str] = getpass,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Run a command; return its exit code."""
    out, err = out or sys.stdout, err or sys.stderr
    reader = parser.build()
    asked = reader.parse_args(words)
    path = session_file.place(environment)
    try:
        _do(reader, asked, _Place(path, environment, transport), ask, out)
    except WrongUse as wrong:
        print(f"iotcloud: {wrong}", file=err)
        return WRONG_USE
    except NotSignedIn:
        print("iotcloud: sign in first: iotcloud --api URL login EMAIL", file=err)
        return NOT_SIGNED_IN
    except NoAnswer as silent:
        print(f"iotcloud: the API does not answer: {silent}", file=err)
        return NO_ANSWER
    except ApiFailure as refused:
        print(f"iotcloud: {refused} ({refused.code})", file=err)
        return {UNAUTHORIZED: NOT_SIGNED_IN, UNAVAILABLE: DEVICE_SILENT}.get(refused.status, REFUSED)
    return DONE


class _Place:
    """Where the sign-in is kept, and the way to the API."""

    def __init__(self, path: Path, environment: Mapping[str, str], transport: httpx.BaseTransport | None) -> None:
        self.path = path
        self.environment = environment
        self.transport = transport

    def cloud(self, asked: Namespace, *, is_signed_in: bool = True) -> Cloud:
        """Return the cloud that a command is about; raise WrongUse without an address."""
        saved = SavedSession.load(self.path)
        url = (asked.api or self.environment.get("IOTCLOUD_API_URL") or saved.api_url).rstrip("/")
        if not url:
            raise WrongUse("which API? Give --api URL, or set IOTCLOUD_API_URL")
        tokens = saved.tokens if is_signed_in and url == saved.api_url else None
        return Cloud(url, tokens, keep=lambda new: SavedSession(url, new).save(self.path), transport=self.transport)

    def password(self, ask: Callable[[str], str]) -> str:
        return self.environment.get("IOTCLOUD_PASSWORD") or ask("Password: ")


def _do(reader: ArgumentParser, asked: Namespace, place: _Place, ask: Callable[[str], str], out: TextIO) -> None:
    match asked.special:
        case parser.COMPLETION:
            print(completion.script(reader, asked.shell), end="", file=out)
        case parser.LOGOUT:
            SavedSession(SavedSession.load(place.path).api_url).save(place.path)
        case parser.SESSION:
            cloud = place.cloud(asked, is_signed_in=False)
            cloud.log_in(asked.email, place.password(ask), lambda kind: ask(f"{kind.value}: "))
            print(f"signed in at {cloud.api_url}", file=out)
        case parser.SIGNUP:
            _sign_up(place.cloud(asked, is_signed_in=False), asked, place.password(ask))
            print(f"a code was sent to {asked.email}: iotcloud confirm {asked.email} CODE", file=out)
        case _:
            rows = asked.action(place.cloud(asked), asked)
            if asked.json:
                output.write_json(rows, out)
            elif asked.is_stream:
                output.write_lines(rows, asked.columns, out)
            else:
                output.write_table(rows, asked.columns, out)


def _sign_up(cloud: Cloud, asked: Namespace, password: str) -> None:
    credentials = b64encode(f"{asked.email}:{password}".encode()).decode()
    client = AuthenticatedClient(cloud.api_url, credentials, prefix="Basic", httpx_args=cloud.shared)
    cloud.call(sign_up.sync_detailed, client=client, body=SignUpBody(asked.email, asked.name))
