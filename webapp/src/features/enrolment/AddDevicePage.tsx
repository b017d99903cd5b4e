import './enrolment.css';
import { must, type Schemas } from '@iotcloud/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Download, QrCode, Wand2 } from 'lucide-react';
import { type FormEvent, lazy, Suspense, useState } from 'react';
import { Link, useLocation } from 'react-router-dom';
import { keys } from '../../api/keys';
import { useT } from '../../i18n/i18n';
import { devicePath } from '../../routes';
import { api } from '../../session/session';
import { Failure } from '../../ui/Failure';
import { Field } from '../../ui/Field';
import { Head, Loading } from '../../ui/Page';
import { StateDot } from '../../ui/StateDot';
import { useDevice } from '../device/queries';
import { makeDeviceKey } from './csr';
import { generateLabel, type Label, readLabel } from './label';
import { zip } from './zip';

const Scan = lazy(() => import('./Scan'));

type Enrolled = { device: Schemas['EnrolledDevice']; privateKey: string | undefined };
type Wish = Label & { devicename: string; isKeyMadeHere: boolean };

/** Add a device: its label, a name, a key, and then wait until it connects. */
export default function AddDevicePage() {
  const t = useT();
  const { hash } = useLocation();
  const queries = useQueryClient();
  const [label, setLabel] = useState<Label>(() => readLabel(hash) ?? { deviceid: '', serialnumber: '' });
  const [isScanning, setIsScanning] = useState(false);
  const adding = useMutation({
    mutationFn: async ({ devicename, deviceid, serialnumber, isKeyMadeHere }: Wish): Promise<Enrolled> => {
      const key = isKeyMadeHere ? await makeDeviceKey(deviceid) : undefined;
      const { device } = await must(
        api.POST('/devices/device/{devicename}', {
          params: { path: { devicename } },
          body: { deviceid, serialnumber, ...(key ? { csr: key.request } : {}) },
        }),
      );
      await queries.invalidateQueries({ queryKey: keys.devices });
      return { device, privateKey: key?.privateKey ?? device.pkey };
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    adding.mutate({
      ...label,
      devicename: String(form.get('devicename')).trim(),
      isKeyMadeHere: form.get('key') !== 'platform',
    });
  };
  if (adding.data) return <Added enrolled={adding.data} />;
  return (
    <>
      <Head title={t('devices.add')} back={{ to: '/devices', text: t('devices.title') }} />
      <form className="card form enrolment" onSubmit={submit}>
        <div className="actions">
          <button type="button" className="button" aria-pressed={isScanning} onClick={() => setIsScanning(!isScanning)}>
            <QrCode aria-hidden="true" />
            {t('enrolment.scan')}
          </button>
          <button type="button" className="button" onClick={() => setLabel(generateLabel())}>
            <Wand2 aria-hidden="true" />
            {t('enrolment.generate')}
          </button>
        </div>
        {isScanning && (
          <Suspense fallback={<Loading />}>
            <Scan
              onLabel={(read) => {
                setLabel(read);
                setIsScanning(false);
              }}
            />
          </Suspense>
        )}
        <Field
          label={t('enrolment.deviceid')}
          value={label.deviceid}
          pattern="[A-Za-z0-9_:\-]{1,128}"
          onChange={(event) => setLabel(readLabel(event.target.value) ?? { ...label, deviceid: event.target.value })}
          required
        />
        <Field
          label={t('enrolment.serialnumber')}
          value={label.serialnumber}
          maxLength={64}
          onChange={(event) => setLabel({ ...label, serialnumber: event.target.value })}
          required
        />
        <Field label={t('enrolment.devicename')} name="devicename" maxLength={64} pattern="[^\/]+" required />
        <fieldset className="choices">
          <legend>{t('enrolment.key')}</legend>
          <label className="check">
            <input type="radio" name="key" value="here" defaultChecked />
            <span>
              <b>{t('enrolment.key.here')}</b>
              <span className="small muted">{t('enrolment.key.hereText')}</span>
            </span>
          </label>
          <label className="check">
            <input type="radio" name="key" value="platform" />
            <span>
              <b>{t('enrolment.key.platform')}</b>
              <span className="small muted">{t('enrolment.key.platformText')}</span>
            </span>
          </label>
        </fieldset>
        {adding.error && <Failure failure={adding.error} />}
        <button type="submit" className="button primary" disabled={adding.isPending}>
          {t('devices.add')}
        </button>
      </form>
    </>
  );
}

/** The files that the device needs, and whether it has connected. */
function Added({ enrolled: { device, privateKey } }: { enrolled: Enrolled }) {
  const t = useT();
  const [isSaved, setIsSaved] = useState(false);
  const { data } = useDevice(device.devicename);
  const save = () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(zip(bundle(device, privateKey)));
    link.download = `${device.deviceid}.zip`;
    link.click();
    URL.revokeObjectURL(link.href);
    setIsSaved(true);
  };
  return (
    <>
      <Head
        title={t('enrolment.added', { name: device.devicename })}
        back={{ to: '/devices', text: t('devices.title') }}
      />
      <div className="card enrolment stack">
        <h2 className="title">{t('enrolment.files')}</h2>
        <p>{t('enrolment.filesText')}</p>
        <div className="actions">
          <button type="button" className={`button ${isSaved ? '' : 'primary'}`} onClick={save}>
            <Download aria-hidden="true" />
            {t('enrolment.save')}
          </button>
          {isSaved && <span className="said confirmed">{t('enrolment.saved')}</span>}
        </div>
        <p className="facts" role="status">
          <StateDot state={data?.online ? 'live' : 'unknown'} />
          <span>{t(data?.online ? 'enrolment.connected' : 'enrolment.waiting')}</span>
        </p>
        <div className="actions">
          <Link className={`button ${data?.online ? 'primary' : ''}`} to={devicePath(device.devicename)}>
            {t('enrolment.open')}
          </Link>
        </div>
      </div>
    </>
  );
}

function bundle(device: Schemas['EnrolledDevice'], privateKey: string | undefined) {
  const { deviceid, host, port, cert, ca } = device;
  return [
    { name: 'ca.pem', text: ca },
    ...(cert ? [{ name: 'certificate.pem', text: cert }] : []),
    ...(privateKey ? [{ name: 'private-key.pem', text: privateKey }] : []),
    { name: 'connection.json', text: `${JSON.stringify({ deviceid, host, port }, null, 2)}\n` },
  ];
}
