import { escapeXml } from './device-packet.ts';

/** Answers carry their exact length, as gateway and storage do. */
export function text(
  status: number,
  type: string,
  body: string,
  headers: Record<string, string> = {},
): Response {
  const bytes = new TextEncoder().encode(body);
  return new Response(status === 204 ? null : bytes, {
    status,
    headers: { 'content-type': type, 'content-length': String(bytes.length), ...headers },
  });
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Response {
  return text(status, 'application/json', JSON.stringify(value), headers);
}

/** The gateway's own refusals. */
export function message(status: number, words: string, headers: Record<string, string> = {}): Response {
  return json(status, { message: words }, headers);
}

/** The storage's refusals, which are XML. */
export function storageError(status: number, code: string, words: string): Response {
  return text(
    status,
    'application/xml',
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(words)}</Message></Error>`,
  );
}

/** What a proxy or a maintenance page puts in the way, with the status of success. */
export function htmlPage(): Response {
  return text(
    200,
    'text/html; charset=utf-8',
    '<!DOCTYPE html><html><head><title>Maintenance</title></head><body><p>We will be back soon.<br></body></html>',
  );
}
