// Keys, and the walk from sample to sample by arrows.
import { at } from '../data';
import { units } from '../curveview';
import type { App } from './app';
import { toggleReport } from './frame';
import { maskTop } from './masks';
import { showHelp, showTable, openFiles, closeMenu, toggleMenu } from './menus';

export function onKeys(app: App): void {
  app.root.addEventListener('pointerdown', () => app.root.classList.add('by-hand'), { capture: true });
  document.addEventListener('keydown', (e) => {
    app.root.classList.remove('by-hand');
    const inField = e.target instanceof HTMLInputElement || e.target instanceof HTMLSelectElement || document.querySelector('dialog[open]');
    if (e.key === 'Escape' && !document.querySelector('dialog[open]')) { if (document.querySelector('.menu')) closeMenu(); else if (app.rail.classList.contains('open')) app.toggleRail(); else if (app.comparing) app.compare(); else app.clear(); (document.activeElement as HTMLElement | null)?.tagName === 'INPUT' && app.map.focus(); return; }
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'z') { e.preventDefault(); app.undo(); return; }
    if (inField || e.ctrlKey || e.metaKey) return;
    if (document.activeElement === app.map && mapKey(app, e)) { e.preventDefault(); return; }
    const acts: Record<string, () => void> = {
      '/': () => app.find.focus(), c: () => app.compare(), e: () => toggleMenu(app), d: () => app.theme(), v: () => app.tool('read'), l: () => app.tool('select'), h: () => app.tool('pan'), '0': () => app.set({ view: null, range: null }),
      '?': () => showHelp(app), t: () => showTable(app), m: () => app.anew(), o: () => openFiles(app), ' ': () => { if (app.state.between) app.play(); },
      y: () => app.set({ scale: ({ lin: 'sqrt', sqrt: 'log', log: 'lin' } as const)[app.state.scale] }), x: () => { const own = units(app.space); app.set({ unit: own[(own.indexOf(app.state.unit) + 1) % own.length] }); },
      '[': () => app.root.classList.toggle('no-rail'), ']': () => { app.root.classList.toggle('no-curve'); }, k: () => maskTop(app), r: () => toggleReport(app),
    };
    const act = acts[e.key.length === 1 ? e.key.toLowerCase() : e.key];
    if (act && !(e.key === ' ' && document.activeElement instanceof HTMLButtonElement)) { e.preventDefault(); act(); }
  });
}
export function mapKey(app: App, e: KeyboardEvent): boolean {
  const way = ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] } as Record<string, [number, number]>)[e.key];
  if (way && app.state.between && !e.shiftKey) { app.slide(Math.min(1, Math.max(0, app.state.between[2] + 0.02 * (way[0] || way[1])))); return true; }
  if (way && e.shiftKey) {
    const at0 = app.state.walk ?? (app.shown !== null ? { x: at(app.space.points, app.shown, 0), y: at(app.space.points, app.shown, 1), from: app.shown } : null);
    if (at0) { app.hoverOf = null; const step = 12 / app.view().scale; app.state.walk = { x: at0.x + way[0] * step, y: at0.y + way[1] * step, from: at0.from }; app.buildBarIfNeeded(); app.draw(true); }
    return true;
  }
  if (way) { stepTo(app, way); return true; }
  if (e.key === 'Enter') { if (app.state.walk) app.nearest(); else if (app.hoverOf !== null) { const k = app.hoverOf; app.hoverOf = null; app.pin(k); } return true; }
  if (e.key === '+' || e.key === '-') { const view = app.view(); app.state.view = { ...view, scale: view.scale * (e.key === '+' ? 1.25 : 0.8) }; app.draw(true); return true; }
  if (e.key.toLowerCase() === 's' && app.shown !== null) { const k = app.shown, { selection } = app.state; app.set({ selection: selection.includes(k) ? selection.filter((n) => n !== k) : [...selection, k], lasso: [] }); return true; }
  return false;
}
/** To the nearest sample that way. */
export function stepTo(app: App, way: [number, number]): void {
  const from = app.hoverOf ?? app.state.pin, { space } = app, p = space.points;
  if (from === null) { app.hoverOf = [...space.names.keys()].find(app.visible) ?? null; app.draw(true); return; }
  let best: number | null = null, least = Infinity;
  for (let k = 0; k < space.names.length; k++) {
    if (k === from || !app.visible(k)) continue;
    const dx = at(p, k, 0) - at(p, from, 0), dy = at(p, k, 1) - at(p, from, 1), along = dx * way[0] + dy * way[1], across = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
    if (along <= 0 || across > 2 * along) continue;
    const cost = along + 2 * across;
    if (cost < least) { least = cost; best = k; }
  }
  if (best !== null) { app.hoverOf = best; app.state.walk = null; app.buildBarIfNeeded(); app.draw(true); }
}
