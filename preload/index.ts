import { contextBridge, ipcRenderer } from 'electron';
import { CHANNELS, type ViewerBridge, type ViewerEvent } from '../shared/contract/bridge.ts';
import type { Place } from '../shared/contract/place.ts';
import type { Reply } from '../shared/contract/reply.ts';

const events = new Set<(event: ViewerEvent) => void>();
const places = new Set<(place: Place) => void>();

/** Kept for whoever listens later: a page loads its parts one after the other. */
let lastStatus: ViewerEvent | undefined;
let lastConnection: ViewerEvent | undefined;
let pendingPlace: Place | undefined;

ipcRenderer.on(CHANNELS.event, (_from, event: ViewerEvent) => {
  if (event.kind === 'status') lastStatus = event;
  else lastConnection = event;
  for (const listener of events) listener(event);
});
ipcRenderer.on(CHANNELS.place, (_from, place: Place) => {
  if (places.size === 0) pendingPlace = place;
  for (const listener of places) listener(place);
});

const unreachable: Reply<unknown> = {
  ok: false,
  error: { code: 'unavailable', message: 'The program does not answer this window.', hint: 'Open it again.' },
};

const bridge: ViewerBridge = {
  call: (name, args) =>
    ipcRenderer.invoke(CHANNELS.call, name, args).catch(() => unreachable) as Promise<Reply<unknown>>,
  onEvent: (listener) => {
    events.add(listener);
    if (lastStatus !== undefined) listener(lastStatus);
    if (lastConnection !== undefined) listener(lastConnection);
    return () => {
      events.delete(listener);
    };
  },
  onPlace: (listener) => {
    places.add(listener);
    const place = pendingPlace;
    pendingPlace = undefined;
    if (place !== undefined) listener(place);
    return () => {
      places.delete(listener);
    };
  },
};

contextBridge.exposeInMainWorld('erpFerry', bridge);
// Whatever happened before this page was there is told now.
void ipcRenderer.invoke(CHANNELS.ready).catch(() => undefined);
