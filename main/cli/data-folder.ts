import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where a site's data is: the option, else ERP_FERRY_DATA, else the platform's place. Absolute. */
export function dataFolder(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): string {
  const named = option ?? env['ERP_FERRY_DATA'];
  if (named !== undefined && named !== '') return resolve(named);
  return platform === 'win32'
    ? join(env['ProgramData'] ?? 'C:\\ProgramData', 'ERP Ferry')
    : join(homedir(), '.local', 'share', 'erp-ferry');
}
