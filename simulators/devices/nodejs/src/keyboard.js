// Typed input of a running device: its serial port and its simulated surroundings.

/** An invalid line; the message has the expected form. */
export class NotUnderstood extends Error {}

const LEVELS = {low: 0, high: 1};

/**
 * Handle `gpio NUMBER high|low` and `value SENSOR NUMBER|free`; other lines go to the serial port. Returns effects.
 *
 * Throws NotUnderstood for an incomplete line of these two forms.
 */
export function typeLine(board, line, now) {
  const [first, ...words] = line.trim().split(/\s+/);
  if (first === 'gpio') return putPin(board, words, now);
  if (first === 'value') return putValue(board, words, now);
  return first ? board.typeLine(line, now) : [];
}

function putPin(board, words, now) {
  const [number, level] = words;
  if (words.length !== 2 || !/^[1-4]$/.test(number) || !Object.hasOwn(LEVELS, level)) {
    throw new NotUnderstood('gpio 1 to 4 high or low, e.g. gpio 2 high');
  }
  return board.putPin(Number(number), LEVELS[level], now);
}

function putValue(board, words, now) {
  const [sensor, value] = words;
  if (words.length !== 2 || (value !== 'free' && !Number.isFinite(Number(value)))) {
    throw new NotUnderstood('value SENSOR NUMBER or value SENSOR free, e.g. value i2c1@40 131');
  }
  return board.putValue(sensor, value === 'free' ? null : Number(value), now);
}
