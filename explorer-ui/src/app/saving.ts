// What leaves the page: pictures, tables, spectra, lines of Python.
import { rowOf } from '../data';
import { colouring } from '../colour';
import type { Curve } from '../curveview';
import { caption, curvesCsv, mapSvg, pythonOf, tableCsv } from '../exporting';
import { h, save } from '../dom';
import type { App } from './app';
import { curvesNow } from './scenes';
import { dialog, notice } from './menus';

export function saveCsv(app: App): void { save(`${app.space.title}-table.csv`, tableCsv(app.space, app.state.selection.length ? app.state.selection : [...app.space.names.keys()]), 'text/csv'); }
export function saveSpectra(app: App): void { save(`${app.space.title}-spectra.csv`, curvesCsv(app.space, leaving(app)), 'text/csv'); }
export function saveXy(app: App): void {
  const { space } = app, [one] = leaving(app);
  save(`${one.name.replace(/[^\p{L}\p{N}.-]+/gu, '_')}.xy`, `# ${one.name}; ${space.axis.name} intensity; ${caption(space)}\n${Array.from(space.axis.values, (x, j) => `${x} ${+one.values[j].toPrecision(7)}`).join('\n')}\n`, 'text/plain');
}
/** The known spectra, or the selected, as a container with all labels: the server writes it. */
export function saveContainer(app: App, format: 'nc' | 'zarr'): void {
  const samples = app.state.selection.length ? app.state.selection : app.shown !== null ? [app.shown] : [];
  app.server!.ask<{ file: Int32Array }>('spectra', { space: app.asked, samples, format })
    .then((told) => save(`${app.space.title}${format === 'nc' ? '.nc' : '.zarr.zip'}`, Uint8Array.from(told.file), 'application/octet-stream'), (error) => notice((error as Error).message));
}
/** The spectra that are shown, as they leave the page. */
export function leaving(app: App): { name: string; values: ArrayLike<number> }[] {
  const { space, state } = app;
  let curves: { name: string; values: ArrayLike<number> }[];
  if (state.walk && app.hoverOf === null) {
    const loaded = app.spaces[app.current], found = loaded.model.decode(state.walk.x, state.walk.y, 0, space.axis.values.length);
    curves = [found ? { name: `decoded at ${state.walk.x.toPrecision(5)} ${state.walk.y.toPrecision(5)}${app.walkNow().known ? '' : ' (nothing known here)'}`, values: found.curve } : { name: space.names[app.walkNow().number], values: rowOf(space.spectra, app.walkNow().number) }];
  } else if (app.shown !== null) curves = [{ name: space.names[app.shown], values: rowOf(space.spectra, app.shown) }];
  else curves = (state.selection.length ? state.selection : [...space.names.keys()]).map((k) => ({ name: space.names[k], values: rowOf(space.spectra, k) }));
  return curves;
}
export function copyPython(app: App): void {
  const numbers = app.state.selection.length ? app.state.selection : app.shown !== null ? [app.shown] : [...app.space.names.keys()];
  const text = pythonOf(app.space, numbers, 'auto');
  navigator.clipboard?.writeText(text).then(() => notice('copied'), () => dialog(app, 'Lines of Python', h('pre', {}, text)));
  if (!navigator.clipboard) dialog(app, 'Lines of Python', h('pre', {}, text));
}
export function lightCurves(app: App): Curve[] {
  const kept = app.state.mode;
  if (app.mode() === 'heat') app.state.mode = 'stagger';
  const curves = curvesNow(app);
  app.state.mode = kept;
  return curves.map((one) => (one.colour === '#e8ebf0' ? { ...one, colour: '#000' } : one));
}
export function saveSvg(app: App): void {
  const scene = { ...app.scene(), dark: false, colouring: colouring(app.space, app.state.colour, false) }, paint = scene.colouring.paint;
  save(`${app.space.title}-map.svg`, mapSvg(scene, paint && app.state.painted ? app.painter.layer(app.space, app.space.labels[paint.label], paint.column, false) : null), 'image/svg+xml');
}
export function savePng(app: App): void {
  const canvas = document.createElement('canvas'), a = app.map, b = app.curve;
  canvas.width = Math.max(a.width, b.width); canvas.height = a.height + b.height + 60;
  const context = canvas.getContext('2d')!;
  context.fillStyle = app.dark ? '#0f1216' : '#fff'; context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(a, 0, 0); context.drawImage(b, 0, a.height);
  context.fillStyle = app.dark ? '#99a2ae' : '#5c6672'; context.font = '15px system-ui, sans-serif';
  const words = caption(app.space).split(' ');
  let text = '', y = canvas.height - 38;
  for (const word of words) { if (context.measureText(`${text} ${word}`).width > canvas.width - 24) { context.fillText(text, 12, y); text = word; y += 20; if (y > canvas.height) break; } else text = text ? `${text} ${word}` : word; }
  if (y <= canvas.height) context.fillText(text, 12, y);
  canvas.toBlob((blob) => { if (blob) save(`${app.space.title}.png`, blob, 'image/png'); }, 'image/png');
}
