import { IonContent, IonPage, IonRefresher, IonRefresherContent } from '@ionic/react';
import { useQueryClient } from '@tanstack/react-query';
import { ChevronLeft } from 'lucide-react';
import { Component, type ErrorInfo, type ReactNode, Suspense } from 'react';
import { Link } from 'react-router-dom';
import { useT } from '../i18n/i18n';

/** The frame of every page: scrolling, pull to refresh, and what is shown while its code is loaded or has failed. */
export function Page({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  return (
    <IonPage>
      <IonContent>
        <IonRefresher
          slot="fixed"
          onIonRefresh={(event) => {
            void queries.refetchQueries({ type: 'active' }).finally(() => event.detail.complete());
          }}
        >
          <IonRefresherContent />
        </IonRefresher>
        <main className="page" id="content">
          <Guard>
            <Suspense fallback={<Loading />}>{children}</Suspense>
          </Guard>
        </main>
      </IonContent>
    </IonPage>
  );
}

export function Loading() {
  const t = useT();
  return (
    <div role="status" aria-label={t('shell.loading')}>
      <div className="skeleton" />
    </div>
  );
}

/** The head of a page: its name, a line below it, and what can be done. */
export function Head({ title, sub, back, children }: HeadProps) {
  return (
    <>
      {back && (
        <Link className="back" to={back.to}>
          <ChevronLeft aria-hidden="true" />
          {back.text}
        </Link>
      )}
      <header className="head">
        <div>
          <h1>{title}</h1>
          {sub && <div className="sub">{sub}</div>}
        </div>
        {children && <div className="actions">{children}</div>}
      </header>
    </>
  );
}

type HeadProps = { title: string; sub?: ReactNode; back?: { to: string; text: string }; children?: ReactNode };

function Broken() {
  const t = useT();
  return (
    <div className="notice alarm" role="alert">
      <div className="text">
        <b>{t('shell.broken.title')}</b>
        <span>{t('shell.broken.text')}</span>
      </div>
      <button type="button" className="button" onClick={() => window.location.reload()}>
        {t('shell.broken.action')}
      </button>
    </div>
  );
}

const RELOADED = 'iotcloud.reloaded';

/** Keeps a fault of one page on that page. A part that a new version no longer has leads to one reload. */
class Guard extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    if (/dynamically imported module|module script/i.test(error.message) && !sessionStorage.getItem(RELOADED)) {
      sessionStorage.setItem(RELOADED, '1');
      window.location.reload();
      return;
    }
    console.error(error, info.componentStack);
  }

  override render() {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}
