import { at, type SpaceData } from './data';
import { extent } from './decode';

// matplotlib's viridis at nine places, between them straight
const VIRIDIS = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];
// Okabe and Ito, told apart by the colour-blind; the yellow last, it is hard to see on white
const CLASSES = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#56b4e9', '#cc79a7', '#7a5c00', '#f0e442'];
export type RGB = [number, number, number];

export function viridis(share: number, dark: boolean): RGB {
  const t = Math.min(Math.max(Number.isFinite(share) ? share : 0, 0), 1);
  const u = (dark ? 0.12 + 0.88 * t : t) * 8, k = Math.min(Math.floor(u), 7), f = u - k;
  return [0, 1, 2].map((c) => Math.round(VIRIDIS[k][c] * (1 - f) + VIRIDIS[k + 1][c] * f)) as RGB;
}
export const css = ([r, g, b]: RGB, alpha = 1): string => (alpha === 1 ? `rgb(${r},${g},${b})` : `rgba(${r},${g},${b},${alpha})`);
const hex = (text: string): RGB => [1, 3, 5].map((k) => parseInt(text.slice(k, k + 2), 16)) as RGB;

export interface Entry { text: string; count: number; colour: RGB; shape: number }
export interface Colouring {
  key: string; title: string; of: RGB[]; shapes: number[]; entry: number[]; legend: Entry[];
  range: [number, number] | null; values: number[] | null; paint: { label: number; column: number } | null;
}

export function choices(space: SpaceData): { key: string; title: string }[] {
  const found: { key: string; title: string }[] = [];
  space.labels.forEach((label, l) => label.columns.forEach((column, c) => {
    if (extent(label, c).count > 1) found.push({ key: `label:${l}:${c}`, title: label.kind === 'fraction' ? `fraction of ${column}` : label.name === 'composition' ? `${column} per formula unit` : column });
  }));
  space.classes.forEach((one, k) => found.push({ key: `class:${k}`, title: one.name }));
  if (space.groups) found.push({ key: 'groups', title: 'group by place' });
  found.push({ key: 'nearest', title: 'unlike its nearest' });
  found.push({ key: 'none', title: 'one colour' });
  return found;
}

/** The first choice: of a composition the column that varies most. */
export function firstChoice(space: SpaceData): string {
  let best = '', most = 0;
  space.labels.forEach((label, l) => label.columns.forEach((_, c) => {
    const { count, low, high } = extent(label, c);
    const score = count * 1000 + (high - low);
    if (count > 1 && score >= most && (best === '' || best.startsWith(`label:${l}:`))) { most = score; best = `label:${l}:${c}`; }
  }));
  if (!best && space.classes.length) return 'class:0';
  return best || (space.groups ? 'groups' : 'nearest');
}

export function colouring(space: SpaceData, key: string, dark: boolean): Colouring {
  const n = space.names.length, title = choices(space).find((one) => one.key === key)?.title ?? '';
  const [kind, first, second] = key.split(':');
  if (kind === 'label') {
    const label = space.labels[+first], column = +second;
    const values = Array.from({ length: n }, (_, i) => at(label.values, i, column));
    return { ...byNumber(key, title, values, dark), paint: label.painted ? { label: +first, column } : null };
  }
  if (kind === 'class') return byClass(key, title, space.classes[+first].values);
  if (kind === 'groups' && space.groups) return byClass(key, title, Array.from(space.groups, (g) => `group ${g + 1}`));
  if (kind === 'nearest') return byNumber(key, title, Array.from(space.nearest.distance), dark);
  const plainColour: RGB = dark ? [140, 170, 210] : [40, 90, 150];
  return { key, title, of: Array(n).fill(plainColour), shapes: Array(n).fill(0), entry: Array(n).fill(0), legend: [], range: null, values: null, paint: null };
}

const FEW = 12, SHADES = 4096; // values that are listed one by one; shades of many points, each made once
function byNumber(key: string, title: string, values: number[], dark: boolean): Colouring {
  let low = Infinity, high = -Infinity;
  for (const value of values) { if (value < low) low = value; if (value > high) high = value; }
  const share = (v: number): number => (high > low ? (v - low) / (high - low) : 0.5);
  const seen = new Set<number>();
  for (const v of values) { seen.add(Math.round(v * 1e6) / 1e6); if (seen.size > FEW) break; }
  const distinct = [...seen].sort((a, b) => a - b), few = distinct.length <= FEW, order = new Map(distinct.map((v, k) => [v, k]));
  const edges = few ? distinct : Array.from({ length: 6 }, (_, k) => low + ((high - low) * k) / 6);
  const entry = values.map((v) => {
    if (few) return order.get(Math.round(v * 1e6) / 1e6) ?? 0;
    return Math.min(5, Math.floor(share(v) * 6));
  });
  const digits = decimals(few && distinct.length > 1 ? Math.min(...distinct.slice(1).map((v, k) => v - distinct[k])) : (high - low) / 6);
  const counts = new Array<number>(edges.length).fill(0), shades: RGB[] = [];
  for (const e of entry) counts[e]++;
  const shade = (v: number): RGB => { if (values.length < SHADES) return viridis(share(v), dark); const k = Math.round(share(v) * (SHADES - 1)) || 0; return (shades[k] ??= viridis(k / (SHADES - 1), dark)); };
  const legend = edges.map((edge, k) => ({
    text: few ? fixed(edge, digits) : `${fixed(edge, digits)} to ${fixed(edge + (high - low) / 6, digits)}`,
    count: counts[k], colour: viridis(few ? share(edge) : (k + 0.5) / 6, dark), shape: 0,
  }));
  return { key, title, of: values.map(shade), shapes: values.map(() => 0), entry, legend, range: [low, high], values, paint: null };
}

function byClass(key: string, title: string, values: string[]): Colouring {
  const counts = new Map<string, number>();
  for (const one of values) counts.set(one, (counts.get(one) ?? 0) + 1);
  const names = [...counts.keys()].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const legend = names.map((text, k) => ({
    text, count: counts.get(text)!, shape: Math.floor(k / 8) % 3,
    colour: k < 24 ? hex(CLASSES[k % 8]) : ([128, 128, 128] as RGB),
  }));
  const entry = values.map((one) => names.indexOf(one));
  return { key, title, of: entry.map((e) => legend[e].colour), shapes: entry.map((e) => legend[e].shape), entry, legend, range: null, values: null, paint: null };
}

export const decimals = (step: number): number => (step > 0 && Number.isFinite(step) ? Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9))) : 2);
/** A number with a true minus and fixed decimals; never minus zero. */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? (0).toFixed(digits) : text).replace('-', '\u2212');
}
/** "1.38 ± 0.08" where the interval is even, else "1.30 to 1.45". */
export function interval(value: number, low: number, high: number): { value: string; range: string } {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { value: fixed(value, 2), range: 'no honest interval' };
  const half = (high - low) / 2, digits = decimals(half > 0 ? half / 3 : 0.01);
  const even = Math.abs(high + low - 2 * value) < 0.05 * half;
  if (half < 0.5 * 10 ** -digits) return { value: fixed(value, digits), range: `within ${fixed(10 ** -digits, digits)}` };
  return { value: fixed(value, digits), range: even ? `\u00b1 ${fixed(half, digits)}` : `${fixed(low, digits)} to ${fixed(high, digits)}` };
}
