"""What each command does: it asks the API, and gives rows."""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any

from iotcloud_client.cloud import Cloud
from iotcloud_client.generated.api.board import get_status, set_status
from iotcloud_client.generated.api.catalogue import get_firmware_updates, list_sensor_models
from iotcloud_client.generated.api.devices import add_device, delete_device, list_devices
from iotcloud_client.generated.api.histories import export_histories, find_histories
from iotcloud_client.generated.api.notices import export_notices, find_notices
from iotcloud_client.generated.api.ports import enable_gpio, get_gpios
from iotcloud_client.generated.api.readings import list_device_readings
from iotcloud_client.generated.api.users import confirm_sign_up
from iotcloud_client.generated.models.add_device import AddDevice
from iotcloud_client.generated.models.ask_histories import AskHistories
from iotcloud_client.generated.models.ask_notices import AskNotices
from iotcloud_client.generated.models.confirm_sign_up_body import ConfirmSignUpBody
from iotcloud_client.generated.models.enable_port import EnablePort
from iotcloud_client.generated.models.enable_port_enable import EnablePortEnable
from iotcloud_client.generated.models.enable_sensor import EnableSensor
from iotcloud_client.generated.models.enable_sensor_enable import EnableSensorEnable
from iotcloud_client.generated.models.export_histories_format import ExportHistoriesFormat
from iotcloud_client.generated.models.export_notices_format import ExportNoticesFormat
from iotcloud_client.generated.models.input_properties import InputProperties
from iotcloud_client.generated.models.input_properties_class import InputPropertiesClass
from iotcloud_client.generated.models.input_properties_mode import InputPropertiesMode
from iotcloud_client.generated.models.new_sensor import NewSensor
from iotcloud_client.generated.models.potentiometer_properties import PotentiometerProperties
from iotcloud_client.generated.models.set_status import SetStatus
from iotcloud_client.generated.models.set_status_status import SetStatusStatus
from iotcloud_client.generated.models.status_report import StatusReport
from iotcloud_client.generated.models.threshold import Threshold

Rows = Iterator[Mapping[str, Any]]
STATUSES = ("starting", "running", "restart", "restarting", "stop", "stopping", "stopped", "start", "configuring")
BUSES = {"i2c": "i2_c", "adc": "adc", "1wire": "1_wire", "tprobe": "tprobe"}
"""How the generated operations spell each bus."""
FILES: Mapping[str, tuple[Any, type[StrEnum]]] = {
    "histories": (export_histories.sync_detailed, ExportHistoriesFormat),
    "notices": (export_notices.sync_detailed, ExportNoticesFormat),
}


class WrongUse(Exception):
    """Arguments do not go together, or name what is not there."""


def confirm(cloud: Cloud, asked: Namespace) -> Rows:
    """Confirm a new account with the code that was sent to its address."""
    cloud.call_anonymously(confirm_sign_up.sync_detailed, body=ConfirmSignUpBody(asked.email, asked.code))
    yield {"email": asked.email, "state": "confirmed"}


def list_all_devices(cloud: Cloud, _: Namespace) -> Rows:
    """List devices by name."""
    for device in cloud.pages(list_devices.sync_detailed, "devices", limit=100):
        yield device.to_dict()


def register_device(cloud: Cloud, asked: Namespace) -> Rows:
    """Register a device, and keep its certificate, its key and the broker's certificate in files."""
    body = AddDevice(asked.id, asked.serial)
    if asked.csr is not None:
        body.csr = asked.csr.read_text(encoding="ascii")
    device = cloud.ask(add_device.sync_detailed, asked.device, body=body).device
    folder: Path = asked.out
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("cert.pem", device.cert), ("key.pem", device.pkey), ("ca.pem", device.ca)):
        if text:
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(str(text), encoding="ascii")
    yield {"devicename": device.devicename, "host": device.host, "port": device.port, "files": str(folder)}


def forget_device(cloud: Cloud, asked: Namespace) -> Rows:
    """Delete a device, with all that is kept of it."""
    cloud.ask(delete_device.sync_detailed, asked.device)
    yield {"devicename": asked.device, "state": "deleted"}


def status(cloud: Cloud, asked: Namespace) -> Rows:
    """Show a device's status, or change it first."""
    if asked.to is None:
        report = cloud.ask(get_status.sync_detailed, asked.device).value
    else:
        body = SetStatus(SetStatusStatus[asked.to.upper()])
        report = cloud.ask(set_status.sync_detailed, asked.device, body=body).value
    yield _status(asked.device, report)


def gpio(cloud: Cloud, asked: Namespace) -> Rows:
    """Show the pins of a device, or switch one first."""
    if asked.pin is not None:
        if asked.state is None:
            raise WrongUse("on or off?")
        body = EnablePort(EnablePortEnable[asked.state.upper()])
        cloud.ask(enable_gpio.sync_detailed, asked.device, asked.pin, body=body)
    for number, pin in enumerate(cloud.ask(get_gpios.sync_detailed, asked.device).value.gpios, 1):
        if asked.pin in (None, number):
            yield {
                "pin": number,
                "enabled": pin.enabled == 1,
                "direction": ("input", "output")[pin.direction == 1],
                "level": ("low", "high")[pin.status == 1],
            }


def list_all_sensors(cloud: Cloud, asked: Namespace) -> Rows:
    """List the sensors of a device, bus by bus."""
    for bus in BUSES:
        for sensor in cloud.ask(_on_bus("list", bus, "sensors"), asked.device).sensors:
            yield sensor.to_dict()


def add_sensor(cloud: Cloud, asked: Namespace) -> Rows:
    """Register a sensor of a model of the catalogue."""
    document = cloud.ask(list_sensor_models.sync_detailed).document.to_dict()
    models = [
        (manufacturer, model)
        for manufacturer, found in document[asked.bus.upper()].items()
        for model in found
        if model["model"] == asked.model
    ]
    if not models:
        known = sorted(model["model"] for found in document[asked.bus.upper()].values() for model in found)
        raise WrongUse(f"no model {asked.model} for {asked.bus}; there are {', '.join(known)}")
    manufacturer, model = models[0]
    members = {name: model[name] for name in ("model", "class", "type", "units", "formats", "attributes")}
    members |= {name: model[name] for name in ("subclass", "subattributes") if name in model}
    if "addresses" in model:
        members["address"] = asked.address or model["addresses"]["default"]
    body = NewSensor.from_dict({"manufacturer": manufacturer, **members})
    cloud.ask(_on_bus("add", asked.bus, "sensor"), asked.device, asked.number, asked.sensor, body=body)
    yield {"sensorname": asked.sensor, "source": asked.bus, "number": asked.number, **members}


def set_sensor(cloud: Cloud, asked: Namespace) -> Rows:
    """Tell a sensor that measures when it is active: above a value."""
    sensor = _find_sensor(cloud, asked)
    body = _properties(sensor["class"], asked.above)
    if "subclass" in sensor:
        body.subattributes = _properties(sensor["subclass"], asked.above)
    call = _on_bus("set", sensor["source"], "sensor_properties")
    cloud.ask(call, asked.device, int(sensor["number"]), asked.sensor, body=body)
    yield {"sensorname": asked.sensor, "above": asked.above}


def switch_sensor(cloud: Cloud, asked: Namespace) -> Rows:
    """Switch a sensor on or off."""
    sensor = _find_sensor(cloud, asked)
    body = EnableSensor(EnableSensorEnable[asked.state.upper()])
    cloud.ask(
        _on_bus("enable", sensor["source"], "sensor"), asked.device, int(sensor["number"]), asked.sensor, body=body
    )
    yield {"sensorname": asked.sensor, "state": asked.state}


def watch(cloud: Cloud, asked: Namespace, sleep: Callable[[float], None] = time.sleep) -> Rows:
    """Give each latest reading of a device's sensors, and from then on each that differs from the one before."""
    known: dict[str, Any] = {}
    rounds = 0
    while True:
        for sensor in cloud.ask(list_device_readings.sync_detailed, asked.device).sensors:
            found = sensor.to_dict()
            readings = found.get("readings")
            if readings is not None and readings != known.get(found["sensorname"]):
                known[found["sensorname"]] = readings
                second = readings.get("subclass", {}).get("value")
                yield {"sensorname": found["sensorname"], "value": readings["value"], "second": second}
        rounds += 1
        if asked.rounds and rounds >= asked.rounds:
            return
        sleep(asked.seconds)


def histories(cloud: Cloud, asked: Namespace) -> Rows:
    """List messages, newest first."""
    yield from _newest(cloud, find_histories.sync_detailed, AskHistories(), asked)


def notices(cloud: Cloud, asked: Namespace) -> Rows:
    """List notices, newest first."""
    yield from _newest(cloud, find_notices.sync_detailed, AskNotices(), asked)


def firmware(cloud: Cloud, _: Namespace) -> Rows:
    """List the firmware that devices can be updated to."""
    for model, offered in cloud.ask(get_firmware_updates.sync_detailed).document.to_dict().items():
        for release in offered["firmware"]:
            yield {"model": model, **release}


def export(cloud: Cloud, asked: Namespace) -> Rows:
    """Write messages or notices into a file."""
    operation, kind = FILES[asked.what]
    written = 0
    with asked.file.open("wb") as file:
        for part in cloud.files(operation, format_=kind(asked.format)):
            written += file.write(part)
    yield {"file": str(asked.file), "bytes": written}


def _newest(cloud: Cloud, operation: Any, body: Any, asked: Namespace) -> Rows:
    if asked.device:
        body.devicename = asked.device
    body.limit = min(asked.limit, 100)
    for number, found in enumerate(cloud.filtered_pages(operation, "transactions", body), 1):
        yield found.to_dict()
        if number >= asked.limit:
            return


def _properties(name: str, above: float) -> Any:
    members = {"class": name, "mode": InputPropertiesMode.SINGLE_THRESHOLD.value, "threshold": {"value": above}}
    if name == "potentiometer":
        return PotentiometerProperties.from_dict(members | {"range": 0})
    if name not in list(InputPropertiesClass):
        raise WrongUse(f"a {name} does not measure")
    return InputProperties(
        InputPropertiesClass(name), InputPropertiesMode.SINGLE_THRESHOLD, threshold=Threshold(value=above)
    )


def _find_sensor(cloud: Cloud, asked: Namespace) -> dict[str, Any]:
    found = [dict(one) for one in list_all_sensors(cloud, asked) if one["sensorname"] == asked.sensor]
    if not found:
        raise WrongUse(f"{asked.device} has no sensor {asked.sensor}")
    return found[0]


def _on_bus(verb: str, bus: str, what: str) -> Any:
    """Return an operation that each bus has."""
    return import_module(f"iotcloud_client.generated.api.sensors.{verb}_{BUSES[bus]}_{what}").sync_detailed


def _status(device: str, report: StatusReport) -> Mapping[str, Any]:
    number = report.status
    return {
        "devicename": device,
        "status": STATUSES[number] if number in range(len(STATUSES)) else str(number),
        "version": report.version or None,
    }
