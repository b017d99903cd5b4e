// Console output of a device: one line per message, with the time and an arrow.

/** Printed characters of a payload; further ones are only counted. */
const MAX_SHOWN = 400;
const LEVELS = ['debug', 'info', 'warning', 'error'];

/** Write a device's lines to standard output. Level `debug` adds acknowledgements, `warning` prints only problems. */
export class Console {
  constructor(level = 'info', write = (line) => process.stdout.write(line)) {
    this.lowest = LEVELS.indexOf(level);
    this.write = write;
  }

  received(api, payload) {
    this.show('info', '<-', () => `${api} ${shortened(payload)}`);
  }

  sent(api, payload) {
    this.show('info', '->', () => `${api} ${shortened(payload)}`);
  }

  say(text) {
    this.show('info', '  ', () => text);
  }

  detail(text) {
    this.show('debug', '  ', () => text);
  }

  problem(text) {
    this.show('warning', '!!', () => text);
  }

  show(level, mark, text) {
    if (LEVELS.indexOf(level) < this.lowest) return;
    const now = new Date();
    const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
    this.write(`${time}.${String(now.getMilliseconds()).padStart(3, '0')}  ${mark} ${text()}\n`);
  }
}

function shortened(payload) {
  const text = payload.subarray(0, MAX_SHOWN).toString('utf8');
  const rest = payload.length - MAX_SHOWN;
  return rest > 0 ? `${text}... (${rest} more bytes)` : text;
}
