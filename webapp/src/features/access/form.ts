import type { FormEvent } from 'react';

/** What was typed into a field of the form, as text. */
export function textOf(event: FormEvent<HTMLFormElement>, name: string): string {
  return String(new FormData(event.currentTarget).get(name) ?? '');
}
