// Dialogs, notices and the menu of exports.
import { believe } from '../reading';
import { at } from '../data';
import { fixed } from '../colour';
import { caption, curvesSvg } from '../exporting';
import { h, named, save } from '../dom';
import type { App } from './app';
import { lightCurves, saveSvg, savePng, saveXy, saveContainer } from './saving';

export function dialog(app: App, title: string, ...body: Node[]): void {
  const box = h('dialog', { 'aria-label': title }, h('h3', {}, title), body, h('div', { class: 'actions' }, h('button', { onclick: () => box.close() }, 'Close')));
  box.addEventListener('close', () => { box.remove(); app.map.focus({ preventScroll: true }); });
  document.body.append(box); box.showModal();
}
export function notice(text: string): void { const note = h('div', { class: 'banner quiet', role: 'status' }, text); document.body.append(note); setTimeout(() => note.remove(), 3200); }
export function showHelp(app: App): void {
  const keys = [['arrows', 'to the nearest sample that way (on the map)'], ['Shift arrows', 'walk between samples'], ['Enter', 'keep the sample; of a walk, the nearest one'], ['S', 'add the sample to the selection, or take it out'], ['K', 'mask its next peak'], ['Esc', 'back, one step'], ['Ctrl Z', 'undo'], ['V L H', 'read, select, pan'], ['+ − 0', 'zoom, fit'], ['/', 'find'], ['T', 'table of samples'], ...(app.article ? [['R', 'the report beside the map']] : []), ['C', 'compare maps'], ['M', 'map the selection anew'], ['O', 'open files'], ['E', 'export'], ['Y X', 'intensity scale, axis unit'], ['D', 'light or dark'], ['[ ]', 'fold the rail, the spectra'], ['Space', 'play or stop between two samples']];
  const hands = [['drag a sample', 'walk'], ['drag elsewhere, wheel', 'pan, zoom'], ['Shift drag', 'select; Alt takes out'], ['Shift click', 'between the kept sample and this one'], ['click a peak', 'mask it'], ['drag on spectra', 'zoom; Alt masks the range; double click shows all']];
  const list = (rows: string[][]): Node => h('dl', {}, rows.flatMap(([a, b]) => [h('dt', {}, a), h('dd', {}, b)]));
  dialog(app, 'Keys and gestures', h('h2', {}, 'Mouse'), list(hands), h('h2', {}, 'Keys'), list(keys));
}
export function showCaption(app: App): void { dialog(app, 'Where this map comes from', h('p', {}, caption(app.space)), ...believe(app.space), h('ul', {}, [...app.space.provenance.notes, ...Object.entries(app.space.provenance.versions).map(([a, b]) => `${a} ${b}`)].map((one) => h('li', {}, one)))); }
export function showTable(app: App): void {
  const { space } = app, head = ['name', ...space.labels.flatMap((l) => l.columns), ...space.classes.map((one) => one.name)];
  const rows = [...space.names.keys()].filter(app.visible).slice(0, 2000).map((k) => h('tr', {}, h('td', {}, h('button', { onclick: () => { (document.querySelector('dialog[open]') as HTMLDialogElement).close(); app.pin(k); } }, named(space.names[k]))), space.labels.flatMap((l) => l.columns.map((_, c) => h('td', {}, fixed(at(l.values, k, c), 2)))), space.classes.map((one) => h('td', { class: 'left' }, one.values[k]))));
  dialog(app, `${rows.length} samples`, h('table', {}, h('thead', {}, h('tr', {}, head.map((t) => h('th', {}, t)))), h('tbody', {}, rows)));
}
export function openFiles(app: App): void { const input = h('input', { type: 'file', multiple: true }); input.addEventListener('change', () => void app.take([...(input.files ?? [])])); input.click(); }
export function closeMenu(): void { document.querySelector('.menu')?.remove(); }
export function toggleMenu(app: App): void {
  if (document.querySelector('.menu')) { closeMenu(); return; }
  const item = (text: string, act: () => void): HTMLElement => h('button', { role: 'menuitem', onclick: () => { closeMenu(); act(); } }, text);
  const box = h('div', { class: 'menu', role: 'menu' }, item('Picture of the screen, PNG', () => savePng(app)), item('Map for a paper, SVG 8.8 cm', () => saveSvg(app)), item('Spectra for a paper, SVG 18 cm', () => save(`${app.space.title}-spectra.svg`, curvesSvg({ ...app.curveScene(), mode: 'overlay', curves: lightCurves(app) }), 'image/svg+xml')),
    item('Table of samples, CSV', () => app.csv()), item('Spectra shown, CSV', () => app.spectra()), ...(app.shown !== null || app.state.walk ? [item('Spectrum shown, xy', () => saveXy(app))] : []), ...(app.asked !== null ? [item('Spectra with all labels, netCDF', () => saveContainer(app, 'nc')), item('Spectra with all labels, Zarr', () => saveContainer(app, 'zarr'))] : []), item('Lines of Python', () => app.python()), item('Copy the address of this view', () => { navigator.clipboard?.writeText(location.href); notice('copied'); }));
  document.body.append(box); (box.firstElementChild as HTMLElement).focus();
}
