"""The command `iotcloud`: the API for people and scripts at a terminal."""

from iotcloud_client.command.main import main, run

__all__ = ["main", "run"]
