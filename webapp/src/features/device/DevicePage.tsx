import './device.css';
import { useParams, useSearchParams } from 'react-router-dom';
import { portOf } from '../../board/ports';
import { useLocale, useT } from '../../i18n/i18n';
import { timeOf, useAge } from '../../ui/Age';
import { Failure } from '../../ui/Failure';
import { Head, Loading } from '../../ui/Page';
import { StateDot } from '../../ui/StateDot';
import { PortPanel } from '../port/PortPanel';
import { Connector } from './Connector';
import { Controls } from './Controls';
import { type Finger, fingers } from './fingers';
import { type Device, useDevice, useGpios, useReadings, useSensors, useUarts } from './queries';

/** One device: its board, the port that was chosen, and what can be switched. */
export default function DevicePage() {
  const { devicename = '' } = useParams();
  const t = useT();
  const { data: device, error, refetch } = useDevice(devicename);
  return (
    <>
      <Head
        title={devicename}
        sub={device && <Facts device={device} />}
        back={{ to: '/devices', text: t('devices.title') }}
      />
      {error && <Failure failure={error} onRetry={() => void refetch()} />}
      {device ? <Board device={device} /> : !error && <Loading />}
    </>
  );
}

function Facts({ device }: { device: Device }) {
  const t = useT();
  const since = useAge(timeOf(device.online ? device.connected_at : (device.disconnected_at ?? device.heartbeat)));
  const state = device.online === undefined ? 'unknown' : device.online ? 'live' : 'away';
  return (
    <div className="facts">
      <StateDot state={state} />
      <span>
        {state === 'unknown' ? t('device.unknown') : t(device.online ? 'device.online' : 'device.away', { age: since })}
      </span>
      {device.version && <span>{t('device.firmware', { version: device.version })}</span>}
    </div>
  );
}

function Board({ device }: { device: Device }) {
  const t = useT();
  const locale = useLocale();
  const [params, setParams] = useSearchParams();
  const isReachable = device.online !== false;
  const { devicename } = device;
  const uarts = useUarts(devicename, isReachable);
  const gpios = useGpios(devicename, isReachable);
  const { sensors, isPending, error } = useSensors(devicename);
  const readings = useReadings(devicename);
  const drawn = fingers(
    { uarts: uarts.data, gpios: gpios.data?.gpios, sensors, readings: readings.data ?? [] },
    t,
    locale,
  );
  const port = portOf(params.get('port')) ?? firstOf(drawn);
  return (
    <>
      <Connector
        isKnown={!isPending}
        fingers={drawn}
        selected={port.id}
        onSelect={(id) => setParams({ port: id }, { replace: true })}
      />
      <div className="columns">
        <div className="stack" role="tabpanel" id="port" aria-labelledby={`tab-${port.id}`}>
          {(error ?? gpios.error) && <Failure failure={error ?? gpios.error} onRetry={() => void gpios.refetch()} />}
          <PortPanel
            isKnown={!isPending}
            device={device}
            port={port}
            sensors={sensors}
            readings={readings.data ?? []}
            pins={gpios.data}
            uarts={uarts.data}
          />
        </div>
        <div className="stack">
          <Controls device={device} pins={gpios.data?.gpios} />
        </div>
      </div>
    </>
  );
}

/** The port that says most: the first with a sensor, else the first in use, else the first pin. */
function firstOf(drawn: readonly Finger[]) {
  const used = drawn.filter((finger) => finger.hue);
  return (used.find(({ port }) => port.holds === 'sensors') ?? used[0] ?? drawn[1]!).port;
}
