"""What the parts of the wiring have in common."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iotcloud.wiring import Wiring


class Part:
    """The services of one feature, each made on first use from the other parts of the same wiring."""

    def __init__(self, wiring: "Wiring") -> None:
        self._wiring = wiring
        self._settings = wiring.settings
