"""Devices' firmware in its table, and the function on its queue (moto)."""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from zlib import crc32

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iotdata.models import iotdata_backends

from functions import serve_firmware
from iotcloud.clock import utc_now
from iotcloud.dynamodb import to_ms
from iotcloud.firmware.model import Catalogue
from iotcloud.firmware.updates import DeviceFirmware, State, Update
from iotcloud.wiring import Wiring
from tests.fakes.messages import device
from tests.integration.platform import REGION, running_platform
from tests.parts import replace_part
from tests.unit.firmware.releases import make_release

DEVICEID = "PH80XXRR03042017"
IMAGE = b"image" * 100
RELEASE = make_release("0.2", size=len(IMAGE), checksum=crc32(IMAGE))


@pytest.fixture
def house() -> Iterator[Wiring]:
    """Give a platform with a device, and a release for it."""
    with running_platform() as wired:
        wired.stores.devices.add(device(DEVICEID, "Barn unit"))
        wired.clients.firmware_catalogue.replace(Catalogue((RELEASE,)), "")
        wired.clients.firmware_catalogue.put(RELEASE.location, IMAGE)
        yield wired


def sent_by_device(**messages: Any) -> Any:
    """Make the batch of some messages of the device, by api."""
    now = to_ms(utc_now())
    bodies = [
        {
            "payload": b64encode(json.dumps(payload).encode()).decode(),
            "topic": f"server/{DEVICEID}/{api}",
            "received_at": now + number,
            "message_id": f"m{number}",
        }
        for number, (api, payload) in enumerate(messages.items())
    ]
    return {"Records": [{"messageId": f"r{n}", "body": json.dumps(body)} for n, body in enumerate(bodies)]}


def test_a_row_is_written_as_long_as_nobody_else_did_and_goes_with_its_device(house: Wiring) -> None:
    store, now = house.stores.device_firmware, utc_now()
    first = DeviceFirmware(DEVICEID, "r1", "ann")
    kept = store.save(first)
    assert kept is not None
    now = now.replace(microsecond=0)
    full = replace(
        kept,
        model="esp32",
        path="https",
        checks_signatures=True,
        update=Update.request(RELEASE, "u", now, is_forced=True),
    )

    saved = store.save(full)

    assert saved is not None
    assert store.save(full) is None
    assert store.save(first) is None
    assert store.find(DEVICEID) == saved
    assert store.find_all([DEVICEID, "OTHER"]) == {DEVICEID: saved}
    store.erase(DEVICEID)
    store.erase(DEVICEID)
    assert store.find(DEVICEID) is None


def test_the_function_serves_a_device_from_its_start_to_its_success(house: Wiring) -> None:
    registered = house.stores.devices.find_devices([DEVICEID])[DEVICEID]
    update = Update.request(RELEASE, "u", utc_now(), is_forced=False)
    house.stores.device_firmware.save(
        DeviceFirmware(DEVICEID, registration=registered.registration, owner="ann", update=update)
    )

    for messages in (
        {"req_otastatus": {"version": "0.1", "signed": 1}},
        {
            "req_firmware": {"location": RELEASE.location, "offset": 0, "size": 128},
            "end_ota": {"value": {"result": "completed"}},
        },
        {"req_otastatus": {"version": "0.2"}, "req_configuration": {}},
    ):
        assert serve_firmware.handler(sent_by_device(**messages), None) == {"batchItemFailures": []}

    published = iotdata_backends[DEFAULT_ACCOUNT_ID][REGION].published_payloads
    assert [topic.partition("/")[2] for topic, _ in published] == ["beg_ota", "rcv_firmware", "req_otastatus"]
    assert json.loads(published[1][1])["bin"] == b64encode(IMAGE[:128]).decode()
    kept = house.stores.device_firmware.find(DEVICEID)
    assert kept is not None
    assert kept.update is not None
    assert kept.update.state is State.SUCCEEDED
    assert house.stores.devices.find_devices([DEVICEID])[DEVICEID].version == "0.2"


def test_an_image_that_is_not_there_is_none(house: Wiring) -> None:
    assert house.clients.firmware_catalogue.get("ft900/none.bin") is None


def test_the_function_reports_what_it_could_not_serve(house: Wiring) -> None:
    registered = house.stores.devices.find_devices([DEVICEID])[DEVICEID]
    update = Update.request(RELEASE, "u", utc_now(), is_forced=False)
    house.stores.device_firmware.save(
        DeviceFirmware(DEVICEID, registration=registered.registration, owner="ann", update=update)
    )
    replace_part(house, "clients.publisher", None)

    answer = serve_firmware.handler(
        sent_by_device(req_firmware={"location": RELEASE.location, "offset": 0, "size": 128}), None
    )

    assert answer == {"batchItemFailures": [{"itemIdentifier": "r0"}]}
