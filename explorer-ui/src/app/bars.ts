// What stands around map and spectra: colours and layers, the legend, tools, the bar over the spectra.
import { choices, css, fixed, viridis, type Colouring } from '../colour';
import { shapePath } from '../mapview';
import { units, type Mode, type Scale, type Unit } from '../curveview';
import type { State } from '../state';
import { fill, h } from '../dom';
import type { App } from './app';
import { showTable } from './menus';

export function buildRail(app: App): void {
  const { space, state } = app, c = app.colours!, ramp = h('canvas', { class: 'ramp', width: 120, height: 1 });
  if (c.range) { const context = ramp.getContext('2d')!; for (let k = 0; k < 120; k++) { context.fillStyle = css(viridis(k / 119, app.dark)); context.fillRect(k, 0, 1, 1); } }
  const check = (text: string, key: 'painted' | 'spread' | 'path' | 'contours' | 'ways', possible: boolean): HTMLElement | null => (possible ? h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: state[key], onchange: () => app.set({ [key]: !state[key] }) }), text) : null);
  const digits = c.range ? Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(Math.max(c.range[1] - c.range[0], 1e-9))))) : 0;
  const small = h('canvas', { class: 'ramp', width: 120, height: 1 });
  small.getContext('2d')!.drawImage(ramp, 0, 0);
  buildLegend(app, c, small, Math.min(digits, 2));
  const layers = [check(`painted ${c.title}`, 'painted', c.paint !== null), space.mixture ? check('intervals, as regions', 'spread', true) : check(`spread of ${space.n_members} networks`, 'spread', space.ellipses !== null), check('path of the series', 'path', c.values !== null), check('contours', 'contours', c.paint !== null), check('which way labels grow', 'ways', space.labels.length > 0 && !space.mixture)].filter((one) => one !== null);
  fill(app.rail, h('h2', { id: 'colour' }, 'Colour'),
    h('select', { 'aria-labelledby': 'colour', onchange: (e: Event) => app.set({ colour: (e.target as HTMLSelectElement).value, hidden: [] }) }, choices(space).map((one) => h('option', { value: one.key, selected: one.key === state.colour }, one.title))),
    c.range && ramp, c.range && h('div', { class: 'ends' }, h('span', {}, fixed(c.range[0], Math.min(digits, 2))), h('span', {}, fixed(c.range[1], Math.min(digits, 2)))),
    c.legend.length ? h('h2', {}, 'Show') : null,
    c.legend.map((entry, k) => h('button', { class: 'entry', 'aria-pressed': String(!state.hidden.includes(k)), title: 'hide or show; double click: only this', onclick: (e: MouseEvent) => filterEntry(app, k, e.detail > 1) }, entryDot(app, entry.colour, entry.shape), h('span', {}, entry.text), h('span', { class: 'count' }, String(entry.count)))),
    layers.length ? h('h2', {}, 'Layers') : null, layers,
    h('h2', {}, 'Samples'), h('button', { onclick: () => showTable(app) }, 'As a table', h('kbd', {}, 'T')));
}
/** What the colours mean, on the map itself where the rail is folded. */
export function buildLegend(app: App, c: Colouring, ramp: HTMLCanvasElement, digits: number): void {
  const most = 9, entries = c.legend.slice(0, most);
  if (c.range && c.legend.length > 6) fill(app.legend, h('b', {}, c.title), h('div', { class: 'scale' }, fixed(c.range[0], digits), ramp, fixed(c.range[1], digits)));
  else fill(app.legend, c.title && c.legend.length ? h('b', {}, c.title) : null, entries.map((entry) => h('div', {}, entryDot(app, entry.colour, entry.shape), entry.text)), c.legend.length > most ? h('div', {}, `and ${c.legend.length - most} more`) : null);
}
export function entryDot(app: App, colour: [number, number, number], shape: number): HTMLCanvasElement {
  const canvas = h('canvas', { width: 28, height: 28, 'aria-hidden': 'true' }), context = canvas.getContext('2d')!;
  canvas.style.width = canvas.style.height = '14px';
  context.scale(2, 2); shapePath(context, shape, 7, 7, 4.6); context.fillStyle = css(colour); context.fill(); context.strokeStyle = app.dark ? '#e8ebf0' : '#15181c'; context.stroke();
  return canvas;
}
export function filterEntry(app: App, k: number, only: boolean): void {
  const all = [...app.colours!.legend.keys()], { hidden } = app.state;
  app.set({ hidden: only ? all.filter((one) => one !== k) : hidden.includes(k) ? hidden.filter((one) => one !== k) : [...hidden, k] });
}
export function buildTools(app: App): void {
  const tool = (name: State['tool'], text: string, key: string): HTMLElement => h('button', { 'aria-pressed': String(app.state.tool === name), onclick: () => app.tool(name) }, text, h('kbd', {}, key));
  fill(app.tools, tool('read', 'Read', 'V'), tool('select', 'Select', 'L'), tool('pan', 'Pan', 'H'), h('button', { onclick: () => app.set({ view: null }) }, 'Fit', h('kbd', {}, '0')), h('button', { disabled: !app.undone.length, onclick: () => app.undo() }, 'Undo', h('kbd', {}, 'Ctrl Z')));
}
export function buildBar(app: App): void {
  app.barMode = app.mode();
  const { state } = app;
  const group = <T extends string>(name: string, all: readonly T[], words: Record<T, string>, now: T, set: (one: T) => void): HTMLElement => h('div', { class: 'group', role: 'group', 'aria-label': name }, all.map((one) => h('button', { 'aria-pressed': String(one === now), onclick: () => set(one) }, words[one])));
  const own = units(app.space);
  fill(app.bar, h('div', { class: 'title' }), group('spectra', ['overlay', 'mean', 'stagger', 'heat'] as const, { overlay: 'overlay', mean: 'mean', stagger: 'stagger', heat: 'heat' }, app.mode(), (mode: Mode) => app.set({ mode })),
    group('intensity scale', ['lin', 'sqrt', 'log'] as const, { lin: 'lin', sqrt: '√', log: 'log' }, state.scale, (scale: Scale) => app.set({ scale })),
    own.length > 1 ? group('axis', own, { two_theta: '2θ', q: 'q', d: 'd', energy: 'E' }, own.includes(state.unit) ? state.unit : own[0], (unit: Unit) => app.set({ unit })) : null);
}
