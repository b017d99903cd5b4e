"""The template's parameters on the local cloud, and the resources that they name."""

from collections.abc import Mapping

from simulators.cloud import providers
from simulators.cloud.deployment import client
from simulators.cloud.instance import MQTT_HOST, REGION, Place

CA = "DeviceCaParameter"
LEGACY_KEY = "LegacyJwtKeyParameter"


def set_up(place: Place) -> Mapping[str, str]:
    """Store the resources that the parameters name, and return the parameters. Idempotent.

    Devices get the local broker's address and CA. The old apps' key is stored only if it is configured. Its parameter
    is always set, because an update keeps the former value of an omitted parameter.
    """
    is_legacy = bool(place.legacy_jwt_key)
    _store(place, CA, place.mqtt_ca.read_text(), "String")
    if is_legacy:
        _store(place, LEGACY_KEY, place.legacy_jwt_key, "SecureString")
    return {
        **providers.set_up(place),
        "MqttHost": MQTT_HOST,
        "MqttPort": str(place.mqtt_port),
        # This broker delivers immediately after the SUBACK.
        "SubscriptionSettleMs": "0",
        "LiveSource": f"ws://*.iot.{REGION}.localhost:{place.port}",
        CA: _name(place, CA),
        LEGACY_KEY: _name(place, LEGACY_KEY) if is_legacy else "",
    }


def _store(place: Place, parameter: str, value: str, kind: str) -> None:
    client(place, "ssm").put_parameter(Name=_name(place, parameter), Value=value, Type=kind, Overwrite=True)


def _name(place: Place, parameter: str) -> str:
    return f"/{place.stack_name}/{parameter}"
