import '@ionic/react/css/core.css';
import '@fontsource-variable/geist/wght.css';
import './theme/tokens.css';
import './theme/base.css';
import { createRoot } from 'react-dom/client';
import { createQueryClient } from './api/query';
import { App } from './app';
import { activateLanguage, preferredLanguage } from './i18n/i18n';
import { tokens } from './session/session';
import { followSystemTheme } from './theme/theme';

followSystemTheme();
const queries = createQueryClient();
// Nothing of one person stays for the next.
tokens.subscribe(() => {
  if (!tokens.isSignedIn()) queries.clear();
});
await activateLanguage(preferredLanguage(localStorage.getItem('iotcloud.language')));
createRoot(document.getElementById('root')!).render(<App queries={queries} />);
