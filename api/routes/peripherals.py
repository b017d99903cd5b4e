"""The sensors of the four buses (groups 4 to 7), one view for all of them, and the stored settings of ports."""

from api.buses import BUS_SENSORS, SENSOR, on_buses, place
from api.operations import Call, Routes
from api.routes.board import CONTROLLED, DEVICE, FORWARDED
from iotcloud.devices.model import Role
from iotcloud.errors import (
    DeviceNotRegistered,
    InvalidInput,
    MissingParameter,
    NotPermitted,
    SensorBusy,
    SensorNotRegistered,
)
from iotcloud.peripherals.model import (
    Bus,
    InvalidAddress,
    SensorAddressTaken,
    SensorNameTaken,
    SensorNotConfigured,
    SlotTaken,
    TooManySensors,
)
from iotcloud.peripherals.schema import (
    EnableSensor,
    NewSensor,
    SensorAnswer,
    SensorPropertiesAnswer,
    SensorRecord,
    SensorsAnswer,
    SetSensorProperties,
)
from iotcloud.schema import Answer
from iotcloud.wiring import wiring

routes = Routes("Sensors")

FOUND = (InvalidInput, DeviceNotRegistered, SensorNotRegistered)
"""Errors of every operation on one sensor."""


@on_buses(
    routes,
    "4A 5A 6A 7A",
    "ADD {bus} DEVICE",
    "POST",
    SENSOR,
    request=NewSensor,
    answer=Answer,
    errors=(
        MissingParameter,
        InvalidAddress,
        SlotTaken,
        TooManySensors,
        DeviceNotRegistered,
        NotPermitted,
        SensorNameTaken,
        SensorAddressTaken,
        SensorBusy,
    ),
)
def add_sensor(bus: Bus, call: Call[NewSensor]) -> Answer:
    """Register a sensor that is attached to this bus. The device is not contacted."""
    sensor = call.body.to_model(bus, *place(call), wiring().clock())
    wiring().peripherals.sensors.add_sensor(call.caller.username, call.path["devicename"], sensor)
    return Answer()


@on_buses(
    routes,
    "4B 5B 6B 7B",
    "DELETE {bus} DEVICE",
    "DELETE",
    SENSOR,
    answer=Answer,
    errors=(*FOUND, NotPermitted, SensorBusy),
)
def delete_sensor(bus: Bus, call: Call[None]) -> Answer:
    """Delete a sensor with its readings, properties and notification block. The device is not contacted."""
    wiring().peripherals.sensors.delete_sensor(call.caller.username, call.path["devicename"], bus, *place(call))
    return Answer()


@on_buses(routes, "4C 5C 6C 7C", "GET {bus} DEVICE", "GET", SENSOR, answer=SensorAnswer, errors=FOUND)
def get_sensor(bus: Bus, call: Call[None]) -> SensorAnswer:
    """Get a sensor's registration, with its last known state."""
    sensor = wiring().peripherals.sensors.get_sensor(call.caller.username, call.path["devicename"], bus, *place(call))
    return SensorAnswer(sensor=SensorRecord.from_model(sensor))


@on_buses(
    routes,
    "4E 5E 6E 7E",
    "GET ALL {bus} DEVICES",
    "GET",
    BUS_SENSORS,
    answer=SensorsAnswer,
    errors=(DeviceNotRegistered,),
)
def list_sensors(bus: Bus, call: Call[None]) -> SensorsAnswer:
    """List the registered sensors of all slots of this bus."""
    return SensorsAnswer.of(wiring().peripherals.sensors.list_bus(call.caller.username, call.path["devicename"], bus))


@on_buses(
    routes,
    "4F",
    "GET ALL {bus} INPUT DEVICES",
    "GET",
    f"{BUS_SENSORS}/input",
    answer=SensorsAnswer,
    errors=(DeviceNotRegistered,),
)
def list_inputs(bus: Bus, call: Call[None]) -> SensorsAnswer:
    """List the registered input sensors of this bus."""
    sensors = wiring().peripherals.sensors.list_bus(call.caller.username, call.path["devicename"], bus, is_input=True)
    return SensorsAnswer.of(sensors)


@on_buses(
    routes,
    "4G",
    "GET ALL {bus} OUTPUT DEVICES",
    "GET",
    f"{BUS_SENSORS}/output",
    answer=SensorsAnswer,
    errors=(DeviceNotRegistered,),
)
def list_outputs(bus: Bus, call: Call[None]) -> SensorsAnswer:
    """List the registered output sensors of this bus."""
    sensors = wiring().peripherals.sensors.list_bus(call.caller.username, call.path["devicename"], bus, is_input=False)
    return SensorsAnswer.of(sensors)


@on_buses(
    routes,
    "4H 5F 6F 7F",
    "SET {bus} DEVICE PROPERTIES",
    "POST",
    f"{SENSOR}/properties",
    request=SetSensorProperties,
    answer=Answer,
    errors=(MissingParameter, SensorBusy, *FOUND, *CONTROLLED),
)
def set_sensor_properties(bus: Bus, call: Call[SetSensorProperties]) -> Answer:
    """Send a sensor's properties to the device and store them for its next start. The sensor is disabled by this.

    The members depend on the sensor's class. Without a `notification` the stored one stays.
    """
    control, devicename = wiring().peripherals.sensor_control, call.path["devicename"]
    device, sensor = control.find_sensor(call.caller.username, devicename, bus, *place(call), Role.OPERATOR)
    control.set_properties(device, sensor, call.body.to_model(sensor))
    return Answer()


@on_buses(
    routes,
    "4I 5G 6G 7G",
    "GET {bus} DEVICE PROPERTIES",
    "GET",
    f"{SENSOR}/properties",
    answer=SensorPropertiesAnswer,
    errors=(*FOUND, *FORWARDED),
)
def get_sensor_properties(bus: Bus, call: Call[None]) -> SensorPropertiesAnswer:
    """Ask the device for a sensor's properties; input sensors also have their notification block."""
    control, devicename = wiring().peripherals.sensor_control, call.path["devicename"]
    device, sensor = control.find_sensor(call.caller.username, devicename, bus, *place(call), Role.VIEWER)
    return SensorPropertiesAnswer.from_model(sensor, control.get_properties(device, sensor))


@on_buses(
    routes,
    "4J 5H 6H 7H",
    "ENABLE/DISABLE {bus} DEVICE",
    "POST",
    f"{SENSOR}/enable",
    request=EnableSensor,
    answer=Answer,
    errors=(MissingParameter, SensorNotConfigured, SensorBusy, *FOUND, *CONTROLLED),
)
def enable_sensor(bus: Bus, call: Call[EnableSensor]) -> Answer:
    """Enable or disable a configured sensor."""
    control, devicename = wiring().peripherals.sensor_control, call.path["devicename"]
    device, sensor = control.find_sensor(call.caller.username, devicename, bus, *place(call), Role.OPERATOR)
    control.enable_sensor(device, sensor, is_enabled=call.body.enable == 1)
    return Answer()


@routes.operation(
    "3.2",
    "DELETE PERIPHERAL SENSOR PROPERTIES",
    "DELETE",
    f"{DEVICE}/sensors/properties",
    answer=Answer,
    errors=(DeviceNotRegistered, NotPermitted),
)
def delete_sensor_properties(call: Call[None]) -> Answer:
    """Delete the stored settings of every port: after its next start the device has none."""
    wiring().peripherals.sensor_control.delete_configurations(call.caller.username, call.path["devicename"])
    return Answer()
