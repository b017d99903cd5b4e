import { Plug, Plus } from 'lucide-react';
import { useState } from 'react';
import { isSameSensor } from '../../board/readings';
import { useT } from '../../i18n/i18n';
import { Empty } from '../../ui/Empty';
import { Loading } from '../../ui/Page';
import { sensorsAt } from '../device/fingers';
import { mayOwn } from '../device/roles';
import type { PortPanelProps } from '../port/PortPanel';
import { AddSensor } from './AddSensor';
import { SensorPanel } from './SensorPanel';

/** The sensors of a bus's slot, and a place for one more where the bus takes it. */
export function SensorList({ device, port, sensors, isKnown, readings }: PortPanelProps) {
  const t = useT();
  const [isAdding, setIsAdding] = useState(false);
  const here = sensorsAt(port, sensors);
  const hasRoom = port.isAddressed || here.length === 0;
  const add = mayOwn(device.role) && hasRoom && (
    <button type="button" className={`button ${here.length ? '' : 'primary'}`} onClick={() => setIsAdding(true)}>
      <Plus aria-hidden="true" />
      {t('sensor.add')}
    </button>
  );
  if (isAdding) return <AddSensor device={device} port={port} taken={here} onDone={() => setIsAdding(false)} />;
  if (here.length === 0 && !isKnown) return <Loading />;
  if (here.length === 0) {
    return (
      <section className="card panel">
        <Empty icon={Plug} title={port.label} text={t('device.port.free')}>
          {add}
        </Empty>
      </section>
    );
  }
  return (
    <>
      {here.map((sensor) => (
        <SensorPanel
          key={sensor.sensorname}
          device={device}
          sensor={sensor}
          charted={readings.find((one) => isSameSensor(one, sensor))}
          portLabel={port.label}
        />
      ))}
      {add && <div>{add}</div>}
    </>
  );
}
