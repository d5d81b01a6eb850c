import { editing, kindOf } from './edits.ts';
import type { Mutant } from './mutant.ts';

const query = (name: string, value: string | undefined) => (url: URL) => {
  if (value === undefined) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
};

/** Clients whose requests are wrong. */
export const OF_REQUESTS: readonly Mutant[] = [
  {
    rule: 1,
    does: 'asks under /erp, which this cloud does not serve',
    seen: /unknown answered 403/,
    wire: editing(['list', 'link', 'done', 'pushLink'], {
      path: (path) => path.replace('/mobile/erp/', '/erp/'),
    }),
  },
  {
    rule: 2,
    does: 'forgets the key when it asks for a link',
    seen: /link answered 403/,
    wire: editing(['link'], { headers: (headers) => headers.delete('x-api-key') }),
  },
  {
    rule: 3,
    does: 'reports done with PUT',
    seen: /unknown answered 403/,
    wire: editing(['done'], { method: 'PUT' }),
  },
  {
    rule: 6,
    does: 'sends the key to signed links',
    seen: /a key on a signed link/,
    wire: editing(['upload', 'download'], { headers: (headers) => headers.set('x-api-key', 'key') }),
  },
  {
    rule: 8,
    does: 'takes the kind of queue for the packet type of a push',
    seen: /pushLink answered 400/,
    wire: editing(['pushLink'], { url: query('packetType', 'packet') }),
  },
  {
    rule: 9,
    does: 'announces no size',
    seen: /pushLink answered 400/,
    wire: editing(['pushLink'], { url: query('size', undefined) }),
  },
  {
    rule: 12,
    does: 'sends no packet id where one is required',
    seen: /pushLink answered 400/,
    switches: { requireUniqueId: true },
    wire: editing(['pushLink'], { url: query('packetUniqueId', undefined) }),
  },
  {
    rule: 14,
    does: 'announces less than it sends, to get past the limit',
    seen: /upload answered 413/,
    switches: { maxBytes: 300, strictSize: false },
    wire: editing(['pushLink'], { url: query('size', '10') }),
  },
  {
    rule: 15,
    does: 'uploads as text/xml',
    seen: /upload answered 403/,
    wire: editing(['upload'], { headers: (headers) => headers.set('content-type', 'text/xml') }),
  },
  {
    rule: 16,
    does: 'uploads in chunks',
    seen: /upload answered 501/,
    wire: editing(['upload'], {
      headers: (headers) => {
        headers.delete('content-length');
        headers.set('transfer-encoding', 'chunked');
      },
    }),
  },
  {
    rule: 16,
    does: 'uploads without a length',
    seen: /upload answered 411/,
    wire: editing(['upload'], { headers: (headers) => headers.delete('content-length') }),
  },
  {
    rule: 17,
    does: 'announces another size than it sends',
    seen: /upload answered 400/,
    wire: editing(['pushLink'], { url: query('size', '4711') }),
  },
  {
    rule: 18,
    does: 'uploads with POST',
    seen: /download answered 403|upload answered 403/,
    wire: editing(['upload'], { method: 'POST' }),
  },
  {
    rule: 31,
    does: 'asks for a list in a format of its own',
    seen: /list answered 400/,
    wire: editing(['list'], { url: query('format', 'csv') }),
  },
  {
    rule: 33,
    does: 'asks the queue of files for packets',
    seen: /is not in the ERP/,
    wire: editing(['list'], { url: query('packetType', 'file') }),
  },
  {
    rule: 39,
    does: 'understands links as objects only',
    seen: /is not in the ERP/,
    switches: { linkShape: 'text' },
    wire: () => async (request, send) => {
      const answer = await send(request);
      if (kindOf(request) !== 'link' || answer.headers.get('content-type') === 'application/json')
        return answer;
      return new Response('{}', { status: 200 });
    },
  },
  {
    rule: 40,
    does: 'encodes paths twice',
    seen: /link answered 404/,
    wire: editing(['link'], { path: (path) => path.replaceAll('%', '%25') }),
  },
  {
    rule: 41,
    does: 'asks for paths with a step upward',
    seen: /link answered 403/,
    wire: editing(['link'], { path: (path) => path.replace('path=', 'path=x/../') }),
  },
  {
    rule: 42,
    does: 'keeps download links for ever',
    seen: /download answered 403/,
    wire: () => {
      const links = new Map<string, string>();
      return async (request, send) => {
        if (kindOf(request) !== 'link') return send(request);
        const kept = links.get(request.url);
        if (kept !== undefined) return new Response(kept, { status: 200 });
        const text = await (await send(request)).text();
        links.set(request.url, text);
        return new Response(text, { status: 200 });
      };
    },
  },
  {
    rule: 43,
    does: 'downloads the JSON body whose shape nobody knows',
    seen: /is not in the ERP/,
    listFormat: 'json',
    wire: editing(['link'], {
      path: (path) => path.replace('push-done/xml/', 'push-done/json/').replace(/\.xml$/, '.json'),
    }),
  },
  {
    rule: 51,
    does: 'reports a list as the other format',
    seen: /done answered 400/,
    wire: editing(['done'], { url: query('format', 'json') }),
  },
];
