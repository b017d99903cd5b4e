import '../sensor/sensor.css';
import type { Schemas } from '@iotcloud/client';
import { useState } from 'react';
import { GPIO_FIELDS, type Properties, UART_FIELDS, VOLTAGES, valueAt, withInitials } from '../../board/fields';
import type { Port } from '../../board/ports';
import { useT } from '../../i18n/i18n';
import { type Asking, AskNote, AskSwitch } from '../../ui/Ask';
import { Failure } from '../../ui/Failure';
import { Choice } from '../../ui/Field';
import { Loading } from '../../ui/Page';
import { SpecForm } from '../../ui/SpecForm';
import type { Charted, Device, Sensor } from '../device/queries';
import { maySwitch } from '../device/roles';
import { Recipients } from '../rule/Recipients';
import { SensorList } from '../sensor/SensorList';
import {
  useAdcVoltage,
  useEnableGpio,
  useEnableUart,
  useGpioProperties,
  useSetAdcVoltage,
  useSetGpioProperties,
  useSetGpioVoltage,
  useSetUartProperties,
  useUartProperties,
} from './queries';

export type PortPanelProps = {
  device: Device;
  port: Port;
  sensors: readonly Sensor[];
  /** Whether all sensors are known; until then a port without any may have some. */
  isKnown: boolean;
  readings: readonly Charted[];
  pins: Schemas['GpiosReport'] | undefined;
  uarts: readonly Schemas['UartReport'][] | undefined;
};

/** What is on one port, by what the port holds. */
export function PortPanel(props: PortPanelProps) {
  const Panel = PANELS[props.port.holds];
  return (
    <>
      <Panel key={props.port.id} {...props} />
      {props.port.source === 'adc' && <AdcVoltage device={props.device} />}
    </>
  );
}

const PANELS = { settings: UartPanel, pin: GpioPanel, sensors: SensorList } as const;

function UartPanel({ device, port, uarts }: PortPanelProps) {
  const t = useT();
  const asking = useEnableUart(device.devicename);
  const locked = maySwitch(device.role) ? undefined : t('ask.viewer');
  const properties = useUartProperties(device.devicename, device.online !== false);
  const saving = useSetUartProperties(device.devicename);
  return (
    <section className="card panel">
      <header>
        <div>
          <h2 className="title">{port.label}</h2>
          <AskNote state={asking.state} />
        </div>
        {uarts && <AskSwitch label={port.label} isOn={uarts[0]?.enabled === 1} asking={asking} locked={locked} />}
      </header>
      <Settings query={properties} saving={saving} fields={UART_FIELDS} isLocked={!!locked} />
    </section>
  );
}

function GpioPanel({ device, port, pins }: PortPanelProps) {
  const t = useT();
  const asking = useEnableGpio(device.devicename, port.number);
  const locked = maySwitch(device.role) ? undefined : t('ask.viewer');
  const properties = useGpioProperties(device.devicename, port.number, device.online !== false);
  const saving = useSetGpioProperties(device.devicename, port.number);
  const voltage = useSetGpioVoltage(device.devicename);
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
        {pin && (
          <div className="pin-state">
            <span className={`level ${pin.status ? '' : 'low'}`}>{t(pin.status ? 'device.high' : 'device.low')}</span>
            <AskSwitch label={port.label} isOn={pin.enabled === 1} asking={asking} locked={locked} />
          </div>
        )}
      </header>
      <Settings query={properties} saving={saving} fields={GPIO_FIELDS} isLocked={!!locked} />
      {pins && (
        <Voltage
          label={t('port.gpioVoltage')}
          options={VOLTAGES.gpio}
          value={pins.voltage}
          asking={voltage}
          isLocked={!!locked}
        />
      )}
    </section>
  );
}

function AdcVoltage({ device }: { device: Device }) {
  const t = useT();
  const voltage = useAdcVoltage(device.devicename, device.online !== false);
  const asking = useSetAdcVoltage(device.devicename);
  if (voltage.data === undefined) return null;
  return (
    <section className="card panel">
      <Voltage
        label={t('port.adcVoltage')}
        options={VOLTAGES.adc}
        value={voltage.data}
        asking={asking}
        isLocked={!maySwitch(device.role)}
      />
    </section>
  );
}

type VoltageProps = {
  label: string;
  options: readonly string[];
  value: number;
  asking: Asking<number>;
  isLocked: boolean;
};

function Voltage({ label, options, value, asking, isLocked }: VoltageProps) {
  return (
    <div className="form">
      <Choice
        label={label}
        value={value}
        disabled={isLocked || asking.state.phase === 'asked'}
        options={options.map((text, index) => ({ value: index, text }))}
        onChoose={(chosen) => void asking.ask(Number(chosen))}
      />
      <AskNote state={asking.state} />
    </div>
  );
}

type SettingsProps = {
  query: { data: Properties | undefined; error: unknown; isPending: boolean; refetch: () => unknown };
  saving: Asking<Properties>;
  fields: Parameters<typeof SpecForm>[0]['fields'];
  isLocked: boolean;
};

/** What a port is set to: asked of the device, changed by a form. */
function Settings({ query, saving, fields, isLocked }: SettingsProps) {
  const t = useT();
  const [draft, setDraft] = useState<Properties | null>(null);
  if (query.error) return <Failure failure={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return query.isPending ? <Loading /> : null;
  const shown = draft ?? withInitials(fields, query.data);
  return (
    <form
      className="rule"
      onSubmit={(event) => {
        event.preventDefault();
        void saving.ask(shown).then((isDone) => isDone && setDraft(null));
      }}
    >
      <SpecForm
        fields={fields}
        properties={shown}
        disabled={isLocked}
        onChange={(next) =>
          setDraft(next.direction === 1 && Number(valueAt(next, 'mode')) > 2 ? { ...next, mode: 0 } : next)
        }
      />
      {shown.direction !== 1 && <Recipients properties={shown} disabled={isLocked} onChange={setDraft} />}
      <div className="actions">
        <button
          type="submit"
          className="button primary"
          disabled={!draft || isLocked || saving.state.phase === 'asked'}
        >
          {t('action.save')}
        </button>
        {draft && (
          <button type="button" className="button plain" onClick={() => setDraft(null)}>
            {t('action.cancel')}
          </button>
        )}
        <AskNote state={saving.state} />
      </div>
      {saving.state.phase === 'refused' && <Failure failure={saving.state.failure} />}
    </form>
  );
}
