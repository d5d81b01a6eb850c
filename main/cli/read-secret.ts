import type { ReadStream } from 'node:tty';

/** At a terminal one line that is not shown while it is typed; else everything that was piped in. */
export async function readSecret(
  input: NodeJS.ReadStream,
  prompt: string,
  show: (text: string) => void,
): Promise<string> {
  if (!input.isTTY) {
    const parts: Buffer[] = [];
    for await (const part of input as AsyncIterable<Buffer>) parts.push(Buffer.from(part));
    return Buffer.concat(parts).toString('utf8');
  }
  return typed(input, prompt, show);
}

/** Raw mode: nothing the terminal would echo; keys are taken one by one. */
function typed(input: ReadStream, prompt: string, show: (text: string) => void): Promise<string> {
  show(prompt);
  input.setRawMode(true);
  return new Promise((resolve) => {
    let value = '';
    const end = (result: string): void => {
      input.off('data', onKeys);
      input.setRawMode(false);
      input.pause();
      show('\n');
      resolve(result);
    };
    const onKeys = (keys: Buffer): void => {
      for (const key of keys.toString('utf8')) {
        if (key === '\r' || key === '\n') return end(value);
        // Ctrl+C and Ctrl+D give up.
        if (key === '\u0003' || key === '\u0004') return end('');
        if (key === '\u007f' || key === '\b') value = value.slice(0, -1);
        else if (key >= ' ') value += key;
      }
    };
    input.on('data', onKeys);
    input.resume();
  });
}
