// The page: its state, what is looked at, and what changes it.
import { at, rowOf, type Peaks, type SpaceData, type States, type Table } from '../data';
import { MapModel, maskedCopy, movedBy, nearestKnown, readLabel, type Decoded, type Moved } from '../decode';
import { choices, colouring, firstChoice, type Colouring } from '../colour';
import { drawMap, fitted, insidePolygon, Painter, toScreen, type Scene, type View } from '../mapview';
import { drawCurves, firstRange, meanRelevance, units, windowOf, type CurveScene, type Mode, type Unit } from '../curveview';
import { decode, encode, start, type State } from '../state';
import type { Acts, Placed } from '../reading';
import { fill, h } from '../dom';
import { Quilt } from '../quilt';
import { fractionsOf, isMixture, placeOfFractions } from '../triangle';
import { Live, type LiveRow } from '../live';
import type { Server } from '../server';
import { buildPage } from './frame';
import { buildRail, buildTools, buildBar } from './bars';
import { sceneNow, curveSceneNow } from './scenes';
import { drawTitle, drawTag, drawReading } from './telling';
import { toggleMask, updateMoved } from './masks';
import { askDecoded, mapAnew, openMixtures } from './asking';
import { takeFiles, giveWavelength } from './drops';
import { notice } from './menus';
import { saveCsv, saveSpectra, copyPython } from './saving';

export interface Loaded { space: SpaceData; model: MapModel; mean: Float32Array | null; range: [number, number]; state: string; asked: number | null } // its number at the server
export type Answer = { samples: Record<string, any>[]; spectra: Table };

export const NONE: number[] = [];
export class App implements Acts {
  state!: State;
  first!: State;
  spaces: Loaded[] = [];
  current = 0;
  hoverOf: number | null = null;
  moved: Moved | string | null = null;
  movedKey = '';
  decoded: (Decoded & { first: number; key: string }) | null = null;
  lasso: [number, number][] = [];
  placed: Placed[] = [];
  star: number | null = null;
  live: Live | null = null;
  liveShown: number | null = null;
  hoverLive: number | null = null;
  pointer: number | null = null;
  dragged: [number, number] | null = null;
  undone: string[] = [];
  comparing = false;
  busy = '';
  playing = 0;
  moving = false;
  frame = 0;
  askedPeaks = new Map<string, Peaks | 'asked'>();
  readonly painter = new Painter();
  colours: Colouring | null = null;
  coloursKey = '';
  readonly map = h('canvas', { class: 'main', tabIndex: 0, role: 'application', 'aria-label': 'map of the samples: arrows walk from sample to sample, Enter keeps one, Shift with arrows walks between them' });
  readonly curve = h('canvas', { tabIndex: -1, role: 'img', 'aria-label': 'spectra' });
  readonly tag = h('div', { class: 'tag hidden' });
  readonly read = h('aside', { class: 'read', 'aria-label': 'reading' });
  readonly rail = h('nav', { class: 'rail', 'aria-label': 'colour and layers' });
  readonly legend = h('div', { class: 'legend', 'aria-hidden': 'true' });
  readonly bar = h('div', { class: 'bar' });
  readonly status = h('div', { class: 'status' });
  readonly said = h('div', { class: 'sr', role: 'status', 'aria-live': 'polite' });
  readonly tabs = h('div', { class: 'group', role: 'group', 'aria-label': 'maps' });
  readonly tools = h('div', { class: 'tools', role: 'toolbar', 'aria-label': 'tools of the map' });
  readonly place = h('section', { class: 'map', 'aria-label': 'map' });
  readonly drop = h('div', { class: 'drop hidden' }, 'Drop spectra: they are placed here and stay on this machine');
  readonly find = h('input', { placeholder: 'Find sample  /', class: 'find', 'aria-label': 'find a sample by its name', list: 'names', size: 14 });

  constructor(readonly root: HTMLElement, space: SpaceData, readonly server: Server | null, readonly article: HTMLElement | null = null) { [space, ...(space.others ?? [])].forEach((one, k) => this.load(one, server ? k : null)); }

  get space(): SpaceData { return this.spaces[this.current].space; }
  get dark(): boolean { return this.state.theme === 'dark' || (this.state.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches); }
  /** The number by which the server knows this space; null where there is no server, or it knows it not. */
  get asked(): number | null { return this.served ? this.spaces[this.current].asked : null; }
  get served(): boolean { return this.server !== null && !this.server.gone; }

  load(space: SpaceData, asked: number | null): void {
    const mean = meanRelevance(space);
    this.spaces.push({ space, model: new MapModel(space.decoder), mean, range: firstRange(space, mean), state: '', asked });
  }

  begin(): void {
    const own = this.space.axis.name as Unit;
    this.first = start(firstChoice(this.space), own, this.space.kind === 'absorption' ? 'lin' : 'sqrt');
    this.fromText(location.hash);
    buildPage(this);
    window.addEventListener('hashchange', () => { this.fromText(location.hash); this.refresh(); });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.refresh());
    new ResizeObserver(() => this.draw()).observe(this.place);
    new ResizeObserver(() => this.draw()).observe(this.curve.parentElement!);
    this.refresh();
  }
  fromText(text: string): void {
    const n = Number(new URLSearchParams(text.replace(/^#/, '')).get('n') ?? 0);
    if (Number.isInteger(n) && n >= 0 && n < this.spaces.length) this.current = n;
    this.state = this.decoded_(text);
  }
  decoded_(text: string): State {
    const { space } = this;
    const inLasso = (corners: [number, number][]): number[] => [...space.names.keys()].filter((k) => insidePolygon(corners, at(space.points, k, 0), at(space.points, k, 1)));
    return decode(text, this.first, space.names.length, space.axis.values.length, inLasso);
  }

  // ---- changes --------------------------------------------------------------------------------------------------
  remember(): void { const now = encode(this.state, this.first); if (this.undone.at(-1) !== now) this.undone.push(now); if (this.undone.length > 100) this.undone.shift(); }
  undo(): void { const before = this.undone.pop(); if (before === undefined) return; this.state = this.decoded_(before); this.refresh(); this.say('undone'); }
  say(text: string): void { this.said.textContent = text; }
  set(change: Partial<State>): void { this.remember(); Object.assign(this.state, change); this.refresh(); }

  /** Draw everything anew, lists and panels included. */
  refresh(): void {
    document.documentElement.classList.toggle('dark', this.dark);
    const { space, state } = this;
    if (!choices(space).some((one) => one.key === state.colour)) state.colour = firstChoice(space);
    const key = `${this.current}|${state.colour}|${this.dark}`;
    if (key !== this.coloursKey || !this.colours) { this.colours = colouring(space, state.colour, this.dark); this.coloursKey = key; }
    fill(this.tabs, this.spaces.map((one, k) => h('button', { 'aria-pressed': String(k === this.current), title: one.space.title, onclick: () => this.turnTo(k) }, this.tabName(one))), this.served && (this.spaces[0].space.parts?.length ?? 0) > 1 && !this.spaces.some((one) => one.space.mixture) && h('button', { class: 'mixtures', 'aria-pressed': 'false', disabled: this.busy !== '', title: `samples between ${this.spaces[0].space.parts!.join(', ')}`, onclick: () => openMixtures(this) }, this.busy || 'Mixtures'));
    buildRail(this); buildTools(this); buildBar(this); updateMoved(this); this.draw(true);
  }

  tabName(one: Loaded): string { return !one.space.mixture && this.spaces.indexOf(one) && one.space.names.length !== this.spaces[0].space.names.length ? `${one.space.names.length} anew: ${one.space.provenance.map}` : one.space.provenance.map; }
  tool(tool: State['tool']): void { this.state.tool = tool; buildTools(this); this.draw(); }
  theme(): void { this.set({ theme: this.dark ? 'light' : 'dark' }); }
  toggleRail(): void { this.rail.classList.toggle('open'); }

  turnTo(k: number): void {
    const before = this.spaces[this.current], chosen = this.state.selection.map((n) => before.space.names[n]);
    before.state = encode(this.state, this.first);
    this.current = k; this.undone = []; this.decoded = null; this.hoverOf = null;
    const fresh = this.spaces[k], kept = this.state, keep = new Set(chosen), pinned = kept.pin === null ? null : before.space.names[kept.pin];
    this.state = { ...this.decoded_(fresh.state), theme: kept.theme, colour: kept.colour, scale: kept.scale, unit: kept.unit, mode: kept.mode };
    if (chosen.length) Object.assign(this.state, { selection: [...fresh.space.names.keys()].filter((n) => keep.has(fresh.space.names[n])), lasso: [] });
    const pin = pinned === null ? -1 : fresh.space.names.indexOf(pinned);
    this.state.pin = pin >= 0 ? pin : null;
    this.refresh();
  }

  // ---- what is shown --------------------------------------------------------------------------------------------
  visible = (k: number): boolean => !this.state.hidden.includes(this.colours!.entry[k]);
  get lead(): number { return this.colours?.paint?.label ?? 0; }
  get unit(): Unit { const own = units(this.space); return own.includes(this.state.unit) ? this.state.unit : own[0]; }
  /** What was dropped or has come live and is looked at. */
  get focus(): Placed | null {
    const row = this.current ? null : this.live?.row(this.hoverLive ?? this.liveShown);
    if (row) return { file: row.name, file_data: new File([], row.name), error: null, sample: row, spectrum: row.spectrum };
    return this.star === null ? null : this.placed[this.star] ?? null;
  }
  /** Live points are on the screen and nothing else is looked at. */
  get watching(): LiveRow[] | null {
    const { state } = this, rows = this.live && !this.current ? this.live.shown : [];
    return rows.length && !state.walk && this.shown === null && !state.selection.length && !this.placed.length && this.focus === null ? rows : null;
  }
  showLive(number: number): void { if (this.current) this.turnTo(0); this.liveShown = this.liveShown === number ? null : number; this.star = null; Object.assign(this.state, { walk: null, between: null, pin: null }); this.hoverOf = null; this.refresh(); }
  get shown(): number | null { return this.hoverOf ?? (this.state.walk ? null : this.state.pin); }
  mode(): Mode {
    if (this.state.walk || this.shown !== null || this.focus?.spectrum) return this.state.mode === 'stagger' ? 'stagger' : 'overlay';
    if (!this.state.selection.length) return this.state.mode === 'overlay' ? 'heat' : this.state.mode;
    return this.state.mode;
  }
  get range(): [number, number] { return this.state.range ?? this.spaces[this.current].range; }
  /** What the page says of a place: for scripts and tests. */
  at(x: number, y: number): { curve: number[] | null; readings: ReturnType<typeof readLabel>[]; spacings: number; known: boolean } {
    const decoded = this.spaces[this.current].model.decode(x, y, 0, this.space.axis.values.length), near = nearestKnown(this.space, x, y);
    return { curve: decoded ? Array.from(decoded.curve) : null, readings: this.space.labels.map((label) => readLabel(label, x, y)), spacings: near.spacings, known: near.spacings <= this.space.reach };
  }
  /** Where each member puts a known sample with windows masked; null where the page cannot tell. */
  masked(k: number, masks: [number, number][]): Moved | null {
    const { model, space } = this.spaces[this.current];
    return model.encodes ? movedBy(model.encode(rowOf(space.spectra, k)), model.encode(maskedCopy(space, k, masks))) : null;
  }
  walkNow(): { known: boolean; number: number; spacings: number } {
    const { x, y } = this.state.walk!, { mixture } = this.space, near = nearestKnown(this.space, x, y);
    return { ...near, known: mixture ? isMixture(fractionsOf(mixture, x, y)) : near.spacings <= this.space.reach };
  }
  /** The decoded spectrum of the walk, of the visible window. */
  decodeNow(): (Decoded & { first: number }) | null {
    const { walk } = this.state, loaded = this.spaces[this.current];
    if (!walk) return null;
    const [first, last] = windowOf(this.space, this.range), key = [this.current, walk.x, walk.y, first, last].join();
    if (this.decoded?.key === key) return this.decoded;
    if (loaded.model.decodes) this.decoded = { ...loaded.model.decode(walk.x, walk.y, first, last)!, first, key };
    else if (this.asked !== null && this.space.decoder.kind === 'none' && this.space.decoder.server_decodes) askDecoded(this, walk.x, walk.y, key);
    else this.decoded = null;
    return this.decoded;
  }
  asking = '';
  middleKept: { rows: number[]; mean: Float64Array; low: Float64Array; high: Float64Array } | null = null;
  rowsKept: { colours: Colouring; selection: number[]; hidden: number[]; rows: number[] } | null = null;
  scene(): Scene { return sceneNow(this); }
  /** What was dropped, where it lies on the map that is open: on the first by its coordinates, between parts by its fractions. */
  get stars(): { one: Placed; place: [number, number] }[] {
    const { mixture } = this.space, place = (sample: Record<string, any>): [number, number] | null => (!this.current ? sample.coordinates : mixture && sample.fraction ? placeOfFractions(mixture, sample.fraction) : null);
    return this.placed.flatMap((one) => { const found = one.sample && place(one.sample); return found ? [{ one, place: found }] : []; });
  }
  curveScene(): CurveScene { return curveSceneNow(this); }
  byName: Map<string, States> | null = null;
  /** Densities of states of a sample that was computed; null of others. */
  statesOf(k: number): States | null {
    const first = this.spaces[0].space;
    this.byName ??= new Map((first.states ?? []).map((one) => [one.name, one]));
    return first.axis.name === this.space.axis.name ? this.byName.get(this.space.names[k]) ?? null : null;
  }
  /** Phases whose reflections are known, on the axis that all maps share. */
  get phases(): NonNullable<SpaceData['lines']> { const first = this.spaces[0].space; return first.axis.name === this.space.axis.name ? first.lines ?? [] : []; }
  size(canvas: HTMLCanvasElement): [number, number] { const box = canvas.getBoundingClientRect(); return [box.width, box.height]; }
  view(): View { const [w, hh] = this.size(this.map); return this.state.view ?? fitted(this.space, w, hh, this.stars.map(({ place }) => place)); }

  // ---- drawing --------------------------------------------------------------------------------------------------
  panels = false;
  draw(panels = false): void {
    this.panels ||= panels;
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.drawNow(); });
  }
  drawNow(): void {
    this.buildBarIfNeeded();
    const scene = this.scene(), context = this.ready(this.map), [w, hh] = this.size(this.map);
    if (w > 0 && hh > 0) drawMap(context, w, hh, scene, this.painter, this.moving);
    const curves = this.curveScene(), [cw, ch] = this.size(this.curve);
    if (cw > 0 && ch > 80) drawCurves(this.ready(this.curve), cw, ch, curves);
    drawTitle(this, curves); drawTag(this, scene); drawReading(this);
    this.quilt.draw();
    if (this.panels) { this.panels = false; this.keepAddress(); }
  }
  ready(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const [w, hh] = this.size(canvas), ratio = window.devicePixelRatio || 1, context = canvas.getContext('2d', { willReadFrequently: true })!;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(hh * ratio)) { canvas.width = Math.round(w * ratio); canvas.height = Math.round(hh * ratio); }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }
  viewTold = '';
  /** A view and a selection that a notebook sets; a new view brings its own selection. */
  taken(view: string, selection: number[]): void {
    if (view && view !== this.viewTold) { this.viewTold = view; this.fromText(view); this.refresh(); return; }
    const numbers = selection.filter((k) => Number.isInteger(k) && k >= 0 && k < this.space.names.length);
    if (numbers.join() !== this.state.selection.join()) this.set({ selection: numbers, lasso: [], pin: null, walk: null, between: null });
  }
  keeping = 0;
  keepAddress(): void {
    clearTimeout(this.keeping);
    this.keeping = window.setTimeout(() => {
      if (this.current > (this.spaces[0].space.others ?? []).length) return; // a map made anew lives in this page only
      const text = [this.current ? `n=${this.current}` : '', encode(this.state, this.first)].filter(Boolean).join('&');
      this.server?.show((this.viewTold = text), this.state.selection);
      try { history.replaceState(null, '', `${location.pathname}${location.search}${text ? `#${text}` : ''}`); } catch { /* a page in a frame may not */ }
    }, 150);
  }
  readingKey = '';
  mask(from: number, to: number): void { toggleMask(this, from, to); }
  // ---- acts of the panels ---------------------------------------------------------------------------------------
  pin(k: number): void { this.star = null; this.liveShown = null; this.set({ pin: k, walk: null, between: null, masks: k === this.state.pin ? this.state.masks : [] }); this.bringIntoView(k); }
  bringIntoView(k: number): void {
    const [w, hh] = this.size(this.map), [px, py] = toScreen(this.view(), w, hh, at(this.space.points, k, 0), at(this.space.points, k, 1));
    if (px < 0 || py < 0 || px > w || py > hh) this.set({ view: { ...this.view(), x: at(this.space.points, k, 0), y: at(this.space.points, k, 1) } });
  }
  clear(): void {
    this.stop();
    const { state } = this;
    if (this.liveShown !== null) { this.liveShown = null; this.refresh(); return; }
    if (this.star !== null || this.placed.length && !state.walk && state.pin === null) { this.star = null; this.placed = []; this.refresh(); return; }
    if (state.walk || state.between) this.set({ walk: null, between: null });
    else if (state.masks.length) this.set({ masks: [] });
    else if (state.pin !== null) this.set({ pin: null });
    else if (state.selection.length) this.set({ selection: [], lasso: [] });
  }
  nearest(): void { this.pin(this.walkNow().number); }
  csv(): void { saveCsv(this); }
  spectra(): void { saveSpectra(this); }
  python(): void { copyPython(this); }
  anew(): void { mapAnew(this); }
  slide(t: number): void {
    const { between } = this.state;
    if (!between) return;
    const [a, b] = between, p = this.space.points;
    this.state.between = [a, b, t];
    this.state.walk = { x: at(p, a, 0) * (1 - t) + at(p, b, 0) * t, y: at(p, a, 1) * (1 - t) + at(p, b, 1) * t, from: a };
    this.draw(true);
  }
  play(): void {
    if (this.playing) { this.stop(); return; }
    let before = performance.now();
    const step = (now: number): void => {
      const t = (this.state.between?.[2] ?? 1) + (now - before) / 6000;
      before = now;
      if (!this.state.between || t >= 1) { if (this.state.between) this.slide(1); this.stop(); return; }
      this.slide(t); this.playing = requestAnimationFrame(step);
    };
    if (this.state.between && this.state.between[2] >= 1) this.slide(0);
    this.playing = requestAnimationFrame(step);
  }
  stop(): void { if (this.playing) cancelAnimationFrame(this.playing); this.playing = 0; this.draw(); }
  wavelength(_: number, value: string): void { giveWavelength(this, _, value); }
  take(files: File[]): Promise<void> { return takeFiles(this, files); }
  showStar(k: number): void { this.star = this.star === k ? null : k; Object.assign(this.state, { walk: null, between: null, pin: null }); this.refresh(); }

  barMode = '';
  buildBarIfNeeded(): void { if (this.mode() !== this.barMode) { this.barMode = this.mode(); buildBar(this); } }
  heatLight: number | null = null;
  lightOnly: number | null = null;
  // ---- maps side by side ----------------------------------------------------------------------------------------
  compare(): void { this.comparing = !this.comparing; if (this.comparing) this.hoverOf = null; this.quilt.show(this.comparing); this.draw(true); }
  readonly quilt: Quilt = new Quilt({
    maps: () => this.spaces.map((one) => ({ space: one.space, title: this.tabName(one) })), served: () => this.server !== null,
    ready: (canvas) => { const size = this.size(canvas); return [this.ready(canvas), ...size]; },
    sight: () => {
      const { space, state } = this, name = (k: number | null): string | null => (k === null ? null : space.names[k]);
      return {
        colour: state.colour, dark: this.dark, selected: new Set(state.selection.map((k) => space.names[k])), hover: name(this.hoverOf ?? this.lightOnly), pin: name(state.pin),
        empty: { ...this.scene(), visible: () => true, hides: false, walk: null, arrow: null, stars: [], star: null, live: null, between: null, spread: false, path: false, contours: false, ways: false },
      };
    },
    hoverName: (name) => { const k = name === null ? -1 : this.space.names.indexOf(name), next = k < 0 ? null : k; if (next !== this.hoverOf) { this.hoverOf = next; this.buildBarIfNeeded(); this.draw(); } },
    pinName: (name) => { const k = this.space.names.indexOf(name); if (k >= 0) { this.hoverOf = null; this.pin(k); } else notice(`${name} is not in the map that is open`); },
    chooseNames: (names, removes) => {
      const inside = [...this.space.names.keys()].filter((k) => names.has(this.space.names[k])), set = new Set(inside);
      this.hoverOf = null;
      this.set({ selection: removes ? this.state.selection.filter((k) => !set.has(k)) : inside, lasso: [], pin: null, walk: null, between: null, mode: 'heat' });
    },
    open: (k) => { this.compare(); this.turnTo(k); },
  });
}
