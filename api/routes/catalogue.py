"""The catalogues of what can be attached to a device, and of its firmware (group 11)."""

from api.operations import Call, Routes
from iotcloud.catalogue import service
from iotcloud.catalogue.schema import I2cDevicesAnswer, SensorDevicesAnswer
from iotcloud.errors import DocumentUnavailable
from iotcloud.firmware.schema import FirmwareUpdatesAnswer
from iotcloud.wiring import wiring

routes = Routes("Catalogue")


@routes.operation(
    "11A",
    "GET SUPPORTED I2C DEVICES",
    "GET",
    "/others/i2cdevices",
    answer=I2cDevicesAnswer,
    errors=(DocumentUnavailable,),
    call_name="list_i2c_models",
)
def get_i2c_devices(call: Call[None]) -> I2cDevicesAnswer:
    """List the sensor models for I2C. Obsolete: GET SUPPORTED SENSOR DEVICES has all buses."""
    return I2cDevicesAnswer.model_validate({"document": service.i2c_devices()})


@routes.operation(
    "11B",
    "GET SUPPORTED SENSOR DEVICES",
    "GET",
    "/others/sensordevices",
    answer=SensorDevicesAnswer,
    errors=(DocumentUnavailable,),
    call_name="list_sensor_models",
)
def get_sensor_devices(call: Call[None]) -> SensorDevicesAnswer:
    """List the sensor models of all buses, by bus and manufacturer."""
    return SensorDevicesAnswer.model_validate({"document": service.sensor_devices()})


@routes.operation(
    "11C",
    "GET DEVICE FIRMWARE UPDATES",
    "GET",
    "/others/firmwareupdates",
    answer=FirmwareUpdatesAnswer,
    errors=(DocumentUnavailable,),
)
def get_firmware_updates(call: Call[None]) -> FirmwareUpdatesAnswer:
    """List the firmware that devices can be updated to, by model, newest first."""
    return FirmwareUpdatesAnswer.from_model(wiring().clients.firmware_catalogue.read())
