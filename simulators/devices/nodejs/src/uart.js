// The UART port.

import {MalformedRequest, entries, integer, isObject, members} from './payloads.js';

const DEFAULTS = {baudrate: 7, parity: 0, flowcontrol: 0, stopbits: 0, databits: 1};
const HIGHEST = {baudrate: 15, parity: 2, flowcontrol: 2, stopbits: 1, databits: 1};

/** One serial port; typed commands reach the board while it is enabled. */
export class Uart {
  constructor(core) {
    this.core = core;
    this.powerOn();
  }

  powerOn() {
    this.isEnabled = true;
    this.forget();
  }

  forget() {
    this.properties = {...DEFAULTS};
  }

  configure(configuration) {
    for (const entry of entries(configuration.uart).slice(0, 1)) {
      if (!isObject(entry) || !('attributes' in entry)) continue;
      try {
        this.apply(members(entry, 'attributes'));
      } catch (error) {
        if (!(error instanceof MalformedRequest)) throw error;
        this.core.say(`configuration of uart skipped: ${error.message}`);
      }
    }
  }

  get handlers() {
    return {
      get_uarts: () => ({value: {uarts: [{enabled: Number(this.isEnabled)}]}}),
      get_uart_prop: () => ({value: this.properties}),
      set_uart_prop: (request) => this.apply(request),
      enable_uart: (request) => {
        this.isEnabled = integer(request, 'enable', 0, 1) === 1;
        return {};
      },
    };
  }

  apply(properties) {
    this.properties = Object.fromEntries(
      Object.entries(HIGHEST).map(([name, highest]) => [name, integer(properties, name, 0, highest)]),
    );
    this.core.say(`uart restarted with ${JSON.stringify(this.properties)}`);
    return {};
  }
}
