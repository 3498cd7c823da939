// What is on the screen, for a paper: SVG with real text, PNG, tables.
import { at, rowOf, type SpaceData } from './data';
import { css, fixed } from './colour';
import type { Scene } from './mapview';
import { frameOf, regionOf } from './triangle';
import { ellipseOf, fitted, ticks, tickDigits, toMap, toScreen } from './mapview';
import { inUnit, squeeze, windowOf, type CurveScene } from './curveview';

const quote = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
export const caption = (space: SpaceData): string => {
  const p = space.provenance, rows = p.errors.filter((row) => row.trusted || row.method === 'map');
  const errors = rows.map((row) => `${row.label} by ${row.method}: ${row.accuracy !== null && row.accuracy !== undefined ? `accuracy ${row.accuracy.toFixed(2)}` : `rms error ${row.rmse?.toPrecision(3)}`}, left out`).join('; ');
  return [`${space.names.length} ${space.kind} spectra${space.wavelength ? `, wavelength ${space.wavelength} Å` : ''}`, p.history, `prepared: ${p.prepared}`, `map: ${p.map} (${p.map_reason})`, errors, `peakscape ${p.versions.peakscape}`].filter(Boolean).join('; ');
};

export function tableCsv(space: SpaceData, numbers: number[]): string {
  const head = ['name', 'axis_1', 'axis_2'];
  for (const label of space.labels) for (const column of label.columns) { const key = label.columns.length > 1 ? `${label.name}_${column}` : column; head.push(key, `${key}_left_out`, `${key}_lower`, `${key}_upper`); }
  for (const one of space.classes) head.push(one.name);
  const rows = numbers.map((k) => {
    const row: (string | number)[] = [space.names[k], at(space.points, k, 0), at(space.points, k, 1)];
    for (const label of space.labels) label.columns.forEach((_, c) => row.push(...[label.values, label.read, label.lower, label.upper].map((t) => at(t, k, c))));
    for (const one of space.classes) row.push(one.values[k]);
    return row.map((cell) => (typeof cell === 'number' ? (Number.isFinite(cell) ? String(cell) : '') : quote(cell))).join(',');
  });
  return `# ${caption(space)}\n${[head.map(quote).join(','), ...rows].join('\n')}\n`;
}

export function curvesCsv(space: SpaceData, curves: { name: string; values: ArrayLike<number> }[]): string {
  const lines = [`# ${caption(space)}`, [space.axis.name, ...curves.map((c) => quote(c.name))].join(',')];
  for (let j = 0; j < space.axis.values.length; j++) lines.push([space.axis.values[j], ...curves.map((c) => +c.values[j].toPrecision(7))].join(','));
  return `${lines.join('\n')}\n`;
}

export function pythonOf(space: SpaceData, numbers: number[], key: string): string {
  const names = JSON.stringify([...new Set(numbers.map((k) => space.names[k]))]);
  return `import peakscape as ps\n\nspace = ps.open_space(${JSON.stringify(`${space.title}.space`)})\nnames = ${names}\nchosen = space.known_.isel(sample=[k for k, name in enumerate(space.names) if name in names])\n`
    + `anew = ps.FeatureSpace(map="${key}", preparation="none").fit(chosen)\n`;
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
/** A text broken at its spaces into lines of about so many letters. */
const wrapped = (text: string, most: number): string[] => text.split(' ').reduce<string[]>((found, word) => { const last = found.at(-1); if (last !== undefined && last.length + word.length < most) found[found.length - 1] = `${last} ${word}`; else found.push(word); return found; }, []);
const MM = 88; // 8.8 cm, one column
/** The map, 8.8 cm wide with lettering of 8 pt; points are vectors, the painted label a picture. */
export function mapSvg(scene: Scene, painted: { canvas: HTMLCanvasElement; box: number[] } | null): string {
  const legend = scene.colouring.legend.slice(0, 12), side = legend.length ? 190 : 20, width = 880, height = 640, pt = 880 / (MM / 25.4) / 72, { space, colouring } = scene; // units per point
  const wide = width - 70 - side;
  const view = scene.view.scale ? fitted(space, wide, height - 60) : scene.view, shift = (p: [number, number]): [number, number] => [p[0] + 70, p[1]];
  const point = (x: number, y: number): [number, number] => shift(toScreen(view, wide, height - 60, x, y));
  const parts: string[] = [`<svg xmlns="http://www.w3.org/2000/svg" width="${MM}mm" height="${(MM * height) / width}mm" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="${8 * pt}">`,
    `<title>${escape(space.title)}</title><desc>${escape(caption(space))}</desc><rect width="${width}" height="${height}" fill="#fff"/>`, `<clipPath id="frame"><rect x="70" y="0" width="${wide}" height="${height - 60}"/></clipPath>`];
  if (painted) {
    const [left, top] = point(painted.box[0], painted.box[3]), [right, bottom] = point(painted.box[2], painted.box[1]);
    parts.push(`<image clip-path="url(#frame)" x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" preserveAspectRatio="none" opacity="0.4" href="${painted.canvas.toDataURL('image/png')}"/>`);
  }
  const [x0, y0] = toMap(view, wide, height - 60, 0, height - 60), [x1, y1] = toMap(view, wide, height - 60, wide, 0);
  const stroke = `stroke="#000" stroke-width="${0.7 * pt}"`;
  parts.push(`<rect x="70" y="2" width="${wide}" height="${height - 62}" fill="none" ${stroke}/>`);
  const mixture = space.mixture !== undefined, bare = mixture && space.mixture!.names.length <= 3, across = bare ? [] : ticks(x0, x1, 5), up = bare ? [] : ticks(y0, y1, 5);
  for (const x of across) { const [px] = point(x, 0); parts.push(`<path d="M${px} ${height - 60}v9" ${stroke}/><text x="${px}" y="${height - 20}" text-anchor="middle">${fixed(x, tickDigits(across))}</text>`); }
  for (const y of up) { const [, py] = point(0, y); parts.push(`<path d="M70 ${py}h-9" ${stroke}/><text x="56" y="${py + 2.8 * pt}" text-anchor="end">${fixed(y, tickDigits(up))}</text>`); }
  if (mixture) {
    const { strokes, marks } = frameOf(space), path = (points: [number, number][]): string => points.map((p, k) => `${k ? 'L' : 'M'}${point(...p).join(' ')}`).join('');
    if (scene.spread) for (let k = 0; k < space.names.length; k++) if (scene.visible(k)) parts.push(`<path d="${path(regionOf(space, k))}Z" fill="#1f5a99" opacity="0.16"/>`);
    for (const { from, to, kind } of strokes) parts.push(`<path class="${kind}" d="${path([from, to])}" fill="none" stroke="${kind === 'grid' ? '#ccc' : kind === 'edge' ? '#000' : '#0b57a4'}" stroke-width="${(kind === 'grid' ? 0.4 : 0.8) * pt}"/>`);
    for (const { place, text, right, up: above, turn, kind } of marks) { const [px, py] = point(...place), x = px + 1.3 * right, y = py - 1.3 * above + 2.8 * pt; parts.push(`<text x="${x}" y="${y}" text-anchor="middle" font-size="${(kind === 'corner' ? 8 : 6.5) * pt}" transform="rotate(${-turn} ${x} ${y})">${escape(text)}</text>`); }
  }
  if (scene.spread && space.ellipses) for (let k = 0; k < space.names.length; k++) {
    if (!scene.visible(k)) continue;
    const [px, py] = point(at(space.points, k, 0), at(space.points, k, 1)), [a, b, turn] = ellipseOf(space, k);
    parts.push(`<ellipse cx="${px}" cy="${py}" rx="${a * view.scale}" ry="${b * view.scale}" transform="rotate(${(-turn * 180) / Math.PI} ${px} ${py})" fill="none" stroke="#666" stroke-width="${0.5 * pt}" opacity="0.6"/>`);
  }
  for (let k = 0; k < space.names.length; k++) {
    if (!scene.visible(k)) continue;
    const [px, py] = point(at(space.points, k, 0), at(space.points, k, 1)), fill = `fill="${css(colouring.of[k])}" stroke="#000" stroke-width="${0.5 * pt}"`, faint = scene.selected.size && !scene.selected.has(k) ? ' opacity="0.3"' : '';
    const r = 2.2 * pt, shape = colouring.shapes[k];
    const body = shape === 0 ? `<circle cx="${px}" cy="${py}" r="${r}" ${fill}${faint}>` : shape === 1 ? `<rect x="${px - 0.9 * r}" y="${py - 0.9 * r}" width="${1.8 * r}" height="${1.8 * r}" ${fill}${faint}>` : `<path d="M${px} ${py - 1.2 * r}L${px + 1.15 * r} ${py + 0.85 * r}H${px - 1.15 * r}Z" ${fill}${faint}>`;
    parts.push(`${body}<title>${escape(space.names[k])}</title></${shape === 0 ? 'circle' : shape === 1 ? 'rect' : 'path'}>`);
  }
  const lines = legend.length ? wrapped(colouring.title, 11) : [], left = 70 + wide + 16;
  lines.forEach((line, k) => parts.push(`<text x="${left}" y="${24 + k * 10 * pt}">${escape(line)}</text>`));
  legend.forEach((entry, k) => {
    const y = 30 + (lines.length + k) * 10.5 * pt, r = 2.2 * pt, x = left + r;
    const mark = entry.shape === 1 ? `<rect x="${x - 0.9 * r}" y="${y - 2.6 * pt - 0.9 * r}" width="${1.8 * r}" height="${1.8 * r}"` : entry.shape === 2 ? `<path d="M${x} ${y - 2.6 * pt - 1.2 * r}l${1.15 * r} ${2.05 * r}h${-2.3 * r}Z"` : `<circle cx="${x}" cy="${y - 2.6 * pt}" r="${r}"`;
    parts.push(`${mark} fill="${css(entry.colour)}" stroke="#000" stroke-width="${0.5 * pt}"/><text x="${left + 8 * pt}" y="${y}">${escape(entry.text)}</text>`);
  });
  return `${parts.join('\n')}\n</svg>\n`;
}

/** The spectra that are shown as lines, 18 cm wide. */
export function curvesSvg(scene: CurveScene): string {
  const width = 1800, height = 620, pt = 1800 / (180 / 25.4) / 72, left = 90, bottom = height - 80, [first, last] = windowOf(scene.space, scene.range), axis = scene.space.axis.values;
  const parts: string[] = [`<svg xmlns="http://www.w3.org/2000/svg" width="180mm" height="${(180 * height) / width}mm" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="${8 * pt}">`, `<desc>${escape(caption(scene.space))}</desc><rect width="${width}" height="${height}" fill="#fff"/>`];
  const x = (p: number): number => left + ((p - scene.range[0]) / (scene.range[1] - scene.range[0])) * (width - left - 20);
  let high = 1e-12;
  for (const curve of scene.curves) for (let j = first; j < last; j++) high = Math.max(high, curve.values[j - curve.first] ?? 0);
  scene.curves.forEach((curve, k) => {
    const path: string[] = [];
    for (let j = Math.max(first, curve.first); j < Math.min(last, curve.first + curve.values.length); j++) path.push(`${path.length ? 'L' : 'M'}${x(axis[j]).toFixed(2)} ${(bottom - squeeze(curve.values[j - curve.first] / high, scene.scale) * (bottom - 50)).toFixed(2)}`);
    parts.push(`<path d="${path.join('')}" fill="none" stroke="${curve.colour}" stroke-width="${0.8 * pt}"/><text x="${width - 24}" y="${30 + 10 * pt * k}" text-anchor="end" fill="${curve.colour}">${escape(curve.name)}</text>`);
  });
  const ends = [inUnit(scene.space, scene.range[0], scene.space.axis.name as never), scene.range[1]], all = ticks(ends[0], ends[1], 10);
  parts.push(`<path d="M${left} ${bottom}H${width - 20}" stroke="#000" stroke-width="${0.7 * pt}"/>`);
  for (const value of all) parts.push(`<path d="M${x(value)} ${bottom}v10" stroke="#000" stroke-width="${0.7 * pt}"/><text x="${x(value)}" y="${bottom + 10 + 9 * pt}" text-anchor="middle">${fixed(value, tickDigits(all))}</text>`);
  parts.push(`<text x="${(left + width) / 2}" y="${height - 4}" text-anchor="middle">${escape(scene.space.axis.name === 'two_theta' ? '2θ / °' : scene.space.axis.name === 'q' ? 'q / Å⁻¹' : 'E / eV')}</text>`);
  return `${parts.join('\n')}\n</svg>\n`;
}

export const spectrumOf = (space: SpaceData, k: number): ArrayLike<number> => rowOf(space.spectra, k);
