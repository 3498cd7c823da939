// Mixtures between their pure parts: the line of two, the triangle of three, the plane with arrows of more.
import { at, type LabelData, type Mixture, type SpaceData } from './data';
import { fixed } from './colour';
import { toScreen, type Scene, type View } from './mapview';

type Point = [number, number];
export interface Stroke { from: Point; to: Point; kind: 'edge' | 'grid' | 'arrow' }
/** A text at a place, moved by pixels to the right and up, turned by an angle in degrees. */
export interface Mark { place: Point; text: string; right: number; up: number; turn: number; kind: 'corner' | 'scale' | 'side' }
export interface Frame { strokes: Stroke[]; marks: Mark[]; box: [number, number, number, number] }
const SHARES = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => k / 10);

const cornersOf = (table: Mixture['ends']): Point[] => Array.from({ length: table.rows }, (_, k) => [at(table, k, 0), at(table, k, 1)]);
const mix = (a: Point, b: Point, t: number): Point => [a[0] * (1 - t) + b[0] * t, a[1] * (1 - t) + b[1] * t];
const boxOf = (points: Point[]): [number, number, number, number] => [Math.min(...points.map((p) => p[0])), Math.min(...points.map((p) => p[1])), Math.max(...points.map((p) => p[0])), Math.max(...points.map((p) => p[1]))];

/** What is drawn around the samples. Each side of a triangle is the scale of the part that it begins at; lines of one fraction are parallel to the side opposite. */
export function frameOf(space: SpaceData): Frame {
  const mixture = space.mixture!, { names } = mixture, corners = cornersOf(mixture.ends);
  if (corners.length === 2) return lineOf(corners, names);
  if (corners.length > 3) return arrowsOf(cornersOf(mixture.tips), names, space);
  const middle: Point = [(corners[0][0] + corners[1][0] + corners[2][0]) / 3, (corners[0][1] + corners[1][1] + corners[2][1]) / 3], strokes: Stroke[] = [], marks: Mark[] = [];
  const outward = (p: Point): Point => { const x = p[0] - middle[0], y = p[1] - middle[1], far = Math.hypot(x, y); return [x / far, y / far]; };
  corners.forEach((first, k) => {
    const second = corners[(k + 1) % 3], third = corners[(k + 2) % 3], side = mix(first, second, 0.5), away = outward(side), off = outward(first);
    for (const share of SHARES) {
      strokes.push({ from: mix(second, first, share), to: mix(third, first, share), kind: 'grid' });
      if (Math.round(10 * share) % 2 === 0) marks.push({ place: mix(second, first, share), text: fixed(share, 1), right: 13 * away[0], up: 13 * away[1], turn: 0, kind: 'scale' });
    }
    strokes.push({ from: first, to: second, kind: 'edge' });
    marks.push({ place: side, text: `${names[k]} in the mixture`, right: 32 * away[0], up: 32 * away[1], turn: [0, -60, 60][k], kind: 'side' });
    marks.push({ place: first, text: names[k], right: 0, up: 26 * off[1] + (off[1] > 0 ? -6 : -2), turn: 0, kind: 'corner' });
  });
  return { strokes, marks, box: boxOf(corners) };
}

function lineOf([a, b]: Point[], names: string[]): Frame {
  const strokes: Stroke[] = [{ from: a, to: b, kind: 'edge' }], marks: Mark[] = [];
  for (const share of SHARES) {
    const [x, y] = mix(a, b, share);
    strokes.push({ from: [x, y - 0.015], to: [x, y + 0.015], kind: 'grid' });
    marks.push({ place: [x, y], text: fixed(share, 1), right: 0, up: -24, turn: 0, kind: 'scale' });
  }
  marks.push({ place: mix(a, b, 0.5), text: `fraction of ${names[1]}`, right: 0, up: -44, turn: 0, kind: 'side' });
  [a, b].forEach((corner, k) => marks.push({ place: corner, text: names[k], right: 0, up: 24, turn: 0, kind: 'corner' }));
  return { strokes, marks, box: boxOf([a, b]) };
}

function arrowsOf(tips: Point[], names: string[], space: SpaceData): Frame {
  const marks = tips.map(([x, y], k): Mark => { const far = Math.max(Math.hypot(x, y), 1e-9); return { place: [x, y], text: names[k], right: (16 * x) / far, up: (14 * y) / far, turn: 0, kind: 'corner' }; });
  return { strokes: tips.map((to): Stroke => ({ from: [0, 0], to, kind: 'arrow' })), marks, box: boxOf([...tips, [0, 0], ...cornersOf(space.points)]) };
}

/** The view in which the parts and all samples are seen, with room for their names. */
export function fittedMixture(space: SpaceData, width: number, height: number, further: Point[] = []): View {
  const { box } = frameOf(space), [x0, y0, x1, y1] = boxOf([[box[0], box[1]], [box[2], box[3]], ...cornersOf(space.points), ...further]);
  const scale = Math.min((width - 190) / Math.max(x1 - x0, 1e-9), (height - 160) / Math.max(y1 - y0, 1e-9));
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2 - 8 / scale, scale };
}

export function drawFrame(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene, ink: string, soft: string): void {
  const { space, view, dark } = scene, { strokes, marks } = frameOf(space), screen = (p: Point): Point => toScreen(view, width, height, ...p);
  for (const { from, to, kind } of strokes) {
    const a = screen(from), b = screen(to);
    context.strokeStyle = kind === 'grid' ? (dark ? '#2c323a' : '#dfe3e8') : kind === 'edge' ? ink : dark ? '#6cb2ff' : '#0b57a4';
    context.lineWidth = kind === 'grid' ? 1 : 1.4;
    context.beginPath(); context.moveTo(...a); context.lineTo(...b); context.stroke();
    if (kind !== 'arrow') continue;
    const angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
    context.fillStyle = context.strokeStyle;
    context.beginPath(); context.moveTo(...b); for (const turn of [2.75, -2.75]) context.lineTo(b[0] + 10 * Math.cos(angle + turn), b[1] + 10 * Math.sin(angle + turn)); context.closePath(); context.fill();
  }
  context.lineWidth = 1; context.textBaseline = 'middle';
  for (const { place, text, right, up, turn, kind } of marks) {
    const [x, y] = screen(place);
    context.save(); context.translate(x + right, y - up); context.rotate((-turn * Math.PI) / 180);
    context.textAlign = space.mixture!.names.length > 3 ? (right > 4 ? 'left' : right < -4 ? 'right' : 'center') : 'center';
    context.font = kind === 'corner' ? '600 13px system-ui, sans-serif' : '11px system-ui, sans-serif'; context.fillStyle = kind === 'corner' ? ink : soft;
    context.fillText(text, 0, 0); context.restore();
  }
}

/** All places that the intervals of a sample allow: its vertices in map units. */
export function regionOf(space: SpaceData, k: number): Point[] {
  const { region_points: points, region_counts: counts } = space.mixture!;
  let first = 0;
  for (let i = 0; i < k; i++) first += counts[i];
  return Array.from({ length: counts[k] }, (_, i) => [at(points, first + i, 0), at(points, first + i, 1)]);
}
export function drawRegions(context: CanvasRenderingContext2D, width: number, height: number, scene: Scene): void {
  const strong = scene.hover ?? scene.pin;
  context.fillStyle = scene.dark ? '#6cb2ff' : '#1f5a99';
  for (let k = 0; k < scene.space.names.length; k++) {
    if (!scene.visible(k)) continue;
    const corners = regionOf(scene.space, k).map((p) => toScreen(scene.view, width, height, ...p));
    if (!corners.length) continue;
    const [left, top, right, bottom] = boxOf(corners), flat = bottom - top < 5;
    context.globalAlpha = k === strong ? 0.45 : 0.14;
    context.beginPath();
    if (flat) context.rect(left - 1, (top + bottom) / 2 - 4, right - left + 2, 8); // along a line: with a height that is seen
    else { corners.forEach((p, i) => { if (i) context.lineTo(...p); else context.moveTo(...p); }); context.closePath(); }
    context.fill();
  }
  context.globalAlpha = 1;
}

/** Where fractions lie between the parts; null where there is nothing of them. As peakscape.analysis.mixtures.triangle. */
export function placeOfFractions(mixture: Mixture, fractions: Record<string, number | null>): Point | null {
  const shares = mixture.names.map((name) => fractions[name] ?? 0), total = shares.reduce((a, b) => a + b, 0);
  if (!(total > 0)) return null;
  const sum = (axis: number): number => shares.reduce((found, share, k) => found + (share / total) * at(mixture.ends, k, axis), 0);
  return [sum(0), sum(1)];
}

/** The fractions of a place, of two or three parts; null where a place does not tell them. */
export function fractionsOf(mixture: Mixture, x: number, y: number): number[] | null {
  const corners = cornersOf(mixture.ends);
  if (corners.length > 3) return null;
  const [a, b, c] = corners, ux = b[0] - a[0], uy = b[1] - a[1];
  if (!c) { const t = ((x - a[0]) * ux + (y - a[1]) * uy) / (ux * ux + uy * uy); return [1 - t, t]; }
  const vx = c[0] - a[0], vy = c[1] - a[1], det = ux * vy - uy * vx, second = ((x - a[0]) * vy - (y - a[1]) * vx) / det, third = (ux * (y - a[1]) - uy * (x - a[0])) / det;
  return [1 - second - third, second, third];
}
export const isMixture = (fractions: number[] | null): boolean => fractions === null || fractions.every((one) => one > -1e-9);

/** The fraction label of a space of mixtures. */
export const fractionLabel = (space: SpaceData): LabelData => space.labels.find((label) => label.kind === 'fraction')!;
