// Masks: a peak or a range is taken out, and where the sample goes then.
import { at, rowOf, type Table } from '../data';
import { maskedCopy, movedBy } from '../decode';
import { indexAt, toPosition } from '../curveview';
import type { App } from './app';
import { peaksOf } from './asking';

export function toggleMask(app: App, from: number, to: number): void {
  if (app.state.pin === null) { if (app.shown === null) return; app.state.pin = app.shown; }
  const { masks } = app.state, is = masks.some((m) => m[0] === from && m[1] === to);
  app.set({ masks: is ? masks.filter((m) => m[0] !== from || m[1] !== to) : [...masks, [from, to]], walk: null, between: null });
}
export function maskTop(app: App): void {
  const shown = app.shown ?? app.state.pin;
  if (shown === null) { app.say('point at a sample first'); return; }
  const peaks = peaksOf(app, shown), next = peaks ? Array.from(peaks.start).findIndex((s, k) => !app.state.masks.some((m) => m[0] === s && m[1] === peaks.stop[k])) : -1;
  if (peaks && next >= 0) app.mask(peaks.start[next], peaks.stop[next]);
}
export function updateMoved(app: App): void {
  const { state, space } = app, k = state.pin, loaded = app.spaces[app.current];
  if (k === null || !state.masks.length) { app.moved = null; app.movedKey = ''; return; }
  const key = JSON.stringify([app.current, k, state.masks]);
  if (key === app.movedKey) return;
  app.movedKey = key;
  if (loaded.model.encodes) { app.moved = movedBy(loaded.model.encode(rowOf(space.spectra, k)), loaded.model.encode(maskedCopy(space, k, state.masks))); return; }
  const peaks = peaksOf(app, k), [start, stop] = state.masks[0];
  const listed = state.masks.length === 1 && peaks ? Array.from(peaks.start).findIndex((s, j) => s === start && peaks.stop[j] === stop) : -1;
  if (listed >= 0) {
    const whole: [number, number] = [at(space.points, k, 0), at(space.points, k, 1)], to: [number, number] = [whole[0] + at(peaks!.moved, listed, 0), whole[1] + at(peaks!.moved, listed, 1)];
    const error = peaks!.error[listed];
    app.moved = { whole, masked: to, members: [to], by: peaks!.relevance[listed], error: Number.isFinite(error) ? error : null };
  } else if (app.asked !== null) {
    app.moved = null;
    app.server!.ask<{ whole: Table; masked: Table }>('mask', { space: app.asked, sample: k, windows: state.masks }).then((told) => {
      if (key !== app.movedKey) return;
      const pairs = (t: Table): [number, number][] => Array.from({ length: t.rows }, (_, m) => [at(t, m, 0), at(t, m, 1)]);
      app.moved = movedBy(pairs(told.whole), pairs(told.masked)); app.draw();
    }).catch((error) => { app.moved = (error as Error).message; app.draw(); });
  } else if (space.mixture) app.moved = 'Masks move samples on maps, not between parts.';
  else app.moved = `Of a map of ${space.provenance.map} this file knows where one listed peak masked alone puts a sample; ranges and several peaks need \`peakscape explore\`.`;
}
export function maskAt(app: App, x: number): void {
  const shown = app.shown ?? app.state.pin;
  if (shown === null || app.state.walk) return;
  const peaks = peaksOf(app, shown), index = indexAt(app.space, toPosition(app.size(app.curve)[0], app.range, x));
  const own = app.state.masks.find(([a, b]) => index >= a && index < b);
  if (own) { app.mask(own[0], own[1]); return; }
  if (!peaks) return;
  const hits = [...peaks.start.keys()].filter((k) => index >= peaks.start[k] && index < peaks.stop[k]);
  if (hits.length) { const k = hits.sort((a, b) => Math.abs(indexAt(app.space, peaks.position[a]) - index) - Math.abs(indexAt(app.space, peaks.position[b]) - index))[0]; app.mask(peaks.start[k], peaks.stop[k]); }
  else app.say('no listed peak here; Alt and drag masks a range');
}
