import { RendererProvider, createDOMRenderer } from '@fluentui/react-components';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BridgeConnection } from './api/bridge-connection.ts';
import { ConsoleConnection } from './api/console-connection.ts';
import { takeToken } from './api/token.ts';
import { App } from './app.tsx';
import { SiteWatch } from './state/site-watch.ts';
import './base.css';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');

const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? '';
// The policy of the page lets in the style elements that carry this number, and no others.
const styles = createDOMRenderer(document, { styleElementAttributes: { nonce } });
const bridge = window.erpFerry;
const connection = bridge === undefined ? new ConsoleConnection(takeToken()) : new BridgeConnection(bridge);
const watch = new SiteWatch(connection);
watch.start();
createRoot(root).render(
  <StrictMode>
    <RendererProvider renderer={styles}>
      <App connection={connection} watch={watch} />
    </RendererProvider>
  </StrictMode>,
);
