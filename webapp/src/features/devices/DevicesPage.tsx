import './devices.css';
import { Cpu, Plus, Search } from 'lucide-react';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';
import { useT } from '../../i18n/i18n';
import { Empty } from '../../ui/Empty';
import { Failure } from '../../ui/Failure';
import { Head, Loading } from '../../ui/Page';
import { DeviceCard } from './DeviceCard';
import { useDevices } from './queries';
import { connectionOf, FILTERS, type Filter, sections } from './sections';

const FILTER_NAMES = Object.keys(FILTERS) as Filter[];

/** All devices: those that need attention first. */
export default function DevicesPage() {
  const t = useT();
  const { data: devices, error, refetch, isPending } = useDevices();
  const [params, setParams] = useSearchParams();
  const [search, setSearch] = useState('');
  const filter = FILTER_NAMES.find((name) => name === params.get('filter')) ?? 'all';
  const online = devices?.filter((device) => connectionOf(device) === 'online').length ?? 0;
  const shown = sections(devices ?? [], filter, search);
  return (
    <>
      <Head
        title={t('devices.title')}
        sub={
          devices &&
          t('devices.summary', {
            online,
            total: devices.length,
            attention: devices.filter((device) => device.alarm).length,
          })
        }
      >
        <label className="search">
          <Search aria-hidden="true" />
          <input
            type="search"
            aria-label={t('devices.search')}
            placeholder={t('devices.search')}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </label>
        <Link className="button primary add" to="/add">
          <Plus aria-hidden="true" />
          <span>{t('devices.add')}</span>
        </Link>
      </Head>
      {error && <Failure failure={error} onRetry={() => void refetch()} />}
      {isPending && <Loading />}
      {devices && devices.length > 0 && (
        <div className="chips" role="group" aria-label={t('devices.filter')}>
          {FILTER_NAMES.map((name) => {
            const count = devices.filter(FILTERS[name]).length;
            return (
              (name === 'all' || count > 0 || name === filter) && (
                <button
                  key={name}
                  type="button"
                  className="chip"
                  aria-pressed={name === filter}
                  onClick={() => setParams(name === 'all' ? {} : { filter: name }, { replace: true })}
                >
                  {t(`devices.${name}`)}
                  <b>{count}</b>
                </button>
              )
            );
          })}
        </div>
      )}
      {shown.map((section) => (
        <section key={section.name} aria-label={t(`devices.section.${section.name}`)}>
          <h2 className="section-name">{t(`devices.section.${section.name}`)}</h2>
          <div className="cards">
            {section.devices.map((device) => (
              <DeviceCard key={device.deviceid} device={device} />
            ))}
          </div>
        </section>
      ))}
      {devices?.length === 0 && <Empty icon={Cpu} title={t('devices.empty.title')} text={t('devices.empty.text')} />}
      {devices && devices.length > 0 && shown.length === 0 && (
        <Empty icon={Search} title={t('devices.none.title')} text={t('devices.none.text')} />
      )}
    </>
  );
}
