"""The measured calls: one per operation, which succeeds on a simulated device."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.bench.people import BenchDevice

UART = {"baudrate": 7, "parity": 0, "flowcontrol": 0, "stopbits": 0, "databits": 1}
GPIO = {
    "direction": 0, "mode": 3, "alert": 1, "alertperiod": 60000,
    "polarity": 0, "width": 0, "mark": 0, "space": 0, "count": 0,
}  # fmt: skip
BLOCK: dict[str, Any] = {
    "messages": [{"message": "on", "enable": True}, {"message": "off", "enable": True}],
    "endpoints": {
        channel: {"recipients": "", "enable": False, "recipients_list": []}
        for channel in ("mobile", "email", "notification", "modem", "storage")
    },
}
TEXT_BLOCK = {**BLOCK, "messages": BLOCK["messages"][:1]}
LOCATION = {"latitude": 1.35, "longitude": 103.8}
SENSOR: dict[str, Any] = {
    "manufacturer": "Example",
    "model": "Example 1",
    "type": "input",
    "units": ["C"],
    "formats": ["float"],
    "attributes": ["Temperature"],
}
THRESHOLD: dict[str, Any] = {
    "mode": 1,
    "threshold": {"value": 0, "min": -1000, "max": 1000, "activate": 0},
    "alert": {"type": 0, "period": 60000},
    "hardware": {"devicename": ""},
}


@dataclass(frozen=True)
class Recipe:
    """A call of an operation; `{device}` in its path is the path of a device that answers, `{other}` of any other."""

    id: str
    method: str
    path: str
    body: object = None
    kind: str = ""
    """The kind of operation, shared with the other buses."""
    before: str = ""
    """The operation that must run before it each time."""

    def path_of(self, device: BenchDevice, other: BenchDevice) -> str:
        """The path on two devices of one owner, percent-encoded."""
        return quote(self.path.format(device=device.path, other=other.path))


ACCOUNTS_AND_DEVICES = (
    Recipe("1F", "POST", "/user/login"),
    Recipe("1H", "GET", "/user"),
    Recipe("2A", "GET", "/devices"),
    Recipe("2B", "GET", "/devices/filter/unit"),
    Recipe("2E", "GET", "{device}"),
    Recipe("2.22", "GET", "/devices/overview"),
    Recipe("2G", "GET", "/devices/location"),
    Recipe("2J", "GET", "{device}/location"),
    Recipe("2K", "POST", "{device}/location", LOCATION),
    Recipe("2L", "DELETE", "{device}/location"),
)
BOARD_AND_PORTS = (
    Recipe("3A", "GET", "{device}/status", kind="get status"),
    Recipe("3B", "POST", "{device}/status", {"status": 7}, "set status"),
    Recipe("3C", "GET", "{device}/settings", kind="get settings"),
    Recipe("3D", "POST", "{device}/settings", {"sensorrate": 60}, "set settings"),
    Recipe("3E", "GET", "{device}/uarts", kind="get UARTs"),
    Recipe("3F", "GET", "{device}/uart/properties", kind="get UART properties"),
    Recipe("3G", "POST", "{device}/uart/properties", {**UART, "notification": TEXT_BLOCK}, "set UART properties"),
    Recipe("3H", "POST", "{device}/uart/enable", {"enable": 1}, "switch UART"),
    Recipe("3I", "GET", "{device}/gpios", kind="get GPIOs"),
    Recipe("3J", "GET", "{device}/gpio/2/properties", kind="get GPIO properties"),
    Recipe("3K", "POST", "{device}/gpio/2/properties", {**GPIO, "notification": BLOCK}, "set GPIO properties"),
    Recipe("3L", "POST", "{device}/gpio/2/enable", {"enable": 1}, "switch GPIO"),
    Recipe("3M", "GET", "{device}/gpio/voltage", kind="get voltage"),
    Recipe("3N", "POST", "{device}/gpio/voltage", {"voltage": 0}, "set voltage"),
    Recipe("5M", "GET", "{device}/adc/voltage", kind="get voltage"),
    Recipe("5N", "POST", "{device}/adc/voltage", {"voltage": 0}, "set voltage"),
    Recipe("3O", "GET", "{device}/sensors/readings", kind="all readings"),
    Recipe("3P", "DELETE", "{device}/sensors/readings", kind="delete all readings"),
    Recipe("3.1", "GET", "{device}/sensors/readings/dataset", kind="dataset"),
    Recipe("3.2", "DELETE", "{device}/sensors/properties", kind="delete all properties"),
)
HISTORIES_AND_OTHERS = (
    Recipe("8A", "GET", "/devices/histories"),
    Recipe("8B", "POST", "/devices/histories", {"direction": "From"}),
    Recipe("8C", "GET", "/devices/menos"),
    Recipe("8D", "POST", "/devices/menos", {"type": "Email"}),
    Recipe("8.8", "GET", "/devices/histories/export"),
    Recipe("8.9", "GET", "/devices/menos/export"),
    Recipe("11B", "GET", "/others/sensordevices"),
)


@dataclass(frozen=True)
class Attached:
    """A bus with a permanent sensor in its first slot, and one that is added and deleted on another device."""

    bus: str
    ids: str
    """ADD, DELETE, GET, slot list, list, SET PROPERTIES, GET PROPERTIES, ENABLE, GET and DELETE of a sensor's readings,
    GET and DELETE of a slot's, series, its export, rehearsal."""
    members: Mapping[str, object]
    """Additional members of a sensor."""

    @property
    def first(self) -> Recipe:
        """The call that attaches the one that stays; it succeeds once."""
        return Recipe(self.ids.split()[0], "POST", f"{self._slot}/sensor/{self.bus} stays", self._record)

    @property
    def recipes(self) -> Iterator[Recipe]:
        """The calls of the bus's operations, each as often as one likes."""
        add, delete, get, list_slot, list_bus, set_properties, get_properties, enable, *readings = self.ids.split()
        get_readings, delete_readings, get_slot, delete_slot, series, export, backtest = readings
        slot, sensor = self._slot, self.first.path
        other = f"{{other}}/{self.bus}/1/sensors/sensor/{self.bus} goes"
        properties = {**THRESHOLD, "notification": BLOCK}
        yield Recipe(add, "POST", other, self._record, "add a sensor", before=delete)
        yield Recipe(delete, "DELETE", other, None, "delete a sensor", before=add)
        yield Recipe(get, "GET", sensor, kind="get a sensor")
        yield Recipe(list_slot, "GET", slot, kind="list a slot's sensors")
        yield Recipe(list_bus, "GET", f"{{device}}/{self.bus}/sensors", kind="list a bus's sensors")
        yield Recipe(set_properties, "POST", f"{sensor}/properties", properties, "set a sensor's properties")
        yield Recipe(get_properties, "GET", f"{sensor}/properties", kind="get a sensor's properties")
        yield Recipe(enable, "POST", f"{sensor}/enable", {"enable": 1}, "switch a sensor", before=set_properties)
        yield Recipe(get_readings, "GET", f"{sensor}/readings", kind="a sensor's readings")
        yield Recipe(delete_readings, "DELETE", f"{sensor}/readings", kind="delete a sensor's readings")
        yield Recipe(get_slot, "GET", f"{slot}/readings", kind="a slot's readings")
        yield Recipe(delete_slot, "DELETE", f"{slot}/readings", kind="delete a slot's readings")
        yield Recipe(series, "GET", f"{sensor}/readings/series", kind="a sensor's series")
        yield Recipe(export, "GET", f"{sensor}/readings/series/export", kind="a sensor's series as a file")
        yield Recipe(backtest, "POST", f"{sensor}/readings/rehearsal", THRESHOLD, "rehearse properties")

    @property
    def _slot(self) -> str:
        return f"{{device}}/{self.bus}/1/sensors"

    @property
    def _record(self) -> Mapping[str, object]:
        return {**SENSOR, **self.members}


BUSES = (
    Attached("i2c", "4A 4B 4C 4D 4E 4H 4I 4J 4K 4L 4M 4N 4.1 4.2 4.3", {"class": "temperature", "address": 40}),
    Attached("adc", "5A 5B 5C 5D 5E 5F 5G 5H 5I 5J 5K 5L 5.1 5.2 5.3", {"class": "anemometer"}),
    Attached("1wire", "6A 6B 6C 6D 6E 6F 6G 6H 6I 6J 6K 6L 6.1 6.2 6.3", {"class": "temperature"}),
    Attached("tprobe", "7A 7B 7C 7D 7E 7F 7G 7H 7I 7J 7K 7L 7.1 7.2 7.3", {"class": "temperature"}),
)
I2C_LISTS = (
    Recipe("4F", "GET", "{device}/i2c/sensors/input", kind="list a bus's sensors"),
    Recipe("4G", "GET", "{device}/i2c/sensors/output", kind="list a bus's sensors"),
)
PORTS_AND_SENSORS = (*BOARD_AND_PORTS, *I2C_LISTS, *(recipe for bus in BUSES for recipe in bus.recipes))
"""Groups 3 to 7, whole."""
