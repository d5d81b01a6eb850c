import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page: one script and one stylesheet of our own, because the console's policy allows nothing inline. */
export default defineConfig({
  root: 'renderer',
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2_000,
    modulePreload: { polyfill: false },
    target: 'chrome120',
  },
});
