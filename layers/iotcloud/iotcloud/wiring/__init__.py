"""The one place that puts real stores and adapters into services. Everything is made on first use, once per process.

Each feature has a part, in a file that is imported when the part is first used: `wiring().readings.series`. Stores and
clients are parts too. What a call does not need is not imported for it: a part of several services imports each where
it is made, and adapters, which load boto3 and the like, are always imported there.
"""

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from iotcloud.clock import Clock, utc_now
from iotcloud.settings import Settings

if TYPE_CHECKING:
    from iotcloud.wiring.administration import AdministrationPart
    from iotcloud.wiring.backtests import BacktestsPart
    from iotcloud.wiring.billing import BillingPart
    from iotcloud.wiring.board import BoardPart
    from iotcloud.wiring.clients import Clients
    from iotcloud.wiring.commands import CommandsPart
    from iotcloud.wiring.devices import DevicesPart
    from iotcloud.wiring.firmware import FirmwarePart
    from iotcloud.wiring.groups import GroupsPart
    from iotcloud.wiring.histories import HistoriesPart
    from iotcloud.wiring.live import LivePart
    from iotcloud.wiring.notices import NoticesPart
    from iotcloud.wiring.peripherals import PeripheralsPart
    from iotcloud.wiring.personal_data import PersonalDataPart
    from iotcloud.wiring.provisioning import ProvisioningPart
    from iotcloud.wiring.readings import ReadingsPart
    from iotcloud.wiring.sharing import SharingPart
    from iotcloud.wiring.stores import Stores
    from iotcloud.wiring.support import SupportPart
    from iotcloud.wiring.users import UsersPart


class Wiring:
    """The services of one execution environment, by feature."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def clock(self) -> Clock:
        return utc_now

    @cached_property
    def clients(self) -> "Clients":
        from iotcloud.wiring.clients import Clients

        return Clients(self)

    @cached_property
    def stores(self) -> "Stores":
        from iotcloud.wiring.stores import Stores

        return Stores(self)

    @cached_property
    def administration(self) -> "AdministrationPart":
        from iotcloud.wiring.administration import AdministrationPart

        return AdministrationPart(self)

    @cached_property
    def backtests(self) -> "BacktestsPart":
        from iotcloud.wiring.backtests import BacktestsPart

        return BacktestsPart(self)

    @cached_property
    def billing(self) -> "BillingPart":
        from iotcloud.wiring.billing import BillingPart

        return BillingPart(self)

    @cached_property
    def board(self) -> "BoardPart":
        from iotcloud.wiring.board import BoardPart

        return BoardPart(self)

    @cached_property
    def commands(self) -> "CommandsPart":
        from iotcloud.wiring.commands import CommandsPart

        return CommandsPart(self)

    @cached_property
    def devices(self) -> "DevicesPart":
        from iotcloud.wiring.devices import DevicesPart

        return DevicesPart(self)

    @cached_property
    def firmware(self) -> "FirmwarePart":
        from iotcloud.wiring.firmware import FirmwarePart

        return FirmwarePart(self)

    @cached_property
    def groups(self) -> "GroupsPart":
        from iotcloud.wiring.groups import GroupsPart

        return GroupsPart(self)

    @cached_property
    def histories(self) -> "HistoriesPart":
        from iotcloud.wiring.histories import HistoriesPart

        return HistoriesPart(self)

    @cached_property
    def live(self) -> "LivePart":
        from iotcloud.wiring.live import LivePart

        return LivePart(self)

    @cached_property
    def notices(self) -> "NoticesPart":
        from iotcloud.wiring.notices import NoticesPart

        return NoticesPart(self)

    @cached_property
    def peripherals(self) -> "PeripheralsPart":
        from iotcloud.wiring.peripherals import PeripheralsPart

        return PeripheralsPart(self)

    @cached_property
    def personal_data(self) -> "PersonalDataPart":
        from iotcloud.wiring.personal_data import PersonalDataPart

        return PersonalDataPart(self)

    @cached_property
    def provisioning(self) -> "ProvisioningPart":
        from iotcloud.wiring.provisioning import ProvisioningPart

        return ProvisioningPart(self)

    @cached_property
    def readings(self) -> "ReadingsPart":
        from iotcloud.wiring.readings import ReadingsPart

        return ReadingsPart(self)

    @cached_property
    def sharing(self) -> "SharingPart":
        from iotcloud.wiring.sharing import SharingPart

        return SharingPart(self)

    @cached_property
    def support(self) -> "SupportPart":
        from iotcloud.wiring.support import SupportPart

        return SupportPart(self)

    @cached_property
    def users(self) -> "UsersPart":
        from iotcloud.wiring.users import UsersPart

        return UsersPart(self)


@lru_cache(maxsize=1)
def wiring() -> Wiring:
    """The wiring of this process, from its environment."""
    return Wiring(Settings.from_environment())
