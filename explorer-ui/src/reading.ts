// The panel at the right: what is under the pointer, and how far to believe it.
import { at, type ErrorRow, type LabelData, type Peaks, type Reflections, type SpaceData } from './data';
import { fixed, interval } from './colour';
import { extent, type Moved, type Reading } from './decode';
import { h, named } from './dom';
import { AXES, reflectionAt, type Unit } from './curveview';
import { fractionLabel } from './triangle';
import type { LiveRow } from './live';

const WORDS: Record<string, string> = {
  mean: 'the mean of all', map: 'this map', map_plane: 'a plane on this map', map_gaussian_process: 'this map, Gaussian process', pls: 'partial least squares',
  pls_broadened: 'PLS on broadened spectra', peak_line: 'a line through one peak', nearest_spectrum: 'the nearest spectrum', neighbors: 'the nearest spectra', most_frequent: 'the most frequent class',
  blend: 'the average of all methods', average: 'the average of all methods', process: 'a Gaussian process', process_registered: 'a Gaussian process on registered spectra', pls_registered: 'PLS on registered spectra', end_members: 'mixing of two ends', nearest_pattern: 'the nearest spectrum', map_path: 'a path on this map',
  most_alike: 'the spectrum most alike',
};
export const methodWords = (name: string): string => WORDS[name] ?? name.replaceAll('_', ' ');
export const varying = (label: LabelData): number[] => label.columns.map((_, k) => k).filter((k) => extent(label, k).count > 1);

/** A value on its bar: the interval, the value, and a tick for what is known. */
export function valueRow(label: LabelData, column: number, value: number | null, low: number, high: number, known: number | null, otherwise = ''): HTMLElement {
  const { low: from, high: to } = label.kind === 'fraction' ? { low: 0, high: 1 } : extent(label, column), room = 0.08 * (to - from || 1);
  if (value !== null && label.name === 'composition') value = Math.max(value, 0); // no sample holds less than nothing
  const told = value === null ? { value: '—', range: otherwise } : interval(value, Math.max(low, label.name === 'composition' ? 0 : -Infinity), high);
  const place = (v: number): number => Math.min(Math.max(((v - from + room) / (to - from + 2 * room)) * 100, 0), 100);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 100 14'); svg.setAttribute('preserveAspectRatio', 'none'); svg.setAttribute('aria-hidden', 'true');
  const add = (name: string, all: Record<string, string | number>): void => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, one] of Object.entries(all)) node.setAttribute(key, String(one));
    svg.append(node);
  };
  add('line', { x1: 0, x2: 100, y1: 7, y2: 7, stroke: 'currentColor', opacity: 0.25, 'vector-effect': 'non-scaling-stroke' });
  if (value !== null) {
    if (Number.isFinite(low) && Number.isFinite(high)) add('rect', { x: place(low), width: Math.max(place(high) - place(low), 0.8), y: 4, height: 6, fill: 'var(--bar)' });
    add('line', { x1: place(value), x2: place(value), y1: 1, y2: 13, stroke: 'currentColor', 'stroke-width': 2, 'vector-effect': 'non-scaling-stroke' });
    if (known !== null) add('line', { x1: place(known), x2: place(known), y1: 10, y2: 15, stroke: 'var(--orange)', 'stroke-width': 3, 'vector-effect': 'non-scaling-stroke' });
  }
  return h('div', { class: 'value' }, h('span', { class: 'what', title: label.columns[column] }, label.columns[column]),
    h('span', { class: told.value.length > 6 ? 'big long' : 'big' }, told.value), svg as unknown as Node, h('span', { class: 'range' }, told.range));
}

const facts = (rows: [string, (Node | string)[] | string][]): HTMLElement => h('dl', {}, rows.flatMap(([title, text]) => [h('dt', {}, title), h('dd', {}, text)]));

const OPEN = 2; // labels that are seen at once; the others are folded
let unfolded = false;
/** The labels' rows, that of the colours first; of many labels the rest is folded, so that what follows stays in sight. */
function byLabel(space: SpaceData, lead: number, rows: (label: LabelData, l: number) => HTMLElement[]): HTMLElement[] {
  const first = (l: number): number => (space.labels[l].kind === 'fraction' ? 2 : Number(l === lead)), order = [...space.labels.keys()].sort((a, b) => first(b) - first(a)), parts = order.map((l) => rows(space.labels[l], l)).filter((part) => part.length);
  const rest = parts.slice(OPEN);
  if (!rest.length) return parts.flat();
  const fold = h('details', { open: unfolded }, h('summary', {}, `${rest.length} more label${rest.length > 1 ? 's' : ''}`), rest.flat());
  fold.addEventListener('toggle', () => { unfolded = fold.open; });
  return [...parts.slice(0, OPEN).flat(), fold];
}

/** Fractions of a sample's parts with their intervals, or the share that they leave; a part that is not seen is below its limit. */
function partRows(label: LabelData, k: number, level: number): HTMLElement[] {
  const rows = label.columns.map((_, c) => partRow(label, c, at(label.values, k, c), at(label.lower, k, c), at(label.upper, k, c), label.limit ? at(label.limit, k, c) : NaN));
  return label.kind === 'fraction' ? [...rows, h('div', { class: 'soft' }, `of the mixture, ${Math.round(100 * level)} % intervals`)] : rows;
}
function partRow(label: LabelData, c: number, value: number, low: number, high: number, limit: number): HTMLElement {
  const row = valueRow(label, c, value, low, high, null), range = row.lastElementChild!;
  if (label.kind === 'remainder') range.textContent = '';
  else if (!(value > 0)) { row.querySelector('.big')!.textContent = '—'; range.textContent = Number.isFinite(limit) ? `below ${fixed(limit, 3)}` : 'not seen'; }
  else if (row.querySelector('.big')!.textContent!.length > 5) { row.querySelector('.big')!.textContent = fixed(value, 3); range.textContent = `${fixed(low, 3)} to ${fixed(high, 3)}`; }
  return row;
}
/** What a placed spectrum consists of, where the space knows parts. */
function fractionRows(told: Record<string, any>): Node[] {
  if (told.fraction === undefined || told.fraction === null) return [];
  const names = Object.keys(told.fraction), none = { rows: 0, columns: names.length, data: new Float64Array(0) }, label: LabelData = { name: 'fraction', columns: names, values: none, read: none, lower: none, upper: none, trusted: '', walked: '', why: '', bounds: null, total: null, half: none.data, reads: null, painted: null, kind: 'fraction' };
  const pick = (name: string, c: number): number => told[name]?.[names[c]] ?? NaN, left = told.mixture_unexplained;
  return [h('h2', {}, 'What it consists of'), ...names.map((_, c) => partRow(label, c, pick('fraction', c), pick('fraction_lower', c), pick('fraction_upper', c), pick('detection_limit', c))),
    ...(typeof left === 'number' ? [h('div', { class: 'soft' }, `the parts leave ${fixed(100 * left, left < 0.1 ? 2 : 0)} % of its square`)] : []),
    ...(told.mixture_alternatives ? [h('div', { class: 'soft' }, `nearly as well: ${told.mixture_alternatives}`)] : [])];
}

export interface Acts {
  mask(start: number, stop: number): void; csv(): void; spectra(): void; python(): void; anew(): void; clear(): void; play(): void; slide(t: number): void;
  nearest(): void; pin(k: number): void; showStar(k: number): void; showLive(number: number): void; wavelength(k: number, value: string): void;
}
const button = (text: string, act: () => void, key = '', off = false): HTMLElement => h('button', { onclick: act, disabled: off }, text, key ? h('kbd', {}, key) : null);

export function emptyReading(space: SpaceData, served: boolean): Node[] {
  const gestures: [string, string][] = [
    ...(space.mixture ? [['drag a sample', space.mixture.names.length > 3 ? 'to a place between others' : 'see which mixture a place stands for'], ['click', 'keep it: its parts, and all places that its intervals allow']] as [string, string][] : [['drag a sample', 'see its spectrum change under the pointer'], ['click, then a peak', 'mask it: how far does the sample move?']] as [string, string][]),
    ['Shift and drag', 'select several; Shift-click for two ends'],
    ['drop files', served ? 'see where they land; the spectra stay on this machine' : 'needs `peakscape explore`: this is a file'],
  ];
  return [h('h3', {}, 'Point at a sample'), h('p', { class: 'soft' }, 'Its spectrum appears below, with what it is made of.'), facts(gestures), ...believe(space),
    ...space.provenance.notes.map((text) => h('div', { class: 'note' }, text))];
}

/** Left-out errors beside the best plain method. */
export function believe(space: SpaceData): Node[] {
  const rows = space.provenance.errors.filter((row) => Number.isFinite(row.rmse ?? NaN) || Number.isFinite(row.accuracy ?? NaN)), labels = [...new Set(rows.map((row) => row.label))], silent = space.mixture ? [] : [...space.labels, ...space.classes].map((one) => one.name).filter((name) => !labels.includes(name));
  if (space.mixture) return [h('h2', {}, 'How far to believe these fractions'), h('p', { class: 'soft' }, `Shaded are all places that the ${Math.round(100 * space.level)} % intervals of the fit allow. A part that was not offered is not told: look at the share that is not explained.`)];
  if (!labels.length) return [h('h2', {}, 'How far to believe this map'), h('p', { class: 'soft' }, silent.length ? `Errors of ${silent.join(', ')} with samples left out are not kept in this space.` : 'Nothing is known of the samples but their spectra: label them, and errors stand here.')];
  const error = (row: ErrorRow | undefined): string => (!row ? '–' : row.accuracy !== undefined && row.accuracy !== null ? `${Math.round(100 * row.accuracy)} %` : row.rmse !== undefined && row.rmse !== null ? String(+row.rmse.toPrecision(2)) : '–');
  const body = labels.map((label) => {
    const own = rows.filter((row) => row.label === label), isClass = own.some((row) => row.accuracy !== null && row.accuracy !== undefined);
    const score = (row: ErrorRow): number => (isClass ? -(row.accuracy ?? 0) : row.rmse ?? Infinity);
    const map = own.find((row) => row.method === 'map'), rest = own.filter((row) => !row.method.startsWith('map'));
    const plain = rest.sort((a, b) => score(a) - score(b))[0], trusted = own.find((row) => row.trusted);
    return h('tr', {}, h('td', {}, `${label}, ${isClass ? 'accuracy' : 'rms error'}`), h('td', { class: trusted === map ? 'best' : '' }, error(map)),
      h('td', { class: trusted === plain ? 'best' : '' }, plain ? `${error(plain)}, ${methodWords(plain.method)}` : '–'));
  });
  const table = (some: HTMLElement[]): HTMLElement => h('table', {}, h('thead', {}, h('tr', {}, ...['left out', 'this map', 'best plain method'].map((t) => h('th', {}, t)))), h('tbody', {}, some));
  const reasons = Object.entries(space.provenance.why).map(([label, why]) => h('p', { class: 'soft' }, `${label}: ${why}.`));
  if (body.length <= 4) return [h('h2', {}, 'How far to believe this map'), table(body), ...reasons];
  return [h('h2', {}, 'How far to believe this map'), table(body.slice(0, 3)), h('details', {}, h('summary', {}, `${body.length - 3} more labels, and why which method is trusted`), table(body.slice(3)), reasons)];
}

const leading = (space: SpaceData, lead: number): LabelData[] => [...space.labels.keys()].filter((l) => !space.labels[l].kind).sort((a, b) => Number(b === lead) - Number(a === lead)).slice(0, OPEN).map((l) => space.labels[l]).filter((label) => varying(label).length);
export interface SampleShown { peaks: Peaks | null; phases: Reflections[]; masks: [number, number][]; moved: Moved | string | null; unit: Unit; position: (p: number) => number; pinned: boolean; lead: number }
export function sampleReading(space: SpaceData, k: number, shown: SampleShown, acts: Acts): Node[] {
  const rows: Node[] = [h('h3', {}, named(space.names[k]))];
  if (shown.masks.length) rows.push(movedNote(space, shown));
  rows.push(...byLabel(space, shown.lead, (label) => {
    if (label.kind) return partRows(label, k, space.level);
    const own = varying(label).map((c) => {
      const read = at(label.read, k, c);
      return valueRow(label, c, Number.isFinite(read) ? read : null, at(label.lower, k, c), at(label.upper, k, c), at(label.values, k, c), 'not left out');
    });
    return own.length ? [...own, h('div', { class: 'soft' }, `read with itself left out, by ${methodWords(label.trusted)}`)] : [];
  }));
  const told: [string, (Node | string)[] | string][] = [];
  for (const label of leading(space, shown.lead)) told.push([`known ${label.name === 'composition' ? varying(label).map((c) => label.columns[c]).join(', ') : label.name}`, varying(label).map((c) => fixed(at(label.values, k, c), 2)).join(', ')]);
  for (const one of space.classes) {
    const probability = one.probability?.[k];
    told.push([one.name, one.left_out ? `${one.values[k]}; left out it is called ${one.left_out[k]}${probability === undefined ? '' : `, ${Math.round(100 * probability)} %`}` : one.values[k]]);
  }
  if (space.groups) told.push(['group', String(space.groups[k] + 1)]);
  told.push(['nearest known', [...named(space.names[space.nearest.numbers[k]]), h('span', { class: 'soft' }, ` differs by ${+space.nearest.distance[k].toPrecision(2)}`)]]);
  rows.push(facts(told));
  if (!shown.pinned) rows.push(h('p', { class: 'soft' }, 'Click to keep it here.'));
  rows.push(...peakTable(space, shown, acts));
  rows.push(h('div', { class: 'actions' }, button('Spectrum .csv', acts.spectra), button('Copy as Python', acts.python), shown.pinned && button('Release', acts.clear, 'Esc')));
  return rows;
}

function movedNote(space: SpaceData, shown: SampleShown): HTMLElement {
  const n = shown.masks.length, what = n === 1 ? 'Masked 1 peak' : `Masked ${n} ranges`;
  if (shown.moved === null) return h('div', { class: 'note moved' }, `${what}: asking …`);
  if (typeof shown.moved === 'string') return h('div', { class: 'note' }, shown.moved);
  const { by, error } = shown.moved, digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(Math.max(error || by, 1e-9))) + 1));
  return h('div', { class: 'note moved' }, `${what}: the sample moves by `, h('b', {}, error ? `${fixed(by, digits)} ± ${fixed(error, digits)}` : fixed(by, digits)), `, ${fixed(by / space.spacing, 1)} spacings.`);
}

function peakTable(space: SpaceData, shown: SampleShown, acts: Acts): Node[] {
  const { peaks } = shown;
  if (!peaks || !peaks.position.length) return [];
  const most = Math.max(...peaks.relevance, 1e-12);
  const rows = Array.from(peaks.position).slice(0, 8).map((position, k) => {
    const start = peaks.start[k], stop = peaks.stop[k], isMasked = shown.masks.some((m) => m[0] === start && m[1] === stop);
    const error = peaks.error[k], relevance = fixed(peaks.relevance[k] / most, 2) + (Number.isFinite(error) ? ` ± ${fixed(error / most, 2)}` : '');
    const within = 0.5 * Math.abs(space.axis.values[Math.min(stop, space.axis.values.length) - 1] - space.axis.values[start]), line = shown.phases.length ? reflectionAt(shown.phases, position, within) : null;
    return h('tr', { class: isMasked ? 'masked' : '' }, h('td', {}, h('button', { 'aria-pressed': String(isMasked), onclick: () => acts.mask(start, stop) }, fixed(shown.position(position), 2))),
      shown.phases.length ? h('td', { class: 'left' }, line ? line.hkl : 'not indexed') : null, h('td', {}, fixed(peaks.intensity[k], 2)), h('td', {}, relevance));
  });
  return [h('h2', {}, 'Peaks that place it here; press one to mask it'), h('table', { class: 'peaks' }, h('thead', {}, h('tr', {}, ...[AXES[shown.unit], ...(shown.phases.length ? ['hkl'] : []), 'intensity', 'relevance'].map((t) => h('th', { class: t === 'hkl' ? 'left' : '' }, t)))), h('tbody', {}, rows))];
}

export interface WalkShown { x: number; y: number; known: boolean; number: number; spacings: number; differ: number | null; readings: Reading[]; decodes: boolean; between: [number, number, number] | null; playing: boolean; lead: number; fractions: number[] | null }
export function walkReading(space: SpaceData, walk: WalkShown, acts: Acts): Node[] {
  if (space.mixture) return betweenParts(space, walk, acts);
  const rows: Node[] = [h('span', { class: `chip ${walk.known ? 'decoded' : 'unknown'}` }, walk.known ? (walk.decodes ? 'decoded, not a sample' : 'a place, not a sample') : 'nothing known here'),
    h('h3', {}, walk.known ? 'Between known samples' : 'Far from every sample')];
  if (walk.between) {
    rows.push(h('div', { class: 'soft' }, named(space.names[walk.between[0]]), ' to ', named(space.names[walk.between[1]])),
      h('input', { type: 'range', min: '0', max: '1', step: '0.005', value: String(walk.between[2]), 'aria-label': 'between the two samples', oninput: (e: Event) => acts.slide(+(e.target as HTMLInputElement).value) }),
      h('div', { class: 'actions' }, button(walk.playing ? 'Stop' : 'Play', acts.play, 'Space')));
  }
  rows.push(...byLabel(space, walk.lead, (label, l) => varying(label).map((c) => {
    const one = walk.readings[l];
    return walk.known ? valueRow(label, c, one.value[c], one.lower[c], one.upper[c], null) : valueRow(label, c, null, NaN, NaN, null, 'nothing known');
  })));
  if (space.labels.length && walk.known) rows.push(h('div', { class: 'soft' }, `read off the map at this place${walk.readings.every((one) => one.exact) ? '' : ', between painted points'}`));
  rows.push(facts([['nearest sample', [...named(space.names[walk.number]), `, ${fixed(walk.spacings, 1)} spacings away`]], ['map position', `${fixed(walk.x, 3)}, ${fixed(walk.y, 3)}`],
    ...(walk.differ === null ? [] : [[`${space.n_members} networks differ`, `by ${Math.round(100 * walk.differ)} % of the pattern`] as [string, string]])]));
  if (!walk.known) rows.push(h('div', { class: 'note' }, `No sample lies within ${fixed(space.reach, 1)} spacings. The curve is what the map would say, not what is known.`));
  if (!walk.decodes) rows.push(h('div', { class: 'note' }, `A map of ${space.provenance.map} cannot decode here: the spectrum of the nearest sample is shown.`));
  rows.push(h('div', { class: 'actions' }, button('Spectrum .csv', acts.spectra), button('Nearest sample', acts.nearest, 'Enter'), button('Back', acts.clear, 'Esc')));
  return rows;
}

/** A place between parts is a mixture of them, known or not. */
function betweenParts(space: SpaceData, walk: WalkShown, acts: Acts): Node[] {
  const label = fractionLabel(space), rows: Node[] = [h('span', { class: `chip ${walk.known ? '' : 'unknown'}` }, walk.known ? 'a place, not a sample' : 'no mixture of these parts'), h('h3', {}, walk.fractions && walk.known ? 'This mixture would be' : walk.known ? 'Between samples' : 'Outside the parts')];
  if (walk.between) rows.push(h('div', { class: 'soft' }, named(space.names[walk.between[0]]), ' to ', named(space.names[walk.between[1]])), h('input', { type: 'range', min: '0', max: '1', step: '0.005', value: String(walk.between[2]), 'aria-label': 'between the two samples', oninput: (e: Event) => acts.slide(+(e.target as HTMLInputElement).value) }),
    h('div', { class: 'actions' }, button(walk.playing ? 'Stop' : 'Play', acts.play, 'Space')));
  if (walk.known) walk.fractions?.forEach((one, c) => { const row = valueRow(label, c, Math.max(one, 0), one, one, null); row.lastElementChild!.textContent = ''; rows.push(row); });
  if (!walk.fractions) rows.push(h('div', { class: 'soft' }, 'of more than three parts a place does not tell the fractions: others may lie there too'));
  return [...rows, facts([['nearest sample', named(space.names[walk.number])]]), h('div', { class: 'note' }, 'The spectrum shown is that of the nearest sample.'), h('div', { class: 'actions' }, button('Nearest sample', acts.nearest, 'Enter'), button('Back', acts.clear, 'Esc'))];
}

export function selectionReading(space: SpaceData, numbers: number[], served: boolean, why: string, busy: string, acts: Acts, lead: number): Node[] {
  const rows: Node[] = [h('span', { class: 'chip' }, 'selection'), h('h3', {}, `${numbers.length} of ${space.names.length} samples`)];
  rows.push(...byLabel(space, lead, (label) => varying(label).map((c) => {
    const values = numbers.map((k) => at(label.values, k, c)), mean = values.reduce((a, b) => a + b, 0) / values.length;
    const row = valueRow(label, c, mean, Math.min(...values), Math.max(...values), null);
    row.lastElementChild!.textContent = Math.max(...values) > Math.min(...values) ? `${fixed(Math.min(...values), 2)} to ${fixed(Math.max(...values), 2)}` : 'all the same';
    return row;
  })));
  if (space.labels.length) rows.push(h('div', { class: 'soft' }, 'known: mean, lowest to highest'));
  rows.push(h('div', { class: 'actions' }, button(busy || 'Map anew', acts.anew, 'M', !served || numbers.length < 4 || busy !== ''), button('Table .csv', acts.csv), button('Spectra .csv', acts.spectra), button('Copy as Python', acts.python), button('Clear', acts.clear, 'Esc')));
  if (!served) rows.push(h('p', { class: 'soft' }, why));
  for (const one of space.classes) {
    const counts = new Map<string, number>();
    for (const k of numbers) counts.set(one.values[k], (counts.get(one.values[k]) ?? 0) + 1);
    rows.push(h('h2', {}, one.name), h('table', {}, h('tbody', {}, [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => h('tr', {}, h('td', {}, name), h('td', {}, String(count)))))));
  }
  const names = new Map<string, number>();
  for (const k of numbers) names.set(space.names[k], (names.get(space.names[k]) ?? 0) + 1);
  rows.push(h('h2', {}, 'Samples'), h('table', {}, h('tbody', {}, [...names].slice(0, 40).map(([name, count]) => h('tr', {}, h('td', {}, named(name)), h('td', {}, count > 1 ? String(count) : ''))))));
  return rows;
}

export interface Placed { file: string; error: string | null; file_data: File; sample: Record<string, any> | null; spectrum: Float32Array | null }
export function placedReading(space: SpaceData, placed: Placed[], chosen: number | null, acts: Acts): Node[] {
  const rows: Node[] = [];
  const one = chosen === null ? null : placed[chosen];
  if (one?.sample) rows.push(...answerOf(space, one.sample));
  rows.push(h('h2', {}, `${placed.length} dropped`));
  let asked = false; // one wavelength is for all that lack it
  placed.forEach((each, k) => {
    if (each.error !== null) {
      const asks = /wavelength/.test(each.error) && !asked;
      asked ||= asks;
      rows.push(h('div', { class: 'note bad' }, h('b', {}, each.file), `: ${each.error.replace(`${each.file}: `, '').replace(/ \([a-z_]+=, --[a-z-]+\)/g, '')}`, asks ? h('form', { class: 'actions', onsubmit: (e: Event) => { e.preventDefault(); acts.wavelength(k, new FormData(e.target as HTMLFormElement).get('w') as string); } },
        h('input', { name: 'w', inputMode: 'decimal', size: 9, placeholder: 'wavelength', 'aria-label': 'wavelength in angstrom', required: true, pattern: '[0-9]*[.]?[0-9]+' }), h('span', {}, 'Å'), h('button', {}, 'Place')) : null));
    } else if (each.sample) rows.push(h('button', { 'aria-pressed': String(k === chosen), class: 'entry star', onclick: () => acts.showStar(k) }, h('span', {}, '☆'), h('span', {}, each.sample.name), each.sample.foreign ? h('span', { class: 'chip foreign' }, 'unlike all known') : null));
    else rows.push(h('div', { class: 'soft' }, `${each.file}: reading …`));
  });
  rows.push(h('div', { class: 'actions' }, button('Forget them', acts.clear, 'Esc')));
  return rows;
}

/** What the newest live point, or the chosen one, is; and the last of them as a list. */
export function liveReading(space: SpaceData, live: LiveRow[], chosen: Record<string, any> | null, acts: Acts): Node[] {
  const one = chosen ?? live.at(-1)!, rows = answerOf(space, one);
  (rows[0] as HTMLElement).textContent = `${chosen ? `point ${one.number}` : `newest, ${one.number}`}${one.foreign ? ': unlike everything known' : ''}`;
  if (one.alarm) rows.splice(2, 0, h('div', { class: 'note bad' }, one.alarm));
  rows.push(h('h2', {}, 'As they came'));
  for (const row of live.slice(-40).reverse()) rows.push(h('button', { class: 'entry star', 'aria-pressed': String(row.number === one.number), onclick: () => acts.showLive(row.number) },
    h('span', { class: 'count' }, String(row.number)), h('span', {}, row.name), row.foreign || row.alarm ? h('span', { class: 'chip foreign' }, row.alarm ? 'alarm' : 'unlike all known') : null, h('span', { class: 'count' }, new Date(row.time * 1000).toLocaleTimeString('en-GB'))));
  rows.push(h('div', { class: 'actions' }, chosen ? button('Back to the newest', acts.clear, 'Esc') : null));
  return rows;
}

/** What is told of a column of a label: nothing of what is foreign, whatever single methods guess. As `FeatureSpace.place`. */
export function toldOf(label: LabelData, column: number, told: Record<string, any>): { value: number | null; low: number; high: number } {
  const pick = (suffix: string): unknown => { const all = told[`${label.name}${suffix}`]; return all !== null && typeof all === 'object' ? all[label.columns[column]] : all; };
  const [value, low, high] = ['', '_lower', '_upper'].map((suffix) => { const one = pick(suffix); return typeof one === 'number' ? one : NaN; });
  return told.foreign || !Number.isFinite(value) ? { value: null, low: -Infinity, high: Infinity } : { value, low, high };
}

/** The class in words: of what is foreign or mixed no probability, for there is none. */
function classWords(name: string, told: Record<string, any>): string {
  const probability = told[`${name}_probability`];
  if (told.foreign || typeof probability !== 'number') return told.foreign ? 'unlike all known' : String(told[name]);
  return `${told[name]}, ${Math.round(100 * probability)} %${told[`${name}_next`] ? `; next ${told[`${name}_next`]}` : ''}`;
}

function answerOf(space: SpaceData, told: Record<string, any>): Node[] {
  const rows: Node[] = [h('span', { class: `chip ${told.foreign ? 'foreign' : ''}` }, told.foreign ? 'unlike everything known' : 'placed'), h('h3', {}, named(told.name))];
  for (const label of space.labels) {
    const columns = varying(label), told_ = columns.map((c) => toldOf(label, c, told));
    columns.forEach((c, k) => rows.push(valueRow(label, c, told_[k].value, told_[k].low, told_[k].high, null, 'not told')));
    if (told[`${label.name}_method`] && told_.some((one) => one.value !== null)) rows.push(h('div', { class: 'soft' }, `${label.name} read by ${methodWords(told[`${label.name}_method`])}`));
  }
  const list: [string, (Node | string)[] | string][] = space.classes.filter((one) => told[one.name] !== undefined).map((one) => [one.name, classWords(one.name, told)]);
  if (told.nearest) list.push(['nearest known', named(told.nearest)]);
  if (told.unexplained !== undefined && told.unexplained !== null) list.push(['not explained', `${fixed(100 * told.unexplained, 2)} % of the pattern`]);
  if (told.novelty_p !== undefined && told.novelty_p !== null) list.push(['novelty', `p ${told.novelty_p < 0.01 ? '< 0.01' : `= ${fixed(told.novelty_p, 2)}`} of being known`]);
  rows.push(...fractionRows(told), facts(list));
  for (const remark of told.remarks ?? []) rows.push(h('div', { class: 'note' }, remark.text));
  return rows;
}
