import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** 256 bits, for one start. */
export const newToken = (): string => randomBytes(32).toString('base64url');

const agentSchema = z.object({ pipe: z.string().min(1), token: z.string().min(32), pid: z.int() });
export type AgentAccess = z.infer<typeof agentSchema>;

const consoleSchema = z.object({ url: z.url(), token: z.string().min(32) });
export type ConsoleAccess = z.infer<typeof consoleSchema>;

const AGENT_FILE = 'agent.json';
const CONSOLE_FILE = 'console.json';

/** How the pipe of this start is reached. Only the owner of the data folder can read it. */
export const writeAgentAccess = (dataDir: string, access: AgentAccess): void =>
  write(dataDir, AGENT_FILE, access);
export const writeConsoleAccess = (dataDir: string, access: ConsoleAccess): void =>
  write(dataDir, CONSOLE_FILE, access);

/** Undefined when no agent runs, or none that this user may talk to. */
export const readAgentAccess = (dataDir: string): AgentAccess | undefined =>
  read(dataDir, AGENT_FILE, agentSchema);
export const readConsoleAccess = (dataDir: string): ConsoleAccess | undefined =>
  read(dataDir, CONSOLE_FILE, consoleSchema);

/** Removes the file unless a later start has already written its own. */
export function dropAccess(dataDir: string, token: string): void {
  if (readAgentAccess(dataDir)?.token === token) rmSync(join(dataDir, AGENT_FILE), { force: true });
  if (readConsoleAccess(dataDir)?.token === token) rmSync(join(dataDir, CONSOLE_FILE), { force: true });
}

/** By rename, so that a reader never sees half a token; the rights are there before the first byte. */
function write(dataDir: string, name: string, value: unknown): void {
  const temporary = join(dataDir, `${name}.${randomBytes(6).toString('hex')}.tmp`);
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(file, `${JSON.stringify(value)}\n`);
  } finally {
    closeSync(file);
  }
  try {
    renameSync(temporary, join(dataDir, name));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function read<T>(dataDir: string, name: string, schema: z.ZodType<T>): T | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(join(dataDir, name), 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
