// The grammar of commands typed on the device's serial port.

const MENOS = {M: 'mobile', E: 'email', N: 'notification', O: 'modem', S: 'storage', D: 'default'};

const LOCAL = {
  AT: 'status',
  ATC: 'continue',
  ATE: 'echo on or off',
  ATH: 'this help',
  ATI: 'information about the device',
  ATM: 'more: all ports',
  ATP: 'pause',
  ATR: 'reset',
  ATU: 'state of the firmware update',
};

export const HELP = [
  ...Object.entries(LOCAL).map(([name, meaning]) => `${name.padEnd(5)} ${meaning}`),
  'AT+M, AT+E, AT+N, AT+O, AT+S [+[recipient][+message]]',
  '      message by mobile, email, notification, modem, storage',
  'AT+D  message as configured',
];

/** The input is not a command. */
export class UnknownCommand extends Error {}

/**
 * Parse a typed line, case-insensitively: a trigger `{menos, payload}`, or the name of a local command.
 *
 * Throws UnknownCommand for anything else.
 */
export function parse(line) {
  const typed = line.trim();
  if (Object.hasOwn(LOCAL, typed.toUpperCase())) return typed.toUpperCase();
  const menos = /^AT\+[MENOSD]$/i.test(typed.slice(0, 4)) ? MENOS[typed[3].toUpperCase()] : undefined;
  const rest = typed.slice(4);
  if (!menos || (rest && (!rest.startsWith('+') || menos === 'default'))) throw new UnknownCommand(line);
  const [recipient, message] = separated(rest.slice(1));
  return {menos, payload: {...(recipient && {recipient}), ...(message && {message})}};
}

/** Split at the first `+` outside quotes: a message may contain more of them. */
function separated(text) {
  const quoted = /^(["'])(.*?)\1(?:\+(.*))?$/s.exec(text);
  if (quoted) return [quoted[2], unquoted(quoted[3] ?? '')];
  const at = text.indexOf('+');
  return at < 0 ? [text, ''] : [text.slice(0, at), unquoted(text.slice(at + 1))];
}

const unquoted = (text) => (/^(["']).*\1$/s.test(text) && text.length >= 2 ? text.slice(1, -1) : text);
