// Runs a device: executes the effects of its board, on a link.

import {fetchFirmware} from './downloads.js';
import {NotUnderstood, typeLine} from './keyboard.js';
import {LinkError} from './link.js';

/** Seconds for which a restarting device is disconnected. */
const REBOOT_MS = 500;
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

const seconds = () => performance.now() / 1000;

/** Connects a board, a link and a console. `qualities` are the QoS of `replies` and `events`. */
export class Device {
  constructor({deviceid, board, console, makeLink, faults, qualities, firmware = null}) {
    Object.assign(this, {deviceid, board, console, faults, qualities, firmware});
    this.link = makeLink(this);
    this.isUp = false;
    this.isStopped = false;
    this.alarm = null;
    this.late = new Set();
  }

  start() {
    this.link.open();
  }

  /** Disconnect and stop. */
  async stop() {
    this.isStopped = true;
    clearTimeout(this.alarm);
    for (const timer of this.late) clearTimeout(timer);
    await this.link.close();
    this.console.say('disconnected');
  }

  // Events of the link

  linkUp() {
    this.isUp = true;
    this.console.say(`connected as ${this.deviceid}`);
    this.carryOut(this.board.connect(seconds()));
  }

  linkDown(reason) {
    if (this.isUp) {
      this.isUp = false;
      this.console.problem(`connection lost: ${reason}; trying again every 5 s`);
      this.carryOut(this.board.disconnect(seconds()));
    } else {
      this.console.problem(`cannot connect: ${reason}; trying again in 5 s`);
    }
  }

  messageArrived(topic, payload, correlation) {
    const api = topic.startsWith(`${this.deviceid}/`) ? topic.slice(this.deviceid.length + 1) : topic;
    this.console.received(api, payload);
    this.carryOut(this.board.receive(api, payload, seconds()), correlation);
  }

  publishAcknowledged(topic, after) {
    this.console.detail(`${topic} acknowledged after ${(after * 1000).toFixed(1)} ms`);
  }

  publishFailed(topic, reason) {
    this.console.problem(`${topic} not sent: ${reason}`);
  }

  // Typed input

  typeLine(line) {
    try {
      this.carryOut(typeLine(this.board, line, seconds()));
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      this.console.say(error.message);
    }
  }

  // Effects of the board

  carryOut(effects, correlation) {
    if (this.isStopped) return;
    for (const [kind, ...what] of effects) {
      if (kind === 'reply') this.reply(...what, correlation);
      else if (kind === 'publish') this.publish(...what, this.qualities.events);
      else if (kind === 'say') this.console.say(...what);
      else if (kind === 'subscribe') this.subscribe();
      else if (kind === 'restart') this.restart();
      else if (kind === 'download') this.download(...what);
    }
    this.setAlarm();
  }

  reply(api, payload, correlation) {
    const deliveries = this.faults.deliveries();
    if (deliveries.length === 0) this.console.say(`${api} reply dropped on purpose`);
    for (const delay of deliveries) {
      const send = () => this.publish(api, payload, this.qualities.replies, correlation);
      if (delay) this.later(delay * 1000, send);
      else send();
    }
  }

  later(milliseconds, action) {
    const timer = setTimeout(() => {
      this.late.delete(timer);
      action();
    }, milliseconds);
    this.late.add(timer);
  }

  publish(api, payload, qos, correlation) {
    const encoded = Buffer.from(JSON.stringify(payload));
    this.link.publish(`server/${this.deviceid}/${api}`, encoded, qos, correlation);
    this.console.sent(api, encoded);
  }

  async subscribe() {
    const topicFilter = `${this.deviceid}/#`;
    try {
      await this.link.subscribe(topicFilter);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.console.problem(`cannot subscribe to ${topicFilter}: ${error.message}`);
      return;
    }
    this.console.say(`subscribed to ${topicFilter}`);
    this.carryOut(this.board.subscribeDone(seconds()));
  }

  async restart() {
    this.console.say('restarting');
    this.isUp = false;
    await this.link.close();
    this.carryOut(this.board.disconnect(seconds()));
    this.later(REBOOT_MS, () => this.link.open());
  }

  async download(location) {
    let effects;
    try {
      if (this.firmware === null) throw new Error('nobody told where to get files');
      const {contentLength, data} = await fetchFirmware(this.firmware.baseUrl, location, this.firmware.ca);
      effects = this.board.downloadDone(location, contentLength, data, seconds());
    } catch (error) {
      effects = this.board.downloadFailed(location, error.message, seconds());
    }
    this.carryOut(effects);
  }

  setAlarm() {
    clearTimeout(this.alarm);
    const due = this.board.nextDue;
    if (due === null) return;
    const wait = Math.min(Math.max(0, Math.ceil((due - seconds()) * 1000)), LONGEST_TIMEOUT_MS);
    this.alarm = setTimeout(() => this.carryOut(this.board.advance(seconds())), wait);
  }
}
