import { Plug } from 'lucide-react';
import { hueOf } from '../../board/classes';
import { isOld, isSameSensor, linesOf, newestOf } from '../../board/readings';
import { useT } from '../../i18n/i18n';
import { useNow } from '../../ui/clock';
import { Empty } from '../../ui/Empty';
import { Sparkline } from '../../ui/Sparkline';
import { Value } from '../../ui/Value';
import { sensorsAt } from '../device/fingers';
import type { PortPanelProps } from '../port/PortPanel';

/** The sensors of a bus's slot, with their newest values. */
export function SensorList({ port, sensors, readings }: PortPanelProps) {
  const t = useT();
  const now = useNow();
  const here = sensorsAt(port, sensors);
  if (here.length === 0) return <Empty icon={Plug} title={port.label} text={t('device.port.free')} />;
  return here.map((sensor) => {
    const lines = linesOf(readings.find((one) => isSameSensor(one, sensor))?.dataset);
    const classes = [sensor.class, ...(sensor.subclass ? [sensor.subclass] : [])];
    const names = [sensor.attributes[0], sensor.subattributes?.[0]];
    return (
      <section className="card panel" key={sensor.sensorname}>
        <header>
          <div>
            <h2 className="title">{sensor.sensorname}</h2>
            <p>
              {sensor.model}, {port.label}
            </p>
          </div>
        </header>
        <div className="figures">
          {classes.map((name, index) => {
            const { value, at } = newestOf(lines[index]);
            return (
              <div key={name} style={{ '--hue': hueOf(name), flex: '1 1 140px' } as React.CSSProperties}>
                <span className="legend">
                  <i />
                  <span>{names[index] ?? name}</span>
                </span>
                <Value
                  value={value}
                  unit={sensor.units[index]}
                  at={at}
                  size="large"
                  state={isOld(lines[index], now) ? 'old' : 'fresh'}
                />
                {lines[index] && (
                  <Sparkline times={lines[index].times} values={lines[index].values} colour={hueOf(name)} />
                )}
              </div>
            );
          })}
        </div>
      </section>
    );
  });
}
