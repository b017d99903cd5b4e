/** What ports and sensors are set to, as tables of fields: `peripherals/property_schema.py`. Forms and sentences are drawn from them. */

import type { MessageId } from '../i18n/i18n';

export type Properties = Record<string, unknown>;

export type FieldSpec = {
  /** Where the value stands, members joined by dots. */
  path: string;
  kind: 'number' | 'choice' | 'text' | 'switch' | 'colour';
  label: MessageId;
  /** Of a choice: what each index means; a text that is the same in every language, or a message. */
  options?: readonly (MessageId | { text: string })[];
  /** `own` is the sensor's. */
  unit?: 'own' | 'ms' | 's' | 'min';
  /** How many of the stored unit the shown one has. */
  scale?: number;
  min?: number;
  max?: number;
  /** What stands there while nothing is stored; without it the field may be left empty. */
  initial?: number | string | boolean;
  isOptional?: boolean;
  when?: (properties: Properties) => boolean;
};

export function valueAt(properties: Properties, path: string): unknown {
  return path.split('.').reduce<unknown>((value, member) => (value as Properties | undefined)?.[member], properties);
}

/** The same properties with another value; an undefined value takes the member away. */
export function withValue(properties: Properties, path: string, value: unknown): Properties {
  const [member, ...rest] = path.split('.') as [string, ...string[]];
  const old = properties[member];
  if (rest.length > 0) {
    const inner = withValue((old ?? {}) as Properties, rest.join('.'), value);
    if (Array.isArray(old)) return { ...properties, [member]: old.map((one, at) => inner[at] ?? one) };
    return { ...properties, [member]: inner };
  }
  const { [member]: _, ...others } = properties;
  return value === undefined ? others : { ...properties, [member]: value };
}

const text = (shown: string) => ({ text: shown });
const is = (path: string, value: number) => (properties: Properties) => valueAt(properties, path) === value;
const both =
  (...tests: ((properties: Properties) => boolean)[]) =>
  (properties: Properties) =>
    tests.every((one) => one(properties));

const BAUD_RATES = [
  110, 150, 300, 1200, 2400, 4800, 9600, 19200, 31250, 38400, 57600, 115200, 230400, 460800, 921600, 1000000,
];

export const UART_FIELDS: readonly FieldSpec[] = [
  {
    path: 'baudrate',
    kind: 'choice',
    label: 'field.baudrate',
    options: BAUD_RATES.map((rate) => text(String(rate))),
    initial: 7,
  },
  {
    path: 'parity',
    kind: 'choice',
    label: 'field.parity',
    options: ['field.none', 'field.odd', 'field.even'],
    initial: 0,
  },
  {
    path: 'flowcontrol',
    kind: 'choice',
    label: 'field.flowcontrol',
    options: ['field.none', text('RTS/CTS'), text('XON/XOFF')],
    initial: 0,
  },
  { path: 'stopbits', kind: 'choice', label: 'field.stopbits', options: [text('1'), text('2')], initial: 0 },
  { path: 'databits', kind: 'choice', label: 'field.databits', options: [text('7'), text('8')], initial: 1 },
];

const isInput = is('direction', 0);
const isOutput = is('direction', 1);
const SHORTEST_ALERT_MS = 5000;

export const GPIO_FIELDS: readonly FieldSpec[] = [
  { path: 'direction', kind: 'choice', label: 'field.direction', options: ['field.input', 'field.output'], initial: 0 },
  {
    path: 'mode',
    kind: 'choice',
    label: 'field.watch',
    options: ['field.highLevel', 'field.lowLevel', 'field.highEdge', 'field.lowEdge'],
    when: isInput,
    initial: 0,
  },
  {
    path: 'mode',
    kind: 'choice',
    label: 'field.drive',
    options: ['field.level', 'field.pulse', 'field.clock'],
    when: isOutput,
    initial: 0,
  },
  {
    path: 'alert',
    kind: 'choice',
    label: 'field.alert',
    options: ['field.once', 'field.again'],
    when: isInput,
    initial: 0,
  },
  {
    path: 'alertperiod',
    kind: 'number',
    label: 'field.alertperiod',
    unit: 's',
    scale: 1000,
    min: SHORTEST_ALERT_MS,
    initial: 10_000,
    when: isInput,
  },
  {
    path: 'polarity',
    kind: 'choice',
    label: 'field.polarity',
    options: ['field.negative', 'field.positive'],
    when: isOutput,
    initial: 1,
  },
  {
    path: 'width',
    kind: 'number',
    label: 'field.width',
    unit: 'ms',
    min: 1,
    initial: 1,
    when: both(isOutput, is('mode', 1)),
  },
  {
    path: 'mark',
    kind: 'number',
    label: 'field.mark',
    unit: 'ms',
    min: 1,
    initial: 1,
    when: both(isOutput, is('mode', 2)),
  },
  {
    path: 'space',
    kind: 'number',
    label: 'field.space',
    unit: 'ms',
    min: 1,
    initial: 1,
    when: both(isOutput, is('mode', 2)),
  },
  { path: 'count', kind: 'number', label: 'field.count', min: 1, initial: 1, when: both(isOutput, is('mode', 2)) },
];

export const VOLTAGES = {
  gpio: ['3.3 V', '5 V'],
  adc: ['-5/+5 V', '-10/+10 V', '0/10 V'],
} as const;

const single = is('mode', 0);
const dual = is('mode', 1);
const forward = is('mode', 2);
const tells = (properties: Properties) => !forward(properties);

const RULE: readonly FieldSpec[] = [
  {
    path: 'mode',
    kind: 'choice',
    label: 'field.mode',
    options: ['field.above', 'field.range', 'field.forward'],
    initial: 0,
  },
  { path: 'threshold.value', kind: 'number', label: 'field.limit', unit: 'own', when: single, initial: 0 },
  {
    path: 'threshold.activate',
    kind: 'choice',
    label: 'field.activate',
    options: ['field.outside', 'field.within'],
    when: dual,
    initial: 0,
  },
  { path: 'threshold.min', kind: 'number', label: 'field.min', unit: 'own', when: dual, initial: 0 },
  { path: 'threshold.max', kind: 'number', label: 'field.max', unit: 'own', when: dual, initial: 100 },
  {
    path: 'threshold.hysteresis',
    kind: 'number',
    label: 'field.hysteresis',
    unit: 'own',
    min: 0,
    isOptional: true,
    when: tells,
  },
  {
    path: 'alert.type',
    kind: 'choice',
    label: 'field.alert',
    options: ['field.once', 'field.again'],
    when: tells,
    initial: 0,
  },
  {
    path: 'alert.period',
    kind: 'number',
    label: 'field.alertperiod',
    unit: 'min',
    scale: 60_000,
    min: 0,
    initial: 60_000,
    when: both(tells, is('alert.type', 1)),
  },
  { path: 'hardware.devicename', kind: 'text', label: 'field.forwardTo', when: forward, initial: '' },
];

const RANGE: FieldSpec = {
  path: 'range',
  kind: 'choice',
  label: 'field.scale',
  options: [text('0 to 255'), text('0 to 99'), text('0 to 15'), text('0 to 9')],
  initial: 0,
};
const INACTIVITY: FieldSpec = {
  path: 'inactivity_seconds',
  kind: 'number',
  label: 'field.inactivity',
  unit: 'min',
  scale: 60,
  min: 60,
  max: 7 * 86_400,
  isOptional: true,
};

const SOURCE: readonly FieldSpec[] = (['devicename', 'sensorname', 'attribute'] as const).map((member) => ({
  path: `hardware.${member}`,
  kind: 'text' as const,
  label: `field.source.${member}` as const,
  when: is('endpoint', 1),
  initial: '',
}));
const ENDPOINT: FieldSpec = {
  path: 'endpoint',
  kind: 'choice',
  label: 'field.endpoint',
  options: ['field.byHand', 'field.follows'],
  initial: 0,
};
const byHand = is('endpoint', 0);

/** What each class is set to. Outputs have no rule and no notices. */
export const CLASS_FIELDS: Record<string, readonly FieldSpec[]> = {
  speaker: [
    ENDPOINT,
    ...SOURCE,
    { path: 'type', kind: 'choice', label: 'field.sound', options: [text('MIDI')], initial: 0 },
    { path: 'values.pitch', kind: 'number', label: 'field.pitch', min: 55, max: 126, initial: 55, when: byHand },
    { path: 'values.duration', kind: 'number', label: 'field.duration', unit: 'ms', min: 0, initial: 100 },
    { path: 'values.delay', kind: 'number', label: 'field.delay', unit: 'ms', min: 0, initial: 100 },
  ],
  display: [
    ENDPOINT,
    ...SOURCE,
    { path: 'text', kind: 'text', label: 'field.text', initial: '23', when: byHand },
    { path: 'brightness', kind: 'number', label: 'field.brightness', min: 0, max: 255, initial: 255 },
    {
      path: 'format',
      kind: 'choice',
      label: 'field.format',
      options: [text('0x00 to 0xFF'), text('0 to 99'), text('0.0 to 9.9')],
      initial: 0,
    },
  ],
  light: [
    {
      path: 'color.usage',
      kind: 'choice',
      label: 'field.colourUsage',
      options: ['field.oneColour', 'field.components'],
      initial: 0,
    },
    {
      path: 'color.single.endpoint',
      kind: 'choice',
      label: 'field.endpoint',
      options: ['field.byHand', 'field.follows'],
      initial: 0,
      when: is('color.usage', 0),
    },
    {
      path: 'color.single.manual',
      kind: 'colour',
      label: 'field.colour',
      initial: 0xffffff,
      when: both(is('color.usage', 0), is('color.single.endpoint', 0)),
    },
    {
      path: 'color.individual.red.manual',
      kind: 'number',
      label: 'field.red',
      min: 0,
      max: 255,
      initial: 0,
      when: is('color.usage', 1),
    },
    {
      path: 'color.individual.green.manual',
      kind: 'number',
      label: 'field.green',
      min: 0,
      max: 255,
      initial: 0,
      when: is('color.usage', 1),
    },
    {
      path: 'color.individual.blue.manual',
      kind: 'number',
      label: 'field.blue',
      min: 0,
      max: 255,
      initial: 0,
      when: is('color.usage', 1),
    },
    { path: 'fadeouttime', kind: 'number', label: 'field.fade', unit: 's', min: 0, initial: 1 },
  ],
  potentiometer: [RANGE, ...RULE],
  temperature: RULE,
  humidity: RULE,
  anemometer: RULE,
  battery: RULE,
  fluid: RULE,
};

/** What only the main class of a sensor has. */
export const SENSOR_FIELDS: readonly FieldSpec[] = [INACTIVITY];

/** Who is told, and in which words. */
export const NOTICE_FIELDS: readonly FieldSpec[] = [
  { path: 'notification.endpoints.email.enable', kind: 'switch', label: 'field.byEmail' },
  {
    path: 'notification.endpoints.email.recipients',
    kind: 'text',
    label: 'field.emails',
    when: (p) => valueAt(p, 'notification.endpoints.email.enable') === true,
  },
  { path: 'notification.endpoints.mobile.enable', kind: 'switch', label: 'field.bySms' },
  {
    path: 'notification.endpoints.mobile.recipients',
    kind: 'text',
    label: 'field.phones',
    when: (p) => valueAt(p, 'notification.endpoints.mobile.enable') === true,
  },
  { path: 'notification.endpoints.notification.enable', kind: 'switch', label: 'field.byPush' },
  {
    path: 'notification.messages.0.message',
    kind: 'text',
    label: 'field.messageOn',
    when: (p) => valueAt(p, 'notification.messages.0') !== undefined,
  },
  {
    path: 'notification.messages.1.message',
    kind: 'text',
    label: 'field.messageOff',
    when: (p) => valueAt(p, 'notification.messages.1') !== undefined,
  },
];

export const shownFields = (fields: readonly FieldSpec[], properties: Properties): FieldSpec[] =>
  fields.filter((field) => !field.when || field.when(properties));

/** Fill in what is not stored yet, so that every member that the platform asks for is there. */
export function withInitials(fields: readonly FieldSpec[], properties: Properties): Properties {
  return fields.reduce(
    (filled, { path, initial }) =>
      initial !== undefined && valueAt(filled, path) === undefined ? withValue(filled, path, initial) : filled,
    properties,
  );
}
