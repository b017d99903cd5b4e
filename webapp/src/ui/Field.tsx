import { type InputHTMLAttributes, useId } from 'react';

export type FieldProps = InputHTMLAttributes<HTMLInputElement> & { label: string; hint?: string; wrong?: string };

/** An input with its label, a hint and what is wrong with it. */
export function Field({ label, hint, wrong, ...input }: FieldProps) {
  const id = useId();
  const note = wrong ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="input"
        aria-invalid={wrong !== undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        {...input}
      />
      {note && (
        <span id={`${id}-note`} className={wrong ? 'wrong' : 'hint'}>
          {note}
        </span>
      )}
    </div>
  );
}

export type ChoiceProps = {
  label: string;
  value: number | string;
  options: readonly { value: number | string; text: string }[];
  onChoose: (value: string) => void;
  disabled?: boolean;
};

/** One of a list. */
export function Choice({ label, value, options, onChoose, disabled }: ChoiceProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="input"
        value={value}
        disabled={disabled}
        onChange={(event) => onChoose(event.target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </div>
  );
}
