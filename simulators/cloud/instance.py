"""Where a local cloud lives: its folder, its ports and its files. Several can run beside each other."""

import os
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".local" / "tools"
HOST = "127.0.0.1"
MQTT_HOST = "localhost"
"""What devices are told to connect to: a name, as TLS sends no address as SNI. The broker's certificate has it."""
REGION = "us-east-1"
ACCOUNT = "000000000000"
ROOT_KEY = "test"
"""Access key and secret that the emulator takes for the account's root; the deployment uses them, no function does."""


@dataclass(frozen=True)
class Place:
    """A folder for everything that a local cloud writes, the two ports that it listens on, what it deploys and how."""

    folder: Path
    port: int = 4566
    mqtt_port: int = 8883
    template: Path = ROOT / "template.yaml"
    stack_name: str = "iotcloud"
    legacy_jwt_key: str = field(default="", repr=False)
    """The key with which the old apps sign their login token; empty: that token is refused."""

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
        """The variables that lead another process to this place."""
        return {
            "IOTCLOUD_LOCAL": str(self.folder),
            "IOTCLOUD_PORT": str(self.port),
            "IOTCLOUD_MQTT_PORT": str(self.mqtt_port),
            "IOTCLOUD_TEMPLATE": str(self.template),
            "IOTCLOUD_LEGACY_JWT_KEY": self.legacy_jwt_key,
        }

    @property
    def endpoint_url(self) -> str:
        """Where every AWS service answers."""
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
        """Where others read how to reach this cloud; present while it is up."""
        return self.folder / "stack.json"

    @property
    def lock_file(self) -> Path:
        """Locked by the process that runs this cloud, whose id it holds."""
        return self.folder / "cloud.lock"

    @property
    def state(self) -> Path:
        """What the emulator remembers from one run to the next."""
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
        """What the functions log, one JSON object `{at, function, line}` a line; `at` in epoch seconds."""
        return self.logs / "functions.jsonl"

    @property
    def build(self) -> Path:
        """What `sam build` makes."""
        return self.folder / "build"

    @property
    def deployed_file(self) -> Path:
        """Which sources were deployed last."""
        return self.folder / "deployed.json"

    @property
    def scratch(self) -> Path:
        """Temporary files of the emulator: the functions' unpacked packages."""
        return self.folder / "scratch"

    @property
    def providers(self) -> Path:
        """Where stand-ins of providers leave their address while they run."""
        return self.folder / "providers"

    @property
    def demo(self) -> Path:
        """The demo user and the certificates of its devices."""
        return self.folder / "demo"

    @property
    def mqtt_ca(self) -> Path:
        """The authority that signed the broker's certificate, as a PEM file."""
        return self.folder / "mqtt-ca.pem"
