/** What stands on each finger of the connector: a colour and a few characters. */

import type { Schemas } from '@iotcloud/client';
import { hueOf } from '../../board/classes';
import { PORTS, type Port } from '../../board/ports';
import { isSameSensor, linesOf, newestOf } from '../../board/readings';
import { formatReading } from '../../i18n/format';
import type { Translate } from '../../i18n/i18n';
import type { Charted, Sensor } from './queries';

export type Finger = { port: Port; hue: string | undefined; text: string };

export type Board = {
  uarts: readonly Schemas['UartReport'][] | undefined;
  gpios: readonly Schemas['PinReport'][] | undefined;
  sensors: readonly Sensor[];
  readings: readonly Charted[];
};

export const sensorsAt = (port: Port, sensors: readonly Sensor[]): Sensor[] =>
  sensors.filter((sensor) => sensor.source === port.source && Number(sensor.number) === port.number);

export function fingers(board: Board, t: Translate, locale: string): Finger[] {
  return PORTS.map((port) => ({ port, ...DRAWN[port.holds](port, board, t, locale) }));
}

type Drawn = Omit<Finger, 'port'>;
const FREE: Drawn = { hue: undefined, text: '' };

const DRAWN: Record<Port['holds'], (port: Port, board: Board, t: Translate, locale: string) => Drawn> = {
  settings: (_, { uarts }, t) => (uarts?.[0]?.enabled ? { hue: 'var(--gpio)', text: t('device.on') } : FREE),
  pin: (port, { gpios }, t) => {
    const pin = gpios?.[port.number - 1];
    if (!pin?.enabled) return FREE;
    return { hue: 'var(--gpio)', text: t(pin.status ? 'device.high' : 'device.low') };
  },
  sensors: (port, { sensors, readings }, _, locale) => {
    const [first] = sensorsAt(port, sensors);
    if (!first) return FREE;
    const { value } = newestOf(linesOf(readings.find((one) => isSameSensor(one, first))?.dataset)[0]);
    const unit = first.units[0];
    const text = value === undefined ? '' : `${formatReading(locale, value, unit)}${unit === 'C' ? '°' : ''}`;
    return { hue: hueOf(first.class), text };
  },
};
