import { fail, ok } from '../../../shared/model/result.ts';
import type { ReadText } from '../../core/runtime/http-transport.ts';
import { HttpBodyError } from './answer-body.ts';

/**
 * Reads a body of at most `limitBytes` as UTF-8 text, a byte order mark kept, so that the text encodes to the same bytes
 * again. The failure says what went wrong in words.
 */
export const readText: ReadText = async (response, limitBytes) => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let bytes = 0;
  let text = '';
  try {
    for await (const chunk of response.body) {
      bytes += chunk.length;
      if (bytes > limitBytes) return fail(`more than ${limitBytes} bytes`);
      text += decoder.decode(chunk, { stream: true });
    }
    return ok(text + decoder.decode());
  } catch (error) {
    if (error instanceof TypeError) return fail('bytes that are no UTF-8');
    return fail(error instanceof HttpBodyError ? error.message : 'the body could not be read');
  }
};
