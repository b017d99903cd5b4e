import { unitOf } from '../board/classes';
import { type FieldSpec, type Properties, shownFields, valueAt, withValue } from '../board/fields';
import { type MessageId, useT } from '../i18n/i18n';
import { Choice, Field } from './Field';

export type SpecFormProps = {
  fields: readonly FieldSpec[];
  properties: Properties;
  onChange: (properties: Properties) => void;
  unit?: string | undefined;
  disabled?: boolean | undefined;
};

/** A form drawn from a table of fields. Each change gives the whole properties anew. */
export function SpecForm({ fields, properties, onChange, unit, disabled }: SpecFormProps) {
  const t = useT();
  return (
    <div className="spec-form">
      {shownFields(fields, properties).map((field) => {
        const value = valueAt(properties, field.path);
        const set = (next: unknown) => onChange(withValue(properties, field.path, next));
        const shownUnit = field.unit === 'own' ? unitOf(unit).text : (field.unit ?? '');
        const label = t(field.label) + (shownUnit ? ` (${shownUnit})` : '');
        const key = `${field.label}-${field.path}`;
        switch (field.kind) {
          case 'choice':
            return (
              <Choice
                key={key}
                label={label}
                value={Number(value ?? 0)}
                disabled={disabled}
                options={field.options!.map((option, index) => ({
                  value: index,
                  text: typeof option === 'string' ? t(option as MessageId) : option.text,
                }))}
                onChoose={(chosen) => set(Number(chosen))}
              />
            );
          case 'switch':
            return (
              <label key={key} className="check">
                <input
                  type="checkbox"
                  checked={value === true}
                  disabled={disabled}
                  onChange={(event) => set(event.target.checked)}
                />
                {label}
              </label>
            );
          case 'colour':
            return (
              <Field
                key={key}
                label={label}
                type="color"
                disabled={disabled}
                value={`#${Number(value ?? 0)
                  .toString(16)
                  .padStart(6, '0')}`}
                onChange={(event) => set(Number.parseInt(event.target.value.slice(1), 16))}
              />
            );
          case 'number': {
            const scale = field.scale ?? 1;
            return (
              <Field
                key={key}
                label={label}
                type="number"
                step="any"
                required={!field.isOptional}
                disabled={disabled}
                min={field.min === undefined ? undefined : field.min / scale}
                max={field.max === undefined ? undefined : field.max / scale}
                value={value === undefined ? '' : Number(value) / scale}
                onChange={(event) => {
                  const number = event.target.valueAsNumber;
                  set(Number.isNaN(number) ? undefined : Math.round(number * scale * 1e6) / 1e6);
                }}
              />
            );
          }
          default:
            return (
              <Field
                key={key}
                label={label}
                disabled={disabled}
                value={String(value ?? '')}
                onChange={(event) => set(event.target.value)}
              />
            );
        }
      })}
    </div>
  );
}
