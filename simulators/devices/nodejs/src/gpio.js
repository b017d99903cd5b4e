// The four GPIO pins: monitored inputs and driven outputs.

import {MalformedRequest, entries, integer, isObject, members} from './payloads.js';

export const PINS = 4;
const LOW = 0;
const HIGH = 1;
const CONTINUOUSLY = 1;
const OUTPUT = 1;
const PULSE = 1;
const CLOCK = 2;
/** By the `mode` of an input: high level, low level, high edge, low edge. */
const ACTIVE_LEVEL = [HIGH, LOW, HIGH, LOW];
const LEVEL_MODES = [0, 1];
const SHORTEST_ALERT_MS = 5000;
const SHORTEST_PHASE_MS = 1;

const DEFAULTS = {
  direction: 0, mode: 0, alert: 0, alertperiod: 10000, polarity: 0, width: 0, mark: 0, space: 0, count: 0,
};
const HIGHEST = {direction: 1, mode: 3, alert: 1, polarity: 1};

/** One pin. An input sends triggers when it becomes active and inactive; an output is driven by its mode. */
class Pin {
  constructor(core, number) {
    this.core = core;
    this.name = `gpio${number}`;
    this.level = LOW;
    this.isEnabled = false;
    this.properties = {...DEFAULTS};
  }

  get isOutput() {
    return this.properties.direction === OUTPUT;
  }

  /** Set the nine properties; the pin is then disabled, an output at its inactive level. */
  setProperties(properties) {
    this.properties = Object.fromEntries(
      Object.entries(DEFAULTS).map(([name, value]) => [name, integer(properties, name, 0, HIGHEST[name], value)]),
    );
    this.enable(false);
  }

  forget() {
    this.properties = {...DEFAULTS};
    this.enable(false);
  }

  enable(isEnabled) {
    this.core.cancel(this.name);
    this.isEnabled = isEnabled;
    if (this.isOutput) {
      this.drive(isEnabled ? this.active : this.inactive);
      if (isEnabled) this.beginOutput();
    } else if (isEnabled && this.hasLevelMode && this.isActive) {
      this.activate();
    }
  }

  /** Set the external level of an input. */
  put(level) {
    if (this.isOutput || level === this.level) return;
    this.level = level;
    if (!this.isEnabled) return;
    if (this.isActive) {
      this.activate();
    } else {
      this.core.cancel(this.name);
      this.tell(0);
    }
  }

  get hasLevelMode() {
    return LEVEL_MODES.includes(this.properties.mode);
  }

  get isActive() {
    return this.level === ACTIVE_LEVEL[this.properties.mode];
  }

  get active() {
    return this.properties.polarity;
  }

  get inactive() {
    return 1 - this.properties.polarity;
  }

  activate() {
    this.tell(1);
    if (this.properties.alert === CONTINUOUSLY && this.hasLevelMode) {
      this.after('alertperiod', SHORTEST_ALERT_MS, () => this.activate());
    }
  }

  tell(activate) {
    this.core.publish(`trigger_notification/${this.name}/default`, {activate});
  }

  beginOutput() {
    if (this.properties.mode === PULSE) {
      this.after('width', SHORTEST_PHASE_MS, () => this.drive(this.inactive));
    } else if (this.properties.mode === CLOCK) {
      this.clock(this.properties.count);
    }
  }

  /** Run the remaining steps: a mark at the active level, then a space at the inactive one. */
  clock(cycles) {
    if (cycles < 1) {
      this.drive(this.inactive);
      return;
    }
    this.drive(this.active);
    this.after('mark', SHORTEST_PHASE_MS, () => {
      this.drive(this.inactive);
      this.after('space', SHORTEST_PHASE_MS, () => this.clock(cycles - 1));
    });
  }

  after(duration, shortest, action) {
    this.core.after(Math.max(this.properties[duration], shortest) / 1000, this.name, action);
  }

  drive(level) {
    if (level === this.level) return;
    this.level = level;
    this.core.say(`${this.name} is ${level ? 'high' : 'low'}`);
  }
}

/** All pins, and the voltage that they share. */
export class Gpio {
  constructor(core) {
    this.core = core;
    this.powerOn();
  }

  powerOn() {
    this.voltage = 0;
    this.pins = Array.from({length: PINS}, (_, index) => new Pin(this.core, index + 1));
  }

  forget() {
    for (const pin of this.pins) pin.forget();
  }

  configure(configuration) {
    entries(configuration.gpio).slice(0, PINS).forEach((entry, index) => {
      if (!isObject(entry) || !('attributes' in entry)) return;
      try {
        this.pins[index].setProperties(members(entry, 'attributes'));
      } catch (error) {
        if (!(error instanceof MalformedRequest)) throw error;
        this.core.say(`configuration of a gpio skipped: ${error.message}`);
      }
    });
  }

  get handlers() {
    const pin = (request) => this.pins[integer(request, 'number', 1, PINS) - 1];
    return {
      get_gpios: () => ({
        value: {
          voltage: this.voltage,
          gpios: this.pins.map((one) => ({
            direction: one.properties.direction, status: one.level, enabled: Number(one.isEnabled),
          })),
        },
      }),
      get_gpio_prop: (request) => ({value: pin(request).properties}),
      set_gpio_prop: (request) => {
        pin(request).setProperties(request);
        return {};
      },
      enable_gpio: (request) => {
        pin(request).enable(integer(request, 'enable', 0, 1) === 1);
        return {};
      },
      get_gpio_voltage: () => ({value: {voltage: this.voltage}}),
      set_gpio_voltage: (request) => {
        this.voltage = integer(request, 'voltage', 0, 1);
        return {};
      },
    };
  }
}
