"""The device logic: state and replies. No clock, no network, no printing.

Each public method takes the time `now` (seconds of a monotonic clock) and returns effects to run in order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from simulators.devices.python import commands
from simulators.devices.python.core import Core, Handler, Part, value
from simulators.devices.python.effects import Effect, Publish, Reply, Restart, Subscribe
from simulators.devices.python.gpio import Gpio
from simulators.devices.python.images import TrustedKeys
from simulators.devices.python.models import Number
from simulators.devices.python.payloads import MalformedRequest, Payload, decoded, integer
from simulators.devices.python.secure_updates import CONTACT_SECONDS, SecureUpdates
from simulators.devices.python.sensors import Sensors
from simulators.devices.python.status import ORDERS, TRANSITION_SECONDS, Status
from simulators.devices.python.uart import Uart
from simulators.devices.python.updates import Updates

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class BoardOptions:
    """The settings of a simulated device that differ from the defaults."""

    version: str = "0.1"
    boot_seconds: float = 1.0
    """Seconds from the connection to the subscription."""
    sensorrate_seconds: int = 5
    """Seconds between readings, until the server sets another value."""
    readings_per_message: int = 1
    """More than one: readings are collected and sent together, each with its age."""
    asks_configuration: bool = True
    """False: apply `configuration` and run immediately after the boot, for a server without a configuration service."""
    deletes_configuration: bool = False
    """Let the server delete its stored configuration at each boot."""
    configuration: Payload | None = None
    """The configuration that the server stores and sends back at each boot, in the format of rcv_configuration."""
    counts_status_replies: bool = False
    """Add a running number, `value.counter`, to each reply of get_status and set_status."""
    updates_by_https: bool = False
    chunk_bytes: int = 128
    """Bytes of a firmware file per req_firmware."""
    firmware_keys: TrustedKeys | None = None
    """Keys that sign firmware. With them the board has a boot loader: it checks, tries, and goes back."""
    model: str = "ft900"
    """What the server is told that it is; only with `firmware_keys`."""
    misbehaviour: str = ""
    """What it does wrong in an update: see secure_updates.MISBEHAVIOURS; only with `firmware_keys`."""
    contact_seconds: float = CONTACT_SECONDS
    """How long a new image may take to reach the server."""
    scripts: Mapping[str, Sequence[Number]] = field(default_factory=dict)
    """Values by sensor (`i2c1@40`, `tprobe1/subclass`); the others vary at random."""


class Board:
    """One device: receives messages, typed lines and the time, and returns effects."""

    def __init__(self, options: BoardOptions, random: Random) -> None:
        self.options = options
        self._core = Core(random)
        self.status = Status.STARTING
        self.echoes = False
        self._status_replies = 0
        self._collected: list[tuple[float, Payload]] = []
        self._uart = Uart(self._core)
        self._gpio = Gpio(self._core)
        self._sensors = Sensors(self._core, options.scripts)
        self._updates = self._make_updates()
        self._parts: tuple[Part, ...] = (self._uart, self._gpio, self._sensors)
        self._requests: Mapping[str, Handler] = {
            "get_status": self._get_status,
            "set_status": self._set_status,
            "get_settings": lambda _: value({"sensorrate": self.sensorrate_seconds}),
            "set_settings": self._set_settings,
            "trigger_notification": lambda request: request,
            **{api: handler for part in (*self._parts, self._updates) for api, handler in part.handlers.items()},
        }
        self._events: Mapping[str, Callable[[Payload], None]] = {
            "rcv_configuration": self._receive_configuration,
            "rcv_sensor_reading": self._sensors.receive_reading,
            "rcv_firmware": self._updates.receive_chunk,
            "recv_notification": self._show_notification,
            "status_notification": lambda payload: self._core.say(f"notification: {payload.get('status')}"),
        }
        self._typed: Mapping[str, Callable[[], None]] = {
            "AT": lambda: self._core.say(f"status {self.status.name.lower()}"),
            "ATC": lambda: self._order(Status.START),
            "ATE": self._toggle_echo,
            "ATH": self._show_help,
            "ATI": lambda: self._core.say(
                f"version {self._updates.version}, readings every {self.sensorrate_seconds} s"
            ),
            "ATM": self._show_ports,
            "ATP": lambda: self._order(Status.STOP),
            "ATR": lambda: self._order(Status.RESTART),
            "ATU": lambda: self._core.say(
                "an update is " + ("under way" if self._updates.is_under_way else "not asked for")
            ),
        }
        self._power_on()

    @property
    def updates(self) -> Updates | SecureUpdates:
        """The board's firmware."""
        return self._updates

    # Events from outside

    def connect(self, now: float) -> list[Effect]:
        """Start the boot sequence: the link is connected."""
        self._core.now = now
        if self._updates.can_subscribe:
            self._core.after(self.options.boot_seconds, "boot", lambda: self._core.do(Subscribe()))
        return self._take_effects()

    def subscribe_done(self, now: float) -> list[Effect]:
        """Continue the boot sequence: the subscription is active."""
        self._core.now = now
        if self.options.deletes_configuration:
            self._core.do(Publish("del_configuration", {}))
        if self.options.configuration is not None and self.options.asks_configuration:
            self._core.do(Publish("set_configuration", self.options.configuration))
        self._updates.report_interrupted()
        self._enter(Status.CONFIGURING)
        if self.options.asks_configuration:
            self._core.do(Publish("req_configuration", {}))
        else:
            self._receive_configuration(self.options.configuration or {})
        self._set_reading_timer()
        return self._take_effects()

    def disconnect(self, now: float) -> list[Effect]:
        """Reset the properties that the server sends again: the link is down."""
        self._core.now = now
        self._core.timers.cancel_all()
        self._updates.interrupt()
        self._is_configured = False
        if self.status is Status.RESTARTING:
            self._power_on()
        for part in self._parts:
            part.forget()
        return self._take_effects()

    def receive(self, api: str, message: bytes, now: float) -> list[Effect]:
        """Handle a message on `{deviceid}/{api}`. An unknown api is ignored, a malformed message only shown."""
        self._core.now = now
        try:
            if (request := self._requests.get(api)) is not None:
                reply = request(decoded(message))
                self._core.effects.insert(0, Reply(api, reply))
            elif (event := self._events.get(api)) is not None:
                event(decoded(message))
            else:
                self._core.say(f"{api} is not known here, ignored")
        except MalformedRequest as malformed:
            self._core.say(f"{api} is malformed, ignored: {malformed}")
        return self._take_effects()

    def advance(self, now: float) -> list[Effect]:
        """Run all due timers."""
        self._core.now = now
        while (action := self._core.timers.take_due(now)) is not None:
            action()
        return self._take_effects()

    @property
    def next_due(self) -> float | None:
        """The next due time for `advance`; None without timers."""
        return self._core.timers.next_due

    def type_line(self, line: str, now: float) -> list[Effect]:
        """Process a line from the serial port. It is handled while the device runs; ATC also ends a pause."""
        self._core.now = now
        if self.echoes:
            self._core.say(line)
        try:
            typed = commands.parse(line)
        except commands.UnknownCommand:
            self._core.say("not a command; ATH lists them")
            return self._take_effects()
        if not self._uart.is_enabled or not (self.status is Status.RUNNING or typed == "ATC"):
            self._core.say("the device does not listen to its serial port now")
        elif isinstance(typed, commands.Trigger):
            self._core.do(Publish(f"trigger_notification/uart/{typed.menos}", typed.payload))
        else:
            self._typed[typed]()
        return self._take_effects()

    def put_pin(self, number: int, level: int, now: float) -> list[Effect]:
        """Set the external level of GPIO pin 1 to 4."""
        self._core.now = now
        self._gpio.pins[number - 1].put(level)
        return self._take_effects()

    def put_value(self, sensor: str, number: Number | None, now: float) -> list[Effect]:
        """Fix the value of a sensor (`i2c1@40`, `tprobe1/subclass`); None ends that."""
        self._core.now = now
        self._sensors.put(sensor, number)
        return self._take_effects()

    def download_done(self, location: str, content_length: int | None, data: bytes, now: float) -> list[Effect]:
        """Process the file of a Download effect."""
        self._core.now = now
        self._updates.download_done(location, content_length, data)
        return self._take_effects()

    def download_failed(self, location: str, reason: str, now: float) -> list[Effect]:
        """Process a failed Download effect."""
        self._core.now = now
        self._updates.download_failed(location, reason)
        return self._take_effects()

    # Status and settings

    def _get_status(self, _: Payload) -> Payload:
        return self._counted({"status": int(self.status), "version": self._updates.version})

    def _set_status(self, request: Payload) -> Payload:
        self._order(integer(request, "status", 0, 255))
        return self._counted({"status": int(self.status)})

    def _counted(self, content: dict[str, object]) -> Payload:
        if self.options.counts_status_replies:
            self._status_replies += 1
            content["counter"] = self._status_replies
        return value(content)

    def _order(self, order: int) -> None:
        passing = ORDERS.get((order, self.status))
        if passing is not None:
            self._enter(passing)

    def _set_settings(self, request: Payload) -> Payload:
        self.sensorrate_seconds = integer(request, "sensorrate", 1, DAY_SECONDS)
        self._set_reading_timer()
        return {}

    def _enter(self, status: Status) -> None:
        self.status = status
        self._core.timers.cancel("status")
        if status in TRANSITION_SECONDS:
            seconds = self._core.random.uniform(*TRANSITION_SECONDS[status])
            self._core.after(seconds, "status", self._complete_transition)

    def _complete_transition(self) -> None:
        if self.status is Status.RESTARTING:
            self._core.do(Restart())
        elif self.status is Status.STOPPING:
            self._enter(Status.STOPPED)
        else:
            is_waiting = self.options.asks_configuration and not self._is_configured
            self._enter(Status.CONFIGURING if is_waiting else Status.RUNNING)

    # Configuration and readings

    def _receive_configuration(self, configuration: Payload) -> None:
        for part in self._parts:
            part.configure(configuration)
        self._is_configured = True
        if self.status is Status.CONFIGURING:
            self._enter(Status.RUNNING)

    def _set_reading_timer(self) -> None:
        self._core.after(self.sensorrate_seconds, "reading", self._tick)

    def _tick(self) -> None:
        if self.status is Status.CONFIGURING:
            self._core.do(Publish("req_configuration", {}))
        elif self.status is Status.RUNNING and not self._updates.is_under_way:
            self._publish_reading()
        self._set_reading_timer()

    def _publish_reading(self) -> None:
        if (reading := self._sensors.reading()) is None:
            return
        if self.options.readings_per_message == 1:
            self._core.do(Publish("sensor_reading", reading))
            return
        self._collected.append((self._core.now, reading))
        if len(self._collected) >= self.options.readings_per_message:
            samples = [{"age": round(self._core.now - at, 1), **collected} for at, collected in self._collected]
            self._core.do(Publish("sensor_reading", {"samples": samples}))
            self._collected = []

    # Output

    def _show_notification(self, payload: Payload) -> None:
        self._core.say(f"message from {payload.get('sender')}: {payload.get('message')}")

    def _toggle_echo(self) -> None:
        self.echoes = not self.echoes
        self._core.say(f"echo {'on' if self.echoes else 'off'}")

    def _show_help(self) -> None:
        for line in commands.HELP:
            self._core.say(line)

    def _show_ports(self) -> None:
        for api in ("get_uarts", "get_uart_prop", "get_gpios", "get_devs"):
            self._core.say(f"{api.removeprefix('get_')}: {self._requests[api]({})['value']}")

    # Inside

    def _make_updates(self) -> Updates | SecureUpdates:
        options = self.options
        common = (self._core, options.version, options.chunk_bytes, options.updates_by_https, self._set_reading_timer)
        if options.firmware_keys is None:
            return Updates(*common)
        return SecureUpdates(
            *common,
            keys=options.firmware_keys,
            model=options.model,
            misbehaviour=options.misbehaviour,
            contact_seconds=options.contact_seconds,
        )

    def _power_on(self) -> None:
        self.status = Status.STARTING
        self.sensorrate_seconds = self.options.sensorrate_seconds
        self.echoes = False
        self._is_configured = False
        self._collected = []
        for part in self._parts:
            part.power_on()

    def _take_effects(self) -> list[Effect]:
        effects, self._core.effects = self._core.effects, []
        return effects
