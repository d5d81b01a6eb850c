/** `2025-03-10T08:15:30.120Z`: the clock of `zone`, with the `Z` devices write whatever it is. */
export function localTimeText(at: number, zone: string): string {
  if (zone === 'UTC') return new Date(at).toISOString();
  // Swedish writes dates the ISO way.
  const text = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(at);
  return `${text.replace(' ', 'T')}.${String(at % 1000).padStart(3, '0')}Z`;
}
