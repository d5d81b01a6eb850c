import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openForWriting } from '../../../main/adapters/sqlite/connection.ts';
import { migrate } from '../../../main/adapters/sqlite/migrate.ts';
import { MIGRATIONS } from '../../../main/adapters/sqlite/migrations/all.ts';
import { openReadStore, openStore } from '../../../main/adapters/sqlite/open-store.ts';
import { quickCheck } from '../../../main/adapters/sqlite/quick-check.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { LINK, T, rawDatabase, store, storePacket } from './sample.ts';

/** A released migration never changes: a store made by it must look like one made today. */
const RELEASED = [
  '7f03a3d131c66257d6750284f59637915143101f010775ffa8883322d7e4440b',
  '48cee0b1a8d6b122ed232ab3dd8baf839c99e4b9b67929ed9d694dcf8344bbdc',
  'bd4c6ffddff54b6c8f1803e65062dc85a81a98b0a06bbb2d9a2f1671c0aa41c7',
  '0172588b139672d012d3234c9cde2af9c6d8df924c72c3a3eb2f587a74e93392',
  'e4253d579937b34166af80fdfc71ebcad447ed5c4bc1f951125a1d714abc0c3d',
  'b24160fc543bff2327446bfb3097772994d23bd14ebd28f67ce52504639475f1',
  '4fc146b51ae537900e2aa41d6ef1d50ba0b11bccb65f9f251d4638583c7e05a6',
  '1623d5794d36ef72153ca0e4812b2d9d86d85075b22ac1747835b413e5216362',
  '5df9a7432ea169717cb901d0ceda3a0e80a8e7db016e48d41755f9dd181bf04c',
  '249780ed68daf3b55cff38f9d6a51e8e03853616535971391eccf36ea953949c',
  '2849acd904102fc564c400ebb3b04b87b7b7a9e6b0f4d7709ef27991f3e414d5',
  '7bfe274c601accc03cce2addb833233aad7e9a91fbbb58db79573834aef7f5f6',
];

const refused = (code: string): unknown => expect.objectContaining({ name: 'StoreError', code });

describe('opening', () => {
  test('every connection of the agent syncs each commit', () => {
    const db = openForWriting(join(temporaryFolder(), 'ferry.sqlite'));
    const pragma = (name: string): unknown => db.pragma(name, { simple: true });
    expect([
      pragma('journal_mode'),
      pragma('synchronous'),
      pragma('foreign_keys'),
      pragma('busy_timeout'),
    ]).toEqual(['wal', 2, 1, 5000]);
    db.close();
  });

  test('what was stored is there after opening again', () => {
    const first = store();
    const item = storePacket(first, 'p1');
    first.close();
    expect(store(first.file).get(item.id)).toEqual(item);
  });

  test('migrations are append-only', () => {
    expect(MIGRATIONS.map((one) => createHash('sha256').update(one.sql).digest('hex'))).toEqual(RELEASED);
    expect(MIGRATIONS.map((one) => one.version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  test('a store of a newer version is refused and left as it is', () => {
    const current = store();
    const { file } = current;
    current.close();
    const raw = rawDatabase(file);
    raw.pragma('user_version = 99');
    raw.close();
    expect(() => openStore({ file })).toThrow(refused('newer'));
    expect(() => openReadStore(file)).toThrow(refused('newer'));
    expect(rawDatabase(file).pragma('user_version', { simple: true })).toBe(99);
  });

  test('the database of another program is refused', () => {
    const file = join(temporaryFolder(), 'other.sqlite');
    const other = new Database(file);
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    expect(() => openStore({ file })).toThrow(refused('foreign'));
  });

  test('a file that is no database, and a folder that is not there', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'ferry.sqlite');
    writeFileSync(
      file,
      'this is not a database, it only has its name; and it is long enough to be looked at'.repeat(20),
    );
    expect(() => openStore({ file })).toThrow(refused('corrupt'));
    expect(() => openStore({ file: join(folder, 'absent', 'ferry.sqlite') })).toThrow(refused('cannot-open'));
    expect(() => openReadStore(join(folder, 'absent.sqlite'))).toThrow(refused('cannot-open'));
  });
});

describe('migrating', () => {
  const latest = MIGRATIONS.length;
  const next = { version: latest + 1, name: 'next', sql: 'CREATE TABLE next (x INTEGER) STRICT;' };

  test('an older store is copied first, with everything in it', () => {
    const old = store();
    const item = storePacket(old, 'p1');
    old.close();
    const db = openForWriting(old.file);
    migrate(db, old.file, [...MIGRATIONS, next]);
    expect(db.pragma('user_version', { simple: true })).toBe(latest + 1);
    db.close();
    const copy = openStore({ file: `${old.file}.v${String(latest)}` });
    expect(copy.get(item.id)).toEqual(item);
    copy.close();
  });

  test('a migration that fails changes nothing', () => {
    const old = store();
    old.close();
    const db = openForWriting(old.file);
    const broken = { ...next, sql: `${next.sql} CREATE TABLE next (y);` };
    expect(() => {
      migrate(db, old.file, [...MIGRATIONS, broken]);
    }).toThrow('already exists');
    expect(db.pragma('user_version', { simple: true })).toBe(latest);
    expect(db.prepare(`SELECT name FROM sqlite_schema WHERE name = 'next'`).all()).toEqual([]);
    db.close();
  });

  test('a new store needs no copy', () => {
    const { file } = store();
    expect(readdirSync(join(file, '..')).filter((name) => name.includes('.v'))).toEqual([]);
    expect(existsSync(file)).toBe(true);
  });
});

describe('reading beside the agent', () => {
  test('sees what the agent stores, and cannot write', () => {
    const agent = store();
    const viewer = openReadStore(agent.file);
    const item = storePacket(agent, 'p1');
    expect(viewer.get(item.id)).toEqual(item);
    expect(viewer.counts(LINK, T).pendingIn).toBe(1);
    expect(Object.keys(viewer)).not.toContain('claim');
    viewer.close();
  });
});

describe('looking for damage', () => {
  test('finds none in a sound file and some in a scratched one', () => {
    const sound = store();
    const { file } = sound;
    for (let n = 0; n < 200; n += 1) storePacket(sound, `p${String(n)}`, T, `${String(n)}x`.repeat(400));
    sound.checkpoint();
    sound.close();
    expect(quickCheck(file)).toEqual([]);
    const handle = openSync(file, 'r+');
    const scratch = Buffer.alloc(8192, 0xa5);
    for (let at = 40_960; at < statSync(file).size - 8192; at += 40_960)
      writeSync(handle, scratch, 0, 8192, at);
    closeSync(handle);
    expect(quickCheck(file).length).toBeGreaterThan(0);
  });
});
