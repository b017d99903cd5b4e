import type { Schemas } from '@iotcloud/client';
import type { Port } from '../../board/ports';
import { useT } from '../../i18n/i18n';
import { AskNote, AskSwitch } from '../../ui/Ask';
import type { Charted, Device, Sensor } from '../device/queries';
import { maySwitch } from '../device/roles';
import { SensorList } from '../sensor/SensorList';
import { useEnableGpio, useEnableUart } from './queries';

export type PortPanelProps = {
  device: Device;
  port: Port;
  sensors: readonly Sensor[];
  readings: readonly Charted[];
  pins: Schemas['GpiosReport'] | undefined;
  uarts: readonly Schemas['UartReport'][] | undefined;
};

/** What is on one port, by what the port holds. */
export function PortPanel(props: PortPanelProps) {
  const Panel = PANELS[props.port.holds];
  return <Panel key={props.port.id} {...props} />;
}

const PANELS = { settings: UartPanel, pin: GpioPanel, sensors: SensorList } as const;

function UartPanel({ device, port, uarts }: PortPanelProps) {
  const t = useT();
  const asking = useEnableUart(device.devicename);
  const locked = maySwitch(device.role) ? undefined : t('ask.viewer');
  return (
    <section className="card panel">
      <header>
        <div>
          <h2 className="title">{port.label}</h2>
          <AskNote state={asking.state} />
        </div>
        {uarts && <AskSwitch label={port.label} isOn={uarts[0]?.enabled === 1} asking={asking} locked={locked} />}
      </header>
    </section>
  );
}

function GpioPanel({ device, port, pins }: PortPanelProps) {
  const t = useT();
  const asking = useEnableGpio(device.devicename, port.number);
  const locked = maySwitch(device.role) ? undefined : t('ask.viewer');
  const pin = pins?.gpios[port.number - 1];
  return (
    <section className="card panel">
      <header>
        <div>
          <h2 className="title">{port.label}</h2>
          {pin && (
            <p>
              {t(pin.direction ? 'device.gpio.output' : 'device.gpio.input', {
                port: t(pin.status ? 'device.high' : 'device.low'),
              })}
            </p>
          )}
          <AskNote state={asking.state} />
        </div>
        {pin && <AskSwitch label={port.label} isOn={pin.enabled === 1} asking={asking} locked={locked} />}
      </header>
    </section>
  );
}
