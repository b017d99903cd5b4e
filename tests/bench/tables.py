"""Measurements as Markdown tables."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

Row = Sequence[object]


@dataclass(frozen=True)
class Section:
    """A heading, a description, and the figures."""

    heading: str
    method: str
    columns: Sequence[str]
    rows: Sequence[Row]
    note: str = ""
    """A remark on the figures, such as a goal."""

    def markdown(self) -> str:
        """Write the section; numbers are aligned to the right."""
        align = ["---" if isinstance(cell, str) else "---:" for cell in self.rows[0]]
        lines = [self.columns, align, *([_text(cell) for cell in row] for row in self.rows)]
        table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
        return f"## {self.heading}\n\n{self.method}\n\n{table}" + (f"\n{self.note}\n" if self.note else "")


def with_sections(document: str, sections: Sequence[Section]) -> str:
    """Put sections into a document, each in the place of the one with its heading, or at the end."""
    head, *parts = re.split(r"^(?=## )", document, flags=re.MULTILINE)
    kept = {part.partition("\n")[0]: part for part in parts}
    kept |= {f"## {section.heading}": section.markdown() for section in sections}
    return "\n".join(part.rstrip("\n") + "\n" for part in (head, *kept.values()))


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value below which that share of the sorted values lies."""
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def _text(cell: object) -> str:
    return (
        f"{cell:.2f}"
        if isinstance(cell, float) and cell < 10
        else f"{cell:.1f}"
        if isinstance(cell, float)
        else str(cell)
    )
