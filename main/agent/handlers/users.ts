import type { Handlers } from '../../../shared/contract/contract.ts';
import { refuse } from '../../../shared/contract/reply.ts';
import type { userRequests } from '../../../shared/contract/user-requests.ts';

const notYet = async (): Promise<ReturnType<typeof refuse>> =>
  refuse('unavailable', 'this version does not show mobile users');

/** Mobile users and what their phones get. */
export const userHandlers = (): Pick<Handlers, keyof typeof userRequests> => ({
  usersList: notYet,
  userShow: notYet,
  userPush: notYet,
  preview: notYet,
  previewBody: notYet,
});
