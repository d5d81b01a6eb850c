import { createHash } from 'node:crypto';
import { openSync, readFileSync, readSync, closeSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { extractFile, getRawHeader } from '@electron/asar';
import type { Report } from './report.ts';
import { RUNTIME_FILES } from './stand-in-runtime.ts';

export type Platform = 'win' | 'linux';

/** What is in the archive, by pattern: anything else is a failure. */
const IN_ARCHIVE = [
  /^package\.json$/,
  /^dist\/main\/electron\.js$/,
  /^dist\/main\/electron\.licences\.md$/,
  /^dist\/preload\/index\.cjs$/,
  /^dist\/renderer\/index\.html$/,
  /^dist\/renderer\/assets\/[\w-]+\.(js|css|svg|png|woff2)$/,
  /^dist\/icons\/[\w.-]+\.(png|ico)$/,
];

const AGENT = {
  win: ['node.exe', 'erp-ferry.cmd', 'win32-x64.node'],
  linux: ['node', 'erp-ferry', 'linux-x64.node'],
} as const;

/** What lies beside the archive, by pattern. */
const besideArchive = (platform: Platform): RegExp[] => {
  const [node, command, native] = AGENT[platform].map((name) => name.replaceAll('.', '\\.'));
  return [
    new RegExp(`^agent/(${node}|${command}|package\\.json|node\\.licence\\.txt)$`),
    ...(platform === 'win' ? [/^agent\/boot-task\.xml$/] : []),
    /^agent\/main\/cli\.js$/,
    /^agent\/main\/[a-z][\w-]*\.js$/,
    /^agent\/main\/licences\.md$/,
    /^agent\/main\/sandbox-[\w-]+\.json$/,
    /^agent\/renderer\/index\.html$/,
    /^agent\/renderer\/assets\/[\w-]+\.(js|css|svg|png|woff2)$/,
    /^agent\/node_modules\/better-sqlite3\/(package\.json|LICENSE)$/,
    /^agent\/node_modules\/better-sqlite3\/lib\/(methods\/)?[a-z-]+\.js$/,
    new RegExp(`^agent/node_modules/better-sqlite3/prebuilds/${native}$`),
  ];
};

/** What must be there, or the program does not start. */
const NEEDED_IN_ARCHIVE = [
  'package.json',
  'dist/main/electron.js',
  'dist/preload/index.cjs',
  'dist/renderer/index.html',
  'dist/icons/erp-ferry.ico',
];
const neededBeside = (platform: Platform): string[] => [
  ...AGENT[platform].slice(0, 2).map((name) => `agent/${name}`),
  'agent/main/cli.js',
  'agent/main/sqlite-quick-check-worker.js',
  'agent/main/sandbox-start.js',
  'agent/renderer/index.html',
  `agent/node_modules/better-sqlite3/prebuilds/${AGENT[platform][2]}`,
  ...(platform === 'win' ? ['agent/boot-task.xml'] : []),
];

/** Never shipped, whatever the patterns above say. */
const NEVER = /\.map$|\.tsx?$|(^|\/)(test|tests|__tests__|src|deps)\/|\.test\.|(^|\/)\.(git|env|npmrc)/;

/** Ceilings in MB. Far above what they are, far below what a forgotten folder would make of them. */
const CEILING = { archive: 12, agent: 8 };

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();

function expectList(
  report: Report,
  name: string,
  files: readonly string[],
  allowed: readonly RegExp[],
  needed: readonly string[],
): void {
  const strange = files.filter((file) => NEVER.test(file) || !allowed.some((pattern) => pattern.test(file)));
  const missing = needed.filter((file) => !files.includes(file));
  const found = [
    `${files.length} files`,
    ...(strange.length > 0 ? [`not allowed: ${strange.join(', ')}`] : []),
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
  ];
  report.expect(name, strange.length === 0 && missing.length === 0, found.join('; '));
}

const MAGIC = { win: 'MZ', linux: '\x7fELF' } as const;
function startsWith(file: string, magic: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const start = Buffer.alloc(magic.length);
    readSync(handle, start);
    return start.toString('latin1') === magic;
  } finally {
    closeSync(handle);
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Lists, kinds and sizes of what was packed into `folder`. */
export function checkFiles(report: Report, platform: Platform, folder: string): void {
  const resources = join(folder, 'resources');
  const archive = join(resources, 'app.asar');
  const packed = Object.keys(hashesIn(archive));
  expectList(report, `${platform}: files in the archive`, packed, IN_ARCHIVE, NEEDED_IN_ARCHIVE);

  const beside = filesUnder(resources).filter((file) => file !== 'app.asar');
  expectList(
    report,
    `${platform}: files beside the archive`,
    beside,
    besideArchive(platform),
    neededBeside(platform),
  );

  const program = platform === 'win' ? 'ERP Ferry.exe' : 'erp-ferry';
  const runtime = filesUnder(folder).filter((file) => !file.startsWith('resources/'));
  const known: ReadonlySet<string> = new Set([
    ...RUNTIME_FILES[platform],
    program,
    'version',
    'LICENSE.electron.txt',
  ]);
  const strange = runtime.filter((file) => !known.has(file));
  report.expect(
    `${platform}: the rest is the runtime`,
    strange.length === 0 && runtime.includes(program),
    `${runtime.length} files${strange.length > 0 ? `; not of the runtime: ${strange.join(', ')}` : ''}`,
  );

  const [node, , native] = AGENT[platform];
  const nativePath = `agent/node_modules/better-sqlite3/prebuilds/${native}`;
  const natives = beside.filter((file) => file.endsWith('.node'));
  report.expect(
    `${platform}: one native part, of this platform`,
    natives.join() === nativePath && startsWith(join(resources, nativePath), MAGIC[platform]),
    natives.join(', '),
  );
  const nodePath = join(resources, 'agent', node);
  report.expect(
    `${platform}: its own Node, of this platform`,
    startsWith(nodePath, MAGIC[platform]) && readFileSync(nodePath).includes('v24.21.0'),
    `${node} 24.21.0, ${megabytes(statSync(nodePath).size)}`,
  );

  checkImports(report, platform, archive);
  checkArchiveHash(report, platform, archive);

  const archiveSize = statSync(archive).size;
  const scripts = beside
    .filter((file) => file.startsWith('agent/main/') || file.startsWith('agent/renderer/'))
    .reduce((sum, file) => sum + statSync(join(resources, file)).size, 0);
  report.expect(
    `${platform}: sizes`,
    archiveSize < CEILING.archive * 1e6 && scripts < CEILING.agent * 1e6,
    `archive ${megabytes(archiveSize)} (at most ${CEILING.archive}), agent without Node ${megabytes(scripts)} (at most ${CEILING.agent})`,
  );
}

const text = (archive: string, file: string): string => extractFile(archive, file).toString('utf8');

/** S9 as far as a file shows it: neither half of the desktop program brings a database, a driver or a mail client along. */
function checkImports(report: Report, platform: Platform, archive: string): void {
  const main = text(archive, 'dist/main/electron.js');
  const named = [...main.matchAll(/^import\b[^;]*?from\s*["']([^"']+)["']/gm)].map((match) => match[1] ?? '');
  const foreign = named.filter((name) => name !== 'electron' && !name.startsWith('node:'));
  const carried = ['better-sqlite3', 'tedious', 'nodemailer'].filter((name) =>
    main.includes(`node_modules/${name}/`),
  );
  report.expect(
    `${platform}: S9 the desktop program has no database and no driver`,
    named.includes('electron') && foreign.length === 0 && carried.length === 0,
    `${named.length} modules imported${[...foreign, ...carried].map((name) => `, ${name}`).join('')}`,
  );
  const preload = text(archive, 'dist/preload/index.cjs');
  const required = [...preload.matchAll(/\brequire\(["']([^"']+)["']\)/g)].map((match) => match[1] ?? '');
  report.expect(
    `${platform}: the preload loads Electron only`,
    required.every((name) => name === 'electron') && required.length > 0 && !/^import\b/m.test(preload),
    `requires ${required.join(', ')}`,
  );
}

interface ArchiveFile {
  readonly integrity?: { readonly hash: string } | undefined;
  readonly files?: Readonly<Record<string, ArchiveFile>> | undefined;
}

/** Each file's own hash stands in the archive's head; the head's hash is what the program carries. */
function checkArchiveHash(report: Report, platform: Platform, archive: string): void {
  const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const files = Object.entries(hashesIn(archive));
  const wrong = files.filter(([path, hash]) => hashOf(extractFile(archive, path)) !== hash);
  const [first] = files;
  if (first === undefined) throw new Error('the archive is empty');
  const changed = Buffer.from(extractFile(archive, first[0]));
  changed.writeUInt8(changed.readUInt8(changed.length >> 1) ^ 1, changed.length >> 1);
  report.expect(
    `${platform}: S7 every file of the archive has its hash in the head`,
    wrong.length === 0 && hashOf(changed) !== first[1],
    `${files.length} hashes recomputed; one flipped bit gives another`,
  );
}

/** What the head of the archive says: each file's path and hash. */
function hashesIn(archive: string): Record<string, string> {
  const flat = (node: ArchiveFile, at: string): [string, string][] =>
    Object.entries(node.files ?? {}).flatMap(([name, entry]) =>
      entry.files === undefined
        ? [[`${at}${name}`, entry.integrity?.hash ?? 'none']]
        : flat(entry, `${at}${name}/`),
    );
  return Object.fromEntries(flat(getRawHeader(archive).header as ArchiveFile, ''));
}
