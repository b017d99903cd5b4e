// The device logic: state and replies. No clock, no network, no printing.
//
// Each public method takes the time `now` (seconds of a monotonic clock) and returns effects to run in order.

import {HELP, UnknownCommand, parse} from './commands.js';
import {Core} from './core.js';
import {Gpio} from './gpio.js';
import {MalformedRequest, decoded, integer} from './payloads.js';
import {CONTACT_SECONDS, SecureUpdates} from './secureUpdates.js';
import {Sensors} from './sensors.js';
import {ORDERS, STATUS_NAMES, Status, TRANSITION_SECONDS} from './status.js';
import {Uart} from './uart.js';
import {Updates} from './updates.js';

const DAY_SECONDS = 86400;

/** The settings of a simulated device; they have the meanings of the Python device's BoardOptions. */
export const DEFAULT_OPTIONS = Object.freeze({
  version: '0.1',
  bootSeconds: 1,
  sensorrateSeconds: 5,
  readingsPerMessage: 1,
  asksConfiguration: true,
  deletesConfiguration: false,
  configuration: null,
  countsStatusReplies: false,
  updatesByHttps: false,
  chunkBytes: 128,
  firmwareKeys: null,
  model: 'ft900',
  misbehaviour: '',
  contactSeconds: CONTACT_SECONDS,
  scripts: {},
});

/** One device: receives messages, typed lines and the time, and returns effects. */
export class Board {
  constructor(options, random) {
    this.options = {...DEFAULT_OPTIONS, ...options};
    this.core = new Core(random);
    this.statusReplies = 0;
    this.uart = new Uart(this.core);
    this.gpio = new Gpio(this.core);
    this.sensors = new Sensors(this.core, this.options.scripts);
    this.parts = [this.uart, this.gpio, this.sensors];
    const {version, chunkBytes, updatesByHttps, firmwareKeys} = this.options;
    const ended = () => this.setReadingTimer();
    this.updates = firmwareKeys === null
      ? new Updates(this.core, version, chunkBytes, updatesByHttps, ended)
      : new SecureUpdates(this.core, this.options, ended);
    this.requests = new Map(Object.entries({
      get_status: () => this.counted({status: this.status, version: this.updates.version}),
      set_status: (request) => {
        this.order(integer(request, 'status', 0, 255));
        return this.counted({status: this.status});
      },
      get_settings: () => ({value: {sensorrate: this.sensorrateSeconds}}),
      set_settings: (request) => {
        this.sensorrateSeconds = integer(request, 'sensorrate', 1, DAY_SECONDS);
        this.setReadingTimer();
        return {};
      },
      trigger_notification: (request) => request,
      ...Object.assign({}, ...[...this.parts, this.updates].map((part) => part.handlers)),
    }));
    this.events = new Map(Object.entries({
      rcv_configuration: (payload) => this.receiveConfiguration(payload),
      rcv_sensor_reading: (payload) => this.sensors.receiveReading(payload),
      rcv_firmware: (payload) => this.updates.receiveChunk(payload),
      recv_notification: (payload) => this.core.say(`message from ${payload.sender}: ${payload.message}`),
      status_notification: (payload) => this.core.say(`notification: ${payload.status}`),
    }));
    this.typed = {
      AT: () => this.core.say(`status ${STATUS_NAMES[this.status]}`),
      ATC: () => this.order(Status.START),
      ATE: () => {
        this.echoes = !this.echoes;
        this.core.say(`echo ${this.echoes ? 'on' : 'off'}`);
      },
      ATH: () => HELP.forEach((line) => this.core.say(line)),
      ATI: () => this.core.say(`version ${this.updates.version}, readings every ${this.sensorrateSeconds} s`),
      ATM: () => this.showPorts(),
      ATP: () => this.order(Status.STOP),
      ATR: () => this.order(Status.RESTART),
      ATU: () => this.core.say(`an update is ${this.updates.isUnderWay ? 'under way' : 'not asked for'}`),
    };
    this.powerOn();
  }

  // Events from outside

  /** Start the boot sequence: the link is connected. */
  connect(now) {
    this.core.now = now;
    if (this.updates.canSubscribe) this.core.after(this.options.bootSeconds, 'boot', () => this.core.do('subscribe'));
    return this.core.takeEffects();
  }

  /** Continue the boot sequence: the subscription is active. */
  subscribeDone(now) {
    this.core.now = now;
    const {deletesConfiguration, configuration, asksConfiguration} = this.options;
    if (deletesConfiguration) this.core.publish('del_configuration', {});
    if (configuration !== null && asksConfiguration) this.core.publish('set_configuration', configuration);
    this.updates.reportInterrupted();
    this.enter(Status.CONFIGURING);
    if (asksConfiguration) this.core.publish('req_configuration', {});
    else this.receiveConfiguration(configuration ?? {});
    this.setReadingTimer();
    return this.core.takeEffects();
  }

  /** Reset the properties that the server sends again: the link is down. */
  disconnect(now) {
    this.core.now = now;
    this.core.cancelAll();
    this.updates.interrupt();
    this.isConfigured = false;
    if (this.status === Status.RESTARTING) this.powerOn();
    for (const part of this.parts) part.forget();
    return this.core.takeEffects();
  }

  /** Handle a message on `{deviceid}/{api}`. An unknown api is ignored, a malformed message only shown. */
  receive(api, message, now) {
    this.core.now = now;
    try {
      if (this.requests.has(api)) {
        const reply = this.requests.get(api)(decoded(message));
        this.core.effects.unshift(['reply', api, reply]);
      } else if (this.events.has(api)) {
        this.events.get(api)(decoded(message));
      } else {
        this.core.say(`${api} is not known here, ignored`);
      }
    } catch (error) {
      if (!(error instanceof MalformedRequest)) throw error;
      this.core.say(`${api} is malformed, ignored: ${error.message}`);
    }
    return this.core.takeEffects();
  }

  /** Run all due timers. */
  advance(now) {
    this.core.now = now;
    for (let action = this.core.takeDue(now); action !== null; action = this.core.takeDue(now)) action();
    return this.core.takeEffects();
  }

  /** The next due time for `advance`; null without timers. */
  get nextDue() {
    return this.core.nextDue;
  }

  /** Process a line from the serial port. It is handled while the device runs; ATC also ends a pause. */
  typeLine(line, now) {
    this.core.now = now;
    if (this.echoes) this.core.say(line);
    let command;
    try {
      command = parse(line);
    } catch (error) {
      if (!(error instanceof UnknownCommand)) throw error;
      this.core.say('not a command; ATH lists them');
      return this.core.takeEffects();
    }
    if (!this.uart.isEnabled || !(this.status === Status.RUNNING || command === 'ATC')) {
      this.core.say('the device does not listen to its serial port now');
    } else if (typeof command === 'string') {
      this.typed[command]();
    } else {
      this.core.publish(`trigger_notification/uart/${command.menos}`, command.payload);
    }
    return this.core.takeEffects();
  }

  /** Set the external level of GPIO pin 1 to 4. */
  putPin(number, level, now) {
    this.core.now = now;
    this.gpio.pins[number - 1].put(level);
    return this.core.takeEffects();
  }

  /** Fix the value of a sensor (`i2c1@40`, `tprobe1/subclass`); null ends that. */
  putValue(sensor, value, now) {
    this.core.now = now;
    this.sensors.put(sensor, value);
    return this.core.takeEffects();
  }

  /** Process the file of a download effect. */
  downloadDone(location, contentLength, data, now) {
    this.core.now = now;
    this.updates.downloadDone(location, contentLength, data);
    return this.core.takeEffects();
  }

  /** Process a failed download effect. */
  downloadFailed(location, reason, now) {
    this.core.now = now;
    this.updates.downloadFailed(location, reason);
    return this.core.takeEffects();
  }

  // Status, configuration and readings

  counted(content) {
    return {value: this.options.countsStatusReplies ? {...content, counter: ++this.statusReplies} : content};
  }

  order(order) {
    const passing = ORDERS[order]?.[this.status];
    if (passing !== undefined) this.enter(passing);
  }

  enter(status) {
    this.status = status;
    this.core.cancel('status');
    if (!(status in TRANSITION_SECONDS)) return;
    const [shortest, longest] = TRANSITION_SECONDS[status];
    this.core.after(shortest + this.core.random() * (longest - shortest), 'status', () => this.completeTransition());
  }

  completeTransition() {
    if (this.status === Status.RESTARTING) this.core.do('restart');
    else if (this.status === Status.STOPPING) this.enter(Status.STOPPED);
    else this.enter(this.options.asksConfiguration && !this.isConfigured ? Status.CONFIGURING : Status.RUNNING);
  }

  receiveConfiguration(configuration) {
    for (const part of this.parts) part.configure(configuration);
    this.isConfigured = true;
    if (this.status === Status.CONFIGURING) this.enter(Status.RUNNING);
  }

  setReadingTimer() {
    this.core.after(this.sensorrateSeconds, 'reading', () => this.tick());
  }

  tick() {
    if (this.status === Status.CONFIGURING) this.core.publish('req_configuration', {});
    else if (this.status === Status.RUNNING && !this.updates.isUnderWay) this.publishReading();
    this.setReadingTimer();
  }

  publishReading() {
    const reading = this.sensors.reading();
    if (reading === null) return;
    if (this.options.readingsPerMessage === 1) {
      this.core.publish('sensor_reading', reading);
      return;
    }
    this.collected.push({at: this.core.now, reading});
    if (this.collected.length < this.options.readingsPerMessage) return;
    const samples = this.collected.map(({at, reading: one}) => ({age: Number((this.core.now - at).toFixed(1)), ...one}));
    this.core.publish('sensor_reading', {samples});
    this.collected = [];
  }

  showPorts() {
    for (const api of ['get_uarts', 'get_uart_prop', 'get_gpios', 'get_devs']) {
      this.core.say(`${api.slice(4)}: ${JSON.stringify(this.requests.get(api)({}).value)}`);
    }
  }

  powerOn() {
    this.status = Status.STARTING;
    this.sensorrateSeconds = this.options.sensorrateSeconds;
    this.echoes = false;
    this.isConfigured = false;
    this.collected = [];
    for (const part of this.parts) part.powerOn();
  }
}
