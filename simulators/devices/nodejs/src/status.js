// The device's status and how it changes, as tables.

export const Status = Object.freeze({
  STARTING: 0, RUNNING: 1, RESTART: 2, RESTARTING: 3, STOP: 4, STOPPING: 5, STOPPED: 6, START: 7, CONFIGURING: 8,
});

export const STATUS_NAMES = Object.fromEntries(Object.entries(Status).map(([name, value]) => [value, name.toLowerCase()]));

const {STARTING, RUNNING, RESTARTING, STOPPING, STOPPED, CONFIGURING} = Status;

/** Command -> intermediate status by current status. Other statuses do not change. */
export const ORDERS = {
  [Status.RESTART]: {
    [STARTING]: RESTARTING, [RUNNING]: RESTARTING, [STOPPING]: RESTARTING, [STOPPED]: RESTARTING, [CONFIGURING]: RESTARTING,
  },
  [Status.STOP]: {[STARTING]: STOPPING, [RUNNING]: STOPPING, [CONFIGURING]: STOPPING},
  [Status.START]: {[STOPPING]: STARTING, [STOPPED]: STARTING},
};

/** Minimum and maximum duration of an intermediate status. */
export const TRANSITION_SECONDS = {[RESTARTING]: [3, 4], [STOPPING]: [1, 1], [STARTING]: [1, 1]};
