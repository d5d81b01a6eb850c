/** No table, no lock, no plan worth keeping: only whether the server takes a request and answers. */
export const signOfLife = 'SELECT 1 AS ferry_beat;';
