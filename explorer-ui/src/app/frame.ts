// The frame of the page: header, sections, the report beside the map, the search for a name.
import { inUnit } from '../curveview';
import { caption } from '../exporting';
import { fill, h, named } from '../dom';
import { alarmWords, Live } from '../live';
import type { App } from './app';
import { maskTop } from './masks';
import { onDrop } from './drops';
import { onMap } from './maphands';
import { onCurve } from './curvehands';
import { onKeys } from './keys';
import { showHelp, showCaption, toggleMenu } from './menus';

export function buildPage(app: App): void {
  const { space } = app, header = h('header', {},
    h('h1', { title: space.title }, named(space.title)), h('span', { class: 'facts' }, `${space.names.length} spectra${space.wavelength ? ` · λ ${+space.wavelength.toPrecision(5)} Å` : ''}`),
    app.tabs, h('span', { class: 'grow' }), app.find, h('datalist', { id: 'names' }, [...new Set(space.names)].slice(0, 2000).map((name) => h('option', { value: name }))),
    app.article && h('button', { class: 'report-button', 'aria-pressed': 'true', title: 'the report beside the map (R)', onclick: () => toggleReport(app) }, 'Report', h('kbd', {}, 'R')), h('button', { class: 'more', onclick: () => app.toggleRail() }, 'Colour'), h('button', { class: 'compare', onclick: () => app.compare() }, 'Compare', h('kbd', {}, 'C')),
    h('button', { onclick: () => toggleMenu(app), 'aria-haspopup': 'menu' }, 'Export', h('kbd', {}, 'E')), h('button', { onclick: () => app.theme(), 'aria-label': 'light or dark', title: 'light or dark (D)' }, '◐'),
    h('button', { class: 'help', onclick: () => showHelp(app), 'aria-label': 'keys and gestures', title: 'keys (?)' }, '?'));
  app.place.append(app.map, app.tools, app.legend, app.tag, app.quilt.node, app.drop, app.said);
  const hold = h('div', { class: 'hold' }, app.curve, app.status), curve = h('section', { class: 'curve', 'aria-label': 'spectra' }, app.bar, hold);
  const phone = h('div', { class: 'phone', role: 'toolbar', 'aria-label': 'what a finger does' },
    h('button', { onclick: () => app.tool('read') }, 'Walk'), h('button', { onclick: () => app.tool('select') }, 'Select'), h('button', { onclick: () => maskTop(app) }, 'Mask'), h('button', { onclick: () => app.compare() }, 'Compare'), h('button', { onclick: () => app.toggleRail() }, 'More'));
  const footer = h('footer', {}, h('button', { class: 'made', onclick: () => showCaption(app), title: 'the whole caption' }, caption(space)), h('span', {}, app.server ? (app.server.kind === 'kernel' ? 'answers come from the kernel' : 'nothing leaves this machine') : 'a file: needs no network'));
  fill(app.root, header, app.rail, app.place, app.read, curve, footer, phone);
  if (app.article) setReport(app, app.article);
  app.find.addEventListener('input', () => findNow(app));
  app.find.addEventListener('keydown', (e) => { if (e.key === 'Enter') { findNow(app, true); app.map.focus(); } });
  if (space.live && app.server) {
    app.live = new Live(app.server.token, () => app.draw(true), (number) => app.showLive(number), (row) => { const unit = app.unit; return alarmWords(row, unit, (p) => inUnit(app.spaces[0].space, p, unit)); });
    app.place.append(app.live.node); app.live.connect();
  }
  onMap(app); onCurve(app); onKeys(app); onDrop(app);
}
/** The text of a study beside its map; a sample's name in it is kept when it is pressed. */
export function setReport(app: App, article: HTMLElement): void {
  article.hidden = false; article.tabIndex = 0; article.setAttribute('aria-label', 'report');
  app.root.append(article);
  app.root.classList.add('with-report');
  const numbers = new Map(app.space.names.map((name, k) => [name, k]));
  for (const cell of article.querySelectorAll('td')) if (numbers.has(cell.textContent!.trim())) cell.classList.add('sample');
  article.addEventListener('click', (e) => { const cell = (e.target as HTMLElement).closest('td.sample'); if (cell) { if (app.current) app.turnTo(0); app.pin(numbers.get(cell.textContent!.trim())!); } });
  article.prepend(h('button', { class: 'to-map', onclick: () => toggleReport(app) }, 'Walk in the map'));
}
export function toggleReport(app: App): void {
  if (!app.article) return;
  const open = app.root.classList.toggle('with-report');
  app.root.querySelector('.report-button')?.setAttribute('aria-pressed', String(open));
  app.draw(true);
}
export function findNow(app: App, sure = false): void {
  const text = app.find.value.trim().toLowerCase();
  if (!text) return;
  const { names } = app.space, exact = names.findIndex((n) => n.toLowerCase() === text), near = names.map((n, k) => (n.toLowerCase().includes(text) ? k : -1)).filter((k) => k >= 0);
  if (exact >= 0 || (sure && near.length === 1)) { app.remember(); app.pin(exact >= 0 ? exact : near[0]); }
  else if (sure && near.length) { app.remember(); Object.assign(app.state, { selection: near, lasso: [], pin: null, walk: null, between: null }); app.refresh(); }
  else app.say(near.length ? `${near.length} samples; Enter selects them` : 'no sample is called so');
}
