import type { ClientRequest, RpcCall } from './requests.ts';

/** What wire faults look at: the SQL of a request, or the name of what it calls. */
export function requestText(request: ClientRequest): string {
  switch (request.kind) {
    case 'batch':
      return request.text;
    case 'rpc':
      return request.calls.map(callText).join('\n');
    case 'transaction':
      return `${request.request.verb.toUpperCase()} TRANSACTION ${request.request.name}`.trimEnd();
  }
}

function callText({ name, parameters }: RpcCall): string {
  // The numbered procedures carry their statement as a parameter; a value never counts as request text.
  const at = { sp_executesql: 0, sp_prepare: 2, sp_prepexec: 2 }[name.toLowerCase()];
  const statement = at === undefined ? undefined : parameters[at]?.value;
  return typeof statement === 'string' ? statement : name;
}

export const BULK_TEXT = 'BULK LOAD';
