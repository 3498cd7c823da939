// What is seen, as text in the address: a view can be sent, reloaded and undone.
import type { Mode, Scale, Unit } from './curveview';
import type { View } from './mapview';

export interface State {
  colour: string; hidden: number[]; view: View | null; selection: number[]; lasso: [number, number][]; pin: number | null;
  walk: { x: number; y: number; from: number | null } | null; between: [number, number, number] | null;
  masks: [number, number][]; mode: Mode; scale: Scale; unit: Unit; range: [number, number] | null;
  theme: 'auto' | 'light' | 'dark'; painted: boolean; spread: boolean; path: boolean; contours: boolean; ways: boolean; tool: 'read' | 'select' | 'pan';
}
export const start = (colour: string, unit: Unit, scale: Scale): State => ({
  colour, hidden: [], view: null, selection: [], lasso: [], pin: null, walk: null, between: null, masks: [], mode: 'overlay',
  scale, unit, range: null, theme: 'auto', painted: true, spread: true, path: false, contours: false, ways: false, tool: 'read',
});

const short = (value: number): string => String(+value.toPrecision(6));
/** Ascending numbers as runs: 3-7.9 */
const runs = (numbers: number[]): string => {
  const sorted = [...numbers].sort((a, b) => a - b), found: string[] = [];
  for (let i = 0; i < sorted.length;) {
    let j = i;
    while (sorted[j + 1] === sorted[j] + 1) j++;
    found.push(i === j ? `${sorted[i]}` : `${sorted[i]}-${sorted[j]}`);
    i = j + 1;
  }
  return found.join('.');
};
const unruns = (text: string, n: number): number[] => text.split('.').flatMap((part) => {
  const [a, b] = part.split('-').map(Number);
  if (!Number.isInteger(a)) return [];
  return Array.from({ length: Math.min((Number.isInteger(b) ? b : a) - a + 1, n) }, (_, k) => a + k).filter((k) => k >= 0 && k < n);
});

export function encode(state: State, first: State): string {
  const told = new URLSearchParams();
  if (state.colour !== first.colour) told.set('c', state.colour);
  if (state.hidden.length) told.set('h', state.hidden.join('.'));
  if (state.view) told.set('v', [state.view.x, state.view.y, state.view.scale].map(short).join(','));
  if (state.selection.length) {
    const numbers = runs(state.selection), corners = state.lasso.flat().map(short).join(',');
    if (state.lasso.length && corners.length < numbers.length) told.set('l', corners); else told.set('s', numbers);
  }
  if (state.pin !== null) told.set('p', String(state.pin));
  if (state.walk) told.set('w', [short(state.walk.x), short(state.walk.y), state.walk.from ?? ''].join(','));
  if (state.between) told.set('b', [state.between[0], state.between[1], short(state.between[2])].join(','));
  if (state.masks.length) told.set('m', state.masks.map((m) => m.join('-')).join('.'));
  if (state.range) told.set('r', state.range.map(short).join(','));
  for (const [key, name] of [['k', 'mode'], ['i', 'scale'], ['u', 'unit'], ['t', 'theme']] as const) if (state[name] !== first[name]) told.set(key, state[name]);
  const layers = (state.painted ? 'p' : '') + (state.spread ? 's' : '') + (state.path ? 'a' : '') + (state.contours ? 'c' : '') + (state.ways ? 'w' : '');
  if (layers !== 'ps') told.set('g', layers || '-');
  return told.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
}

export function decode(text: string, first: State, n: number, n_points: number, inLasso: (corners: [number, number][]) => number[]): State {
  const told = new URLSearchParams(text.replace(/^#/, '')), state: State = { ...first, hidden: [], selection: [], masks: [], lasso: [] };
  const numbers = (key: string): number[] => (told.get(key) ?? '').split(',').map(Number);
  const valid = (k: number): boolean => Number.isInteger(k) && k >= 0 && k < n;
  state.colour = told.get('c') ?? first.colour;
  if (told.get('h')) state.hidden = told.get('h')!.split('.').map(Number).filter(Number.isInteger);
  if (told.has('v') && numbers('v').length === 3 && numbers('v').every(Number.isFinite) && numbers('v')[2] > 0) { const [x, y, scale] = numbers('v'); state.view = { x, y, scale }; }
  if (told.get('s')) state.selection = unruns(told.get('s')!, n);
  if (told.has('l')) {
    const flat = numbers('l');
    for (let k = 0; k + 1 < flat.length; k += 2) if (Number.isFinite(flat[k]) && Number.isFinite(flat[k + 1])) state.lasso.push([flat[k], flat[k + 1]]);
    state.selection = inLasso(state.lasso);
  }
  if (told.has('p') && valid(Number(told.get('p')))) state.pin = Number(told.get('p'));
  if (told.has('w')) {
    const [x, y, from] = told.get('w')!.split(',');
    if (Number.isFinite(+x) && Number.isFinite(+y)) state.walk = { x: +x, y: +y, from: from !== undefined && from !== '' && valid(+from) ? +from : null };
  }
  if (told.has('b')) { const [a, b, t] = numbers('b'); if (valid(a) && valid(b) && t >= 0 && t <= 1) state.between = [a, b, t]; }
  if (told.get('m')) state.masks = told.get('m')!.split('.').map((one) => one.split('-').map(Number) as [number, number]).filter(([a, b]) => Number.isInteger(a) && Number.isInteger(b) && a >= 0 && a < b && b <= n_points);
  if (told.has('r') && numbers('r').length === 2 && numbers('r')[0] < numbers('r')[1]) state.range = numbers('r') as [number, number];
  const choice = <T extends string>(key: string, all: readonly T[], otherwise: T): T => (all.includes(told.get(key) as T) ? (told.get(key) as T) : otherwise);
  state.mode = choice('k', ['overlay', 'mean', 'stagger', 'heat'] as const, first.mode);
  state.scale = choice('i', ['lin', 'sqrt', 'log'] as const, first.scale);
  state.unit = choice('u', ['two_theta', 'q', 'd', 'energy'] as const, first.unit);
  state.theme = choice('t', ['auto', 'light', 'dark'] as const, first.theme);
  const layers = told.get('g');
  if (layers !== null) { state.painted = layers.includes('p'); state.spread = layers.includes('s'); state.path = layers.includes('a'); state.contours = layers.includes('c'); state.ways = layers.includes('w'); }
  return state;
}
