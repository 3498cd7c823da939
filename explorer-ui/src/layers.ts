// What may be laid over the map: contour lines of a label, and which way each label grows.
import { at, type SpaceData } from './data';
import { readPainted } from './decode';
import { css, fixed, viridis } from './colour';
import { ticks, tickDigits, toScreen, type Scene } from './mapview';
import { extent } from './decode';

interface Lines { value: number; segments: [number, number, number, number][] }
const GRID = 120;
let kept: { space: SpaceData; label: number; column: number; lines: Lines[]; digits: number } | null = null;

/** Contours of a painted label at round values, by marching squares, where something is known. */
function contours(space: SpaceData, label: number, column: number, fade: { alpha: Float32Array; box: number[] }): { lines: Lines[]; digits: number } {
  if (kept && kept.space === space && kept.label === label && kept.column === column) return kept;
  const [x0, y0, x1, y1] = fade.box, side = Math.sqrt(fade.alpha.length), { low, high } = extent(space.labels[label], column), levels = ticks(low, high, 8).filter((v) => v > low && v < high);
  const x = (j: number): number => x0 + (j / GRID) * (x1 - x0), y = (i: number): number => y1 - (i / GRID) * (y1 - y0);
  const values = Float64Array.from({ length: (GRID + 1) ** 2 }, (_, c) => {
    const i = Math.floor(c / (GRID + 1)), j = c % (GRID + 1), known = fade.alpha[Math.min(side - 1, Math.floor((i / GRID) * side)) * side + Math.min(side - 1, Math.floor((j / GRID) * side))];
    return known > 0.25 ? readPainted(space.labels[label], x(j), y(i))[column] : NaN;
  });
  const lines = levels.map((value): Lines => {
    const segments: Lines['segments'] = [];
    for (let i = 0; i < GRID; i++) for (let j = 0; j < GRID; j++) {
      const corners = [[i, j], [i, j + 1], [i + 1, j + 1], [i + 1, j]] as const, v = corners.map(([a, b]) => values[a * (GRID + 1) + b]);
      if (!v.every(Number.isFinite)) continue;
      const cuts: [number, number][] = [];
      for (let e = 0; e < 4; e++) {
        const [a, b] = [v[e], v[(e + 1) % 4]];
        if (a < value === b < value) continue;
        const t = (value - a) / (b - a), [p, q] = [corners[e], corners[(e + 1) % 4]];
        cuts.push([x(p[1] + t * (q[1] - p[1])), y(p[0] + t * (q[0] - p[0]))]);
      }
      for (let c = 0; c + 1 < cuts.length; c += 2) segments.push([...cuts[c], ...cuts[c + 1]]);
    }
    return { value, segments };
  });
  kept = { space, label, column, lines, digits: tickDigits(levels) };
  return kept;
}

export function drawContours(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, fade: { alpha: Float32Array; box: number[] }, ink: string): void {
  const { label, column } = scene.colouring.paint!, { low, high } = extent(scene.space.labels[label], column), { lines, digits } = contours(scene.space, label, column, fade);
  context.font = '11px system-ui, sans-serif'; context.textAlign = 'center'; context.textBaseline = 'middle';
  for (const { value, segments } of lines) {
    context.strokeStyle = scene.dark ? css(viridis((value - low) / (high - low), true)) : css(viridis((value - low) / (high - low), false).map((c) => Math.round(0.62 * c)) as [number, number, number]);
    context.lineWidth = 1.4; context.beginPath();
    for (const [a, b, c, d] of segments) { context.moveTo(...toScreen(scene.view, width, height, a, b)); context.lineTo(...toScreen(scene.view, width, height, c, d)); }
    context.stroke(); context.lineWidth = 1;
    const middle = segments[Math.floor(segments.length / 2)];
    if (!middle) continue;
    const [px, py] = toScreen(scene.view, width, height, middle[0], middle[1]), text = fixed(value, digits), half = context.measureText(text).width / 2 + 3;
    context.fillStyle = scene.dark ? 'rgba(15,18,22,.8)' : 'rgba(255,255,255,.85)'; context.fillRect(px - half, py - 7, 2 * half, 14);
    context.fillStyle = ink; context.fillText(text, px, py);
  }
}

export interface Way { name: string; angle: number; share: number; slope: number }
/** The direction in which each number grows fastest over the map, and the share of it that a plane explains (least squares). */
export function waysOf(space: SpaceData): Way[] {
  const n = space.points.rows, found: Way[] = [];
  let mx = 0, my = 0;
  for (let k = 0; k < n; k++) { mx += at(space.points, k, 0) / n; my += at(space.points, k, 1) / n; }
  for (const label of space.labels) label.columns.forEach((column, c) => {
    if (extent(label, c).count < 2) return;
    let xx = 0, xy = 0, yy = 0, xv = 0, yv = 0, vv = 0, mv = 0, count = 0;
    for (let k = 0; k < n; k++) { const v = at(label.values, k, c); if (Number.isFinite(v)) { mv += v; count++; } }
    mv /= Math.max(count, 1);
    for (let k = 0; k < n; k++) {
      const x = at(space.points, k, 0) - mx, y = at(space.points, k, 1) - my, v = at(label.values, k, c) - mv;
      if (!Number.isFinite(v)) continue;
      xx += x * x; xy += x * y; yy += y * y; xv += x * v; yv += y * v; vv += v * v;
    }
    const det = xx * yy - xy * xy;
    if (!(vv > 0) || !(Math.abs(det) > 1e-12 * xx * yy)) return;
    const a = (xv * yy - yv * xy) / det, b = (yv * xx - xv * xy) / det;
    found.push({ name: column, angle: Math.atan2(b, a), share: Math.max(0, (a * xv + b * yv) / vv), slope: Math.hypot(a, b) });
  });
  return found.sort((p, q) => q.share - p.share);
}

export function drawWays(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, ink: string): void {
  const ways = waysOf(scene.space).filter((one) => one.share >= 0.2).slice(0, 6), cx = width / 2, cy = height / 2, most = Math.min(width, height) * 0.36, taken: number[] = [];
  context.font = '12px system-ui, sans-serif'; context.textBaseline = 'middle'; context.strokeStyle = ink; context.fillStyle = ink; context.lineWidth = 1.6;
  for (const { name, angle, share } of ways) {
    const far = most * share, x = cx + far * Math.cos(angle), y = cy - far * Math.sin(angle), text = `${name} ${Math.round(100 * share)} %`;
    context.beginPath(); context.moveTo(cx, cy); context.lineTo(x, y); context.stroke();
    context.beginPath(); context.moveTo(x, y); for (const turn of [2.7, -2.7]) context.lineTo(x + 9 * Math.cos(angle + turn), y - 9 * Math.sin(angle + turn)); context.closePath(); context.fill();
    let ty = y - 12 * Math.sin(angle);
    while (taken.some((other) => Math.abs(other - ty) < 14)) ty += 15;
    taken.push(ty);
    const left = Math.cos(angle) < 0, wide = context.measureText(text).width, tx = x + (left ? -10 - wide : 10);
    context.globalAlpha = 0.85; context.fillStyle = scene.dark ? '#0f1216' : '#fff'; context.fillRect(tx - 3, ty - 8, wide + 6, 16); context.globalAlpha = 1;
    context.fillStyle = ink; context.textAlign = 'left'; context.fillText(text, tx, ty);
  }
  context.lineWidth = 1;
}
