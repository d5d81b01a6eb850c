const HIDDEN = '[secret]';

/** Values under these names are never shown, whatever they are. */
const SECRET_FIELD =
  /^(x-api-key|api-?key|(proxy-)?authorization|(set-)?cookie|password|passwd|pwd|secret|token|access-?token|account-?key|shared-?access-?(key|signature)|client-?secret|private-?key|connection-?string)$/i;

/** Longer texts do not belong into a log; they are cut after redaction, so that a cut never bares half a secret. */
const MAX_TEXT = 8 * 1024;
/** Beyond this even reading the text is too much. */
const MAX_READ = 1024 * 1024;
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;

/** Shorter values would blot out ordinary words; no system here accepts them as a password anyway. */
const MIN_SECRET = 4;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // Headers as text: the value is the rest of the line.
  [
    /\b(x-api-key|(?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[:=]\s*["']?)[^\r\n"']+/gi,
    `$1$2${HIDDEN}`,
  ],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  // Connection strings: quoted values may hold semicolons.
  [
    /\b(password|pwd|accountkey|sharedaccesskey|sharedaccesssignature|client[ _]?secret|api[-_ ]?key|secret|token)(\s*=\s*)("[^"]*"|'[^']*'|\{[^}]*\}|[^;\s&"']+)/gi,
    `$1$2${HIDDEN}`,
  ],
  // User and password in an address.
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"'<>]+@/gi, `$1${HIDDEN}@`],
  // Signed links: whoever has the query has the right.
  [/(\b(?:https?|wss?):\/\/[^\s?#"'<>]+)[?#][^\s"'<>]+/gi, '$1?[query]'],
];

/** Control characters, line and paragraph separators, direction overrides, invisible joiners and tags. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Makes characters that steer a terminal or an editor visible instead. */
export const neutralise = (text: string): string =>
  text.replace(
    UNSAFE,
    (character) => NAMED[character] ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );

export interface Redactor {
  /** From now on this value never leaves, nor its usual encodings. */
  add(secret: string): void;
  text(text: string): string;
  /** Deep: a copy made of plain values, bounded in depth and size. */
  value(value: unknown): unknown;
}

export function createRedactor(secrets: readonly string[] = []): Redactor {
  let known: readonly string[] = [];

  const add = (secret: string): void => {
    if (secret.length < MIN_SECRET) return;
    const bytes = Buffer.from(secret, 'utf8');
    const forms = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      bytes.toString('base64'),
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('base64url'),
      secret
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;'),
    ];
    // Longest first: a secret that contains another one must go whole.
    known = [...new Set([...known, ...forms])].sort((a, b) => b.length - a.length);
  };
  for (const secret of secrets) add(secret);

  const text = (raw: string): string => {
    if (raw.length > MAX_READ) return `[text of ${raw.length} characters]`;
    let shown = raw;
    for (const secret of known) shown = shown.replaceAll(secret, HIDDEN);
    for (const [pattern, instead] of PATTERNS) shown = shown.replace(pattern, instead);
    shown = neutralise(shown);
    return shown.length > MAX_TEXT ? `${shown.slice(0, MAX_TEXT)}… (${shown.length} characters)` : shown;
  };

  const value = (raw: unknown, depth: number): unknown => {
    switch (typeof raw) {
      case 'string':
        return text(raw);
      case 'number':
        return Number.isFinite(raw) ? raw : String(raw);
      case 'boolean':
      case 'undefined':
        return raw;
      case 'bigint':
        return raw.toString();
      case 'object':
        return raw === null ? null : object(raw, depth);
      default:
        return `[${typeof raw}]`;
    }
  };

  const object = (raw: object, depth: number): unknown => {
    if (raw instanceof Uint8Array) return `[${raw.byteLength} bytes]`;
    if (raw instanceof Date) return Number.isNaN(raw.getTime()) ? 'invalid date' : raw.toISOString();
    if (depth >= MAX_DEPTH) return '[deeper]';
    if (raw instanceof Error) return error(raw, depth);
    if (Array.isArray(raw)) return raw.slice(0, MAX_ENTRIES).map((one) => value(one, depth + 1));
    const entries =
      raw instanceof Map ? [...raw].map(([k, v]) => [String(k), v] as const) : Object.entries(raw);
    // A null prototype: a field named __proto__ is data.
    const shown: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [name, one] of entries.slice(0, MAX_ENTRIES))
      shown[text(name)] =
        SECRET_FIELD.test(name) && one !== undefined && one !== null ? HIDDEN : value(one, depth + 1);
    return shown;
  };

  const error = (raw: Error, depth: number): unknown => ({
    name: text(raw.name),
    message: text(raw.message),
    ...('code' in raw && typeof raw.code === 'string' ? { code: text(raw.code) } : {}),
    stack: (raw.stack ?? '')
      .split('\n')
      .slice(1, 12)
      .map((line) => text(line.trim())),
    ...(raw.cause === undefined ? {} : { cause: value(raw.cause, depth + 1) }),
  });

  return { add, text, value: (raw) => value(raw, 0) };
}
