"""The template's parameters on the local cloud, and what lies behind those that name something."""

from collections.abc import Mapping

from simulators.cloud import providers
from simulators.cloud.deployment import client
from simulators.cloud.instance import MQTT_HOST, REGION, Place

CA = "DeviceCaParameter"
LEGACY_KEY = "LegacyJwtKeyParameter"


def set_up(place: Place) -> Mapping[str, str]:
    """Store what the parameters name, once more too, and return all parameters that are set.

    Devices are told the local broker's address and its CA. The old apps' key is stored only while the place has one;
    the parameter is set in either case, since an update keeps the former value of one that is left out.
    """
    is_legacy = bool(place.legacy_jwt_key)
    _store(place, CA, place.mqtt_ca.read_text(), "String")
    if is_legacy:
        _store(place, LEGACY_KEY, place.legacy_jwt_key, "SecureString")
    return {
        **providers.set_up(place),
        "MqttHost": MQTT_HOST,
        "MqttPort": str(place.mqtt_port),
        # This broker delivers as soon as it has acknowledged a subscription.
        "SubscriptionSettleMs": "0",
        "LiveSource": f"ws://*.iot.{REGION}.localhost:{place.port}",
        CA: _name(place, CA),
        LEGACY_KEY: _name(place, LEGACY_KEY) if is_legacy else "",
    }


def _store(place: Place, parameter: str, value: str, kind: str) -> None:
    client(place, "ssm").put_parameter(Name=_name(place, parameter), Value=value, Type=kind, Overwrite=True)


def _name(place: Place, parameter: str) -> str:
    return f"/{place.stack_name}/{parameter}"
