"""Exports in memory: their store, and their job queue."""

from dataclasses import dataclass, field

from iotcloud.users.exports import Export


@dataclass
class FakeExports:
    """Replaces ExportStore and of ExportQueue."""

    kept: dict[str, Export] = field(default_factory=dict)
    orders: list[Export] = field(default_factory=list)

    def find(self, username: str) -> Export | None:
        return self.kept.get(username)

    def save(self, export: Export) -> None:
        self.kept[export.username] = export

    def request(self, export: Export) -> None:
        self.orders.append(export)
