import type { HttpResponse } from '../../core/runtime/http-transport.ts';
import { readText } from '../http/read-text.ts';
import { smallXmlFields } from '../protocols/small-xml.ts';
import { SMALL_ANSWER_BYTES } from './limits.ts';

/**
 * The storage's word for what is wrong, such as `NoSuchKey`; empty when it says none. Nothing else of such a body is
 * taken over: it may hold what was signed.
 */
export async function storageErrorCode(response: HttpResponse): Promise<string> {
  const text = await readText(response, SMALL_ANSWER_BYTES);
  const code = text.ok ? smallXmlFields(text.value)?.get('code') : undefined;
  return code !== undefined && /^[A-Za-z]{1,19}$/.test(code) ? code : '';
}
