// The map on a 2-D canvas, with own pixels: no GPU, no WebGL.
import { at, type LabelData, type SpaceData } from './data';
import { readPainted } from './decode';
import { cloudOf, distances, MANY } from './cloud';
import { css, fixed, viridis, type Colouring } from './colour';
import { extent } from './decode';
import { drawTrail, type LiveRow } from './live';
import { drawContours, drawWays } from './layers';
import { drawFrame, drawRegions, fittedMixture } from './triangle';

export interface View { x: number; y: number; scale: number } // centre in map units, pixels per unit
export interface Star { name: string; x: number; y: number; foreign: boolean }
export interface Scene {
  space: SpaceData; colouring: Colouring; visible: (i: number) => boolean; hides: boolean; selected: Set<number>; view: View;
  pin: number | null; hover: number | null; walk: { x: number; y: number; from: number | null; known: boolean } | null;
  arrow: { from: [number, number]; to: [number, number]; members: [number, number][] } | null;
  lasso: [number, number][]; stars: Star[]; star: number | null; live: { rows: LiveRow[]; shown: number | null } | null; between: [number, number, number] | null; painted: boolean; spread: boolean; path: boolean; contours: boolean; ways: boolean; dark: boolean;
}
const GRID = 180;

export class Painter {
  private cache: { key: string; canvas: HTMLCanvasElement } | null = null;
  private fade: { space: SpaceData; alpha: Float32Array; box: number[] } | null = null;

  /** The painted label, fading where nothing is known. */
  layer(space: SpaceData, label: LabelData, column: number, dark: boolean): { canvas: HTMLCanvasElement; box: number[] } {
    const fade = this.fading(space);
    const key = `${space.title}|${space.names.length}|${label.name}|${column}|${dark}`;
    if (this.cache?.key !== key) {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = GRID;
      const context = canvas.getContext('2d')!, image = context.createImageData(GRID, GRID);
      const { low, high } = extent(label, column);
      for (let i = 0; i < GRID; i++) for (let j = 0; j < GRID; j++) {
        const alpha = fade.alpha[i * GRID + j];
        if (alpha === 0) continue;
        const x = fade.box[0] + ((j + 0.5) / GRID) * (fade.box[2] - fade.box[0]);
        const y = fade.box[3] - ((i + 0.5) / GRID) * (fade.box[3] - fade.box[1]);
        const [r, g, b] = viridis((readPainted(label, x, y)[column] - low) / (high - low || 1), dark);
        image.data.set([r, g, b, Math.round(255 * alpha)], 4 * (i * GRID + j));
      }
      context.putImageData(image, 0, 0);
      this.cache = { key, canvas };
    }
    return { canvas: this.cache.canvas, box: fade.box };
  }

  fading(space: SpaceData): { alpha: Float32Array; box: number[] } {
    if (this.fade?.space === space) return this.fade;
    const reach = space.reach * space.spacing, n = space.points.rows;
    let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let k = 0; k < n; k++) {
      const x = at(space.points, k, 0), y = at(space.points, k, 1);
      x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y);
    }
    const box = [x0 - 1.1 * reach, y0 - 1.1 * reach, x1 + 1.1 * reach, y1 + 1.1 * reach];
    const alpha = new Float32Array(GRID * GRID), far = n > 500 ? distances(space, box, GRID) : null;
    for (let i = 0; i < GRID; i++) for (let j = 0; j < GRID; j++) {
      const x = box[0] + ((j + 0.5) / GRID) * (box[2] - box[0]), y = box[3] - ((i + 0.5) / GRID) * (box[3] - box[1]);
      let least = far ? far[i * GRID + j] ** 2 : Infinity;
      if (!far) for (let k = 0; k < n; k++) least = Math.min(least, (at(space.points, k, 0) - x) ** 2 + (at(space.points, k, 1) - y) ** 2);
      const t = Math.min(Math.max((reach - Math.sqrt(least)) / (0.45 * reach), 0), 1);
      alpha[i * GRID + j] = t * t * (3 - 2 * t);
    }
    this.fade = { space, alpha, box };
    return this.fade;
  }
}

export const toScreen = (view: View, width: number, height: number, x: number, y: number): [number, number] =>
  [width / 2 + (x - view.x) * view.scale, height / 2 - (y - view.y) * view.scale];
export const toMap = (view: View, width: number, height: number, px: number, py: number): [number, number] =>
  [view.x + (px - width / 2) / view.scale, view.y - (py - height / 2) / view.scale];

/** The view in which all points are seen, one unit as long across as up. */
export function fitted(space: SpaceData, width: number, height: number, further: [number, number][] = []): View {
  if (space.mixture) return fittedMixture(space, width, height, further);
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let k = 0; k < space.points.rows; k++) {
    const x = at(space.points, k, 0), y = at(space.points, k, 1);
    x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y);
  }
  const far = 0.6 * Math.max(x1 - x0, y1 - y0), own = [x0, y0, x1, y1]; // what lies farther is shown at the edge
  for (const [x, y] of further) if (x > own[0] - far && x < own[2] + far && y > own[1] - far && y < own[3] + far) { x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y); }
  const reach = Math.min(space.reach * space.spacing, 0.3 * Math.max(x1 - x0, y1 - y0, 1e-9));
  const wide = Math.max(x1 - x0 + 1.4 * reach, 1e-9), high = Math.max(y1 - y0 + 1.4 * reach, 1e-9);
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, scale: Math.min((width - 110) / wide, (height - 96) / high) };
}

export function drawMap(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, painter: Painter, moving: boolean): void {
  const { space, view, dark } = scene;
  const ink = dark ? '#e8ebf0' : '#15181c', soft = dark ? '#99a2ae' : '#5c6672';
  context.clearRect(0, 0, width, height);
  context.fillStyle = dark ? '#0f1216' : '#ffffff';
  context.fillRect(0, 0, width, height);
  const paint = scene.colouring.paint;
  if (scene.painted && paint) {
    const { canvas, box } = painter.layer(space, space.labels[paint.label], paint.column, dark);
    const [left, top] = toScreen(view, width, height, box[0], box[3]), [right, bottom] = toScreen(view, width, height, box[2], box[1]);
    context.globalAlpha = dark ? 0.42 : 0.4;
    context.imageSmoothingEnabled = true;
    context.drawImage(canvas, left, top, right - left, bottom - top);
    context.globalAlpha = 1;
  }
  if (space.mixture) drawFrame(context, width, height, scene, ink, soft);
  if (!space.mixture || space.mixture.names.length > 3) drawAxes(context, width, height, view, soft, dark);
  if (space.mixture && scene.spread) drawRegions(context, width, height, scene);
  if (scene.spread && space.ellipses && space.names.length <= 3000) drawEllipses(context, width, height, scene, soft);
  if (scene.contours && paint) drawContours(context, width, height, scene, painter.fading(space), ink);
  if (scene.path) drawPath(context, width, height, scene, soft);
  drawPoints(context, width, height, scene, ink, moving);
  if (scene.ways) drawWays(context, width, height, scene, ink);
  drawMarks(context, width, height, scene, ink);
}

export function ticks(low: number, high: number, about: number): number[] {
  const raw = (high - low) / Math.max(about, 1), power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw)!;
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(k * step);
  return found;
}
export const tickDigits = (all: number[]): number => (all.length > 1 ? Math.max(0, -Math.floor(Math.log10(all[1] - all[0]) + 1e-9)) : all.length && Number.isInteger(all[0]) ? 0 : 2);

function drawAxes(context: CanvasRenderingContext2D, width: number, height: number, view: View, soft: string, dark: boolean): void {
  const [x0, y0] = toMap(view, width, height, 0, height), [x1, y1] = toMap(view, width, height, width, 0);
  context.font = '11px system-ui, sans-serif';
  context.fillStyle = soft;
  context.strokeStyle = dark ? '#343a42' : '#d4d8dd';
  const across = ticks(x0, x1, width / 160), up = ticks(y0, y1, height / 130);
  context.textAlign = 'center'; context.textBaseline = 'bottom';
  for (const x of across) {
    const px = toScreen(view, width, height, x, 0)[0];
    if (px < 60 || px > width - 30) continue;
    line(context, px, height - 5, px, height);
    context.fillText(fixed(x, tickDigits(across)), px, height - 7);
  }
  context.textAlign = 'left'; context.textBaseline = 'middle';
  for (const y of up) {
    const py = toScreen(view, width, height, 0, y)[1];
    if (py < 60 || py > height - 24) continue;
    line(context, 0, py, 5, py);
    context.fillText(fixed(y, tickDigits(up)), 8, py);
  }
}

function line(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  context.beginPath(); context.moveTo(x0, y0); context.lineTo(x1, y1); context.stroke();
}

/** Half axes and turn of the ellipse of one standard deviation. */
export function ellipseOf(space: SpaceData, k: number): [number, number, number] {
  const table = space.ellipses!, xx = at(table, k, 0), xy = at(table, k, 1), yy = at(table, k, 2);
  const middle = (xx + yy) / 2, apart = Math.hypot((xx - yy) / 2, xy);
  return [Math.sqrt(middle + apart), Math.sqrt(Math.max(middle - apart, 0)), 0.5 * Math.atan2(2 * xy, xx - yy)];
}

function drawEllipses(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, soft: string): void {
  context.strokeStyle = soft; context.lineWidth = 0.8; context.globalAlpha = 0.55;
  for (let k = 0; k < scene.space.names.length; k++) {
    if (!scene.visible(k)) continue;
    const [px, py] = toScreen(scene.view, width, height, at(scene.space.points, k, 0), at(scene.space.points, k, 1));
    const [a, b, turn] = ellipseOf(scene.space, k);
    context.beginPath();
    context.ellipse(px, py, a * scene.view.scale, b * scene.view.scale, -turn, 0, 2 * Math.PI);
    context.stroke();
  }
  context.globalAlpha = 1; context.lineWidth = 1;
}

function drawPath(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, soft: string): void {
  const values = scene.colouring.values;
  if (!values) return;
  const means = new Map<number, [number, number, number]>();
  values.forEach((value, k) => {
    if (!scene.visible(k)) return;
    const key = Math.round(value * 1e6), sum = means.get(key) ?? [0, 0, 0];
    means.set(key, [sum[0] + at(scene.space.points, k, 0), sum[1] + at(scene.space.points, k, 1), sum[2] + 1]);
  });
  context.strokeStyle = soft; context.lineWidth = 1.5; context.setLineDash([5, 4]);
  context.beginPath();
  [...means.keys()].sort((a, b) => a - b).forEach((key, k) => {
    const [x, y, n] = means.get(key)!, [px, py] = toScreen(scene.view, width, height, x / n, y / n);
    if (k) context.lineTo(px, py); else context.moveTo(px, py);
  });
  context.stroke(); context.setLineDash([]); context.lineWidth = 1;
}

export function shapePath(context: CanvasRenderingContext2D, shape: number, x: number, y: number, r: number): void {
  context.beginPath();
  if (shape === 0) context.arc(x, y, r, 0, 2 * Math.PI);
  else if (shape === 1) context.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  else { context.moveTo(x, y - 1.2 * r); context.lineTo(x + 1.15 * r, y + 0.85 * r); context.lineTo(x - 1.15 * r, y + 0.85 * r); context.closePath(); }
}

function drawPoints(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, ink: string, moving: boolean): void {
  const { space, colouring, view, selected } = scene, n = space.names.length;
  const some = selected.size > 0;
  if (n > MANY) { cloudOf(space).draw(context, width, height, scene, moving); return; }
  const r = n > 800 ? 3.2 : 4.6;
  for (const pass of some ? [false, true] : [true]) {
    for (let k = 0; k < n; k++) {
      if (!scene.visible(k) || (some && selected.has(k) !== pass)) continue;
      const [px, py] = toScreen(view, width, height, at(space.points, k, 0), at(space.points, k, 1));
      if (px < -9 || py < -9 || px > width + 9 || py > height + 9) continue;
      context.globalAlpha = some && !pass ? 0.3 : 1;
      shapePath(context, colouring.shapes[k], px, py, r);
      context.fillStyle = css(colouring.of[k]);
      context.fill();
      context.lineWidth = some && pass ? 2 : 1; context.strokeStyle = ink;
      context.stroke();
    }
  }
  context.globalAlpha = 1; context.lineWidth = 1;
}

function drawMarks(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, ink: string): void {
  const { space, view, dark } = scene;
  const point = (k: number): [number, number] => toScreen(view, width, height, at(space.points, k, 0), at(space.points, k, 1));
  const ring = (k: number, colour: string, r: number): void => {
    const [px, py] = point(k);
    context.strokeStyle = colour; context.lineWidth = 2.2;
    context.beginPath(); context.arc(px, py, r, 0, 2 * Math.PI); context.stroke(); context.lineWidth = 1;
  };
  const blue = dark ? '#6cb2ff' : '#0b57a4', orange = dark ? '#ff9a5a' : '#b4470a', amber = dark ? '#e8b04a' : '#8a5a00';
  if (scene.between) {
    const [a, b, t] = scene.between, [ax, ay] = point(a), [bx, by] = point(b);
    context.strokeStyle = orange; context.lineWidth = 1.6; context.setLineDash([6, 4]);
    line(context, ax, ay, bx, by); context.setLineDash([]); context.lineWidth = 1;
    ring(a, blue, 9); ring(b, blue, 9);
    void t;
  }
  if (scene.lasso.length > 1) {
    context.strokeStyle = blue; context.fillStyle = dark ? 'rgba(108,178,255,.12)' : 'rgba(11,87,164,.09)'; context.setLineDash([4, 3]);
    context.beginPath();
    scene.lasso.forEach(([x, y], k) => { const [px, py] = toScreen(view, width, height, x, y); if (k) context.lineTo(px, py); else context.moveTo(px, py); });
    context.closePath(); context.fill(); context.stroke(); context.setLineDash([]);
  }
  if (scene.hover !== null) ring(scene.hover, ink, 8);
  if (scene.pin !== null) ring(scene.pin, blue, 9);
  scene.stars.forEach((star, k) => {
    const [sx, sy] = toScreen(view, width, height, star.x, star.y), px = Math.min(Math.max(sx, 18), width - 18), py = Math.min(Math.max(sy, 54), height - 30);
    const colour = star.foreign ? (dark ? '#ff7b7b' : '#b00020') : ink;
    starPath(context, px, py, k === scene.star ? 11 : 8);
    context.fillStyle = dark ? '#0f1216' : '#ffffff'; context.fill();
    context.strokeStyle = colour; context.lineWidth = 2; context.stroke(); context.lineWidth = 1;
    if (px === sx && py === sy) return;
    const angle = Math.atan2(sy - py, sx - px), tip = (turn: number, r: number): [number, number] => [px + r * Math.cos(angle + turn), py + r * Math.sin(angle + turn)];
    context.fillStyle = colour; context.beginPath(); context.moveTo(...tip(0, 17)); context.lineTo(...tip(0.35, 11)); context.lineTo(...tip(-0.35, 11)); context.closePath(); context.fill();
  });
  if (scene.live) drawTrail(context, scene.live.rows, scene.live.shown, scene, (x, y) => toScreen(view, width, height, x, y));
  if (scene.arrow) drawArrow(context, width, height, scene, dark ? '#ff6f7d' : '#a80f2e');
  if (scene.walk) {
    const [px, py] = toScreen(view, width, height, scene.walk.x, scene.walk.y);
    context.strokeStyle = scene.walk.known ? orange : amber; context.lineWidth = 1.6;
    if (scene.walk.from !== null) { const [qx, qy] = point(scene.walk.from); context.setLineDash([4, 3]); line(context, qx, qy, px, py); context.setLineDash([]); ring(scene.walk.from, blue, 9); }
    context.strokeStyle = scene.walk.known ? orange : amber; context.lineWidth = 2.4;
    context.beginPath(); context.arc(px, py, 9, 0, 2 * Math.PI); context.stroke();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) line(context, px + 5 * dx, py + 5 * dy, px + 15 * dx, py + 15 * dy);
    context.lineWidth = 1;
  }
}

export function starPath(context: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  context.beginPath();
  for (let k = 0; k < 10; k++) {
    const size = k % 2 ? 0.45 * r : r, angle = -Math.PI / 2 + (k * Math.PI) / 5;
    const px = x + size * Math.cos(angle), py = y + size * Math.sin(angle);
    if (k) context.lineTo(px, py); else context.moveTo(px, py);
  }
  context.closePath();
}

function drawArrow(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, colour: string): void {
  const { from, to, members } = scene.arrow!;
  const [ax, ay] = toScreen(scene.view, width, height, ...from), [bx, by] = toScreen(scene.view, width, height, ...to);
  context.fillStyle = colour; context.strokeStyle = colour; context.globalAlpha = 0.45;
  for (const [x, y] of members) {
    const [px, py] = toScreen(scene.view, width, height, x, y);
    context.beginPath(); context.arc(px, py, 2.2, 0, 2 * Math.PI); context.fill();
  }
  context.globalAlpha = 1; context.lineWidth = 2;
  line(context, ax, ay, bx, by);
  const angle = Math.atan2(by - ay, bx - ax);
  if (Math.hypot(bx - ax, by - ay) > 4) {
    context.beginPath();
    context.moveTo(bx, by);
    context.lineTo(bx - 9 * Math.cos(angle - 0.4), by - 9 * Math.sin(angle - 0.4));
    context.lineTo(bx - 9 * Math.cos(angle + 0.4), by - 9 * Math.sin(angle + 0.4));
    context.closePath(); context.fill();
  }
  context.lineWidth = 1;
}

export function insidePolygon(corners: [number, number][], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [xi, yi] = corners[i], [xj, yj] = corners[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
