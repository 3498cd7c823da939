// What only a server or a kernel can answer: peaks, decoded spectra, maps made anew, mixtures.
import { rowOf, type Peaks, type SpaceData, type Table } from '../data';
import type { App } from './app';
import { notice } from './menus';

export function peaksOf(app: App, k: number): Peaks | null {
  const sent = app.space.peaks?.[k];
  if (sent) return sent;
  const key = `${app.current}:${k}`, known = app.askedPeaks.get(key);
  if (known) return known === 'asked' ? null : known;
  if (app.asked !== null) {
    app.askedPeaks.set(key, 'asked');
    app.server!.ask<Peaks>('peaks', { space: app.asked, sample: k }).then((peaks) => { app.askedPeaks.set(key, peaks); app.draw(true); }).catch(() => app.askedPeaks.delete(key));
  }
  return null;
}
export function askDecoded(app: App, x: number, y: number, key: string): void {
  if (app.asking) return;
  app.asking = key;
  app.server!.ask<{ spectra: Table }>('decode', { space: app.asked, points: [[x, y]] }).then((told) => {
    app.decoded = { curve: Float64Array.from(rowOf(told.spectra, 0)), differ: null, first: 0, key }; app.asking = ''; app.draw(true);
  }).catch(() => { app.asking = ''; });
}
export function mapAnew(app: App): void {
  if (app.asked === null || app.state.selection.length < 4 || app.busy) return;
  app.busy = 'mapping …'; app.draw(true);
  const began = Date.now(), tick = setInterval(() => { app.busy = `mapping … ${Math.round((Date.now() - began) / 1000)} s`; app.draw(); }, 1000);
  app.server!.ask<SpaceData>('remap', { space: app.asked, samples: app.state.selection, map: 'auto' }).then((space) => { app.load(space, null); app.busy = ''; app.turnTo(app.spaces.length - 1); notice('the selection is mapped anew; the map before stays in its tab'); })
    .catch((error) => { app.busy = ''; notice((error as Error).message); app.draw(true); }).finally(() => clearInterval(tick));
}
/** The known samples between the parts that the space knows: found by the server when it is asked for. */
export function openMixtures(app: App): void {
  app.busy = 'unmixing …'; app.refresh();
  app.server!.ask<SpaceData>('mixtures', { space: 0 }).then((space) => { app.load(space, null); app.busy = ''; app.turnTo(app.spaces.length - 1); })
    .catch((error) => { app.busy = ''; notice((error as Error).message); app.refresh(); });
}
