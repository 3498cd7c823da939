// What map and spectra show now, made from the state.
import { at, rowOf } from '../data';
import { maskedCopy } from '../decode';
import { css } from '../colour';
import type { Scene } from '../mapview';
import type { Curve, CurveScene, Line } from '../curveview';
import { liveColour, type LiveRow } from '../live';
import { type App, NONE } from './app';
import { peaksOf } from './asking';

export function waterfall(app: App, rows: LiveRow[]): Line[] { const ink = app.dark ? '#e8ebf0' : '#15181c'; return rows.filter((row) => row.spectrum?.length === app.space.axis.values.length).slice(-80).map((row) => ({ values: row.spectrum!, colour: liveColour(row, { space: app.space, colouring: app.colours!, dark: app.dark }) ?? ink, text: String(row.number) })); }
export function curvesNow(app: App): Curve[] {
  const { space, state } = app, ink = app.dark ? '#e8ebf0' : '#15181c', orange = app.dark ? '#ff9a5a' : '#b4470a', grey = app.dark ? '#8b949f' : '#6d7680';
  const whole = (k: number, colour: string, width = 1.2): Curve => ({ values: rowOf(space.spectra, k), first: 0, colour, width, name: space.names[k] });
  const { focus, watching } = app;
  if (focus?.spectrum && app.hoverOf === null) {
    const one = focus, near = space.names.indexOf(one.sample!.nearest);
    return [...(near >= 0 ? [{ ...whole(near, grey), name: `${space.names[near]}, nearest known` }] : []), { values: one.spectrum!, first: 0, colour: ink, width: 1.3, name: one.sample!.name }];
  }
  if (state.walk && app.hoverOf === null) {
    const now = app.walkNow(), decoded = app.decodeNow(), from = state.walk.from;
    const begin = from === null ? [] : [{ ...whole(from, ink, 1), name: `${space.names[from]}, where the walk began` }];
    if (!decoded) return [...begin, { ...whole(now.number, grey), name: `${space.names[now.number]}, the nearest sample` }];
    return [...begin, { values: decoded.curve, first: decoded.first, colour: now.known ? orange : grey, width: 1.5, name: now.known ? 'decoded here' : 'what the map would say; nothing is known here' }];
  }
  const shown = app.shown;
  if (shown !== null) {
    const found = [whole(shown, ink)];
    if (state.masks.length && shown === state.pin) found.push({ values: maskedCopy(space, shown, state.masks), first: 0, colour: orange, width: 1.2, name: 'masked' });
    if (app.hoverOf !== null && state.pin !== null && app.hoverOf !== state.pin) found.unshift({ ...whole(state.pin, grey, 1), name: `${space.names[state.pin]}, kept` });
    return found;
  }
  if (app.mode() === 'heat') return [];
  const chosen = (state.selection.length ? state.selection : [...space.names.keys()]).filter(app.visible);
  if (watching) return waterfall(app, watching).slice(-24).map((one): Curve => ({ values: one.values, first: 0, colour: one.colour, width: 1, name: one.text }));
  if (app.mode() === 'mean') return [{ values: meanOf(app, chosen).mean, first: 0, colour: ink, width: 1.4, name: `mean of ${chosen.length}` }];
  const sorted = inOrder(app, chosen), most = app.mode() === 'stagger' ? 24 : 60, step = Math.max(1, sorted.length / most);
  return Array.from({ length: Math.min(sorted.length, most) }, (_, k) => sorted[Math.floor(k * step)]).map((k) => whole(k, css(app.colours!.of[k]), 1));
}
/** Mean of spectra, and one standard deviation around it. */
export function meanOf(app: App, numbers: number[]): { mean: Float64Array; low: Float64Array; high: Float64Array } {
  if (app.middleKept && app.middleKept.rows.join() === numbers.join()) return app.middleKept;
  const n = app.space.axis.values.length, mean = new Float64Array(n), squares = new Float64Array(n), count = Math.max(numbers.length, 1);
  for (const k of numbers) { const row = rowOf(app.space.spectra, k); for (let j = 0; j < n; j++) { mean[j] += row[j] / count; squares[j] += row[j] * row[j] / count; } }
  const spread = squares.map((one, j) => Math.sqrt(Math.max(one - mean[j] * mean[j], 0)));
  app.middleKept = { rows: numbers, mean, low: mean.map((one, j) => one - spread[j]), high: mean.map((one, j) => one + spread[j]) };
  return app.middleKept;
}
/** The rows of the heat map: the same list while nothing of it changes. */
export function heatRows(app: App): number[] {
  const { selection, hidden } = app.state, colours = app.colours!, kept = app.rowsKept;
  if (kept && kept.colours === colours && kept.selection === selection && kept.hidden === hidden) return kept.rows;
  const rows = inOrder(app, (selection.length ? selection : [...app.space.names.keys()]).filter(app.visible));
  app.rowsKept = { colours, selection, hidden, rows };
  return rows;
}
export function inOrder(app: App, numbers: number[]): number[] {
  const { values, entry } = app.colours!, others = app.space.labels.flatMap((l) => l.columns.map((_, c) => (k: number) => at(l.values, k, c)));
  return [...numbers].sort((a, b) => (values ? values[a] - values[b] : entry[a] - entry[b]) || others.reduce((found, of) => found || of(a) - of(b), 0) || a - b);
}
export function sceneNow(app: App): Scene {
  const { state, space } = app, moved = typeof app.moved === 'object' ? app.moved : null;
  const walk = state.walk ? { ...state.walk, known: app.walkNow().known } : null;
  return {
    space, colouring: app.colours!, visible: app.visible, hides: state.hidden.length > 0, selected: new Set(state.selection), view: app.view(), pin: state.pin, hover: app.hoverOf ?? app.lightOnly, walk,
    arrow: moved && state.pin !== null && state.masks.length && !walk ? { from: moved.whole, to: moved.masked, members: moved.members.length > 1 ? moved.members : [] } : null,
    lasso: app.lasso, stars: app.stars.map(({ one, place }) => ({ name: one.sample!.name, x: place[0], y: place[1], foreign: !!one.sample!.foreign })),
    star: app.star === null ? null : app.stars.findIndex(({ one }) => one === app.placed[app.star!]), live: app.live && !app.current ? { rows: app.live.shown, shown: app.hoverLive ?? app.liveShown } : null, between: state.between, painted: state.painted, spread: state.spread, path: state.path, contours: state.contours, ways: state.ways && !space.mixture, dark: app.dark,
  };
}
export function curveSceneNow(app: App): CurveScene {
  const { state, space } = app, shown = app.shown;
  const { unit, watching } = app, lines = watching && app.mode() === 'heat' ? waterfall(app, watching) : [];
  return {
    space, lines: lines.length > 1 ? lines : null, colouring: app.colours!, mode: app.mode(), scale: state.scale, unit, range: app.range, curves: curvesNow(app), rows: app.mode() === 'heat' && !lines.length ? heatRows(app) : NONE, light: app.hoverOf ?? app.lightOnly,
    peaks: shown !== null ? peaksOf(app, shown) : null, mean: shown !== null ? null : app.spaces[app.current].mean, masks: shown !== null && shown === state.pin ? state.masks : [], pointer: app.pointer, drag: app.dragged, dark: app.dark, known: true, phases: app.phases, states: shown !== null && app.mode() === 'overlay' ? app.statesOf(shown) : null,
    band: app.mode() === 'mean' && shown === null && !state.walk ? meanOf(app, (state.selection.length ? state.selection : [...space.names.keys()]).filter(app.visible)) : null,
  };
}
