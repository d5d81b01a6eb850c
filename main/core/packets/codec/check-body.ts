import type { Endpoint } from '../../../../shared/model/failure.ts';
import { BodyStreamError } from '../../runtime/body-stream-error.ts';
import { isPacketRoot, readProlog } from './prolog.ts';

/** Longer than the root's end tag with generous blanks after it. */
const TAIL_CHARS = 256;
/** A tag that is still open after so much text is not the end tag looked for. */
const TAG_CHARS = 4096;
const MARK = /<!--|<!\[CDATA\[|<\/navmobilesync[ \t\r\n]*>|<navmobilesync(?=[\s/])[^<>]*\/>/i;
const LAST = /<\/navmobilesync[ \t\r\n]*>\s*$/i;

/**
 * Passes a download through and ends with BodyStreamError `invalid-response` when it is no packet (HTML, JSON, nothing)
 * or is cut before the root's end tag. A whole packet that is malformed, mis-nested or has a DOCTYPE passes: it is
 * stored as it is and parked with its bytes kept.
 */
export async function* checkBody(
  chunks: AsyncIterable<Uint8Array>,
  endpoint: Endpoint,
): AsyncGenerator<Uint8Array, void, undefined> {
  const wrong = (detail: string): BodyStreamError =>
    new BodyStreamError({ kind: 'invalid-response', endpoint, where: 'packet body', detail });
  // Not fatal: wrong bytes inside are the reader's to refuse. Names and markup are ASCII.
  const decoder = new TextDecoder('utf-8');
  const end = new RootEnd();
  let prolog: string | undefined = '';
  const begin = (text: string): void => {
    if (prolog === undefined) return;
    prolog += text;
    const verdict = readProlog(prolog);
    if (verdict.kind === 'more') return;
    if (verdict.kind === 'not-xml') throw wrong(`not a packet: ${verdict.detail}`);
    if (verdict.name !== '' && !isPacketRoot(verdict.name))
      throw wrong(
        verdict.name.toLowerCase() === 'html'
          ? 'not a packet: an HTML page'
          : 'not a packet: another root element',
      );
    prolog = undefined;
  };
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    begin(text);
    end.see(text);
    yield chunk;
  }
  const rest = decoder.decode();
  begin(rest);
  end.see(rest);
  if (prolog !== undefined)
    throw wrong(prolog.trim() === '' ? 'an empty body' : 'cut before the first element');
  if (!end.seen) throw wrong('cut: it ends before the root element does');
}

/** Watches a document go by for the end of its root, or for a root that is empty. */
class RootEnd {
  #seen = false;
  #rest = '';
  #last = '';
  /** Set while inside a comment or CDATA section: the text that ends it. */
  #until: string | undefined;

  /** Also true when the last thing of the document is the end tag, whatever unclosed comment it may stand in. */
  get seen(): boolean {
    return this.#seen || LAST.test(this.#last);
  }

  see(text: string): void {
    if (this.#seen || text === '') return;
    this.#last = (this.#last + text.slice(-TAIL_CHARS)).slice(-TAIL_CHARS);
    let rest = this.#rest + text;
    for (;;) {
      if (this.#until !== undefined) {
        const end = rest.indexOf(this.#until);
        if (end < 0) {
          this.#rest = rest.slice(-2);
          return;
        }
        rest = rest.slice(end + this.#until.length);
        this.#until = undefined;
      }
      const mark = MARK.exec(rest);
      if (mark === null) {
        this.#rest = unfinishedTag(rest);
        return;
      }
      if (mark[0] === '<!--') this.#until = '-->';
      else if (mark[0].startsWith('<![')) this.#until = ']]>';
      else {
        this.#seen = true;
        return;
      }
      rest = rest.slice(mark.index + mark[0].length);
    }
  }
}

/** The last tag when it is not whole yet. */
function unfinishedTag(text: string): string {
  const open = text.lastIndexOf('<');
  return open < 0 || text.length - open > TAG_CHARS || text.includes('>', open) ? '' : text.slice(open);
}
