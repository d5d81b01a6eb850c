import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { serveFetch } from '../serve.ts';
import { createDynamicsMobile } from './cloud.ts';
import { createControl } from './control-endpoint.ts';

/**
 * The cloud as a process of its own, for tests that kill its clients. One argument, JSON:
 * `{ "areas": [{ "code", "keys", "users", "application"? }], "switches"?: {...}, "port"?, "controlPort"?, "seed"? }`.
 * Prints one line of JSON, `{ "url", "control" }`, and runs until its standard input ends.
 */
const optionsSchema = z.strictObject({
  areas: z
    .array(
      z.strictObject({
        code: z.string(),
        keys: z.array(z.string()),
        users: z.array(z.string()),
        application: z.string().optional(),
      }),
    )
    .default([]),
  switches: z.record(z.string(), z.unknown()).optional(),
  port: z.number().int().default(0),
  controlPort: z.number().int().default(0),
  seed: z.number().int().optional(),
});

const options = optionsSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
const folder = mkdtempSync(join(tmpdir(), 'dynamics-mobile-cloud-'));
const cloud = createDynamicsMobile({
  clock: { now: () => Date.now() },
  random: options.seed === undefined ? () => Math.random() : seeded(options.seed),
  newId: () => randomUUID(),
  areas: options.areas,
  switches: options.switches,
  folder,
});
const onDefect = (error: unknown): void => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
};
const face = await serveFetch((request) => cloud.handle(request), { port: options.port, onDefect });
const control = await serveFetch(createControl(cloud), { port: options.controlPort, onDefect });
process.stdout.write(`${JSON.stringify({ url: face.url, control: control.url })}\n`);

process.stdin.resume();
process.stdin.on('end', () => {
  void Promise.all([face.close(), control.close()]).then(() => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
});

/** Repeatable randomness, so that a failing run can be run again. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
