"""Exports in memory: their store, and the queue of orders for them."""

from dataclasses import dataclass, field

from iotcloud.users.exports import Export


@dataclass
class FakeExports:
    """Takes the place of ExportStore and of ExportQueue."""

    kept: dict[str, Export] = field(default_factory=dict)
    orders: list[Export] = field(default_factory=list)

    def find(self, username: str) -> Export | None:
        return self.kept.get(username)

    def save(self, export: Export) -> None:
        self.kept[export.username] = export

    def request(self, export: Export) -> None:
        self.orders.append(export)
