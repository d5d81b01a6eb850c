import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { ArgsIn, RequestName, ResultOf } from '../../shared/contract/contract.ts';
import type { Refusal } from '../../shared/contract/reply.ts';
import { useConnection } from './contexts.ts';

/** A refusal, as what a query threw. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/**
 * One reading request. `mark` differs when its answer may: it is asked again then, and what was shown stays until the new
 * answer is there.
 */
export function useSiteQuery<N extends RequestName>(
  name: N,
  args: ArgsIn<N>,
  options: { readonly mark?: string | undefined; readonly enabled?: boolean | undefined } = {},
): UseQueryResult<ResultOf<N>, Refused> {
  const connection = useConnection();
  return useQuery<ResultOf<N>, Refused>({
    queryKey: [name, args, options.mark ?? ''],
    queryFn: async ({ signal }) => {
      const reply = await connection.call(name, args, signal);
      if (!reply.ok) throw new Refused(reply.error);
      return reply.value;
    },
    placeholderData: keepPreviousData,
    enabled: options.enabled ?? true,
  });
}
