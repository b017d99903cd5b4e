"""A local cloud's folder, ports and files. Several local clouds can run at the same time."""

import os
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".local" / "tools"
HOST = "127.0.0.1"
MQTT_HOST = "localhost"
"""The host that devices connect to: a name, because TLS sends no address as SNI. It is in the broker's certificate."""
REGION = "us-east-1"
ACCOUNT = "000000000000"
ROOT_KEY = "test"
"""Access key and secret of the account's root in the emulator; only the deployment uses them."""


@dataclass(frozen=True)
class Place:
    """The folder for all files of a local cloud, its two ports, its template and its parameters."""

    folder: Path
    port: int = 4566
    mqtt_port: int = 8883
    template: Path = ROOT / "template.yaml"
    stack_name: str = "iotcloud"
    legacy_jwt_key: str = field(default="", repr=False)
    """The key with which the old apps sign their login token; if empty, that token is rejected."""

    @classmethod
    def from_environment(cls) -> "Place":
        """Read IOTCLOUD_LOCAL, IOTCLOUD_PORT, IOTCLOUD_MQTT_PORT, IOTCLOUD_TEMPLATE and IOTCLOUD_LEGACY_JWT_KEY."""
        return cls(
            folder=ROOT / os.environ.get("IOTCLOUD_LOCAL", ".local"),
            port=int(os.environ.get("IOTCLOUD_PORT", cls.port)),
            mqtt_port=int(os.environ.get("IOTCLOUD_MQTT_PORT", cls.mqtt_port)),
            template=ROOT / os.environ.get("IOTCLOUD_TEMPLATE", cls.template),
            legacy_jwt_key=os.environ.get("IOTCLOUD_LEGACY_JWT_KEY", ""),
        )

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that select this local cloud in another process."""
        return {
            "IOTCLOUD_LOCAL": str(self.folder),
            "IOTCLOUD_PORT": str(self.port),
            "IOTCLOUD_MQTT_PORT": str(self.mqtt_port),
            "IOTCLOUD_TEMPLATE": str(self.template),
            "IOTCLOUD_LEGACY_JWT_KEY": self.legacy_jwt_key,
        }

    @property
    def endpoint_url(self) -> str:
        """The endpoint of every AWS service."""
        return f"http://{HOST}:{self.port}"

    @property
    def paypal_port(self) -> int:
        """Where the stand-in of PayPal listens: beside the broker."""
        return self.mqtt_port + 1

    @property
    def paypal_url(self) -> str:
        """Where the stand-in of PayPal answers, to functions and browsers of this machine."""
        return f"http://localhost:{self.paypal_port}"

    @property
    def stack_file(self) -> Path:
        """The file with this cloud's addresses; it exists while the cloud runs."""
        return self.folder / "stack.json"

    @property
    def lock_file(self) -> Path:
        """The lock file with the id of the process that runs this cloud."""
        return self.folder / "cloud.lock"

    @property
    def state(self) -> Path:
        """The emulator's state, kept between runs."""
        return self.folder / "state"

    @property
    def buckets(self) -> Path:
        """The objects in S3."""
        return self.folder / "s3"

    @property
    def logs(self) -> Path:
        """One file per process, and one for all functions."""
        return self.folder / "logs"

    @property
    def function_log(self) -> Path:
        """The functions' log: one JSON object `{at, function, line}` per line; `at` in epoch seconds."""
        return self.logs / "functions.jsonl"

    @property
    def build(self) -> Path:
        """The output of `sam build`."""
        return self.folder / "build"

    @property
    def deployed_file(self) -> Path:
        """The digest of the last deployed sources."""
        return self.folder / "deployed.json"

    @property
    def scratch(self) -> Path:
        """Temporary files of the emulator: the functions' unpacked packages."""
        return self.folder / "scratch"

    @property
    def providers(self) -> Path:
        """The folder in which running stand-ins of providers write their address."""
        return self.folder / "providers"

    @property
    def demo(self) -> Path:
        """The demo user and the certificates of its devices."""
        return self.folder / "demo"

    @property
    def mqtt_ca(self) -> Path:
        """The authority that signed the broker's certificate, as a PEM file."""
        return self.folder / "mqtt-ca.pem"
