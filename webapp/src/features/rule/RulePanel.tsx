import { useMutation } from '@tanstack/react-query';
import { History, Pencil } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { classView } from '../../board/classes';
import { CLASS_FIELDS, type Properties, SENSOR_FIELDS, valueAt, withInitials, withValue } from '../../board/fields';
import { useLocale, useT } from '../../i18n/i18n';
import { AskNote } from '../../ui/Ask';
import type { Mark } from '../../ui/Chart';
import { Failure } from '../../ui/Failure';
import { SpecForm } from '../../ui/SpecForm';
import type { Sensor } from '../device/queries';
import { backtest, type SensorPlace, useSetProperties } from '../sensor/queries';
import { Recipients } from './Recipients';
import { sentence } from './sentence';

const BACKTEST_SECONDS = 7 * 86_400;

export type RulePanelProps = {
  place: SensorPlace;
  sensor: Sensor;
  stored: Properties;
  isEditable: boolean;
  /** What is being changed and not saved yet; null when nothing is. */
  draft: Properties | null;
  onDraft: (draft: Properties | null) => void;
  onMarks: (marks: readonly Mark[]) => void;
};

/** What a sensor is set to: a sentence, the form behind it, and what it would have told over stored readings. */
export function RulePanel({ place, sensor, stored, isEditable, draft, onDraft, onMarks }: RulePanelProps) {
  const t = useT();
  const fields = CLASS_FIELDS[sensor.class];
  const shown = draft ?? initial(sensor, stored);
  const [isOpen, setIsOpen] = useState(!sensor.configured);
  const asking = useSetProperties(place);
  const isInput = sensor.type === 'input';
  const trial = useMutation({
    mutationFn: () => {
      const to = Date.now() / 1000;
      return backtest(place, shown, { from: to - BACKTEST_SECONDS, to });
    },
    onSuccess: (triggers) =>
      onMarks(
        triggers
          .filter(({ kind, class: name }) => kind === 'threshold' && name === sensor.class)
          .map(({ timestamp, value, activate }) => ({ time: timestamp, value, isOn: activate === 1 })),
      ),
  });
  if (!fields)
    return <RawEditor stored={stored} isEditable={isEditable} onSave={(properties) => void asking.ask(properties)} />;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await asking.ask(shown)) {
      setIsOpen(false);
      onDraft(null);
    }
  };
  const told = trial.data?.filter(({ activate }) => activate === 1) ?? [];
  const refused = told.flatMap(({ notices }) => notices).filter(({ reason }) => reason).length;
  return (
    <form className="rule" aria-label={t('rule.title')} onSubmit={(event) => void submit(event)}>
      {isInput && (
        <>
          <Read properties={shown} unit={sensor.units[0]} onOpen={() => setIsOpen(true)} />
          {sensor.subclass && shown.subattributes !== undefined && (
            <Read
              properties={shown.subattributes as Properties}
              unit={sensor.units[1]}
              onOpen={() => setIsOpen(true)}
              label={sensor.subattributes?.[0]}
            />
          )}
        </>
      )}
      {isOpen && isEditable && (
        <>
          <SpecForm
            fields={isInput ? [...fields, ...SENSOR_FIELDS] : fields}
            properties={shown}
            unit={sensor.units[0]}
            onChange={onDraft}
          />
          {isInput && <Recipients properties={shown} onChange={onDraft} />}
          {sensor.subclass && (
            <fieldset className="second">
              <legend className="title">{sensor.subattributes?.[0] ?? sensor.subclass}</legend>
              <SpecForm
                fields={CLASS_FIELDS[sensor.subclass] ?? []}
                properties={(shown.subattributes ?? {}) as Properties}
                unit={sensor.units[1]}
                onChange={(subattributes) => onDraft({ ...shown, subattributes })}
              />
              <Recipients
                properties={(shown.subattributes ?? {}) as Properties}
                onChange={(subattributes) => onDraft({ ...shown, subattributes })}
              />
            </fieldset>
          )}
        </>
      )}
      {trial.data && (
        <p>
          <span className={`tag ${told.length ? 'warn' : 'ok'}`}>
            {t('rule.wouldTell', { count: told.length })}
            {refused > 0 && ` ${t('rule.heldBack', { count: refused })}`}
          </span>
        </p>
      )}
      {trial.error && <Failure failure={trial.error} />}
      {asking.state.phase === 'refused' && <Failure failure={asking.state.failure} />}
      {isEditable && (
        <div className="actions">
          {isOpen ? (
            <>
              <button type="submit" className="button primary" disabled={asking.state.phase === 'asked'}>
                {t('action.save')}
              </button>
              {sensor.configured === 1 && (
                <button
                  type="button"
                  className="button plain"
                  onClick={() => {
                    onDraft(null);
                    setIsOpen(false);
                  }}
                >
                  {t('action.cancel')}
                </button>
              )}
            </>
          ) : (
            <button type="button" className="button" onClick={() => setIsOpen(true)}>
              <Pencil aria-hidden="true" />
              {t(isInput ? 'rule.change' : 'rule.set')}
            </button>
          )}
          {isInput && (
            <button type="button" className="button" disabled={trial.isPending} onClick={() => trial.mutate()}>
              <History aria-hidden="true" />
              {t('rule.try')}
            </button>
          )}
          <AskNote state={asking.state} />
        </div>
      )}
    </form>
  );
}

function initial(sensor: Sensor, stored: Properties): Properties {
  const own = suggested(sensor, sensor.class, withInitials(CLASS_FIELDS[sensor.class] ?? [], stored));
  if (!sensor.subclass) return own;
  const stated = (stored.subattributes ?? {}) as Properties;
  const notification = stated.notification ?? silenced(stored.notification as Properties | undefined);
  const second = withInitials(CLASS_FIELDS[sensor.subclass] ?? [], { ...stated, notification });
  return { ...own, subattributes: suggested(sensor, sensor.subclass, second) };
}

/** The same words and recipients with all channels off, for a second class that has none of its own yet. */
function silenced(notification: Properties | undefined): Properties | undefined {
  const channels = Object.entries((notification?.endpoints ?? {}) as Record<string, Properties>);
  const endpoints = Object.fromEntries(channels.map(([name, channel]) => [name, { ...channel, enable: false }]));
  return notification && { ...notification, endpoints };
}

/** A sensor that was never set up has the limit 0, which nobody wants: begin with a usual one. */
function suggested(sensor: Sensor, name: string, properties: Properties): Properties {
  const { usual } = classView(name);
  const isUnset = sensor.configured === 0 && valueAt(properties, 'threshold.value') === 0;
  return isUnset && usual !== undefined ? withValue(properties, 'threshold.value', usual) : properties;
}

type ReadProps = { properties: Properties; unit: string | undefined; label?: string | undefined; onOpen: () => void };

function Read({ properties, unit, label, onOpen }: ReadProps) {
  const t = useT();
  const locale = useLocale();
  return (
    <p className="sentence">
      {label && <b>{label}: </b>}
      {sentence(properties, unit, t, locale).map(({ text, path }, at) =>
        path ? (
          <button key={path} type="button" className="word" onClick={onOpen}>
            {text}
          </button>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
          <span key={at}>{text}</span>
        ),
      )}
    </p>
  );
}

type RawEditorProps = { stored: Properties; isEditable: boolean; onSave: (properties: Properties) => void };

/** A class that the app does not know: what it is set to, as it is. */
function RawEditor({ stored, isEditable, onSave }: RawEditorProps) {
  const t = useT();
  const [text, setText] = useState(() => JSON.stringify(stored, null, 2));
  const [isWrong, setIsWrong] = useState(false);
  const save = () => {
    try {
      onSave(JSON.parse(text) as Properties);
      setIsWrong(false);
    } catch {
      setIsWrong(true);
    }
  };
  return (
    <div className="rule">
      <p className="small muted">{t('rule.unknown')}</p>
      <textarea
        className="input mono"
        aria-label={t('rule.title')}
        aria-invalid={isWrong}
        rows={8}
        readOnly={!isEditable}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {isEditable && (
        <button type="button" className="button" onClick={save}>
          {t('action.save')}
        </button>
      )}
    </div>
  );
}
