"""A hostile device does not delay other accounts: an alarm arrives in time, whichever shared queue the device fills.

A batch that is given back comes again after more than two minutes, so an alarm that took part in one would be missed
here. How much slower alarms become is measured by `.venv/bin/python -m tests.bench neighbours`.
"""

import json
from queue import Queue
from time import sleep

import pytest

from tests.e2e.hostile_device import PRESENCE, QUEUES, Attack, silent
from tests.e2e.patience import PATIENCE_SECONDS
from tests.e2e.people import NewDevice, NewPerson, Stack
from tests.e2e.scripted_device import Json, ScriptedDevice

ALARMS = 2
PER_SECOND = 10.0


@pytest.mark.parametrize("queue", [*QUEUES, PRESENCE])
def test_an_alarm_comes_while_a_stranger_s_device_does_its_worst(
    queue: str, stack: Stack, new_person: NewPerson, new_device: NewDevice
) -> None:
    owner = new_person()
    device, told, hostile = new_device(owner), new_device(owner), new_device(new_person())
    heard: Queue[Json] = Queue()

    def listening(_number: int, command: Json) -> tuple[()]:
        heard.put(command)
        return ()

    def connect() -> ScriptedDevice:
        return ScriptedDevice.of(hostile, stack, silent)

    with (
        ScriptedDevice.of(told, stack, listening),
        ScriptedDevice.of(device, stack, silent) as sending,
        Attack(queue, connect, PER_SECOND) as attack,
    ):
        for number in range(ALARMS):
            text = f"water in the cellar {number}"
            alarm = {"activate": 1, "recipient": told.devicename, "message": text}
            sleep(1.0)
            sending.publish("trigger_notification/gpio1/modem", json.dumps(alarm).encode())
            while not (found := heard.get(timeout=PATIENCE_SECONDS)).get("message", "").startswith(text):
                assert "message" in found, found

    assert attack.taken >= (1 if queue == PRESENCE else len(QUEUES[queue])), "not each of them was taken"
