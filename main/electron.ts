import { app } from 'electron';
import { runDesktop } from './desktop/electron/run.ts';
import { programFiles } from './program-files.ts';

runDesktop(programFiles).catch((error: unknown) => {
  console.error(error);
  app.exit(1);
});
