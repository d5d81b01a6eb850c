import { RescoFault } from '../state/fault.ts';
import type { Switches } from '../switches.ts';
import { escapeXml } from './xml.ts';

const VENDOR = 'http://schemas.resco.net/XRM/Execute';

export function respond(
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const bytes = new TextEncoder().encode(body);
  return new Response(status === 204 ? null : bytes, {
    status,
    headers: {
      ...(status === 204 ? {} : { 'content-type': type, 'content-length': String(bytes.length) }),
      ...headers,
    },
  });
}

/** An answer of the data service: its root in the namespace that the switch asks for. */
export function xmlAnswer(switches: Switches, root: string, inner: string, attributes = ''): Response {
  const ns = switches.responseNs === 'vendor' ? ` xmlns="${VENDOR}"` : '';
  return respond(
    200,
    'application/xml; charset=utf-8',
    `<?xml version="1.0" encoding="utf-8"?><${root}${ns}${attributes}>${inner}</${root}>`,
  );
}

export const faultText = (fault: RescoFault): string =>
  `<Fault><Code>${fault.code}</Code><Reason>${escapeXml(fault.message)}</Reason><Detail></Detail></Fault>`;

/** A call that failed as a whole. */
export function faultAnswer(error: RescoFault): Response {
  const status = error.missing === 'privilege' ? 403 : 500;
  return respond(status, 'application/xml; charset=utf-8', faultText(error));
}

export const notFound = (): Response => respond(404, 'text/plain; charset=utf-8', 'Not Found');
export const wrongMethod = (allow: string): Response =>
  respond(405, 'text/plain; charset=utf-8', 'Method Not Allowed', { allow });
export const tooLarge = (): Response => respond(413, 'text/plain; charset=utf-8', 'Payload Too Large');
