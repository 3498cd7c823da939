// The spectra under hand: point, zoom, mask, rows of the heat map.
import { indexAt, toPosition, LEFT } from '../curveview';
import type { App } from './app';
import { maskAt } from './masks';

export function onCurve(app: App): void {
  const { curve } = app;
  let from: { x: number; position: number; alt: boolean } | null = null;
  const local = (e: MouseEvent): [number, number] => { const box = curve.getBoundingClientRect(); return [e.clientX - box.left, e.clientY - box.top]; };
  const position = (x: number): number => { const p = toPosition(app.size(curve)[0], app.range, x); return Math.min(Math.max(p, app.range[0]), app.range[1]); };
  curve.addEventListener('pointerdown', (e) => { const [x] = local(e); from = { x, position: position(x), alt: e.altKey }; curve.setPointerCapture(e.pointerId); });
  curve.addEventListener('pointermove', (e) => {
    const [x, y] = local(e);
    app.pointer = x >= LEFT ? position(x) : null;
    if (from && Math.abs(x - from.x) > 4) app.dragged = [from.position, position(x)];
    if (!from && app.mode() === 'heat') { const row = heatRow(app, y); if (row !== app.heatLight) { app.heatLight = row; lightRow(app, row); } }
    app.draw();
  });
  curve.addEventListener('pointerup', (e) => {
    const was = from, [x, y] = local(e);
    from = null;
    if (app.dragged && was) {
      const [a, b] = [...app.dragged].sort((p, q) => p - q);
      app.dragged = null;
      if ((was.alt || e.altKey) && (app.state.pin ?? app.shown) !== null) app.mask(indexAt(app.space, a), Math.max(indexAt(app.space, b), indexAt(app.space, a) + 1));
      else if (indexAt(app.space, b) - indexAt(app.space, a) > 4) app.set({ range: [a, b] });
    } else if (was) {
      app.dragged = null;
      if (app.mode() === 'heat') { const row = heatRow(app, y); if (row !== null) app.pin(row); } else maskAt(app, x);
    }
    app.draw(true);
  });
  curve.addEventListener('pointerleave', () => { app.pointer = null; app.heatLight = null; lightRow(app, null); app.draw(); });
  curve.addEventListener('dblclick', () => app.set({ range: null }));
  curve.addEventListener('wheel', (e) => {
    e.preventDefault();
    const axis = app.space.axis.values, middle = position(local(e)[0]), factor = Math.exp(e.deltaY * (e.deltaMode ? 0.05 : 0.0016));
    const range: [number, number] = [Math.max(axis[0], middle - (middle - app.range[0]) * factor), Math.min(axis[axis.length - 1], middle + (app.range[1] - middle) * factor)];
    if (indexAt(app.space, range[1]) - indexAt(app.space, range[0]) > 8) { app.state.range = range; app.draw(true); }
  }, { passive: false });
}
/** Light a heat-map row's point without leaving the heat map. */
export function lightRow(app: App, k: number | null): void { app.lightOnly = k; if (k !== null) app.say(app.space.names[k]); }
export function heatRow(app: App, y: number): number | null {
  const scene = app.curveScene(), [, ch] = app.size(app.curve), bottom = ch - 34 - 40, tall = bottom - 8;
  const k = Math.floor(((bottom - y) / tall) * scene.rows.length);
  return k >= 0 && k < scene.rows.length ? scene.rows[k] : null;
}
