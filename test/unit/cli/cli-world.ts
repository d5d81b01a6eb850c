import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StartSite } from '../../../main/cli/program.ts';
import { runCli } from '../../../main/cli/run-cli.ts';
import { NOW } from '../console/site-double.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export const siteJson = (): Record<string, unknown> => ({
  schemaVersion: 1,
  site: { name: 'Acme HQ', timeZone: 'Europe/Sofia', language: 'en' },
  erps: [{ id: 'main', server: 'sql01', database: 'ERP', user: 'ferry', timeZone: 'Europe/Sofia' }],
  links: [
    {
      id: 'field-sales',
      kind: 'dynamics-mobile',
      erp: 'main',
      mapping: 'field-sales.json',
      cloud: { baseUrl: 'https://cloud.example', appArea: 'ACME', companies: ['ACME_LIVE'] },
      push: { every: '30m', users: { query: 'SELECT UserName FROM dbo.MobileUsers' } },
      pull: { every: '5m' },
    },
  ],
});

export const mappingJson = (): Record<string, unknown> => ({
  mappingVersion: 1,
  name: 'field-sales',
  push: {
    entities: [
      {
        entity: 'ITEM',
        from: { table: { name: 'Items' } },
        fields: { CODE: { column: 'No', type: 'text(20)' } },
        orderBy: ['No'],
      },
    ],
  },
  pull: {
    documents: [
      {
        document: 'order',
        entity: 'ORDER',
        number: 'NO',
        write: {
          to: { table: { name: 'SalesHeader' }, rawInsert: true },
          values: { No: { field: 'NO', type: 'text(20)', required: true } },
        },
      },
    ],
  },
});

/** A data folder and a command line around it. */
export class CliBench {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'ferry-cli-'));
  readonly ending = new AbortController();
  env: NodeJS.ProcessEnv = {};
  stdin = '';
  startSite: StartSite = async () => {
    throw new Error('nothing starts here');
  };
  readonly sandbox: (readonly string[])[] = [];

  configure(site: unknown = siteJson(), mapping: unknown = mappingJson()): void {
    mkdirSync(join(this.dataDir, 'mappings'), { recursive: true });
    writeFileSync(join(this.dataDir, 'site.json'), typeof site === 'string' ? site : JSON.stringify(site));
    writeFileSync(join(this.dataDir, 'mappings', 'field-sales.json'), JSON.stringify(mapping));
  }

  async run(...argv: string[]): Promise<Ran> {
    let [out, err] = ['', ''];
    const code = await runCli(['--data-dir', this.dataDir, ...argv], {
      env: this.env,
      platform: 'linux',
      version: '0.1.0',
      now: () => NOW,
      timeZone: 'UTC',
      locale: 'en-GB',
      write: (text) => {
        out += text;
      },
      writeError: (text) => {
        err += text;
      },
      writeBytes: async (bytes) => {
        out += Buffer.from(bytes).toString('utf8');
      },
      readSecret: async () => this.stdin,
      ending: this.ending.signal,
      startSite: (options) => this.startSite(options),
      startSandbox: async (args) => {
        this.sandbox.push(args);
        return 7;
      },
    });
    return { code, out, err };
  }

  /** With --json: the one document. Fails when there is anything else. */
  async json(...argv: string[]): Promise<{ code: number; value: Record<string, unknown> }> {
    const { code, out, err } = await this.run('--json', ...argv);
    if (err !== '') throw new Error(`standard error: ${err}`);
    if (!/^[^\n]+\n$/.test(out)) throw new Error(`not one line: ${JSON.stringify(out)}`);
    return { code, value: JSON.parse(out) as Record<string, unknown> };
  }

  remove(): void {
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
