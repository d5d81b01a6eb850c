const ROUNDS = [
  { shifts: [3, 7, 11, 19], order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], add: 0 },
  { shifts: [3, 5, 9, 13], order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15], add: 0x5a827999 },
  { shifts: [3, 9, 11, 15], order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], add: 0x6ed9eba1 },
] as const;

const mix = (round: number, x: number, y: number, z: number): number => {
  if (round === 0) return (x & y) | (~x & z);
  return round === 1 ? (x & y) | (x & z) | (y & z) : x ^ y ^ z;
};

/** MD4 (RFC 1320), which Windows makes password hashes with and OpenSSL 3 no longer offers. Proves nothing by itself. */
export function md4(message: Uint8Array): Buffer {
  const size = (((message.length + 8) >> 6) + 1) * 64;
  const padded = Buffer.alloc(size);
  padded.set(message);
  padded[message.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(message.length) * 8n, size - 8);
  let state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let block = 0; block < size; block += 64) {
    let [a = 0, b = 0, c = 0, d = 0] = state;
    for (const [round, { shifts, order, add }] of ROUNDS.entries())
      for (const [step, word] of order.entries()) {
        const sum = (a + mix(round, b, c, d) + padded.readInt32LE(block + word * 4) + add) | 0;
        const by = shifts[step % 4] ?? 0;
        [a, b, c, d] = [d, (sum << by) | (sum >>> (32 - by)), b, c];
      }
    state = [a, b, c, d].map((value, at) => (value + (state[at] ?? 0)) | 0);
  }
  const digest = Buffer.alloc(16);
  for (const [at, value] of state.entries()) digest.writeInt32LE(value, at * 4);
  return digest;
}
