// Spectra under the map: overlaid, staggered or as a heat map, with the relevance of peaks below.
import { rowOf, type Peaks, type Reflections, type SpaceData, type States } from './data';
import { css, fixed, type Colouring } from './colour';
import { tickDigits, ticks } from './mapview';

export type Mode = 'overlay' | 'mean' | 'stagger' | 'heat';
export type Scale = 'lin' | 'sqrt' | 'log';
export type Unit = 'two_theta' | 'q' | 'd' | 'energy';
export interface Curve { values: ArrayLike<number>; first: number; colour: string; width: number; name: string; dash?: boolean }
export interface Line { values: ArrayLike<number>; colour: string; text: string }
export interface CurveScene {
  space: SpaceData; colouring: Colouring; mode: Mode; scale: Scale; unit: Unit; range: [number, number]; // positions on the own axis
  curves: Curve[]; rows: number[]; lines: Line[] | null; light: number | null; peaks: Peaks | null; mean: Float32Array | null;
  masks: [number, number][]; pointer: number | null; drag: [number, number] | null; dark: boolean; known: boolean; phases: Reflections[]; states: States | null; band: { low: ArrayLike<number>; high: ArrayLike<number> } | null;
}
export const LEFT = 68, RIGHT = 14, TOP = 8, STRIP = 40, BOTTOM = 34;
export const AXES: Record<Unit, string> = { two_theta: '2θ / °', q: 'q / Å⁻¹', d: 'd / Å', energy: 'E / eV' };

/** The same position in another unit. */
export function inUnit(space: SpaceData, position: number, unit: Unit): number {
  const own = space.axis.name as Unit;
  if (own === unit || own === 'energy') return position;
  const wavelength = space.wavelength ?? NaN;
  const q = own === 'q' ? position : (4 * Math.PI * Math.sin((position * Math.PI) / 360)) / wavelength;
  if (unit === 'q') return q;
  if (unit === 'd') return (2 * Math.PI) / q;
  return (360 / Math.PI) * Math.asin(Math.min(1, (q * wavelength) / (4 * Math.PI)));
}
export function units(space: SpaceData): Unit[] {
  if (space.axis.name === 'energy') return ['energy'];
  if (space.axis.name === 'q') return space.wavelength ? ['two_theta', 'q', 'd'] : ['q', 'd'];
  return space.wavelength ? ['two_theta', 'q', 'd'] : ['two_theta'];
}

export const indexAt = (space: SpaceData, position: number): number => {
  const axis = space.axis.values;
  let low = 0, high = axis.length - 1;
  while (high - low > 1) { const middle = (low + high) >> 1; if (axis[middle] <= position) low = middle; else high = middle; }
  return position - axis[low] < axis[high] - position ? low : high;
};
export const windowOf = (space: SpaceData, range: [number, number]): [number, number] => [Math.max(0, indexAt(space, range[0]) - 1), Math.min(space.axis.values.length, indexAt(space, range[1]) + 2)];
export const toX = (width: number, range: [number, number], position: number): number => LEFT + ((position - range[0]) / (range[1] - range[0])) * (width - LEFT - RIGHT);
export const toPosition = (width: number, range: [number, number], x: number): number => range[0] + ((x - LEFT) / (width - LEFT - RIGHT)) * (range[1] - range[0]);
export const squeeze = (value: number, scale: Scale): number => (scale === 'lin' ? value : scale === 'sqrt' ? Math.sign(value) * Math.sqrt(Math.abs(value)) : Math.log10(1 + Math.max(value, 0) * 999) / 3);

export function drawCurves(context: CanvasRenderingContext2D, width: number, height: number, scene: CurveScene): void {
  const { dark } = scene, soft = dark ? '#99a2ae' : '#5c6672';
  context.clearRect(0, 0, width, height);
  context.font = '11px system-ui, sans-serif'; context.lineWidth = 1;
  const bottom = height - BOTTOM - STRIP;
  drawStrip(context, width, height, scene, soft);
  drawReflections(context, width, bottom, scene);
  if (scene.mode === 'heat' && (scene.lines ?? scene.rows).length > 1) drawHeat(context, width, bottom, scene, soft);
  else drawLines(context, width, bottom, scene, soft);
  drawAxis(context, width, height, scene, soft);
  if (scene.drag) {
    context.fillStyle = dark ? 'rgba(108,178,255,.18)' : 'rgba(11,87,164,.12)';
    const a = toX(width, scene.range, scene.drag[0]), b = toX(width, scene.range, scene.drag[1]);
    context.fillRect(Math.min(a, b), TOP, Math.abs(b - a), bottom - TOP);
  }
  if (scene.pointer !== null) {
    const x = toX(width, scene.range, scene.pointer);
    context.strokeStyle = soft; context.globalAlpha = 0.6;
    context.beginPath(); context.moveTo(x, TOP); context.lineTo(x, height - BOTTOM); context.stroke(); context.globalAlpha = 1;
  }
}

function drawLines(context: CanvasRenderingContext2D, width: number, bottom: number, scene: CurveScene, soft: string): void {
  const [first, last] = windowOf(scene.space, scene.range), top = TOP + 10;
  const staggered = scene.mode === 'stagger' && scene.curves.length > 1;
  // of the known spectra, so that nothing moves under a pointer: a decoded curve that leaves the frame is cut
  const { low, high } = extremes(scene.space, first, last);
  const bend = (v: number): number => squeeze(v / high, scene.scale);
  const floor = scene.space.kind === 'absorption' ? Math.min(0, bend(low)) : bend(-0.004 * high), room = bottom - top;
  const steps = staggered ? scene.curves.length : 1, unit = room / (1 - floor + (staggered ? 0.55 * (steps - 1) : 0));
  context.save();
  context.beginPath(); context.rect(LEFT, 0, width - LEFT - RIGHT, bottom + 2); context.clip();
  context.fillStyle = scene.dark ? 'rgba(255,111,125,.2)' : 'rgba(168,15,46,.13)';
  for (const [start, stop] of scene.masks) {
    const a = toX(width, scene.range, scene.space.axis.values[start]), b = toX(width, scene.range, scene.space.axis.values[Math.min(stop, scene.space.axis.values.length) - 1]);
    context.fillRect(a, TOP, Math.max(b - a, 2), bottom - TOP);
  }
  if (scene.band && !staggered) {
    const axis = scene.space.axis.values, y = (v: number): number => bottom + floor * unit - bend(v) * unit;
    context.beginPath(); context.fillStyle = scene.dark ? 'rgba(108,178,255,.25)' : 'rgba(11,87,164,.18)';
    for (let j = first; j < last; j++) context.lineTo(toX(width, scene.range, axis[j]), y(scene.band.high[j]));
    for (let j = last - 1; j >= first; j--) context.lineTo(toX(width, scene.range, axis[j]), y(scene.band.low[j]));
    context.fill();
  }
  if (scene.states && !staggered) drawStates(context, width, bottom, room, scene, scene.states);
  scene.curves.forEach((curve, k) => {
    const base = bottom - (staggered ? 0.55 * k * unit : 0) + floor * unit;
    strokeCurve(context, width, scene, curve, first, last, (v) => base - bend(v) * unit);
  });
  if (!staggered && scene.phases.length && scene.curves.length && scene.curves.length < 4) drawIndices(context, width, scene, scene.curves[0], (v) => bottom + floor * unit - bend(v) * unit);
  context.restore();
  if (staggered) { drawNames(context, scene, soft, (k, v) => bottom - 0.55 * k * unit + floor * unit - bend(v) * unit); return; }
  context.fillStyle = soft; context.textAlign = 'right'; context.textBaseline = 'middle';
  context.strokeStyle = scene.dark ? '#343a42' : '#d4d8dd';
  let before = Infinity;
  for (const value of scene.scale === 'log' ? [0, high / 100, high / 10, high].map(round) : levels(high, scene.scale)) {
    const y = bottom + floor * unit - bend(value) * unit;
    if (before - y < 13 || y < 2) continue;
    before = y;
    context.beginPath(); context.moveTo(LEFT - 8, y); context.lineTo(LEFT - 3, y); context.stroke();
    context.fillText(String(+value.toPrecision(3)), LEFT - 11, y);
  }
}

/** Names of staggered curves beside their beginnings, as many as find room. */
function drawNames(context: CanvasRenderingContext2D, scene: CurveScene, soft: string, y: (k: number, v: number) => number): void {
  context.fillStyle = soft; context.textAlign = 'right'; context.textBaseline = 'middle';
  let before = Infinity;
  scene.curves.forEach((curve, k) => {
    const [first] = windowOf(scene.space, scene.range), at = y(k, curve.values[Math.max(first - curve.first, 0)] ?? 0);
    if (before - at < 12) return;
    before = at; context.fillText(shortened(context, curve.name, LEFT - 12), LEFT - 6, at);
  });
}

const round = (value: number): number => (value > 0 ? [1, 2, 5, 10].map((m) => m * 10 ** Math.floor(Math.log10(value))).filter((v) => v <= value * 1.0001).at(-1)! : 0);
/** Round intensities for the axis: even steps, and below the first of them what a root shows. */
function levels(high: number, scale: Scale): number[] {
  const even = ticks(0, high * 1.0001, 4);
  if (scale !== 'sqrt' || even.length < 2) return even;
  return [0, round(even[1] / 4), ...even.slice(1)];
}
const seen = new WeakMap<SpaceData, Map<string, { low: number; high: number }>>();
/** Lowest and highest intensity of the known spectra between two points. */
function extremes(space: SpaceData, first: number, last: number): { low: number; high: number } {
  const known = seen.get(space) ?? new Map<string, { low: number; high: number }>(), key = `${first}:${last}`;
  seen.set(space, known);
  let found = known.get(key);
  if (!found) {
    found = { low: 0, high: 1e-12 };
    for (let k = 0; k < space.spectra.rows; k += Math.ceil(space.spectra.rows / 300)) {
      const row = rowOf(space.spectra, k);
      for (let j = first; j < last; j++) { if (row[j] > found.high) found.high = row[j]; else if (row[j] < found.low) found.low = row[j]; }
    }
    if (known.size > 60) known.clear();
    known.set(key, found);
  }
  return found;
}

/** A curve; where several points share a pixel, their lowest and highest. */
function strokeCurve(context: CanvasRenderingContext2D, width: number, scene: CurveScene, curve: Curve, first: number, last: number, y: (v: number) => number): void {
  const axis = scene.space.axis.values;
  context.strokeStyle = curve.colour; context.lineWidth = curve.width; context.setLineDash(curve.dash ? [5, 3] : []);
  context.beginPath();
  let pixel = -1, low = 0, high = 0, begun = false;
  for (let j = Math.max(first, curve.first); j < Math.min(last, curve.first + curve.values.length); j++) {
    const x = toX(width, scene.range, axis[j]), here = y(curve.values[j - curve.first]);
    if (Math.floor(x * 1.5) === pixel) { low = Math.max(low, here); high = Math.min(high, here); continue; }
    if (begun && low !== high) { context.lineTo(pixel / 1.5, high); context.lineTo(pixel / 1.5, low); }
    pixel = Math.floor(x * 1.5); low = high = here;
    if (begun) context.lineTo(x, here); else { context.moveTo(x, here); begun = true; }
  }
  context.stroke(); context.setLineDash([]); context.lineWidth = 1;
}

/** A text cut to a width, with an ellipsis. */
function shortened(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let n = text.length - 1;
  while (n > 1 && context.measureText(`${text.slice(0, n)}…`).width > width) n--;
  return `${text.slice(0, n)}…`;
}

let heatCache: { key: string; rows: number[]; canvas: HTMLCanvasElement } | null = null;
function drawHeat(context: CanvasRenderingContext2D, width: number, bottom: number, scene: CurveScene, soft: string): void {
  const w = Math.max(1, Math.round(width - LEFT - RIGHT)), h = Math.max(1, Math.round(bottom - TOP)), n = (scene.lines ?? scene.rows).length;
  const key = [scene.space.title, w, h, scene.scale, scene.range, scene.dark, scene.lines ? `live ${scene.lines.map((one) => one.text).join()}` : ''].join('|');
  if (heatCache?.key !== key || heatCache.rows !== scene.rows) heatCache = { key, rows: scene.rows, canvas: heatPicture(scene, w, h) };
  context.imageSmoothingEnabled = heatCache.canvas.height > h;
  context.drawImage(heatCache.canvas, LEFT, TOP, w, h);
  context.imageSmoothingEnabled = true;
  const rowHeight = h / n;
  let before = -1, labelled = Infinity;
  context.textAlign = 'right'; context.textBaseline = 'middle';
  scene.lines?.forEach((one, k) => {
    const y = TOP + h - (k + 1) * rowHeight, middle = y + rowHeight / 2;
    context.fillStyle = one.colour; context.fillRect(LEFT - 9, y, 7, rowHeight + 0.5);
    if (labelled - middle > 12) { labelled = middle; context.fillStyle = soft; context.fillText(one.text, LEFT - 12, Math.min(middle, TOP + h - 6)); }
  });
  const each = Math.max(1, Math.floor(n / h));
  const row = (sample: number, k: number): void => {
    const y = TOP + h - (k + 1) * rowHeight;
    context.fillStyle = css(scene.colouring.of[sample]);
    context.fillRect(LEFT - 9, y, 7, rowHeight + 0.5);
    const entry = scene.colouring.entry[sample];
    if (entry !== before && scene.colouring.legend[entry]) {
      before = entry;
      const middle = y + rowHeight / 2;
      if (labelled - middle > 12) { labelled = middle; context.fillStyle = soft; context.fillText(shortened(context, scene.colouring.legend[entry].text, LEFT - 18), LEFT - 12, Math.min(middle, TOP + h - 6)); }
    }
    if (sample === scene.light) { context.strokeStyle = scene.dark ? '#ff9a5a' : '#b4470a'; context.lineWidth = 1.5; context.strokeRect(LEFT - 1, y, w + 1, Math.max(rowHeight, 2)); context.lineWidth = 1; }
  };
  if (scene.lines) return;
  for (let k = 0; k < n; k += each) row(scene.rows[k], k);
  if (each > 1 && scene.light !== null && scene.rows.includes(scene.light)) row(scene.light, scene.rows.indexOf(scene.light));
}

function heatPicture(scene: CurveScene, w: number, h: number): HTMLCanvasElement {
  const [first, last] = windowOf(scene.space, scene.range), axis = scene.space.axis.values;
  const canvas = document.createElement('canvas'), count = (scene.lines ?? scene.rows).length, n = Math.min(count, Math.max(h, 1) * 2);
  canvas.width = w; canvas.height = n;
  const context = canvas.getContext('2d')!, image = context.createImageData(w, n);
  let top = 1e-12, low = Infinity;
  const lines: Float32Array[] = [];
  for (let k = 0; k < n; k++) {
    const number = Math.floor((k * count) / n), row = scene.lines ? scene.lines[number].values : rowOf(scene.space.spectra, scene.rows[number]), found = new Float32Array(w).fill(-Infinity);
    for (let j = first; j < last; j++) {
      const x = Math.floor(((axis[j] - scene.range[0]) / (scene.range[1] - scene.range[0])) * w);
      if (x >= 0 && x < w && row[j] > found[x]) found[x] = row[j];
    }
    for (let x = 1; x < w; x++) if (found[x] === -Infinity) found[x] = found[x - 1];
    for (const v of found) { if (v > top) top = v; if (v < low && v > -Infinity) low = v; }
    lines.push(found);
  }
  const from = scene.space.kind === 'absorption' ? Math.min(low, 0) : 0;
  lines.forEach((values, k) => {
    for (let x = 0; x < w; x++) {
      const t = Math.min(1, Math.max(0, squeeze(Math.max(values[x] - from, 0) / (top - from), scene.scale)));
      const place = 4 * ((n - 1 - k) * w + x);
      const shades = scene.dark ? [15 + t * 215, 18 + t * 222, 22 + t * 233] : [255 - t * 235, 255 - t * 222, 255 - t * 180];
      image.data.set([...shades, 255], place);
    }
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

export const PHASES = ['#7a3fa0', '#00788c', '#8a5a00', '#b00020'], PHASES_DARK = ['#c99bea', '#4fc6d8', '#e8b04a', '#ff7b7b'];
const SHELLS: Record<string, number> = { s: 1, p: 0, d: 2 };
export const shellColour = (channel: string, dark: boolean): string => (dark ? PHASES_DARK : PHASES)[SHELLS[channel] ?? 3];
/** The density of states at an energy, linear between its points; null outside. */
export function statesAt(states: States, channel: number, energy: number): number | null {
  const place = (energy - states.first) / states.step, row = rowOf(states.values, channel), n = row.length;
  if (!(place >= 0 && place <= n - 1)) return null;
  const k = Math.min(Math.floor(place), n - 2);
  return row[k] + (place - k) * (row[k + 1] - row[k]);
}
/** Areas of the absorber's states from below, all on one scale: at most half as high as the panel. */
function drawStates(context: CanvasRenderingContext2D, width: number, bottom: number, room: number, scene: CurveScene, states: States): void {
  const rows = states.channels.map((_, c) => rowOf(states.values, c)), x = (k: number): number => toX(width, scene.range, states.first + k * states.step);
  let most = 1e-12;
  for (const row of rows) for (let k = 0; k < row.length; k++) { const at = states.first + k * states.step; if (at >= scene.range[0] && at <= scene.range[1] && row[k] > most) most = row[k]; }
  rows.forEach((row, c) => {
    const y = (k: number): number => bottom - (0.5 * room * Math.max(row[k], 0)) / most, colour = shellColour(states.channels[c], scene.dark);
    context.beginPath(); context.moveTo(x(0), bottom);
    for (let k = 0; k < row.length; k++) context.lineTo(x(k), y(k));
    context.lineTo(x(row.length - 1), bottom); context.closePath();
    context.fillStyle = colour; context.globalAlpha = 0.22; context.fill();
    context.beginPath(); for (let k = 0; k < row.length; k++) { if (k) context.lineTo(x(k), y(k)); else context.moveTo(x(k), y(k)); }
    context.strokeStyle = colour; context.globalAlpha = 0.8; context.stroke(); context.globalAlpha = 1;
  });
}
/** Ticks of known phases below zero, the strongest reflections the longest. */
function drawReflections(context: CanvasRenderingContext2D, width: number, bottom: number, scene: CurveScene): void {
  scene.phases.forEach((phase, p) => {
    context.strokeStyle = (scene.dark ? PHASES_DARK : PHASES)[p % 4];
    context.beginPath();
    phase.positions.forEach((position: number, k: number) => {
      const x = toX(width, scene.range, position);
      if (x < LEFT || x > width - RIGHT) return;
      context.moveTo(x, bottom + 1); context.lineTo(x, bottom + 3 + 4 * Math.sqrt(phase.intensity[k]));
    });
    context.stroke();
  });
}

/** The reflection next to a position: strong ones win within a few pixels. */
export function reflectionAt(phases: Reflections[], position: number, within: number): { phase: string; hkl: string; position: number; p: number } | null {
  let found: { phase: string; hkl: string; position: number; p: number } | null = null, best = 0;
  phases.forEach((phase, p) => phase.positions.forEach((at: number, k: number) => {
    const far = Math.abs(at - position), score = far <= within ? (phase.intensity[k] + 0.01) * (1 - far / (1.3 * within)) : 0;
    if (score > best) { best = score; found = { phase: phase.name, hkl: phase.hkl[k], position: at, p }; }
  }));
  return found;
}

/** Indices over the strongest reflections in sight, where they find room. */
function drawIndices(context: CanvasRenderingContext2D, width: number, scene: CurveScene, curve: Curve, y: (v: number) => number): void {
  const phase = scene.phases[0], taken: [number, number][] = [], axis = scene.space.axis.values, reach = 0.006 * (scene.range[1] - scene.range[0]);
  const order = [...phase.positions.keys()].filter((k) => phase.positions[k] >= scene.range[0] && phase.positions[k] <= scene.range[1] && phase.intensity[k] > 0.04).sort((a, b) => phase.intensity[b] - phase.intensity[a]).slice(0, 24);
  context.fillStyle = (scene.dark ? PHASES_DARK : PHASES)[0]; context.textAlign = 'center'; context.textBaseline = 'bottom'; context.font = '11px system-ui, sans-serif';
  for (const k of order) {
    const text = phase.hkl[k], x = toX(width, scene.range, phase.positions[k]), half = context.measureText(text).width / 2 + 3;
    if (x - half < LEFT || x + half > width - RIGHT || taken.some(([a, b]) => x - half < b && x + half > a)) continue;
    let high = 0;
    for (let j = Math.max(curve.first, indexAt(scene.space, phase.positions[k] - reach)); j <= indexAt(scene.space, phase.positions[k] + reach) && j - curve.first < curve.values.length && j < axis.length; j++) high = Math.max(high, curve.values[j - curve.first]);
    taken.push([x - half, x + half]);
    context.fillText(text, x, Math.max(12, y(high) - 3));
  }
}

function drawStrip(context: CanvasRenderingContext2D, width: number, height: number, scene: CurveScene, soft: string): void {
  const top = height - BOTTOM - STRIP + (scene.phases.length ? 11 : 8), bottom = height - BOTTOM;
  context.fillStyle = scene.dark ? '#171b20' : '#f3f5f7';
  context.fillRect(LEFT, top, width - LEFT - RIGHT, bottom - top);
  context.fillStyle = scene.dark ? '#6cb2ff' : '#0b57a4';
  const xs: number[] = [];
  const bar = (position: number, share: number): void => {
    const x = toX(width, scene.range, position);
    if (x >= LEFT && x <= width - RIGHT && share > 0) { if (share > 0.3) xs.push(x); const tall = Math.max(1, share * (bottom - top - 3)); context.fillRect(x - 1.5, bottom - tall, 3, tall); }
  };
  if (scene.peaks) {
    const most = Math.max(...scene.peaks.relevance, 1e-12);
    scene.peaks.position.forEach((position: number, k: number) => bar(position, scene.peaks!.relevance[k] / most));
  } else if (scene.mean) {
    const most = Math.max(...scene.mean, 1e-12), axis = scene.space.axis.values, bins = scene.mean.length;
    scene.mean.forEach((value, k) => bar(axis[0] + ((k + 0.5) / bins) * (axis[axis.length - 1] - axis[0]), value / most));
  }
  context.fillStyle = soft; context.textAlign = 'left'; context.textBaseline = 'top';
  const text = scene.peaks ? 'relevance of its peaks' : scene.mean ? 'mean relevance' : scene.space.mixture ? 'peaks are relevant to maps, not to mixtures' : 'relevance: point at a sample';
  const wide = context.measureText(text).width, places = [LEFT + 6, width - RIGHT - wide - 6], hides = (x: number): number => xs.filter((one) => one > x - 5 && one < x + wide + 5).length;
  const x = hides(places[0]) > hides(places[1]) ? places[1] : places[0]; // where it covers fewer high bars
  context.fillStyle = scene.dark ? 'rgba(23,27,32,.8)' : 'rgba(243,245,247,.8)';
  context.fillRect(x - 3, top + 3, wide + 6, 14);
  context.fillStyle = soft;
  context.fillText(text, x, top + 4);
}

function drawAxis(context: CanvasRenderingContext2D, width: number, height: number, scene: CurveScene, soft: string): void {
  const y = height - BOTTOM, [low, high] = scene.range;
  context.strokeStyle = scene.dark ? '#4a525c' : '#aeb5bd';
  context.fillStyle = soft; context.textAlign = 'center'; context.textBaseline = 'top';
  const ends = [inUnit(scene.space, low, scene.unit), inUnit(scene.space, high, scene.unit)].filter(Number.isFinite).sort((a, b) => a - b);
  if (ends.length < 2) return;
  const all = scene.unit === 'd' ? dTicks(ends[0], ends[1]) : ticks(ends[0], ends[1], width / 90);
  let before = -Infinity;
  for (const value of scene.unit === 'd' ? [...all].reverse() : all) {
    const x = toX(width, scene.range, fromUnit(scene.space, value, scene.unit));
    if (!Number.isFinite(x) || x < LEFT - 1 || x > width - RIGHT + 1 || x - before < 34) continue;
    before = x;
    context.beginPath(); context.moveTo(x, y); context.lineTo(x, y + 5); context.stroke();
    context.fillText(scene.unit === 'd' ? String(+value.toPrecision(3)) : fixed(value, tickDigits(all)), x, y + 6);
  }
  context.fillText(AXES[scene.unit], LEFT + (width - LEFT - RIGHT) / 2, y + 19);
}
const dTicks = (low: number, high: number): number[] => {
  const found = [];
  for (let power = -2; power < 4; power++) for (const m of [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 7]) { const v = m * 10 ** power; if (v >= low && v <= high) found.push(v); }
  return found;
};
export function fromUnit(space: SpaceData, value: number, unit: Unit): number {
  const own = space.axis.name as Unit;
  if (own === unit || own === 'energy') return value;
  const wavelength = space.wavelength ?? NaN;
  const q = unit === 'q' ? value : unit === 'd' ? (2 * Math.PI) / value : (4 * Math.PI * Math.sin((value * Math.PI) / 360)) / wavelength;
  return own === 'q' ? q : (360 / Math.PI) * Math.asin(Math.min(1, (q * wavelength) / (4 * Math.PI)));
}

/** Where 95 % of the relevance lies; the whole axis where nothing is known of it. */
export function firstRange(space: SpaceData, mean: Float32Array | null): [number, number] {
  const axis = space.axis.values, low = axis[0], high = axis[axis.length - 1];
  if (!mean) return [low, high];
  const total = mean.reduce((a, b) => a + b, 0);
  if (!(total > 0)) return [low, high];
  let sum = 0, first = 0, last = mean.length - 1;
  for (let k = 0; k < mean.length; k++) { sum += mean[k]; if (sum < 0.025 * total) first = k; if (sum <= 0.975 * total) last = k + 1; }
  const step = (high - low) / mean.length, room = 0.04 * (last - first + 1) * step;
  return [Math.max(low, low + first * step - room), Math.min(high, low + (last + 1) * step + room)];
}

/** Mean relevance of the samples' peaks, in bins along the axis. */
export function meanRelevance(space: SpaceData, bins = 300): Float32Array | null {
  const sent = (space.peaks ?? []).filter((one) => one !== null);
  if (!sent.length) return null;
  const found = new Float32Array(bins), axis = space.axis.values, low = axis[0], high = axis[axis.length - 1];
  for (const peaks of sent) peaks.position.forEach((position: number, k: number) => {
    const bin = Math.min(bins - 1, Math.floor(((position - low) / (high - low)) * bins));
    found[bin] += peaks.relevance[k] / sent.length;
  });
  return found;
}
