// Maps side by side: what is pointed at, kept and selected in one of them is so in all.
import { at, type SpaceData } from './data';
import { choices, colouring, firstChoice, type Colouring } from './colour';
import { drawMap, fitted, insidePolygon, Painter, toMap, toScreen, type Scene, type View } from './mapview';
import { h } from './dom';

export interface Sight { colour: string; dark: boolean; selected: Set<string>; hover: string | null; pin: string | null; empty: Scene }
export interface Linked {
  maps(): { space: SpaceData; title: string }[]; sight(): Sight; served(): boolean; ready(canvas: HTMLCanvasElement): [CanvasRenderingContext2D, number, number];
  hoverName(name: string | null): void; pinName(name: string): void; chooseNames(names: Set<string>, removes: boolean): void; open(k: number): void;
}
interface Panel { space: SpaceData; canvas: HTMLCanvasElement; view: View; painter: Painter; colours: Colouring | null; key: string; lasso: [number, number][] }
const MOST = 4;

export class Quilt {
  readonly node = h('div', { class: 'quilt hidden' });
  private panels: Panel[] = [];
  constructor(private readonly host: Linked) {}
  get shown(): boolean { return !this.node.classList.contains('hidden'); }
  show(is: boolean): void { this.node.classList.toggle('hidden', !is); if (is) this.build(); }

  private build(): void {
    const maps = this.host.maps().slice(-MOST), first = this.host.maps().length - maps.length;
    this.panels = [];
    const figures = maps.map(({ space, title }, k) => {
      const canvas = h('canvas', { role: 'img', 'aria-label': `map of ${title}` }), row = space.provenance.errors.find((r) => r.method === 'map' && Number.isFinite(r.rmse ?? r.accuracy ?? NaN));
      const told = row ? (row.rmse !== null && row.rmse !== undefined ? `${row.label} left out: rms error ${+row.rmse.toPrecision(2)}` : `${row.label} left out: accuracy ${Math.round(100 * (row.accuracy ?? 0))} %`) : 'no left-out error is known';
      const panel: Panel = { space, canvas, view: { x: 0, y: 0, scale: 0 }, painter: new Painter(), colours: null, key: '', lasso: [] };
      this.panels.push(panel); this.listen(panel);
      return h('figure', {}, h('figcaption', {}, h('b', {}, title), h('span', { class: 'soft' }, told), h('button', { onclick: () => this.host.open(first + k) }, 'Open')), canvas);
    });
    const hint = maps.length < 2 ? h('figure', {}, h('figcaption', {}, h('b', {}, 'One map so far'), h('span', { class: 'soft' }, this.host.served() ? 'Select samples and press M: their new map stands beside this one, with the same samples selected.' : 'This file holds one map. `peakscape export A.space B.space` puts several side by side.'))) : null;
    this.node.replaceChildren(...figures, ...(hint ? [hint] : []));
  }
  draw(): void {
    if (!this.shown) return;
    if (this.host.maps().slice(-MOST).map((one) => one.space).some((one, k) => one !== this.panels[k]?.space)) this.build();
    const sight = this.host.sight();
    for (const panel of this.panels) this.drawPanel(panel, sight);
  }
  private drawPanel(panel: Panel, sight: Sight): void {
    const { space } = panel, [context, w, hh] = this.host.ready(panel.canvas);
    if (w < 20 || hh < 20) return;
    const colour = choices(space).some((c) => c.key === sight.colour) ? sight.colour : firstChoice(space), key = `${colour}|${sight.dark}`;
    if (panel.key !== key || !panel.colours) { panel.colours = colouring(space, colour, sight.dark); panel.key = key; }
    panel.view = fitted(space, w + 60, hh + 8);
    panel.view.y += 16 / panel.view.scale; // below the caption
    const selected = new Set<number>();
    if (sight.selected.size) space.names.forEach((name, k) => { if (sight.selected.has(name)) selected.add(k); });
    const number = (name: string | null): number | null => { const k = name === null ? -1 : space.names.indexOf(name); return k < 0 ? null : k; };
    drawMap(context, w, hh, { ...sight.empty, space, colouring: panel.colours, selected, view: panel.view, lasso: panel.lasso, hover: number(sight.hover), pin: number(sight.pin) }, panel.painter, false);
  }
  private near(panel: Panel, px: number, py: number): number | null {
    const box = panel.canvas.getBoundingClientRect();
    let found: number | null = null, least = 14;
    for (let k = 0; k < panel.space.names.length; k++) {
      const [x, y] = toScreen(panel.view, box.width, box.height, at(panel.space.points, k, 0), at(panel.space.points, k, 1)), far = Math.hypot(x - px, y - py);
      if (far < least) { least = far; found = k; }
    }
    return found;
  }
  private listen(panel: Panel): void {
    const { canvas, space } = panel;
    let from: [number, number] | null = null, removes = false;
    const local = (e: PointerEvent): [number, number] => { const box = canvas.getBoundingClientRect(); return [e.clientX - box.left, e.clientY - box.top]; };
    const place = (p: [number, number]): [number, number] => { const box = canvas.getBoundingClientRect(); return toMap(panel.view, box.width, box.height, ...p); };
    canvas.addEventListener('pointerdown', (e) => { from = local(e); removes = e.altKey; panel.lasso = []; canvas.setPointerCapture(e.pointerId); });
    canvas.addEventListener('pointermove', (e) => {
      const p = local(e);
      if (from && (panel.lasso.length || Math.hypot(p[0] - from[0], p[1] - from[1]) > 4)) { if (!panel.lasso.length) panel.lasso.push(place(from)); panel.lasso.push(place(p)); this.drawPanel(panel, this.host.sight()); return; }
      const k = this.near(panel, ...p);
      this.host.hoverName(k === null ? null : space.names[k]);
    });
    canvas.addEventListener('pointerup', (e) => {
      const { lasso } = panel;
      panel.lasso = [];
      if (lasso.length > 3) this.host.chooseNames(new Set(space.names.filter((_, k) => insidePolygon(lasso, at(space.points, k, 0), at(space.points, k, 1)))), removes);
      else if (from) { const k = this.near(panel, ...local(e)); if (k !== null) this.host.pinName(space.names[k]); }
      from = null;
    });
    canvas.addEventListener('pointercancel', () => { from = null; panel.lasso = []; this.draw(); });
    canvas.addEventListener('pointerleave', () => { if (!from) this.host.hoverName(null); });
  }
}
