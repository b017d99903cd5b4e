"""Environment of the local cloud's processes, with the developer's AWS settings removed."""

import os

from simulators.cloud.instance import HOST, REGION, ROOT_KEY, Place

NOT_OURS = ("AWS_", "SAM_", "MAKE", "MFLAGS", "PYTEST_")
"""Prefixes of variables that would direct a tool to another account, endpoint or make."""


def clean() -> dict[str, str]:
    """This process's environment without these variables; loopback addresses bypass any proxy."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    bypass = ",".join(filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), HOST, "localhost")))
    return {**environment, "NO_PROXY": bypass, "no_proxy": bypass}


def apply() -> None:
    """Apply the clean environment to this process."""
    cleaned = clean()
    for name in set(os.environ) - set(cleaned):
        del os.environ[name]
    os.environ.update(cleaned)


def for_aws_tools(place: Place) -> dict[str, str]:
    """The environment for `sam` and boto3 to call the emulator as the account's root."""
    return {
        **clean(),
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": place.endpoint_url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_POLL_DELAY": "0.3",
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(place.folder / "sam"),
        "IOTCLOUD_TARGET": "local",
    }
