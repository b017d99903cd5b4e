import { Link } from 'react-router-dom';
import { hueOf, isKnownClass } from '../../board/classes';
import { isOld, type Line, linesOf } from '../../board/readings';
import { type Translate, useT } from '../../i18n/i18n';
import { devicePath } from '../../routes';
import { Age, timeOf, useAge } from '../../ui/Age';
import { useNow } from '../../ui/clock';
import { EdgeConnector, type UsedPorts } from '../../ui/EdgeConnector';
import { Sparkline } from '../../ui/Sparkline';
import { type DeviceState, StateDot } from '../../ui/StateDot';
import { Value } from '../../ui/Value';
import type { Device, Glance } from './queries';
import { connectionOf, isShared } from './sections';

const FIGURES = 2;

/** One device: its state, up to two values with their course, and its board. */
export function DeviceCard({ device }: { device: Device }) {
  const t = useT();
  const connection = connectionOf(device);
  const age = useAge(timeOf(device.disconnected_at ?? device.heartbeat));
  const isKnown = device.heartbeat !== undefined || device.disconnected_at !== undefined;
  const inactive = device.sensors.find((sensor) => sensor.inactive);
  const beyond = device.sensors.find((sensor) => sensor.alarm);
  const state: DeviceState = beyond ? 'alarm' : inactive ? 'warn' : connection === 'online' ? 'live' : connection;
  return (
    <article className={`card device ${state}`}>
      <div className="top">
        <StateDot state={state} />
        <Link to={devicePath(device.devicename)} title={device.devicename}>
          {device.devicename}
        </Link>
        <span className="when">
          {isShared(device) && `${t('devices.sharedBy')}${connection === 'online' ? ' · ' : ''}`}
          {connection === 'online' && <Age at={timeOf(device.heartbeat)} />}
        </span>
      </div>
      {beyond && <p className="why alarm">{t('devices.beyond', { name: beyond.sensorname })}</p>}
      {inactive && <p className="why warn">{t('devices.silent', { name: inactive.sensorname })}</p>}
      {connection !== 'online' && (
        <p className="why muted">{isKnown ? t('devices.awaySince', { age }) : t('devices.neverSeen')}</p>
      )}
      <Figures device={device} />
      <EdgeConnector used={usedPorts(device)} isAway={connection === 'away'} />
    </article>
  );
}

type Figure = { key: string; name: string; label: string; value?: number; unit?: string; line?: Line; sensor: Glance };

function Figures({ device }: { device: Device }) {
  const now = useNow();
  const t = useT();
  const shown = figuresOf(device, t).slice(0, FIGURES);
  if (shown.length === 0) return null;
  return (
    <div className="values">
      {shown.map(({ key, name, label, value, unit, line, sensor }) => {
        const colour = sensor.alarm ? 'var(--alarm)' : hueOf(name);
        const isStale = device.online === false || sensor.inactive || isOld(line, now);
        return (
          <div key={key} style={{ '--hue': colour } as React.CSSProperties}>
            <span className="legend">
              <i />
              <span>{label}</span>
            </span>
            <Value
              value={value}
              unit={unit}
              at={timeOf(sensor.timestamp)}
              state={isStale ? 'old' : sensor.alarm ? 'alarm' : 'fresh'}
            />
            {line && (
              <Sparkline
                times={line.times}
                values={line.values}
                colour={isStale ? 'var(--ink-3)' : colour}
                until={isStale ? now / 1000 : undefined}
              />
            )}
          </div>
        );
      })}
    </div>
  );
}

/** The values of a card: of inputs, those in alarm first; a sensor of two classes gives two. */
function figuresOf(device: Device, t: Translate): Figure[] {
  const called = (name: string) => (isKnownClass(name) ? t(`class.${name}`) : name);
  return device.sensors
    .filter((sensor) => sensor.type === 'input')
    .sort((one, other) => Number(other.alarm || other.inactive) - Number(one.alarm || one.inactive))
    .flatMap((sensor) => {
      const lines = linesOf(sensor.dataset);
      const [unit, subunit] = sensor.units;
      const key = `${sensor.source}${sensor.number}${sensor.sensorname}`;
      const main = {
        key,
        name: sensor.class,
        label: sensor.sensorname,
        value: sensor.value,
        unit,
        line: lines[0],
        sensor,
      };
      if (!sensor.subclass) return [main];
      main.label = `${sensor.sensorname}, ${called(sensor.class)}`;
      const second = {
        ...main,
        label: `${sensor.sensorname}, ${called(sensor.subclass)}`,
        key: `${key}/2`,
        name: sensor.subclass,
        value: sensor.subvalue,
        unit: subunit,
        line: lines[1],
      };
      return [main, second];
    });
}

function usedPorts(device: Device): UsedPorts {
  const used: Record<string, string> = {};
  for (const { source, number, enabled } of device.ports) {
    if (enabled) used[source === 'uart' ? source : `${source}${number}`] = 'var(--gpio)';
  }
  for (const sensor of device.sensors) {
    const port = `${sensor.source}${sensor.number}`;
    if (sensor.alarm) used[port] = 'var(--alarm)';
    else used[port] ??= hueOf(sensor.class);
  }
  return used;
}
