// The map as Python runs it: places to spectra, spectra to places, places to labels. Sums in double precision.
import { Kernel } from './kernel';
import { at, plain, rowOf, type DecoderData, type LabelData, type Layers, type Numbers, type SpaceData, type Table } from './data';

const SLOPE_VARIANCE = 1e2; // peakscape.signal.gaussian_process

function kernel(x: number, y: number, points: Table, length: number): Float64Array {
  const found = new Float64Array(points.rows);
  for (let k = 0; k < found.length; k++) {
    const a = at(points, k, 0), b = at(points, k, 1);
    found[k] = Math.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * length * length)) + SLOPE_VARIANCE * (1 + x * a + y * b);
  }
  return found;
}

/** amounts @ table, for the columns from first to last. */
function mix(amounts: Float64Array, table: Table, first: number, last: number): Float64Array {
  const found = new Float64Array(last - first);
  const { data, columns } = table;
  for (let k = 0; k < amounts.length; k++) {
    const amount = amounts[k];
    if (amount === 0) continue;
    const start = k * columns + first;
    for (let j = 0; j < found.length; j++) found[j] += amount * data[start + j];
  }
  return found;
}

function perceptron(layers: Layers, input: Float64Array): Float64Array {
  let values = input;
  layers.weights.forEach((weight, layer) => {
    const next = mix(values, weight, 0, weight.columns);
    const bias = layers.biases[layer];
    const isLast = layer === layers.weights.length - 1;
    for (let j = 0; j < next.length; j++) {
      next[j] += bias[j];
      if (!isLast && next[j] < 0) next[j] = 0;
    }
    values = next;
  });
  if (layers.linear) {
    const around = mix(input, layers.linear, 0, layers.linear.columns);
    for (let j = 0; j < values.length; j++) values[j] += around[j];
  }
  return values;
}

/** Median over curves, point by point. */
function medians(curves: Float64Array[]): Float64Array {
  if (curves.length === 1) return curves[0];
  const n = curves.length, half = n >> 1, found = new Float64Array(curves[0].length), sorted = new Float64Array(n);
  for (let j = 0; j < found.length; j++) {
    for (let m = 0; m < n; m++) {
      const value = curves[m][j];
      let i = m;
      while (i > 0 && sorted[i - 1] > value) { sorted[i] = sorted[i - 1]; i--; }
      sorted[i] = value;
    }
    found[j] = n % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
  return found;
}

export interface Decoded { curve: Float64Array; differ: number | null }

export class MapModel {
  readonly decodes: boolean;
  readonly encodes: boolean;
  get fast(): boolean { return this.kernel !== null; }
  private readonly basis: Table | null = null;
  private readonly sight: Table | null = null;
  private readonly table: Table | null = null;
  private readonly kernel: Kernel | null = null;

  constructor(private readonly told: DecoderData, plainScript = false) {
    this.decodes = told.kind !== 'none';
    this.encodes = told.kind === 'span' && told.encodes;
    if (told.kind === 'span') {
      this.basis = plain(told.basis);
      this.sight = told.sight ? plain(told.sight) : this.basis;
      this.kernel = plainScript ? null : Kernel.of(this.basis, Math.max(told.members.length, 1));
    }
    if (told.kind === 'shift') this.table = plain(told.table);
  }

  /** The spectrum at a place: the points from first to last, and by how much members differ (share of the pattern). */
  decode(x: number, y: number, first: number, last: number): Decoded | null {
    const { told } = this;
    if (told.kind === 'none') return null;
    if (told.kind === 'shift') return { curve: this.decodeShifted(x, y, first, last), differ: null };
    if (this.kernel) return this.decodeFast(told, x, y, first, last);
    const curves = this.spans(x, y).map((span) => {
      const curve = mix(span, this.basis!, first, last);
      for (let j = 0; j < curve.length; j++) curve[j] = (curve[j] + told.mean[first + j]) * told.scale;
      return curve;
    });
    const curve = medians(curves);
    return { curve, differ: curves.length > 1 ? spread(curves, curve) : null };
  }

  private decodeFast(told: Extract<DecoderData, { kind: 'span' }>, x: number, y: number, first: number, last: number): Decoded {
    const { curves, middle } = this.kernel!.mix(this.spans(x, y), first, last), curve = new Float64Array(last - first);
    let apart = 0, size = 0;
    for (const one of curves) for (let j = 0; j < curve.length; j++) { const far = one[j] - middle[j]; apart += far * far; }
    for (let j = 0; j < curve.length; j++) { const value = middle[j] + told.mean[first + j]; size += value * value; curve[j] = value * told.scale; }
    return { curve, differ: curves.length > 1 ? (size > 0 ? Math.sqrt(apart / curves.length / size) : 0) : null };
  }

  private spans(x: number, y: number): Float64Array[] {
    const told = this.told as Extract<DecoderData, { kind: 'span' }>;
    if (told.mixing) {
      const { points, table, length, size } = told.mixing;
      return [mix(kernel(x / size, y / size, points, length), table, 0, table.columns)];
    }
    if (!told.members.length) return [Float64Array.of(x, y)];
    return told.members.map((member) => {
      const code = mix(Float64Array.of(x - member.shift[0], y - member.shift[1]), member.back, 0, 2);
      return perceptron(member.decoder, code);
    });
  }

  private decodeShifted(x: number, y: number, first: number, last: number): Float64Array {
    const told = this.told as Extract<DecoderData, { kind: 'shift' }>;
    const n = told.axis.length, axis = told.axis;
    const shift = -(x * told.spread[0] + told.center[0]);
    // what is needed of the unshifted curve: the stencils of the points asked for
    const place = interpolator(axis);
    const from = Math.max(0, Math.floor(place(axis[first] + shift)) - 2);
    const to = Math.min(n, Math.ceil(place(axis[last - 1] + shift)) + 4);
    const part = mix(kernel(x, y, told.points, told.length), this.table!, from, Math.max(to, from + 1));
    for (let j = 0; j < part.length; j++) part[j] += told.mean[from + j];
    const found = new Float64Array(last - first);
    const value = (i: number): number => part[Math.min(Math.max(i, 0), n - 1) - from] ?? part[i < from ? 0 : part.length - 1];
    for (let j = first; j < last; j++) {
      const where = place(axis[j] + shift);
      const left = Math.min(Math.max(Math.floor(where), 0), Math.max(n - 2, 0)), t = where - left;
      found[j - first] = value(left - 1) * (((-0.5 * t + 1) * t - 0.5) * t) + value(left) * ((1.5 * t - 2.5) * t * t + 1)
        + value(left + 1) * (((-1.5 * t + 2) * t + 0.5) * t) + value(left + 2) * ((0.5 * t - 0.5) * t * t);
    }
    return found;
  }

  /** Where each member places a spectrum: pairs of numbers. */
  encode(spectrum: ArrayLike<number>): [number, number][] {
    const told = this.told as Extract<DecoderData, { kind: 'span' }>;
    const sight = this.sight!, span = new Float64Array(sight.rows);
    for (let k = 0; k < span.length; k++) {
      let sum = 0;
      const start = k * sight.columns;
      for (let j = 0; j < sight.columns; j++) sum += (spectrum[j] / told.scale - told.mean[j]) * sight.data[start + j];
      span[k] = sum;
    }
    if (!told.members.length) return [[span[0], span[1]]];
    return told.members.map((member) => {
      const code = perceptron(member.encoder, span).map(Math.tanh);
      const placed = mix(code, member.align, 0, 2);
      return [placed[0] + member.shift[0], placed[1] + member.shift[1]];
    });
  }
}

function spread(curves: Float64Array[], middle: Float64Array): number {
  let apart = 0, size = 0;
  for (const curve of curves) for (let j = 0; j < curve.length; j++) apart += (curve[j] - middle[j]) ** 2;
  for (const value of middle) size += value * value;
  return size > 0 ? Math.sqrt(apart / curves.length / size) : 0;
}

/** Fractional index of a position on an ascending axis; at its ends the ends. */
function interpolator(axis: Numbers): (position: number) => number {
  let k = 0;
  const last = axis.length - 1;
  return (position) => {
    if (position <= axis[0]) return 0;
    if (position >= axis[last]) return last;
    while (k > 0 && axis[k] > position) k--;
    while (k < last - 1 && axis[k + 1] < position) k++;
    return k + (position - axis[k]) / (axis[k + 1] - axis[k]);
  };
}

export const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

export interface Reading { value: number[]; lower: number[]; upper: number[]; exact: boolean }

/** What the map reads of a label at a place, with its interval: as peakscape.feature_space.walking.read_places. */
export function readLabel(label: LabelData, x: number, y: number): Reading {
  if (!label.reads && !label.painted) { const none = label.columns.map(() => NaN); return { value: none, lower: none, upper: none, exact: true }; }
  const value = within(label, label.reads ? readByProcess(label, x, y) : readPainted(label, x, y));
  const hard = 1 + Math.max(label.reads ? outsideHulls(label, x, y) : 0, outsideBox(label, value));
  return {
    value, exact: label.reads !== null,
    lower: value.map((one, k) => bounded(label, one - label.half[k] * hard)), upper: value.map((one, k) => bounded(label, one + label.half[k] * hard)),
  };
}

const bounded = (label: LabelData, value: number): number => (label.bounds && Number.isFinite(value) ? Math.min(Math.max(value, label.bounds[0] ?? -Infinity), label.bounds[1] ?? Infinity) : value);
/** The value within what the label can be; amounts not negative and with their sum (Duchi et al. 2008, 10.1145/1390156.1390191). */
function within(label: LabelData, values: number[]): number[] {
  if (label.total === null) return values.map((one) => bounded(label, one));
  const sorted = [...values].sort((a, b) => b - a);
  let sum = 0, excess = 0;
  sorted.forEach((one, k) => { sum += one; const now = (sum - label.total!) / (k + 1); if (one > now) excess = now; });
  return values.map((one) => Math.max(one - excess, 0));
}

function readByProcess(label: LabelData, x: number, y: number): number[] {
  const answers = label.reads!.members.map((member) => {
    const u = (x - member.center[0]) / member.scale[0], v = (y - member.center[1]) / member.scale[1];
    const found = mix(kernel(u, v, member.points, member.length), member.table, 0, member.table.columns);
    return Array.from(found, (one, k) => one * member.deviation[k] + member.mean[k]);
  });
  return label.columns.map((_, k) => median(answers.map((answer) => answer[k])));
}

/** Bilinear between painted points, where the map's readout is none that the page can run. */
export function readPainted(label: LabelData, x: number, y: number): number[] {
  const { axis_0, axis_1, values } = label.painted!;
  const n = axis_0.length;
  const place = (axis: Numbers, q: number): number => Math.min(Math.max(((q - axis[0]) / (axis[n - 1] - axis[0])) * (n - 1), 0), n - 1.001);
  const u = place(axis_0, x), v = place(axis_1, y), i = Math.floor(v), j = Math.floor(u);
  return label.columns.map((_, k) => {
    const value = (r: number, c: number): number => values.data[k * n * n + r * n + c];
    const top = value(i, j) * (1 - u + j) + value(i, j + 1) * (u - j);
    const bottom = value(i + 1, j) * (1 - u + j) + value(i + 1, j + 1) * (u - j);
    return top * (1 - v + i) + bottom * (v - i);
  });
}

function outsideHulls(label: LabelData, x: number, y: number): number {
  const reads = label.reads!;
  const n = reads.known.shape[1];
  return median(reads.members.map((member, m) => {
    if (insideHull(member.hull, x, y)) return 0;
    let least = Infinity;
    for (let k = 0; k < n; k++) {
      const place = 2 * (m * n + k);
      least = Math.min(least, Math.hypot(reads.known.data[place] - x, reads.known.data[place + 1] - y));
    }
    return Math.max(least / Math.max(reads.steps[m], Number.MIN_VALUE) - 1, 0);
  }));
}

function insideHull(hull: Table, x: number, y: number): boolean {
  if (hull.rows < 3) return false;
  for (let k = 0; k < hull.rows; k++) {
    const next = (k + 1) % hull.rows;
    const dx = at(hull, next, 0) - at(hull, k, 0), dy = at(hull, next, 1) - at(hull, k, 1);
    if (dx * (y - at(hull, k, 1)) - dy * (x - at(hull, k, 0)) < -1e-12 * (Math.abs(dx) + Math.abs(dy))) return false;
  }
  return true;
}

function outsideBox(label: LabelData, value: number[]): number {
  let most = 0;
  label.columns.forEach((_, k) => {
    const { low, high, count } = extent(label, k);
    if (count < 2 || high <= low) return;
    const step = (high - low) / (count - 1);
    most = Math.max(most, Math.max(low - value[k], value[k] - high, 0) / step);
  });
  return most;
}

const MOST_VALUES = 5000; // different values that are counted
const extents = new WeakMap<LabelData, { low: number; high: number; count: number }[]>();
export function extent(label: LabelData, column: number): { low: number; high: number; count: number } {
  let known = extents.get(label);
  if (!known) {
    known = label.columns.map((_, k) => {
      const seen = new Set<number>();
      let low = Infinity, high = -Infinity;
      for (let i = 0; i < label.values.rows; i++) {
        const one = at(label.values, i, k);
        if (one < low) low = one;
        if (one > high) high = one;
        if (seen.size < MOST_VALUES) seen.add(Math.round(one * 1e6) / 1e6);
      }
      return { low, high, count: seen.size };
    });
    extents.set(label, known);
  }
  return known[column];
}

/** The nearest known sample to a place and how far it is, in typical spacings. */
export function nearestKnown(space: SpaceData, x: number, y: number): { number: number; spacings: number } {
  let number = 0, least = Infinity;
  for (let k = 0; k < space.points.rows; k++) {
    const far = Math.hypot(at(space.points, k, 0) - x, at(space.points, k, 1) - y);
    if (far < least) { least = far; number = k; }
  }
  return { number, spacings: least / space.spacing };
}

export interface Moved { whole: [number, number]; masked: [number, number]; members: [number, number][]; by: number; error: number | null }

/** How far a point moves, from where members place the whole and the masked spectrum. */
export function movedBy(whole: [number, number][], masked: [number, number][]): Moved {
  const far = whole.map((one, k) => Math.hypot(masked[k][0] - one[0], masked[k][1] - one[1]));
  const by = far.reduce((a, b) => a + b, 0) / far.length;
  const spreads = far.length > 1 ? Math.sqrt(far.reduce((a, b) => a + (b - by) ** 2, 0) / (far.length - 1)) : null;
  const middle = (all: [number, number][]): [number, number] => [median(all.map((p) => p[0])), median(all.map((p) => p[1]))];
  return { whole: middle(whole), masked: middle(masked), members: masked, by, error: spreads === null ? null : spreads / Math.sqrt(far.length) };
}

export function maskedCopy(space: SpaceData, sample: number, masks: [number, number][]): Float64Array {
  const copy = Float64Array.from(rowOf(space.spectra, sample));
  for (const [start, stop] of masks) copy.fill(0, start, stop);
  return copy;
}
