import type en from '../en/device';

export default {
  'device.board': 'Platine',
  'device.ports': 'Anschlüsse der Platine',
  'device.online': 'Online seit {age}',
  'device.away': 'Nicht da seit {age}',
  'device.unknown': 'Zustand nicht bekannt',
  'device.firmware': 'Firmware {version}',
  'device.free': 'frei',
  'device.on': 'an',
  'device.high': 'hoch',
  'device.low': 'tief',
  'device.controls': 'Bedienung',
  'device.controls.none': 'Noch nichts zu schalten.',
  'device.gpio.input': '{port}, Eingang',
  'device.gpio.output': '{port}, Ausgang',
  'device.port.free': 'An diesem Anschluss ist nichts.',
} as const satisfies Record<keyof typeof en, string>;
