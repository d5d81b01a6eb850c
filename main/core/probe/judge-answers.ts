/** What one question to the cloud brought. */
export interface ProbeAnswer {
  readonly question: string;
  /** Absent: no answer came. */
  readonly status?: number | undefined;
  readonly contentType?: string | undefined;
  /** As it came; only a redacted one is kept. */
  readonly text: string;
}

/** Which undocumented point, and what is known of it now. */
export interface ProbePoint {
  readonly point:
    | 'prefix'
    | 'key'
    | 'unknown-path'
    | 'link-answer'
    | 'upload-answer'
    | 'list'
    | 'handle'
    | 'second-list'
    | 'report';
  readonly state: 'settled' | 'unknown';
  readonly value: string;
}

const settled = (point: ProbePoint['point'], value: string): ProbePoint => ({
  point,
  state: 'settled',
  value,
});
const unknown = (point: ProbePoint['point'], value: string): ProbePoint => ({
  point,
  state: 'unknown',
  value,
});

const NO_ROUTE = /missing authentication token/i;
const refuses = ({ status }: ProbeAnswer): boolean => status === 401 || status === 403;
/** The call itself is there: it answered about the packet, not about the way to it. */
const serves = (answer: ProbeAnswer): boolean =>
  answer.status === 200 || ((answer.status === 404 || answer.status === 400) && !isPage(answer.text));
const isPage = (text: string): boolean => /^\s*<(!doctype\s+)?html/i.test(text);
const said = ({ status, text }: ProbeAnswer): string => {
  const message = /"message"\s*:\s*"([^"]{1,80})"/.exec(text)?.[1];
  return `${status ?? 'no answer'}${message === undefined ? '' : ` "${message}"`}`;
};

/** Under which prefix the calls are. One that refuses the key may be there as well as not. Pure. */
export function prefixPoint(tried: readonly (readonly [prefix: string, answer: ProbeAnswer])[]): ProbePoint {
  const served = tried.filter(([, answer]) => serves(answer)).map(([prefix]) => prefix);
  if (served.length > 0) return settled('prefix', served.join(' and '));
  return unknown('prefix', tried.map(([prefix, answer]) => `${prefix}: ${said(answer)}`).join(', '));
}

/** Whether the key is what the cloud lets in: a call that is there and refused without it. Pure. */
export function keyPoint(withKey: ProbeAnswer, without: ProbeAnswer): ProbePoint {
  if (serves(withKey) && refuses(without)) return settled('key', `taken; without it ${said(without)}`);
  if (refuses(withKey) && NO_ROUTE.test(withKey.text))
    return settled('key', `the path is refused, not the key: ${said(withKey)}`);
  if (refuses(withKey) && refuses(without) && withKey.text === without.text)
    return unknown('key', `refused as without a key: ${said(withKey)}`);
  return unknown('key', `with the key ${said(withKey)}, without ${said(without)}`);
}

/** How a path that does not exist is refused, so that a refused key can be told from it. Pure. */
export function unknownPathPoint(nowhere: ProbeAnswer, without: ProbeAnswer): ProbePoint {
  if (nowhere.status === undefined || nowhere.status < 400) return unknown('unknown-path', said(nowhere));
  const alike = nowhere.status === without.status && nowhere.text === without.text;
  return settled(
    'unknown-path',
    `${said(nowhere)}${alike ? ', which a missing key gives too' : ', which a missing key does not give'}`,
  );
}

/** In which form a download link comes. Pure. */
export function linkPoint(answer: ProbeAnswer): ProbePoint {
  if (answer.status !== 200) return unknown('link-answer', said(answer));
  const text = answer.text.replace(/^\uFEFF/, '').trim();
  if (/^https?:\/\/\S+$/.test(text)) return settled('link-answer', 'bare text');
  const value = parsed(text);
  if (typeof value === 'string') return settled('link-answer', 'a JSON string');
  if (typeof value === 'object' && value !== null && 'url' in value)
    return settled('link-answer', 'a JSON object with "url"');
  return unknown('link-answer', isPage(text) ? 'an HTML page' : 'another form');
}

/** In which form an upload link comes. Pure. */
export function uploadPoint(answer: ProbeAnswer | undefined): ProbePoint {
  if (answer === undefined) return unknown('upload-answer', 'not asked: name a test user with --user');
  const text = answer.text.replace(/^\uFEFF/, '').trim();
  const form =
    text.startsWith('<') && !isPage(text) ? 'XML' : parsed(text) === undefined ? undefined : 'JSON';
  if (answer.status !== 200 || form === undefined) return unknown('upload-answer', said(answer));
  const members = ['success', 'uploadPath', 'syncLogId'].filter((name) =>
    new RegExp(`["<]${name}[">]`, 'i').test(text),
  );
  return settled('upload-answer', `${form} with ${members.join(', ')}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What cannot be asked without taking packets, or changing the queue. */
export const NOT_ASKED: readonly ProbePoint[] = [
  unknown('list', 'not asked: a list takes packets from the queue. A pull shows it: --list'),
  unknown('report', 'not asked: a report removes packets from the queue'),
];
