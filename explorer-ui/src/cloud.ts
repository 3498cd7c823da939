// Many points on a 2-D canvas: found by a grid, drawn as own pixels, and above DENSE of them in sight as a density picture.
import { at, type SpaceData } from './data';
import type { Colouring } from './colour';
import type { View } from './mapview';

export const MANY = 3000, DENSE = 20000; // own pixels above so many points; a density picture above so many in sight
const CELLS = 256, PICTURE = 768;

export class Cloud {
  readonly box: [number, number, number, number];
  private readonly start = new Int32Array(CELLS * CELLS + 1);
  private readonly order: Int32Array;
  private readonly xy: Float32Array;
  private readonly steps: [number, number];
  private picture: { key: string; canvas: HTMLCanvasElement } | null = null;
  private packed: { of: Colouring; dark: boolean; faint: boolean; colours: Uint32Array } | null = null;

  constructor(readonly space: SpaceData) {
    const n = space.points.rows, box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
    this.xy = Float32Array.from(space.points.data);
    for (let k = 0; k < n; k++) { const x = this.xy[2 * k], y = this.xy[2 * k + 1]; if (x < box[0]) box[0] = x; if (x > box[2]) box[2] = x; if (y < box[1]) box[1] = y; if (y > box[3]) box[3] = y; }
    this.box = box; this.steps = [Math.max(box[2] - box[0], 1e-12) / CELLS, Math.max(box[3] - box[1], 1e-12) / CELLS];
    const cell = new Int32Array(n);
    for (let k = 0; k < n; k++) { cell[k] = this.cell(this.xy[2 * k], this.xy[2 * k + 1]); this.start[cell[k] + 1]++; }
    for (let c = 0; c < CELLS * CELLS; c++) this.start[c + 1] += this.start[c];
    this.order = new Int32Array(n);
    const next = this.start.slice();
    for (let k = 0; k < n; k++) this.order[next[cell[k]]++] = k;
  }
  private column = (x: number): number => Math.min(CELLS - 1, Math.max(0, Math.floor((x - this.box[0]) / this.steps[0])));
  private line = (y: number): number => Math.min(CELLS - 1, Math.max(0, Math.floor((y - this.box[1]) / this.steps[1])));
  private cell(x: number, y: number): number { return this.line(y) * CELLS + this.column(x); }

  /** The runs of points whose cells touch a part of the map. */
  private runs(x0: number, y0: number, x1: number, y1: number, act: (from: number, to: number) => void): void {
    if (x1 < this.box[0] || x0 > this.box[2] || y1 < this.box[1] || y0 > this.box[3]) return;
    for (let line = this.line(y0); line <= this.line(y1); line++) act(this.start[line * CELLS + this.column(x0)], this.start[line * CELLS + this.column(x1) + 1]);
  }
  count(x0: number, y0: number, x1: number, y1: number): number { let n = 0; this.runs(x0, y0, x1, y1, (from, to) => { n += to - from; }); return n; }
  /** The nearest point that is visible within a distance; null where there is none. */
  near(x: number, y: number, within: number, visible: (k: number) => boolean): number | null {
    let found: number | null = null, least = within;
    this.runs(x - within, y - within, x + within, y + within, (from, to) => {
      for (let i = from; i < to; i++) { const k = this.order[i], far = Math.hypot(this.xy[2 * k] - x, this.xy[2 * k + 1] - y); if (far < least && visible(k)) { least = far; found = k; } }
    });
    return found;
  }

  private colours(colouring: Colouring, dark: boolean): Uint32Array {
    if (this.packed?.of !== colouring || this.packed.dark !== dark) {
      const colours = new Uint32Array(colouring.of.length);
      colouring.of.forEach(([r, g, b], k) => { colours[k] = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0; });
      this.packed = { of: colouring, dark, faint: false, colours };
    }
    return this.packed.colours;
  }

  private layer: { canvas: HTMLCanvasElement; image: ImageData; pixels: Uint32Array } | null = null;
  draw(context: CanvasRenderingContext2D, width: number, height: number, scene: { colouring: Colouring; visible: (k: number) => boolean; hides: boolean; selected: Set<number>; view: View; dark: boolean }, moving: boolean): void {
    const { view } = scene, x0 = view.x - width / 2 / view.scale, x1 = view.x + width / 2 / view.scale, y0 = view.y - height / 2 / view.scale, y1 = view.y + height / 2 / view.scale;
    if (this.count(x0, y0, x1, y1) > DENSE) { this.drawDensity(context, width, height, scene); return; }
    const ratio = context.getTransform().a, w = Math.round(width * ratio), h = Math.round(height * ratio);
    if (this.layer?.canvas.width !== w || this.layer.canvas.height !== h) {
      const canvas = document.createElement('canvas'); canvas.width = w; canvas.height = h;
      const image = canvas.getContext('2d', { willReadFrequently: true })!.createImageData(w, h);
      this.layer = { canvas, image, pixels: new Uint32Array(image.data.buffer) };
    }
    const { canvas, image, pixels } = this.layer, colours = this.colours(scene.colouring, scene.dark), r = Math.max(1, Math.round(1.7 * ratio)), some = scene.selected.size > 0;
    const ink = scene.dark ? 0xfff0ebe8 : 0xff1c1815, { visible, selected, hides } = scene, scale = view.scale * ratio, left = w / 2 - view.x * scale, top = h / 2 + view.y * scale;
    pixels.fill(0);
    this.runs(x0, y0, x1, y1, (from, to) => {
      for (let i = from; i < to; i++) {
        const k = this.order[i], cx = Math.round(left + this.xy[2 * k] * scale), cy = Math.round(top - this.xy[2 * k + 1] * scale);
        if (cx <= r || cy <= r || cx >= w - r - 1 || cy >= h - r - 1 || (hides && !visible(k))) continue;
        const colour = some && !selected.has(k) ? (colours[k] & 0xffffff) | 0x50000000 : colours[k];
        if (!moving) for (let y = -r - 1; y <= r + 1; y++) for (let x = -r - 1; x <= r + 1; x++) { const far = x * x + y * y; if (far <= (r + 0.9) ** 2 && far > (r + 0.1) ** 2) pixels[(cy + y) * w + cx + x] = some && !selected.has(k) ? 0x30808080 : ink; }
        for (let y = -r; y <= r; y++) for (let x = -r; x <= r; x++) if (moving || x * x + y * y <= (r + 0.1) ** 2) pixels[(cy + y) * w + cx + x] = colour;
      }
    });
    canvas.getContext('2d', { willReadFrequently: true })!.putImageData(image, 0, 0);
    context.drawImage(canvas, 0, 0, width, height);
  }

  /** How many points lie where, and their mean colour: a picture made once, drawn at every view. */
  private drawDensity(context: CanvasRenderingContext2D, width: number, height: number, scene: { colouring: Colouring; visible: (k: number) => boolean; hides: boolean; selected: Set<number>; view: View; dark: boolean }): void {
    const { colouring, view, selected } = scene, key = [colouring.key, scene.dark, scene.hides ? colouring.legend.map((_, k) => k).filter((k) => scene.visible(colouring.entry.indexOf(k))).join() : '', selected.size, selected.size ? [...selected][0] : ''].join('|');
    if (this.picture?.key !== key) this.picture = { key, canvas: this.density(scene) };
    const [a, b, c, d] = this.box, left = width / 2 + (a - view.x) * view.scale, top = height / 2 - (d - view.y) * view.scale;
    context.imageSmoothingEnabled = false;
    context.drawImage(this.picture.canvas, left, top, (c - a) * view.scale, (d - b) * view.scale);
    context.imageSmoothingEnabled = true;
  }
  private density(scene: { colouring: Colouring; visible: (k: number) => boolean; hides: boolean; selected: Set<number>; dark: boolean }): HTMLCanvasElement {
    const canvas = document.createElement('canvas'), G = PICTURE, [x0, y0, x1, y1] = this.box, n = this.order.length, { hides, visible, selected } = scene, some = selected.size > 0;
    canvas.width = canvas.height = G;
    const counts = new Float32Array(G * G), sums = new Float32Array(3 * G * G), colours = this.colours(scene.colouring, scene.dark), across = (G - 1) / Math.max(x1 - x0, 1e-12), up = (G - 1) / Math.max(y1 - y0, 1e-12);
    for (let k = 0; k < n; k++) {
      if (hides && !visible(k)) continue;
      const cell = Math.round((y1 - this.xy[2 * k + 1]) * up) * G + Math.round((this.xy[2 * k] - x0) * across), weight = some && !selected.has(k) ? 0.05 : 1, colour = colours[k];
      counts[cell] += weight; sums[3 * cell] += weight * (colour & 255); sums[3 * cell + 1] += weight * ((colour >> 8) & 255); sums[3 * cell + 2] += weight * ((colour >> 16) & 255);
    }
    let most = 1;
    for (const count of counts) if (count > most) most = count;
    const context = canvas.getContext('2d')!, image = context.createImageData(G, G);
    for (let c = 0; c < G * G; c++) if (counts[c] > 0) {
      for (let j = 0; j < 3; j++) image.data[4 * c + j] = sums[3 * c + j] / counts[c];
      image.data[4 * c + 3] = 90 + 165 * (Math.log1p(counts[c]) / Math.log1p(most));
    }
    context.putImageData(image, 0, 0);
    return canvas;
  }
}

const clouds = new WeakMap<SpaceData, Cloud>();
export function cloudOf(space: SpaceData): Cloud { let found = clouds.get(space); if (!found) clouds.set(space, (found = new Cloud(space))); return found; }

/** Distance of every cell's middle to the nearest point, cells of one size: sweeps that hand on the nearest seed (Danielsson 1980, 10.1016/0146-664X(80)90054-4). */
export function distances(space: SpaceData, box: number[], cells: number): Float32Array {
  const across = (box[2] - box[0]) / cells, up = (box[3] - box[1]) / cells, seeds = new Int32Array(cells * cells).fill(-1), { rows } = space.points;
  const far = (i: number, j: number, k: number): number => (k < 0 ? Infinity : (at(space.points, k, 0) - box[0] - (j + 0.5) * across) ** 2 + (box[3] - (i + 0.5) * up - at(space.points, k, 1)) ** 2);
  for (let k = 0; k < rows; k++) {
    const i = Math.min(cells - 1, Math.max(0, Math.floor((box[3] - at(space.points, k, 1)) / up))), j = Math.min(cells - 1, Math.max(0, Math.floor((at(space.points, k, 0) - box[0]) / across)));
    if (far(i, j, k) < far(i, j, seeds[i * cells + j])) seeds[i * cells + j] = k;
  }
  const take = (i: number, j: number, di: number, dj: number): void => {
    const u = i + di, v = j + dj;
    if (u < 0 || v < 0 || u >= cells || v >= cells) return;
    const seed = seeds[u * cells + v];
    if (seed >= 0 && far(i, j, seed) < far(i, j, seeds[i * cells + j])) seeds[i * cells + j] = seed;
  };
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < cells; i++) { for (let j = 0; j < cells; j++) { take(i, j, -1, 0); take(i, j, 0, -1); take(i, j, -1, -1); take(i, j, -1, 1); } for (let j = cells - 1; j >= 0; j--) take(i, j, 0, 1); }
    for (let i = cells - 1; i >= 0; i--) { for (let j = cells - 1; j >= 0; j--) { take(i, j, 1, 0); take(i, j, 0, 1); take(i, j, 1, 1); take(i, j, 1, -1); } for (let j = 0; j < cells; j++) take(i, j, 0, -1); }
  }
  return Float32Array.from(seeds, (seed, c) => Math.sqrt(far(Math.floor(c / cells), c % cells, seed)));
}
