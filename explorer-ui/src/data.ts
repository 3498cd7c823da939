// What Python sends: a header as JSON and arrays behind it (peakscape.explorer.packing).
export type Numbers = Float32Array | Float64Array | Int32Array | Uint16Array;
export interface Table { rows: number; columns: number; data: Numbers; scale?: Float64Array; offset?: Float64Array }

export interface Layers { weights: Table[]; biases: Numbers[]; linear: Table | null }
export interface Member { encoder: Layers; decoder: Layers; align: Table; back: Table; shift: Numbers }
export interface Mixing { points: Table; table: Table; length: number; size: number }
export type DecoderData =
  | { kind: 'span'; scale: number; mean: Numbers; basis: Table; sight: Table | null; encodes: boolean;
      members: Member[]; mixing?: Mixing }
  | { kind: 'shift'; points: Table; table: Table; length: number; mean: Numbers; axis: Numbers; center: Numbers;
      spread: Numbers; encodes: false }
  | { kind: 'none'; server_decodes: boolean; encodes: false };
export interface ReadoutMember {
  center: Numbers; scale: Numbers; points: Table; table: Table; length: number; mean: Numbers; deviation: Numbers;
  hull: Table;
}
export interface LabelData {
  name: string; columns: string[]; values: Table; read: Table; lower: Table; upper: Table; trusted: string;
  walked: string; why: string; bounds: [number | null, number | null] | null; total: number | null; half: Numbers;
  reads: { members: ReadoutMember[]; steps: Numbers; known: { data: Numbers; shape: number[] } } | null;
  painted: { axis_0: Numbers; axis_1: Numbers; values: { data: Numbers; shape: number[] } } | null; // null: not read off this map
  kind?: 'fraction' | 'remainder'; limit?: Table; // of mixtures: what is below is not seen
}
export interface ClassData { name: string; values: string[]; classes: string[]; left_out?: string[]; probability?: number[] }
/** Parts of mixtures: where they are, the tips of their arrows, and per sample the places that its intervals allow. */
export interface Mixture { names: string[]; ends: Table; tips: Table; shown: number; region_points: Table; region_counts: Numbers }
export interface Peaks {
  position: Numbers; intensity: Numbers; relevance: Numbers; error: Numbers; start: Numbers; stop: Numbers; moved: Table;
}
/** Densities of states of a sample's absorber by angular momentum, per eV, on the own axis. */
export interface States { name: string; channels: string[]; first: number; step: number; values: Table }
export interface Reflections { name: string; positions: Numbers; intensity: Numbers; hkl: string[] }
export interface ErrorRow { label: string; method: string; trusted: boolean; rmse?: number | null; accuracy?: number | null; coverage?: number | null; n_samples?: number }
export interface SpaceData {
  schema: string; title: string; served: boolean; kind: string;
  axis: { name: string; unit: string; values: Numbers }; wavelength: number | null;
  names: string[]; sources: string[]; points: Table; ellipses: Table | null; n_members: number; spectra: Table;
  labels: LabelData[]; classes: ClassData[]; groups: Numbers | null;
  nearest: { numbers: Numbers; distance: Numbers }; novelty: string | null; spacing: number; reach: number; level: number;
  others?: SpaceData[]; parts?: string[]; mixture?: Mixture; live?: boolean; lines?: Reflections[]; states?: States[]; decoder: DecoderData; peaks: (Peaks | null)[] | null;
  provenance: { map: string; map_reason: string; prepared: string; history: string; versions: Record<string, string>;
    notes: string[]; errors: ErrorRow[]; why: Record<string, string> };
}

const KINDS = { f4: Float32Array, f8: Float64Array, i4: Int32Array } as const;

export async function unpack<T>(gzipped: ArrayBuffer): Promise<T> {
  let bytes = new Uint8Array(gzipped);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const plain = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')));
    bytes = new Uint8Array(await plain.arrayBuffer());
  }
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== 'PKSX') throw new Error('this is no space of peakscape');
  const length = new DataView(bytes.buffer).getUint32(4, true);
  const start = Math.ceil((8 + length) / 8) * 8;
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  return restore(header, bytes.buffer, start) as T;
}

function restore(told: any, buffer: ArrayBuffer, start: number): unknown {
  if (Array.isArray(told)) return told.map((one) => restore(one, buffer, start));
  if (told === null || typeof told !== 'object') return told;
  if (!('$' in told)) return Object.fromEntries(Object.entries(told).map(([k, v]) => [k, restore(v, buffer, start)]));
  const [place, kind, shape] = told.$ as [number, keyof typeof KINDS | 'z2', number[]];
  const count = shape.reduce((a, b) => a * b, 1);
  const data = kind === 'z2' ? summed(new Uint8Array(buffer, start + place, 2 * count), shape[0], shape[1]) : new KINDS[kind](buffer, start + place, count);
  if (shape.length === 1) return data;
  if (shape.length > 2) return { data, shape };
  const table: Table = { rows: shape[0], columns: shape[1], data };
  if ('scale' in told) {
    table.scale = restore(told.scale, buffer, start) as Float64Array;
    table.offset = restore(told.offset, buffer, start) as Float64Array;
  }
  return table;
}

/** Rows of 16-bit integers from their third differences: low bytes, then high bytes, the sign in the lowest bit. */
function summed(planes: Uint8Array, rows: number, columns: number): Uint16Array {
  const found = new Uint16Array(rows * columns), high = rows * columns;
  for (let i = 0; i < rows; i++) {
    let a = 0, b = 0, c = 0;
    for (let j = i * columns; j < (i + 1) * columns; j++) {
      const folded = planes[j] | (planes[high + j] << 8);
      a += (folded >> 1) ^ -(folded & 1); b += a; c += b;
      a &= 0xffff; b &= 0xffff; c &= 0xffff;
      found[j] = c;
    }
  }
  return found;
}

/** One row of a table as numbers; rounded rows are restored. */
export function rowOf(table: Table, row: number): Float64Array | Float32Array {
  const part = table.data.subarray(row * table.columns, (row + 1) * table.columns);
  if (!table.scale) return part instanceof Float32Array || part instanceof Float64Array ? part : Float64Array.from(part);
  const scale = table.scale[row], offset = table.offset![row];
  const found = new Float64Array(table.columns);
  for (let j = 0; j < found.length; j++) found[j] = part[j] * scale + offset;
  return found;
}

export const at = (table: Table, row: number, column: number): number => table.data[row * table.columns + column];

/** The table with rounded rows restored, in single precision: what is multiplied often. */
export function plain(table: Table): Table {
  if (!table.scale) return table;
  const data = new Float32Array(table.rows * table.columns);
  for (let i = 0; i < table.rows; i++) data.set(rowOf(table, i), i * table.columns);
  return { rows: table.rows, columns: table.columns, data };
}
