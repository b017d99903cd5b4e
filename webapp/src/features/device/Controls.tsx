import { PORTS } from '../../board/ports';
import { useT } from '../../i18n/i18n';
import { AskNote, AskSwitch } from '../../ui/Ask';
import { useEnableGpio } from '../port/queries';
import type { Device, Pin } from './queries';
import { maySwitch } from './roles';

const GPIOS = PORTS.filter((port) => port.holds === 'pin');

/** What can be switched at once: the pins that are outputs; inputs show their level. */
export function Controls({ device, pins }: { device: Device; pins: readonly Pin[] | undefined }) {
  const t = useT();
  const shown = GPIOS.filter((port) => {
    const pin = pins?.[port.number - 1];
    return pin && (pin.direction === 1 || pin.enabled === 1);
  });
  return (
    <section className="card">
      <h2>{t('device.controls')}</h2>
      {pins && shown.length === 0 && <p className="muted small">{t('device.controls.none')}</p>}
      <ul className="rows">
        {shown.map((port) => (
          <PinControl
            key={port.id}
            device={device}
            number={port.number}
            label={port.label}
            pin={pins![port.number - 1]!}
          />
        ))}
      </ul>
    </section>
  );
}

type PinControlProps = { device: Device; number: number; label: string; pin: Pin };

function PinControl({ device, number, label, pin }: PinControlProps) {
  const t = useT();
  const asking = useEnableGpio(device.devicename, number);
  const isOutput = pin.direction === 1;
  return (
    <li style={{ '--hue': 'var(--gpio)' } as React.CSSProperties}>
      <span className="bar" />
      <div className="text">
        <b>{label}</b>
        {asking.state.phase === 'idle' ? (
          <span>
            {t(isOutput ? 'device.gpio.output' : 'device.gpio.input', {
              port: t(pin.status ? 'device.high' : 'device.low'),
            })}
          </span>
        ) : (
          <AskNote state={asking.state} />
        )}
      </div>
      {isOutput ? (
        <AskSwitch
          label={label}
          isOn={pin.enabled === 1}
          asking={asking}
          locked={maySwitch(device.role) ? undefined : t('ask.viewer')}
        />
      ) : (
        <span className={`level ${pin.status ? '' : 'low'}`}>{t(pin.status ? 'device.high' : 'device.low')}</span>
      )}
    </li>
  );
}
