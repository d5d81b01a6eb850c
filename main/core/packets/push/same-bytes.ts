/** Whether two streams say the same, however they are cut. Both are ended. Throws what they throw. */
export async function sameBytes(
  one: AsyncIterable<Uint8Array>,
  other: AsyncIterable<Uint8Array>,
): Promise<boolean> {
  const rest = other[Symbol.asyncIterator]();
  let theirs: Uint8Array = new Uint8Array(0);
  try {
    for await (const chunk of one) {
      let ours = chunk;
      while (ours.length > 0) {
        if (theirs.length === 0) {
          const next = await rest.next();
          if (next.done === true) return false;
          theirs = next.value;
          continue;
        }
        const length = Math.min(ours.length, theirs.length);
        for (let at = 0; at < length; at += 1) if (ours[at] !== theirs[at]) return false;
        ours = ours.subarray(length);
        theirs = theirs.subarray(length);
      }
    }
    if (theirs.length > 0) return false;
    for (;;) {
      const next = await rest.next();
      if (next.done === true) return true;
      if (next.value.length > 0) return false;
    }
  } finally {
    await rest.return?.();
  }
}
