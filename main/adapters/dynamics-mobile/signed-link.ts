import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { isLoopback } from '../http/node-http-transport.ts';
import { smallXmlFields } from '../protocols/small-xml.ts';

/** Whether a link may be followed. The failure is words without the link. */
export function checkLink(url: string, allowedHosts: readonly string[]): Result<string, string> {
  const parsed = URL.parse(url);
  if (parsed === null) return fail('it is no address');
  const loopback = parsed.protocol === 'http:' && isLoopback(parsed.hostname);
  if (parsed.protocol !== 'https:' && !loopback) return fail('it is not https');
  if (parsed.username !== '' || parsed.password !== '') return fail('it holds a user name');
  const allowed = allowedHosts.map((host) => host.toLowerCase());
  return allowed.length === 0 || allowed.includes(parsed.hostname) || allowed.includes(parsed.host)
    ? ok(url)
    : fail(`it leads to ${parsed.hostname}, which is not among the allowed hosts`);
}

/** The link in the answer to a request for a download: an object with `url`, a JSON string, or the bare address. */
export function readDownloadLink(text: string): Result<string, string> {
  const body = text.replace(/^\uFEFF/, '').trim();
  if (body === '') return fail('an empty answer');
  if (/^https?:\/\/\S+$/.test(body)) return ok(body);
  const value = parseJson(body);
  if (typeof value === 'string') return ok(value.trim());
  const url = memberOf(value, 'url');
  return typeof url === 'string' && url !== '' ? ok(url.trim()) : fail(`no link in ${nameOf(body)}`);
}

export type UploadAnswer =
  | { readonly kind: 'link'; readonly url: string; readonly syncLogId: string }
  | { readonly kind: 'refused'; readonly message: string };

/** The answer to a request for an upload link, JSON or, as old samples read it, XML. */
export function readUploadAnswer(text: string): Result<UploadAnswer, string> {
  const body = text.replace(/^\uFEFF/, '').trim();
  if (body === '') return fail('an empty answer');
  const member = body.startsWith('<') ? xmlMember(body) : jsonMember(body);
  if (member === undefined) return fail(`${nameOf(body)} instead of an answer`);
  if (member('success') !== 'true')
    return ok({ kind: 'refused', message: member('message') ?? member('error') ?? '' });
  const url = member('uploadPath');
  return url === undefined || url === ''
    ? fail('it promises success and has no link')
    : ok({ kind: 'link', url, syncLogId: (member('syncLogId') ?? '').slice(0, 100) });
}

type Member = (name: string) => string | undefined;

function jsonMember(body: string): Member | undefined {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (name) => {
    const member = memberOf(value, name);
    if (member === true) return 'true';
    return typeof member === 'string' && name !== 'success' ? member : undefined;
  };
}

function xmlMember(body: string): Member | undefined {
  if (/^<(!doctype\s+)?html/i.test(body)) return undefined;
  const fields = smallXmlFields(body);
  return fields === undefined ? undefined : (name) => fields.get(name.toLowerCase());
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

const nameOf = (body: string): string =>
  /^<(!doctype\s+)?html/i.test(body) ? 'an HTML page' : body.startsWith('<') ? 'XML' : 'a text';
