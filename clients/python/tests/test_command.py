"""The command prints tables or JSON, and its exit code says what happened."""

import json
import stat
import subprocess
from io import StringIO
from pathlib import Path

import httpx
import pytest

from conftest import DEVICE, URL, Api, ok, refused
from iotcloud_client.command import main
from iotcloud_client.command.parser import build

SENSOR = {
    "source": "tprobe",
    "number": "1",
    "sensorname": "Air",
    "manufacturer": "m",
    "model": "x",
    "class": "temperature",
    "subclass": "humidity",
    "type": "input",
    "units": [],
    "formats": [],
    "attributes": [],
    "enabled": 1,
    "configured": 1,
    "timestamp": "1",
}
PIN = {"direction": 1, "status": 0, "enabled": 0}


class Run:
    """One run of the command."""

    def __init__(self, api: Api, session: Path, *words: str, **environment: str) -> None:
        out, err = StringIO(), StringIO()
        found = {"IOTCLOUD_SESSION": str(session), "IOTCLOUD_PASSWORD": "secret", **environment}
        self.code = main(words, found, transport=api, ask=lambda _: "asked", out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()

    @property
    def rows(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


def test_login_keeps_the_tokens_for_the_owner_alone(api: Api, tmp_path: Path) -> None:
    api.table["POST /user/login"] = lambda _: ok(token={"access": "a", "id": "i", "refresh": "r"})
    session = tmp_path / "folder" / "session.json"

    assert Run(api, session, "--api", URL, "login", "ann@example.com").code == 0

    kept = json.loads(session.read_text())
    assert kept == {"api_url": URL, "tokens": {"access": "a", "id": "i", "refresh": "r"}}
    assert stat.S_IMODE(session.stat().st_mode) == 0o600


def test_logout_forgets_the_tokens(api: Api, session: Path) -> None:
    assert Run(api, session, "logout").code == 0
    assert Run(api, session, "devices").code == 3


def test_tokens_are_not_sent_to_another_address(api: Api, session: Path) -> None:
    run = Run(api, session, "--api", "https://other.test", "devices")

    assert (run.code, api.asked) == (3, [])


def test_signup_and_confirm(api: Api, tmp_path: Path) -> None:
    api.table["POST /user/signup"] = lambda _: ok()
    api.table["POST /user/confirm_signup"] = lambda _: ok()
    session = tmp_path / "s.json"

    assert Run(api, session, "--api", URL, "signup", "ann@example.com", "Ann").code == 0
    assert Run(api, session, "--api", URL, "confirm", "ann@example.com", "123456").code == 0

    assert api.bodies("/signup") == [{"email": "ann@example.com", "name": "Ann"}]
    assert api.bodies("/confirm_signup") == [{"username": "ann@example.com", "confirmationcode": "123456"}]


def test_devices_are_a_table_or_json_lines(api: Api, session: Path) -> None:
    api.table["GET /devices"] = lambda _: ok(devices=[DEVICE | {"online": True}])

    table = Run(api, session, "devices").out.splitlines()
    assert table[0].split() == ["devicename", "online", "deviceid", "version", "role"]
    assert table[1].split() == ["Barn", "unit", "yes", "PH80", "-", "owner"]
    assert Run(api, session, "--json", "devices").rows == [DEVICE | {"online": True}]


def test_a_new_device_s_key_is_written_for_its_owner_alone(api: Api, session: Path, tmp_path: Path) -> None:
    device = DEVICE | {"cert": "CERT", "pkey": "KEY", "ca": "CA", "host": "h", "port": 8883}
    api.table["POST /devices/device/Barn unit"] = lambda _: ok(device=device)
    words = ("devices", "add", "Barn unit", "--id", "PH80", "--serial", "1", "--out", str(tmp_path / "keys"))

    assert Run(api, session, *words).code == 0

    key = tmp_path / "keys" / "key.pem"
    assert (key.read_text(), stat.S_IMODE(key.stat().st_mode)) == ("KEY", 0o600)


def test_status_is_shown_in_words_and_changed(api: Api, session: Path) -> None:
    api.table["GET /devices/device/d/status"] = lambda _: ok(value={"status": 1, "version": "0.1"})
    api.table["POST /devices/device/d/status"] = lambda _: ok(value={"status": 3})

    assert Run(api, session, "--json", "status", "d").rows == [
        {"devicename": "d", "status": "running", "version": "0.1"}
    ]
    assert Run(api, session, "--json", "status", "d", "restart").rows[0]["status"] == "restarting"
    assert api.bodies("/status") == [{"status": 2}]


def test_a_pin_is_switched_and_shown(api: Api, session: Path) -> None:
    api.table["POST /devices/device/d/gpio/2/enable"] = lambda _: ok()
    api.table["GET /devices/device/d/gpios"] = lambda _: ok(
        value={"voltage": 0, "gpios": [PIN, PIN | {"enabled": 1}, PIN, PIN]}
    )

    run = Run(api, session, "--json", "gpio", "d", "2", "on")

    assert run.rows == [{"pin": 2, "enabled": True, "direction": "output", "level": "low"}]
    assert api.bodies("/enable") == [{"enable": 1}]
    assert len(Run(api, session, "--json", "gpio", "d").rows) == 4
    assert Run(api, session, "gpio", "d", "2").code == 2


def with_sensors(api: Api) -> None:
    for bus in ("i2c", "adc", "1wire", "tprobe"):
        sensors = [SENSOR] if bus == "tprobe" else []
        api.table[f"GET /devices/device/d/{bus}/sensors"] = lambda _, found=sensors: ok(sensors=found)  # type: ignore[misc]


def test_sensors_are_added_from_the_catalogue_set_and_switched(api: Api, session: Path) -> None:
    with_sensors(api)
    head = "POST /devices/device/d/tprobe/1/sensors/sensor/Air"
    for tail in ("", "/properties", "/enable"):
        api.table[head + tail] = lambda _: ok()
    model = {name: SENSOR[name] for name in ("model", "class", "subclass", "type", "units", "formats", "attributes")}
    shown = model | {"id": "x", "name": "x", "desc": "", "link": "", "subattributes": ["Humidity"]}
    api.table["GET /others/sensordevices"] = lambda _: ok(document={"TPROBE": {"m": [shown]}})

    assert Run(api, session, "sensor", "add", "d", "Air", "--bus", "tprobe", "--model", "x").code == 0
    assert Run(api, session, "sensor", "set", "d", "Air", "--above", "30").code == 0
    assert Run(api, session, "sensor", "on", "d", "Air").code == 0

    assert api.bodies("/Air") == [model | {"manufacturer": "m", "subattributes": ["Humidity"]}]
    (properties,) = api.bodies("/properties")
    assert (properties["class"], properties["subattributes"]["class"]) == ("temperature", "humidity")
    assert properties["threshold"]["value"] == 30
    assert api.bodies("/enable") == [{"enable": 1}]


def test_what_is_not_there_is_wrong_use(api: Api, session: Path) -> None:
    with_sensors(api)
    api.table["GET /others/sensordevices"] = lambda _: ok(document={"I2C": {}})

    assert Run(api, session, "sensor", "on", "d", "Nobody").code == 2
    assert Run(api, session, "sensor", "add", "d", "x", "--bus", "i2c", "--model", "none").code == 2


def test_watch_shows_what_changes(api: Api, session: Path) -> None:
    values = iter([21.0, 21.0, 22.0])

    def readings(_: httpx.Request) -> httpx.Response:
        return ok(sensors=[SENSOR | {"readings": {"value": next(values), "lowest": 1.0, "highest": 30.0}}])

    api.table["GET /devices/device/d/sensors/readings"] = readings

    run = Run(api, session, "--json", "watch", "d", "--seconds", "0", "--rounds", "3")

    assert [row["value"] for row in run.rows] == [21.0, 22.0]


def test_histories_go_over_pages_up_to_the_limit(api: Api, session: Path) -> None:
    message = {"devicename": "d", "deviceid": "x", "direction": "From", "topic": "t", "payload": "{}", "timestamp": 1}
    api.table["POST /devices/histories"] = lambda _: ok(transactions=[message] * 2, cursor="next")

    run = Run(api, session, "--json", "histories", "--device", "d", "--limit", "3")

    assert len(run.rows) == 3
    assert [body.get("cursor") for body in api.bodies("/histories")] == [None, "next"]
    assert {body["devicename"] for body in api.bodies("/histories")} == {"d"}


def test_export_writes_the_whole_file(api: Api, session: Path, tmp_path: Path) -> None:
    api.table["GET /devices/menos/export"] = lambda _: httpx.Response(
        200, text="a,b\n", headers={"Content-Type": "text/csv"}
    )
    file = tmp_path / "notices.csv"

    assert Run(api, session, "export", "notices", str(file)).code == 0
    assert file.read_text() == "a,b\n"
    assert api.asked[0].url.params["format"] == "csv"


@pytest.mark.parametrize(("status", "code"), [(400, 1), (401, 3), (403, 1), (404, 1), (409, 1), (503, 4)])
def test_exit_codes_say_what_happened(api: Api, session: Path, status: int, code: int) -> None:
    api.table["GET /devices/device/d/status"] = lambda _: refused(status, "some_code", "A reason")

    run = Run(api, session, "status", "d")

    assert (run.code, run.out) == (code, "")
    assert "A reason (some_code)" in run.err


def test_an_api_that_is_not_there_has_a_code_of_its_own(api: Api, session: Path) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    api.table["GET /devices"] = fail

    assert Run(api, session, "devices").code == 5


def test_without_an_address_it_is_wrong_use(api: Api, tmp_path: Path) -> None:
    assert Run(api, tmp_path / "none.json", "devices").code == 2


def test_what_a_device_sent_does_not_steer_the_terminal(api: Api, session: Path) -> None:
    api.table["GET /devices"] = lambda _: ok(devices=[DEVICE | {"version": "\x1b[2J"}])

    assert "\x1b" not in Run(api, session, "devices").out


def test_a_broken_session_counts_as_none(api: Api, session: Path) -> None:
    session.write_text("{")

    assert Run(api, session, "--api", URL, "devices").code == 3


def test_completion_knows_every_command(api: Api, session: Path) -> None:
    script = Run(api, session, "completion", "bash").out
    asked = 'COMP_WORDS=(iotcloud sta); COMP_CWORD=1; _iotcloud; echo "${COMPREPLY[@]}"'

    completed = subprocess.run(["bash", "-c", f"{script}\n{asked}"], capture_output=True, text=True, check=True)

    assert completed.stdout.split() == ["status"]
    assert all(f"    {name})" in script for name in ("devices", "sensor", "export"))
    assert Run(api, session, "completion", "zsh").out.startswith("autoload")


def test_help_tells_the_exit_codes() -> None:
    assert "3 not signed in" in build().format_help()
