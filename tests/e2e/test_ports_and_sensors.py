"""Groups 3 to 7 through the deployed API, operation by operation, with each of the simulated devices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest

from api.app import operations
from simulators.cloud.processes import Child
from tests.e2e.patience import PATIENCE_SECONDS, eventually
from tests.e2e.people import NewPerson, RegisteredDevice, RunDevice, Stack

OPERATIONS = {operation.id: operation for operation in operations() if operation.id[0] in "34567"}
KINDS = pytest.mark.parametrize("kind", ["python", "nodejs"])

UART = {"baudrate": 11, "parity": 2, "flowcontrol": 1, "stopbits": 1, "databits": 0}
INPUT_PIN = {
    "direction": 0,
    "mode": 2,
    "alert": 1,
    "alertperiod": 10000,
    "polarity": 0,
    "width": 0,
    "mark": 0,
    "space": 0,
    "count": 0,
}
OUTPUT_PIN = {**INPUT_PIN, "direction": 1, "mode": 0, "polarity": 1}
BLOCK: dict[str, Any] = {
    "messages": [{"message": "Gate is open", "enable": True}, {"message": "Gate is shut", "enable": False}],
    "endpoints": {
        channel: {"recipients": "", "enable": False, "recipients_list": []}
        for channel in ("mobile", "email", "notification", "modem", "storage")
    },
}
THRESHOLD: dict[str, Any] = {
    "mode": 1,
    "threshold": {"value": 0, "min": -1000, "max": 1000, "activate": 0},
    "alert": {"type": 0, "period": 60000},
    "hardware": {"devicename": ""},
}
RECORD: dict[str, Any] = {
    "manufacturer": "Example",
    "model": "Example 1",
    "type": "input",
    "units": ["C"],
    "formats": ["float"],
    "attributes": ["Temperature"],
}


@dataclass(frozen=True)
class Attached:
    """A sensor to attach: its address, its record, its properties, and the ids of its bus's operations."""

    bus: str
    sensorname: str
    record: Mapping[str, Any]
    properties: Mapping[str, Any]
    ids: str
    """ADD, DELETE, GET, slot list, list, SET PROPERTIES, GET PROPERTIES, ENABLE."""
    reading_ids: str = ""
    """GET and DELETE of a sensor's readings, GET and DELETE of a slot's, series, export, rehearsal; of inputs only."""
    number: int = 1

    @property
    def place(self) -> dict[str, Any]:
        return {"number": self.number, "sensorname": self.sensorname}


SENSORS = [
    Attached(
        "i2c",
        "POT 1",
        {**RECORD, "class": "potentiometer", "address": 40},
        {**THRESHOLD, "range": 1},
        "4A 4B 4C 4D 4E 4H 4I 4J",
        "4K 4L 4M 4N 4.1 4.2 4.3",
        number=2,
    ),
    Attached(
        "i2c",
        "LED 1",
        {**RECORD, "class": "light", "type": "output", "address": 8},
        {
            "color": {
                "usage": 0,
                "single": {
                    "endpoint": 0,
                    "manual": 0xFF0000,
                    "hardware": {"devicename": "", "peripheral": "", "sensorname": "", "attribute": ""},
                },
            },
            "fadeouttime": 2,
        },
        "4A 4B 4C 4D 4E 4H 4I 4J",
        number=2,
    ),
    Attached(
        "adc",
        "Wind 1",
        {**RECORD, "class": "anemometer"},
        THRESHOLD,
        "5A 5B 5C 5D 5E 5F 5G 5H",
        "5I 5J 5K 5L 5.1 5.2 5.3",
        number=2,
    ),
    Attached(
        "1wire",
        "DS18B20 1",
        {**RECORD, "class": "temperature"},
        THRESHOLD,
        "6A 6B 6C 6D 6E 6F 6G 6H",
        "6I 6J 6K 6L 6.1 6.2 6.3",
    ),
    Attached(
        "tprobe",
        "TH16 (küche) 100%",
        {
            **RECORD,
            "class": "temperature",
            "units": ["C", "%"],
            "formats": ["float", "float"],
            "subclass": "humidity",
            "subattributes": ["Humidity"],
        },
        {**THRESHOLD, "subattributes": {**THRESHOLD, "mode": 0}},
        "7A 7B 7C 7D 7E 7F 7G 7H",
        "7I 7J 7K 7L 7.1 7.2 7.3",
    ),
]


INPUTS = [sensor for sensor in SENSORS if sensor.reading_ids]


@dataclass(frozen=True)
class Step:
    """A call, and the expected part of its response."""

    id: str
    body: Mapping[str, Any] | None = None
    shows: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    place: Mapping[str, Any] = field(default_factory=dict)


def pin(number: int) -> dict[str, Any]:
    return {"number": number}


def value(**members: Any) -> dict[str, Any]:
    return {"value": members}


BOARD_AND_PORTS = [
    Step("3A", shows=value(status=1, version="0.1")),
    Step("3D", {"sensorrate": 1}),
    Step("3C", shows=value(sensorrate=1)),
    Step("3E", shows=value(uarts=[{"enabled": 1}])),
    Step("3H", {"enable": 0}),
    Step("3E", shows=value(uarts=[{"enabled": 0}])),
    Step("3H", {"enable": 1}),
    Step("3F", shows=value(baudrate=7, databits=1, notification={"messages": [{"message": "Hello World"}]})),
    Step("3G", {**UART, "notification": BLOCK}),
    Step("3F", shows=value(**UART, notification=BLOCK)),
    Step("3G", UART, status=400),
    Step("3I", shows=value(voltage=0, gpios=[{"direction": 0, "status": 0, "enabled": 0}] * 4)),
    Step("3J", shows=value(direction=0, notification={"messages": [{}, {}]}), place=pin(2)),
    Step("3K", {**INPUT_PIN, "notification": BLOCK}, place=pin(2)),
    Step("3J", shows=value(**INPUT_PIN, notification=BLOCK), place=pin(2)),
    Step("3K", {**INPUT_PIN, "alertperiod": 4999}, status=400, place=pin(2)),
    Step("3K", OUTPUT_PIN, place=pin(3)),
    Step("3L", {"enable": 1}, place=pin(3)),
    Step("3I", shows=value(gpios=[{}, {}, {"direction": 1, "status": 1, "enabled": 1}, {}])),
    Step("3L", {"enable": 0}, place=pin(3)),
    Step("3I", shows=value(gpios=[{}, {}, {"direction": 1, "status": 0, "enabled": 0}, {}])),
    Step("3L", {"enable": 1}, status=400, place=pin(5)),
    Step("3M", shows=value(voltage=0)),
    Step("3N", {"voltage": 1}),
    Step("3M", shows=value(voltage=1)),
    Step("3N", {"voltage": 2}, status=400),
    Step("5M", shows=value(voltage=0)),
    Step("5N", {"voltage": 2}),
    Step("5M", shows=value(voltage=2)),
    Step("5N", {"voltage": 3}, status=400),
]
INPUTS_AND_OUTPUTS = [
    Step("4F", shows={"sensors": [{"sensorname": "POT 1"}]}),
    Step("4G", shows={"sensors": [{"sensorname": "LED 1"}]}),
]
AT_REST = [
    Step("3.2"),
    Step("3B", {"status": 9}, status=400),
]


def steps_of(sensor: Attached) -> list[Step]:
    """Attach a sensor, set it, switch it on."""
    add, _, get, list_slot, list_all, set_properties, get_properties, enable = sensor.ids.split()
    place = sensor.place
    name, number = {"sensorname": sensor.sensorname}, {"number": sensor.number}
    told = sensor.properties if sensor.record["type"] == "output" else {**sensor.properties, "notification": BLOCK}
    return [
        Step(add, sensor.record, place=place),
        Step(add, sensor.record, status=409, place=place),
        Step(get, shows={"sensor": {**sensor.record, **name, "enabled": 0, "configured": 0}}, place=place),
        Step(enable, {"enable": 1}, status=400, place=place),
        Step(set_properties, {**sensor.properties, "mode": 7, "color": 7}, status=400, place=place),
        Step(set_properties, told, place=place),
        Step(get_properties, shows={"value": told}, place=place),
        Step(enable, {"enable": 1}, place=place),
        Step(get, shows={"sensor": {**name, "enabled": 1, "configured": 1}}, place=place),
        Step(list_slot, shows={"sensors": Among({**name, "enabled": 1, "configured": 1})}, place=number),
        Step(list_all, shows={"sensors": Among({**name, "enabled": 1, "configured": 1})}),
    ]


@dataclass(frozen=True)
class Among:
    """A list that must have an item with these members."""

    members: Mapping[str, Any]


def has(shown: Any, expected: Any) -> bool:
    """Whether a response contains all that is expected; other members may have any value."""
    match expected:
        case type():
            return isinstance(shown, expected)
        case Among(members):
            return any(has(item, members) for item in shown)
        case Mapping():
            return isinstance(shown, dict) and all(
                name in shown and has(shown[name], expected[name]) for name in expected
            )
        case list():
            return isinstance(shown, list) and len(shown) == len(expected) and all(map(has, shown, expected))
    return bool(shown == expected)


@dataclass
class Walk:
    """Runs steps on one device, and records the called operations."""

    device: RegisteredDevice
    called: set[str] = field(default_factory=set)

    def path(self, step: Step) -> str:
        place = {"devicename": self.device.devicename, **step.place}
        return OPERATIONS[step.id].path.format_map({name: quote(str(each), safe="") for name, each in place.items()})

    def call(self, step: Step) -> tuple[int, dict[str, Any]]:
        self.called.add(step.id)
        return self.device.owner.api.call(OPERATIONS[step.id].method, self.path(step), step.body)

    def take(self, *steps: Step) -> None:
        for step in steps:
            status, answer = self.call(step)
            assert (status, answer.get("status")) == (step.status, "OK" if step.status == 200 else "NG"), (step, answer)
            assert has(answer, step.shows), (step, answer)

    def wait(self, step: Step) -> None:
        """Take a step again and again until its answer is as expected."""
        eventually(
            lambda: self.call(step), lambda answered: answered[0] == step.status and has(answered[1], step.shows)
        )


RUNNING = Step("3A", shows=value(status=1))


@pytest.fixture
def settled(stack: Stack, aws: Callable[[str], Any]) -> Callable[[], None]:
    """Give a function that waits until no device's request for its configuration is under way.

    A starting device asks until it is answered. On a slow machine several answers may follow, and each undoes what was
    set after it was made.
    """
    sqs = aws("sqs")
    url = sqs.get_queue_url(QueueName=f"{stack['stack_name']}-configurations")["QueueUrl"]
    counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

    def is_under_way() -> bool:
        left = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
        return any(int(count) for count in left.values())

    def wait() -> None:
        eventually(is_under_way, lambda is_so: not is_so)

    return wait


def attach_everything(walk: Walk) -> None:
    for sensor in SENSORS:
        walk.take(*steps_of(sensor))


@KINDS
def test_all_operations_of_groups_3_to_7_on_a_device(
    device: RegisteredDevice, run_device: RunDevice, settled: Callable[[], None], kind: str
) -> None:
    child: Child = run_device(device, kind=kind)
    walk = Walk(device)
    walk.wait(RUNNING)
    settled()

    walk.take(*BOARD_AND_PORTS)
    attach_everything(walk)
    walk.take(*INPUTS_AND_OUTPUTS)
    see_readings(walk)
    stop_and_start(walk)
    see_readings(walk)
    restart(walk)
    go_offline(walk, child)
    walk.take(*AT_REST)
    detach_everything(walk)

    assert walk.called == OPERATIONS.keys()


READINGS = {"value": float, "lowest": float, "highest": float}


def see_readings(walk: Walk) -> None:
    """Wait for each input's readings, and find them wherever they are shown."""
    for sensor in INPUTS:
        get, _, get_slot, _, series, export, backtest = sensor.reading_ids.split()
        named = {"sensorname": sensor.sensorname, "readings": READINGS}
        walk.wait(Step(get, shows={"sensor_readings": READINGS}, place=sensor.place))
        walk.take(
            Step(get_slot, shows={"sensor_readings": Among(named)}, place=pin(sensor.number)),
            Step(series, shows={"points": list}, place=sensor.place),
            Step(export, shows={"message": str}, place=sensor.place),
            Step(backtest, sensor.properties, {"triggers": list}, place=sensor.place),
            Step(sensor.ids.split()[3], shows={"sensors": Among(named)}, place=pin(sensor.number)),
            Step("3O", shows={"sensors": Among(named)}),
            Step("3.1", shows={"sensors": Among({"sensorname": sensor.sensorname, "dataset": {"data": list}})}),
        )


def stop_and_start(walk: Walk) -> None:
    """Stop the device, which still answers, delete all its readings, and start it again."""
    walk.take(Step("3B", {"status": 4}, value(status=5)))
    walk.wait(Step("3A", shows=value(status=6)))
    for sensor in INPUTS:
        get, delete, _, delete_slot, *_ = sensor.reading_ids.split()
        walk.take(
            Step(delete, place=sensor.place),
            Step(get, shows={"sensor_readings": {"value": "0", "lowest": "0", "highest": "0"}}, place=sensor.place),
            Step(delete_slot, place=pin(sensor.number)),
        )
    walk.take(Step("3P"), Step("3E", shows=value(uarts=[{}])), Step("3B", {"status": 7}, value(status=0)))
    walk.wait(RUNNING)


def restart(walk: Walk) -> None:
    """Restart the device: it gets its stored port settings back automatically."""
    walk.take(Step("3B", {"status": 2}, value(status=3)))
    walk.wait(Step("3A", status=503))
    walk.wait(RUNNING)
    walk.take(
        Step("3F", shows=value(**UART)),
        Step("3J", shows=value(**INPUT_PIN), place=pin(2)),
        Step("3J", shows=value(**OUTPUT_PIN), place=pin(3)),
    )
    for sensor in SENSORS:
        list_slot, get_properties = sensor.ids.split()[3], sensor.ids.split()[6]
        on = {"sensorname": sensor.sensorname, "enabled": 1, "configured": 1}
        walk.take(
            Step(list_slot, shows={"sensors": Among(on)}, place={"number": sensor.number}),
            Step(get_properties, shows={"value": sensor.properties}, place=sensor.place),
        )


def go_offline(walk: Walk, child: Child) -> None:
    """Switch the device off: calls that need it return 503, lists say that it is offline, and all settings stay."""
    child.stop(PATIENCE_SECONDS)
    walk.wait(Step("3A", status=503, shows={"message": "Device is unreachable", "value": {"version": "0.1"}}))
    walk.take(
        Step("3G", {**UART, "notification": BLOCK}, status=503),
        Step("3I", status=503),
        Step("3J", status=503, place=pin(1)),
        Step("5N", {"voltage": 0}, status=503),
    )
    for sensor in SENSORS:
        _, _, get, list_slot, _, _, get_properties, enable = sensor.ids.split()
        off = {"sensorname": sensor.sensorname, "enabled": 0, "configured": 0}
        walk.take(
            Step(get_properties, status=503, place=sensor.place),
            Step(enable, {"enable": 0}, status=503, place=sensor.place),
            Step(list_slot, shows={"sensors": Among(off), "message": "Device is offline"}, place=pin(sensor.number)),
            Step(get, shows={"sensor": {"enabled": 1, "configured": 1}}, place=sensor.place),
        )


def detach_everything(walk: Walk) -> None:
    """Forget all sensors, which needs no device."""
    for sensor in SENSORS:
        _, delete, get, *_ = sensor.ids.split()
        walk.take(
            Step(delete, place=sensor.place),
            Step(get, status=404, place=sensor.place),
            Step(delete, status=404, place=sensor.place),
        )
    walk.take(*(Step(sensor.ids.split()[4], shows={"sensors": []}) for sensor in SENSORS))


def test_no_operation_reaches_another_users_device(running_device: RegisteredDevice, new_person: NewPerson) -> None:
    stranger, place = new_person(), {"number": 1, "sensorname": "POT 1"}
    bodies = {
        "3B": {"status": 2},
        "3D": {"sensorrate": 1},
        "3G": {**UART, "notification": BLOCK},
        "3K": OUTPUT_PIN,
        "4A": SENSORS[0].record,
        **{f"{group}A": {**RECORD, "class": "temperature"} for group in (5, 6, 7)},
    }
    for identity, operation in OPERATIONS.items():
        body = bodies.get(identity, {"enable": 1, "voltage": 1, **THRESHOLD} if operation.request else None)
        path = Walk(running_device).path(Step(identity, place=place))

        status, answer = stranger.api.call(operation.method, path, body)

        assert (status, answer["message"]) == (404, "Device is not registered"), (identity, status, answer)


def test_a_deleted_device_leaves_nothing_of_its_ports(
    stack: Stack, aws: Callable[[str], Any], running_device: RegisteredDevice, settled: Callable[[], None]
) -> None:
    walk = Walk(running_device)
    walk.wait(RUNNING)
    settled()
    walk.take(Step("3G", {**UART, "notification": BLOCK}))
    attach_everything(walk)

    def kept(table: str) -> int:
        count: int = aws("dynamodb").query(
            TableName=f"{stack['stack_name']}-{table}",
            KeyConditionExpression="deviceid = :deviceid",
            ExpressionAttributeValues={":deviceid": {"S": running_device.deviceid}},
        )["Count"]
        return count

    tables = ("sensors", "configurations", "notification_blocks")
    assert all(kept(table) for table in tables)
    running_device.owner.api.must("DELETE", running_device.path)

    assert {table: kept(table) for table in tables} == dict.fromkeys(tables, 0)
