import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

/** Nothing to show, and the next step. */
export function Empty({ icon: Icon, title, text, children }: EmptyProps) {
  return (
    <div className="empty">
      <Icon aria-hidden="true" />
      <div>
        <h2 className="title">{title}</h2>
        <p className="muted">{text}</p>
      </div>
      {children}
    </div>
  );
}

type EmptyProps = { icon: LucideIcon; title: string; text: string; children?: ReactNode };
