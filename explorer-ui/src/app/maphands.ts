// The map under hand: point, click, drag, select, pan, zoom.
import { at } from '../data';
import { cloudOf, MANY } from '../cloud';
import { insidePolygon, toMap, toScreen, type View } from '../mapview';
import type { App } from './app';
import { buildBar } from './bars';

export function nearSample(app: App, px: number, py: number, within: number): number | null {
  const [w, hh] = app.size(app.map), view = app.view();
  if (app.space.names.length > MANY) { const [x, y] = toMap(view, w, hh, px, py); return cloudOf(app.space).near(x, y, within / view.scale, app.visible); }
  let found: number | null = null, least = within;
  for (let k = 0; k < app.space.names.length; k++) {
    if (!app.visible(k)) continue;
    const [x, y] = toScreen(view, w, hh, at(app.space.points, k, 0), at(app.space.points, k, 1)), far = Math.hypot(x - px, y - py);
    if (far < least) { least = far; found = k; }
  }
  return found;
}
export function nearStar(app: App, px: number, py: number): number | null {
  const [w, hh] = app.size(app.map), view = app.view();
  const found = app.stars.find(({ place }) => { const [x, y] = toScreen(view, w, hh, ...place); return Math.hypot(Math.min(Math.max(x, 18), w - 18) - px, Math.min(Math.max(y, 54), hh - 30) - py) < 11; });
  return found ? app.placed.indexOf(found.one) : null;
}
export function nearLive(app: App, px: number, py: number): number | null {
  if (!app.live || app.current) return null;
  const [w, hh] = app.size(app.map), view = app.view();
  let found: number | null = null, least = 11;
  for (const row of app.live.shown) { const [x, y] = toScreen(view, w, hh, ...row.coordinates), far = Math.hypot(x - px, y - py); if (far <= least) { least = far; found = row.number; } }
  return found;
}
export function onMap(app: App): void {
  const { map } = app, pointers = new Map<number, [number, number]>();
  let down: { x: number; y: number; sample: number | null; view: View; act: 'none' | 'walk' | 'pan' | 'lasso'; alt: boolean } | null = null, pinch = 0;
  const local = (e: PointerEvent | WheelEvent): [number, number] => { const box = map.getBoundingClientRect(); return [e.clientX - box.left, e.clientY - box.top]; };
  const zoom = (factor: number, px: number, py: number): void => {
    const [w, hh] = app.size(map), view = app.view(), [x, y] = toMap(view, w, hh, px, py), scale = Math.min(Math.max(view.scale * factor, 1e-9), 1e12);
    app.state.view = { x: x - (px - w / 2) / scale, y: y + (py - hh / 2) / scale, scale };
    app.draw(true);
  };
  map.addEventListener('pointerdown', (e) => {
    const [x, y] = local(e);
    pointers.set(e.pointerId, [x, y]); map.setPointerCapture(e.pointerId); map.focus({ preventScroll: true });
    if (pointers.size === 2) { const [a, b] = [...pointers.values()]; pinch = Math.hypot(a[0] - b[0], a[1] - b[1]); down = null; app.lasso = []; return; }
    const star = nearStar(app, x, y);
    if (star !== null) { app.showStar(star); return; }
    const live = nearLive(app, x, y);
    if (live !== null && nearSample(app, x, y, 6) === null) { app.hoverLive = null; app.showLive(live); return; }
    const sample = nearSample(app, x, y, e.pointerType === 'touch' ? 26 : 12), { tool } = app.state;
    const lasso = (e.shiftKey && sample === null) || tool === 'select' || (e.shiftKey && app.state.pin === null);
    down = { x, y, sample, view: app.view(), act: 'none', alt: e.altKey };
    if (lasso) { down.act = 'lasso'; app.lasso = [toMap(app.view(), ...app.size(map), x, y)]; }
    app.remember();
  });
  map.addEventListener('pointermove', (e) => {
    const [x, y] = local(e), size = app.size(map);
    if (pointers.has(e.pointerId)) pointers.set(e.pointerId, [x, y]);
    if (pointers.size === 2) {
      const [a, b] = [...pointers.values()], far = Math.hypot(a[0] - b[0], a[1] - b[1]);
      if (pinch > 0) zoom(far / pinch, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
      pinch = far; return;
    }
    if (!down) { const before = app.hoverOf, liveBefore = app.hoverLive; app.hoverLive = e.pointerType === 'touch' ? null : nearLive(app, x, y); app.hoverOf = e.pointerType === 'touch' || (app.hoverLive !== null && nearSample(app, x, y, 6) === null) ? null : nearSample(app, x, y, 14); if (app.hoverOf !== null) app.hoverLive = null; if (before !== app.hoverOf || liveBefore !== app.hoverLive) { app.buildBarIfNeeded(); app.draw(); } return; }
    const far = Math.hypot(x - down.x, y - down.y);
    if (down.act === 'none' && far > 4) down.act = down.sample !== null && app.state.tool !== 'pan' && !e.shiftKey ? 'walk' : 'pan';
    if (down.act === 'walk') {
      const lift = e.pointerType === 'touch' ? 56 : 0, [mx, my] = toMap(app.view(), ...size, x, y - lift);
      app.hoverOf = null; app.star = null; app.liveShown = null; app.hoverLive = null; app.moving = true;
      const fresh = app.state.walk === null;
      app.state.between = null; app.state.walk = { x: mx, y: my, from: down.sample };
      if (fresh) buildBar(app);
      app.draw();
    } else if (down.act === 'pan') {
      const { view } = down;
      app.moving = true; app.hoverOf = null;
      app.state.view = { x: view.x - (x - down.x) / view.scale, y: view.y + (y - down.y) / view.scale, scale: view.scale }; app.draw();
    } else if (down.act === 'lasso' && far > 3) { app.lasso.push(toMap(app.view(), ...size, x, y)); app.draw(); }
  });
  const up = (e: PointerEvent): void => {
    pointers.delete(e.pointerId); pinch = 0;
    const was = down;
    down = null; app.moving = false;
    if (!was) { app.draw(true); return; }
    if (was.act === 'lasso' && app.lasso.length > 3) lassoed(app, was.alt);
    else if (was.act === 'lasso' || was.act === 'none') {
      app.lasso = [];
      if (was.sample !== null && e.shiftKey && app.state.pin !== null && was.sample !== app.state.pin) { app.state.between = [app.state.pin, was.sample, 0]; app.hoverOf = null; app.slide(0.5); app.refresh(); return; }
      if (was.sample !== null && app.state.tool === 'select') { const { selection } = app.state, k = was.sample; app.set({ selection: selection.includes(k) ? selection.filter((n) => n !== k) : [...selection, k], lasso: [] }); return; }
      if (was.sample !== null) { if (app.undone.length) app.undone.pop(); app.hoverOf = null; app.pin(was.sample); }
      else if (app.state.walk || app.state.pin !== null) app.set({ walk: null, between: null, pin: null, masks: [] });
    }
    app.refresh();
  };
  map.addEventListener('pointerup', up);
  map.addEventListener('pointercancel', (e) => { pointers.delete(e.pointerId); down = null; app.moving = false; app.lasso = []; app.draw(true); });
  map.addEventListener('pointerleave', () => { if (!down && (app.hoverOf !== null || app.hoverLive !== null)) { app.hoverOf = null; app.hoverLive = null; app.buildBarIfNeeded(); app.draw(); } });
  map.addEventListener('wheel', (e) => { e.preventDefault(); zoom(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0016)), ...local(e)); }, { passive: false });
  map.addEventListener('dblclick', (e) => { if (nearSample(app, ...local(e as unknown as PointerEvent), 12) === null) app.set({ view: null }); });
}
export function lassoed(app: App, removes: boolean): void {
  const { space } = app, corners = app.lasso.filter((_, k) => k % Math.max(1, Math.floor(app.lasso.length / 40)) === 0);
  const inside = [...space.names.keys()].filter((k) => app.visible(k) && insidePolygon(corners, at(space.points, k, 0), at(space.points, k, 1)));
  app.lasso = [];
  const selection = removes ? app.state.selection.filter((k) => !inside.includes(k)) : inside;
  Object.assign(app.state, { selection, lasso: removes || app.state.hidden.length ? [] : corners, walk: null, between: null, pin: null, mode: 'heat' });
  app.hoverOf = null; app.star = null; app.refresh();
}
