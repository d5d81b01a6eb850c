import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ConsoleClient } from './api/console-client.ts';
import { takeToken } from './api/token.ts';
import { App } from './app.tsx';
import { SiteWatch } from './state/site-watch.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');

const client = new ConsoleClient(takeToken());
const watch = new SiteWatch(client);
watch.start();
createRoot(root).render(
  <StrictMode>
    <App client={client} watch={watch} />
  </StrictMode>,
);
