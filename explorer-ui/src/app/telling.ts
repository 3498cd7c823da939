// What the page says in words: the title over the spectra, the tag at the pointer, the reading, the reader's voice.
import { at, type SpaceData } from '../data';
import { readLabel } from '../decode';
import { decimals, fixed } from '../colour';
import { toScreen, type Scene } from '../mapview';
import { AXES, indexAt, reflectionAt, shellColour, statesAt, inUnit, units, type CurveScene } from '../curveview';
import { emptyReading, liveReading, placedReading, sampleReading, selectionReading, walkReading } from '../reading';
import { fill, h, named } from '../dom';
import { fractionsOf } from '../triangle';
import type { App } from './app';
import { peaksOf } from './asking';

export function drawTitle(app: App, scene: CurveScene): void {
  const title = app.bar.querySelector('.title') as HTMLElement, { space, state } = app;
  if (scene.lines || (app.watching && scene.mode === 'stagger')) fill(title, h('b', {}, `Live: the last ${scene.lines?.length ?? scene.curves.length} spectra, newest on top`));
  else if (scene.mode === 'heat' || scene.curves.length > 3) {
    const n = state.selection.length ? state.selection.length : space.names.length, by = app.colours!.title;
    fill(title, h('b', {}, `${state.selection.length ? `${n} selected` : `All ${n}`} spectra${scene.mode === 'heat' ? ', one row each' : scene.curves.length < n ? `, ${scene.curves.length} of them` : ''}${by && by !== 'one colour' ? `, by ${by}` : ''}`));
  } else {
    const entry = (colour: string, ...text: (Node | string)[]): HTMLElement => { const mark = h('i', {}); mark.style.borderColor = colour; return h('span', {}, mark, text); };
    fill(title, scene.curves.map((curve) => entry(curve.colour, ...named(curve.name))), (scene.states?.channels ?? []).map((one) => entry(shellColour(one, app.dark), `${one} states of the absorber`)));
  }
  const { pointer } = app;
  if (pointer === null) { app.status.textContent = ''; return; }
  const own = units(space), values = own.map((unit) => `${AXES[unit].split(' ')[0]} ${fixed(inUnit(space, pointer, unit), unit === 'energy' ? 1 : 3)}`);
  const curve = scene.curves.at(-1), index = indexAt(space, pointer), value = curve?.values[index - curve.first];
  const [cw] = app.size(app.curve), line = reflectionAt(app.phases, pointer, (6 * (app.range[1] - app.range[0])) / Math.max(cw, 1));
  const states = scene.states?.channels.flatMap((one, c) => { const told = statesAt(scene.states!, c, pointer); return told === null ? [] : [`${one} ${fixed(told, 3)} /eV`]; }) ?? [];
  app.status.textContent = [line ? `${line.phase} ${line.hkl}` : '', ...values, value === undefined || scene.mode === 'heat' ? '' : `I ${fixed(value, 3)}`, ...states].filter(Boolean).join('   ');
}
export function drawTag(app: App, scene: Scene): void {
  const [w, hh] = app.size(app.map), { walk } = app.state;
  if (app.comparing) { app.tag.classList.add('hidden'); return; }
  let place: [number, number] | null = null, side = 1, unknown = false, lines: (Node | string)[][] = [];
  if (app.hoverOf !== null) {
    const k = app.hoverOf, { space } = app;
    place = toScreen(scene.view, w, hh, at(space.points, k, 0), at(space.points, k, 1));
    const told = tagLabels(app).map(({ l, c }) => `${l.columns[c]} ${fixed(at(l.values, k, c), 2)}`);
    lines = [[h('b', {}, named(space.names[k]))], [[...told, ...space.classes.slice(0, 1).map((one) => one.values[k])].join(', ') || `differs from its nearest by ${+space.nearest.distance[k].toPrecision(2)}`]];
  } else if (app.hoverLive !== null && app.live?.row(app.hoverLive)) {
    const row = app.live.row(app.hoverLive)!;
    place = toScreen(scene.view, w, hh, ...row.coordinates);
    lines = [[h('b', {}, `${row.number}: `, named(row.name))], [row.foreign ? 'unlike everything known' : `nearest ${row.nearest ?? 'not told'}`]];
  } else if (walk) {
    const now = app.walkNow(), from = walk.from;
    place = toScreen(scene.view, w, hh, walk.x, walk.y);
    if (from !== null && at(app.space.points, from, 0) < walk.x) side = -1;
    unknown = !now.known;
    const { mixture } = app.space, fractions = mixture && now.known ? fractionsOf(mixture, walk.x, walk.y) : null;
    const told = mixture ? fractions?.map((one, c) => `${mixture.names[c]} ${fixed(Math.max(one, 0), 2)}`) ?? [] : now.known ? tagLabels(app).map(({ l, c }) => { const one = readLabel(l, walk.x, walk.y), half = (one.upper[c] - one.lower[c]) / 2, digits = decimals(half > 0 ? half / 3 : 0.01); return `${l.columns[c]} ${fixed(l.name === 'composition' ? Math.max(one.value[c], 0) : one.value[c], digits)} ± ${fixed(half, digits)}`; }) : [];
    lines = unknown ? [[h('b', {}, mixture ? 'outside the parts' : 'nothing known here')], [mixture ? 'no mixture of these parts' : `nearest sample ${fixed(now.spacings, 1)} spacings away`]] : [[h('b', {}, told.join('  ') || 'between samples')], [app.spaces[app.current].model.decodes ? 'decoded, not a sample' : 'a place, not a sample']];
  }
  app.tag.classList.toggle('hidden', place === null); app.tag.classList.toggle('unknown', unknown);
  if (!place) return;
  fill(app.tag, lines.map((line) => h('div', {}, line)));
  const left = side > 0 ? place[0] + 22 : place[0] - 304;
  app.tag.style.left = `${Math.max(4, Math.min(left < 4 ? place[0] + 22 : left, w - 286))}px`;
  app.tag.style.top = `${Math.max(4, Math.min(place[1] - 58, hh - 54))}px`;
}
/** What a tag tells: the label of the colours first, and one more. */
export function tagLabels(app: App): { l: SpaceData['labels'][number]; c: number }[] {
  const all = app.space.labels.flatMap((l, n) => l.columns.map((_, c) => ({ l, c, first: app.colours!.paint?.label === n && app.colours!.paint.column === c }))).filter(({ l, c }) => varies(l, c));
  return all.sort((a, b) => Number(b.first) - Number(a.first)).slice(0, 2);
}
export function varies(label: SpaceData['labels'][number], c: number): boolean { const first = at(label.values, 0, c); for (let k = 1; k < label.values.rows; k++) if (at(label.values, k, c) !== first) return true; return false; }
export function drawReading(app: App): void {
  const { space, state } = app, shown = app.shown;
  const key = JSON.stringify([app.current, shown, state.walk, state.between, app.playing > 0, state.masks, state.selection.length ? state.selection : 0, app.star, app.placed.map((p) => [p.file, p.error, !!p.sample]), app.busy, app.served, app.liveShown, app.hoverLive, app.watching?.at(-1)?.number, state.unit, typeof app.moved === 'object' ? app.moved?.by : app.moved, shown !== null && !!peaksOf(app, shown), app.decoded?.key, app.lead]);
  if (key === app.readingKey) return;
  app.readingKey = key;
  if (state.walk && app.hoverOf === null) {
    const now = app.walkNow(), decoded = app.decodeNow();
    const readings = space.labels.map((label) => readLabel(label, state.walk!.x, state.walk!.y));
    const slider = app.read.querySelector('input[type=range]') as HTMLInputElement | null, held = slider && document.activeElement === slider;
    const fresh = walkReading(space, { ...state.walk, ...now, differ: decoded?.differ ?? null, fractions: space.mixture ? fractionsOf(space.mixture, state.walk!.x, state.walk!.y) : null, readings, decodes: decoded !== null, between: state.between, playing: app.playing > 0, lead: app.lead }, app);
    if (held) { const copy = fresh.findIndex((n) => n instanceof HTMLInputElement); if (copy >= 0) { slider.value = String(state.between![2]); const rest = [...app.read.childNodes]; rest.forEach((n) => { if (n !== slider) n.remove(); }); slider.before(...fresh.slice(0, copy)); slider.after(...fresh.slice(copy + 1)); return; } }
    fill(app.read, fresh);
  } else if (shown !== null) {
    const unit = units(space).includes(state.unit) ? state.unit : units(space)[0];
    fill(app.read, sampleReading(space, shown, { peaks: peaksOf(app, shown), phases: app.phases, masks: shown === state.pin ? state.masks : [], moved: app.moved, unit, position: (p) => inUnit(space, p, unit), pinned: shown === state.pin, lead: app.lead }, app));
  } else if (app.live && (app.watching || (app.focus && app.star === null))) fill(app.read, liveReading(space, app.live.shown, app.focus?.sample ?? null, app));
  else if (app.placed.length && (!app.current || space.mixture)) fill(app.read, placedReading(space, app.placed, app.star, app));
  else if (state.selection.length) fill(app.read, selectionReading(space, state.selection, app.asked !== null, app.served ? (space.mixture ? 'Samples are mapped anew from the first tab.' : 'This map was made anew in this page: select in the first tab to map again.') : app.server ? 'Nobody answers: nothing can be mapped anew.' : 'Mapping anew needs `peakscape explore`: this is a file.', app.busy, app, app.lead));
  else fill(app.read, emptyReading(space, app.server !== null));
  announce(app, shown);
}
export function announce(app: App, shown: number | null): void {
  if (app.moving) return;
  if (shown !== null) app.say(`${app.space.names[shown]}. ${app.space.labels.map((l) => `${l.name} ${l.columns.filter((_, c) => varies(l, c)).map((column) => `${column} ${fixed(at(l.read, shown, l.columns.indexOf(column)), 2)}`).join(', ')}`).join('. ')}`);
  else if (app.state.walk && !app.walkNow().known) app.say('nothing known here');
  else if (app.state.selection.length) app.say(`${app.state.selection.length} samples selected`);
}
