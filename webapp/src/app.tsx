import { IonApp, IonRouterOutlet, setupIonicReact } from '@ionic/react';
import { IonReactRouter } from '@ionic/react-router';
import { I18nProvider } from '@lingui/react';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Suspense } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router-dom';
import { i18n, useT } from './i18n/i18n';
import { ACCESS_ROUTES, ROUTES } from './routes';
import { useIsSignedIn } from './session/session';
import { Brand, Shell } from './shell';
import { Head, Loading, Page } from './ui/Page';

setupIonicReact({ mode: 'md', animated: !window.matchMedia('(prefers-reduced-motion: reduce)').matches });

export function App({ queries }: { queries: QueryClient }) {
  return (
    <I18nProvider i18n={i18n}>
      <QueryClientProvider client={queries}>
        <IonApp>
          <IonReactRouter>
            <Pages />
          </IonReactRouter>
        </IonApp>
      </QueryClientProvider>
    </I18nProvider>
  );
}

function Pages() {
  return useIsSignedIn() ? <SignedIn /> : <SignedOut />;
}

function SignedIn() {
  return (
    <Shell>
      <IonRouterOutlet>
        {ROUTES.map(({ path, page: Content }) => (
          <Route
            key={path}
            path={path}
            element={
              <Page>
                <Content />
              </Page>
            }
          />
        ))}
        <Route path="/" element={<Navigate to="/devices" replace />} />
        {ACCESS_ROUTES.map(({ path }) => (
          <Route key={path} path={path} element={<Onward />} />
        ))}
        <Route
          path="*"
          element={
            <Page>
              <NotFound />
            </Page>
          }
        />
      </IonRouterOutlet>
    </Shell>
  );
}

/** Who signs in goes to where they wanted to go. */
function Onward() {
  const { search } = useLocation();
  const next = new URLSearchParams(search).get('next') ?? '';
  return <Navigate to={/^\/(?!\/)/.test(next) ? next : '/devices'} replace />;
}

function SignedOut() {
  const { pathname, search } = useLocation();
  const next = encodeURIComponent(pathname + search);
  return (
    <main className="access" id="content">
      <Brand />
      <Suspense fallback={<Loading />}>
        <Routes>
          {ACCESS_ROUTES.map(({ path, page: Content }) => (
            <Route key={path} path={path} element={<Content />} />
          ))}
          <Route path="*" element={<Navigate to={pathname === '/' ? '/sign-in' : `/sign-in?next=${next}`} replace />} />
        </Routes>
      </Suspense>
    </main>
  );
}

function NotFound() {
  const t = useT();
  return (
    <>
      <Head title={t('shell.notFound.title')} sub={t('shell.notFound.text')} />
      <a className="button" href="/devices">
        {t('shell.notFound.action')}
      </a>
    </>
  );
}
