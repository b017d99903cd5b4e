import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Download, Table2, Trash2 } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { keys } from '../../api/keys';
import { classView, hueOf } from '../../board/classes';
import { courseOf, intervalOf, type Span, summaryOf } from '../../board/course';
import type { Properties } from '../../board/fields';
import { isOld, linesOf, newestOf } from '../../board/readings';
import { formatTime, formatWithUnit } from '../../i18n/format';
import { useLocale, useT } from '../../i18n/i18n';
import { AskNote, AskSwitch } from '../../ui/Ask';
import type { Mark } from '../../ui/Chart';
import { useNow } from '../../ui/clock';
import { Failure } from '../../ui/Failure';
import { Value } from '../../ui/Value';
import type { Charted, Device, Sensor } from '../device/queries';
import { mayOwn, maySwitch } from '../device/roles';
import { limitsOf } from '../rule/limits';
import { RulePanel } from '../rule/RulePanel';
import {
  deleteReadings,
  deleteSensor,
  exportSeries,
  placeOf,
  useEnableSensor,
  useProperties,
  useSeries,
} from './queries';

const Chart = lazy(() => import('../../ui/Chart'));

const RANGES = [
  { id: 'hour', seconds: 3600 },
  { id: 'day', seconds: 86_400 },
  { id: 'week', seconds: 7 * 86_400 },
  { id: 'month', seconds: 30 * 86_400 },
] as const;
/** Seconds. */
const SHORTEST_SPAN = 120;
type RangeId = (typeof RANGES)[number]['id'];

export type SensorPanelProps = { device: Device; sensor: Sensor; charted: Charted | undefined; portLabel: string };

/** One sensor: its values, its course, its rule. */
export function SensorPanel({ device, sensor, charted, portLabel }: SensorPanelProps) {
  const t = useT();
  const now = useNow();
  const place = placeOf(device.devicename, sensor);
  const asking = useEnableSensor(place);
  const properties = useProperties(place, device.online !== false);
  const [marks, setMarks] = useState<readonly Mark[]>([]);
  const [draft, setDraft] = useState<Properties | null>(null);
  const lines = linesOf(charted?.dataset);
  const classes = classesOf(sensor);
  const isSwitchable = maySwitch(device.role);
  const locked = isSwitchable ? (sensor.configured ? undefined : t('sensor.notConfigured')) : t('ask.viewer');
  return (
    <section className="card panel" aria-label={sensor.sensorname}>
      <header>
        <div>
          <h2 className="title">{sensor.sensorname}</h2>
          <p>
            {sensor.model}, {portLabel}
            {sensor.address !== undefined && `, 0x${sensor.address.toString(16).padStart(2, '0').toUpperCase()}`}
          </p>
          <AskNote state={asking.state} />
          {!sensor.configured && asking.state.phase === 'idle' && <p>{t('sensor.notConfigured')}</p>}
        </div>
        <AskSwitch
          label={t('sensor.enabled', { name: sensor.sensorname })}
          isOn={sensor.enabled === 1}
          asking={asking}
          locked={locked}
        />
      </header>
      {sensor.type === 'input' && (
        <>
          <div className="figures">
            {classes.map(({ name, label, unit }, index) => {
              const { value, at } = newestOf(lines[index]);
              return (
                <div key={name} style={{ '--hue': hueOf(name) } as React.CSSProperties}>
                  <span className="legend">
                    <i />
                    <span>{label}</span>
                  </span>
                  <Value
                    value={value}
                    unit={unit}
                    at={at}
                    size={index === 0 ? 'large' : 'normal'}
                    state={isOld(lines[index], now) ? 'old' : 'fresh'}
                  />
                </div>
              );
            })}
          </div>
          <History device={device} sensor={sensor} properties={draft ?? properties.data} marks={marks} />
        </>
      )}
      {properties.error && <Failure failure={properties.error} onRetry={() => void properties.refetch()} />}
      {properties.data && (
        <RulePanel
          place={place}
          sensor={sensor}
          stored={properties.data}
          isEditable={isSwitchable}
          draft={draft}
          onDraft={setDraft}
          onMarks={setMarks}
        />
      )}
      {mayOwn(device.role) && <Removal device={device} sensor={sensor} />}
    </section>
  );
}

const classesOf = (sensor: Sensor) =>
  [
    { name: sensor.class, label: sensor.attributes[0] ?? sensor.class, unit: sensor.units[0] },
    ...(sensor.subclass
      ? [{ name: sensor.subclass, label: sensor.subattributes?.[0] ?? sensor.subclass, unit: sensor.units[1] }]
      : []),
  ] as const;

type HistoryProps = {
  device: Device;
  sensor: Sensor;
  properties: Record<string, unknown> | undefined;
  marks: readonly Mark[];
};

function History({ device, sensor, properties, marks }: HistoryProps) {
  const t = useT();
  const locale = useLocale();
  const place = placeOf(device.devicename, sensor);
  const [range, setRange] = useState<RangeId>('hour');
  const [zoomed, setZoomed] = useState<Span | null>(null);
  const [isTable, setIsTable] = useState(false);
  const [begin, setBegin] = useState(() => Date.now() / 1000);
  const { seconds } = RANGES.find(({ id }) => id === range)!;
  const asked = zoomed ?? { from: begin - seconds, to: begin };
  const series = useSeries(place, asked, zoomed === null);
  const shift = zoomed ? 0 : Math.max(0, series.dataUpdatedAt / 1000 - begin);
  const first = zoomed ? undefined : series.data?.[0]?.timestamp;
  const to = asked.to + shift;
  // A young course fills the width instead of the last corner.
  const shown = { from: Math.max(asked.from + shift, Math.min(first ?? 0, to - SHORTEST_SPAN)), to };
  const interval = intervalOf(asked);
  const points = series.data;
  const courses = useMemo(
    () => classesOf(sensor).map((one, index) => ({ ...one, course: courseOf(points ?? [], index, interval) })),
    [points, sensor, interval],
  );
  const file = useMutation({
    mutationFn: () => exportSeries(place, shown),
    onSuccess: (blob) => save(blob, `${sensor.sensorname}.csv`),
  });
  const hasPoints = (points?.length ?? 0) > 0;
  return (
    <div>
      <div className="segments" role="group" aria-label={t('chart.range')}>
        {RANGES.map(({ id }) => (
          <button
            key={id}
            type="button"
            aria-pressed={id === range && !zoomed}
            onClick={() => {
              setZoomed(null);
              setBegin(Date.now() / 1000);
              setRange(id);
            }}
          >
            {t(`chart.range.${id}`)}
          </button>
        ))}
        <span className="gap" />
        <button type="button" aria-label={t('chart.table')} aria-pressed={isTable} onClick={() => setIsTable(!isTable)}>
          <Table2 aria-hidden="true" />
        </button>
        <button type="button" aria-label={t('chart.export')} onClick={() => file.mutate()} disabled={!hasPoints}>
          <Download aria-hidden="true" />
        </button>
      </div>
      {(series.error ?? file.error) && (
        <Failure failure={series.error ?? file.error} onRetry={() => void series.refetch()} />
      )}
      {points && !hasPoints && <p className="muted chart-empty">{t('chart.empty')}</p>}
      {hasPoints &&
        courses.map(({ name, label, unit, course }, index) => {
          const summary = summaryOf(course);
          const sentence = summary
            ? t('chart.summary', {
                label,
                lowest: formatWithUnit(locale, summary.lowest, unit),
                highest: formatWithUnit(locale, summary.highest, unit),
                trend: t(`chart.${summary.trend}`),
              })
            : label;
          return (
            <figure key={name} className="course">
              <figcaption className="small muted">{sentence}</figcaption>
              {isTable ? (
                <CourseTable label={label} unit={unit} course={course} />
              ) : (
                <Suspense fallback={<div className="chart skeleton" />}>
                  <Chart
                    label={sentence}
                    course={course}
                    hue={classView(name).hue}
                    unit={unit}
                    window={shown}
                    limits={limitsOf(properties, index)}
                    marks={index === 0 ? marks : []}
                    isStepped={classView(name).line === 'step'}
                    onWindow={(next) => setZoomed(next)}
                  />
                </Suspense>
              )}
            </figure>
          );
        })}
    </div>
  );
}

type CourseTableProps = { label: string; unit: string | undefined; course: ReturnType<typeof courseOf> };

function CourseTable({ label, unit, course }: CourseTableProps) {
  const t = useT();
  const locale = useLocale();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls is reached by keyboard
    <div className="course-table" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('chart.time')}</th>
            <th scope="col">{label}</th>
          </tr>
        </thead>
        <tbody>
          {course.times
            .map((time, at) => ({ time, value: course.mean[at] }))
            .filter(({ value }) => value !== null && value !== undefined)
            .reverse()
            .slice(0, 200)
            .map(({ time, value }) => (
              <tr key={time}>
                <td>{formatTime(locale, new Date(time * 1000))}</td>
                <td>{formatWithUnit(locale, value!, unit)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

function save(blob: Blob, name: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

const REMOVALS = {
  readings: { act: deleteReadings, name: 'sensor.deleteReadings', sure: 'sensor.deleteReadings.sure' },
  sensor: { act: deleteSensor, name: 'sensor.delete', sure: 'sensor.delete.sure' },
} as const;

/** What cannot be undone, each behind a question. */
function Removal({ device, sensor }: { device: Device; sensor: Sensor }) {
  const t = useT();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<keyof typeof REMOVALS | null>(null);
  const removal = useMutation({
    mutationFn: (what: keyof typeof REMOVALS) => REMOVALS[what].act(placeOf(device.devicename, sensor)),
    onSuccess: async () => {
      setAsked(null);
      await queries.invalidateQueries({ queryKey: keys.device(device.devicename) });
    },
  });
  const shown = (Object.keys(REMOVALS) as (keyof typeof REMOVALS)[]).filter(
    (what) => what === 'sensor' || sensor.type === 'input',
  );
  return (
    <div className="removal">
      {removal.error && <Failure failure={removal.error} />}
      {asked ? (
        <>
          <span className="small">{t(REMOVALS[asked].sure, { name: sensor.sensorname })}</span>
          <button
            type="button"
            className="button danger"
            disabled={removal.isPending}
            onClick={() => removal.mutate(asked)}
          >
            {t('action.delete')}
          </button>
          <button type="button" className="button plain" onClick={() => setAsked(null)}>
            {t('action.cancel')}
          </button>
        </>
      ) : (
        shown.map((what) => (
          <button key={what} type="button" className="button plain danger" onClick={() => setAsked(what)}>
            <Trash2 aria-hidden="true" />
            {t(REMOVALS[what].name)}
          </button>
        ))
      )}
    </div>
  );
}
