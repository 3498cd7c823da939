// The page: its state, what is drawn from it, and what hands do to it.
import { at, plain, rowOf, type Peaks, type SpaceData, type States, type Table } from './data';
import { MapModel, maskedCopy, movedBy, nearestKnown, readLabel, type Decoded, type Moved } from './decode';
import { cloudOf, MANY } from './cloud';
import { choices, colouring, css, decimals, firstChoice, fixed, viridis, type Colouring } from './colour';
import { drawMap, fitted, insidePolygon, Painter, shapePath, toMap, toScreen, type Scene, type View } from './mapview';
import { AXES, drawCurves, firstRange, indexAt, reflectionAt, shellColour, statesAt, inUnit, meanRelevance, toPosition, units, windowOf, LEFT, type Curve, type CurveScene, type Line, type Mode, type Scale, type Unit } from './curveview';
import { decode, encode, start, type State } from './state';
import { emptyReading, liveReading, placedReading, sampleReading, selectionReading, walkReading, believe, type Acts, type Placed } from './reading';
import { caption, curvesCsv, curvesSvg, mapSvg, pythonOf, tableCsv } from './exporting';
import { fill, h, named, save } from './dom';
import { Quilt } from './quilt';
import { fractionsOf, isMixture, placeOfFractions } from './triangle';
import { alarmWords, Live, liveColour, type LiveRow } from './live';
import type { Server } from './server';

interface Loaded { space: SpaceData; model: MapModel; mean: Float32Array | null; range: [number, number]; state: string; asked: number | null } // its number at the server
type Answer = { samples: Record<string, any>[]; spectra: Table };

const NONE: number[] = [];
export class App implements Acts {
  state!: State;
  first!: State;
  spaces: Loaded[] = [];
  current = 0;
  private hoverOf: number | null = null;
  private moved: Moved | string | null = null;
  private movedKey = '';
  private decoded: (Decoded & { first: number; key: string }) | null = null;
  private lasso: [number, number][] = [];
  private placed: Placed[] = [];
  private star: number | null = null;
  live: Live | null = null;
  private liveShown: number | null = null;
  private hoverLive: number | null = null;
  private pointer: number | null = null;
  private dragged: [number, number] | null = null;
  private undone: string[] = [];
  private comparing = false;
  private busy = '';
  private playing = 0;
  private moving = false;
  private frame = 0;
  private askedPeaks = new Map<string, Peaks | 'asked'>();
  private readonly painter = new Painter();
  private colours: Colouring | null = null;
  private coloursKey = '';
  private readonly map = h('canvas', { class: 'main', tabIndex: 0, role: 'application', 'aria-label': 'map of the samples: arrows walk from sample to sample, Enter keeps one, Shift with arrows walks between them' });
  private readonly curve = h('canvas', { tabIndex: -1, role: 'img', 'aria-label': 'spectra' });
  private readonly tag = h('div', { class: 'tag hidden' });
  private readonly read = h('aside', { class: 'read', 'aria-label': 'reading' });
  private readonly rail = h('nav', { class: 'rail', 'aria-label': 'colour and layers' });
  private readonly legend = h('div', { class: 'legend', 'aria-hidden': 'true' });
  private readonly bar = h('div', { class: 'bar' });
  private readonly status = h('div', { class: 'status' });
  private readonly said = h('div', { class: 'sr', role: 'status', 'aria-live': 'polite' });
  private readonly tabs = h('div', { class: 'group', role: 'group', 'aria-label': 'maps' });
  private readonly tools = h('div', { class: 'tools', role: 'toolbar', 'aria-label': 'tools of the map' });
  private readonly place = h('section', { class: 'map', 'aria-label': 'map' });
  private readonly drop = h('div', { class: 'drop hidden' }, 'Drop spectra: they are placed here and stay on this machine');
  private readonly find = h('input', { placeholder: 'Find sample  /', class: 'find', 'aria-label': 'find a sample by its name', list: 'names', size: 14 });

  constructor(private readonly root: HTMLElement, space: SpaceData, readonly server: Server | null, private readonly article: HTMLElement | null = null) { [space, ...(space.others ?? [])].forEach((one, k) => this.load(one, server ? k : null)); }

  get space(): SpaceData { return this.spaces[this.current].space; }
  get dark(): boolean { return this.state.theme === 'dark' || (this.state.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches); }
  /** The number by which the server knows this space; null where there is no server, or it knows it not. */
  get asked(): number | null { return this.served ? this.spaces[this.current].asked : null; }
  get served(): boolean { return this.server !== null && !this.server.gone; }

  private load(space: SpaceData, asked: number | null): void {
    const mean = meanRelevance(space);
    this.spaces.push({ space, model: new MapModel(space.decoder), mean, range: firstRange(space, mean), state: '', asked });
  }

  begin(): void {
    const own = this.space.axis.name as Unit;
    this.first = start(firstChoice(this.space), own, this.space.kind === 'absorption' ? 'lin' : 'sqrt');
    this.fromText(location.hash);
    this.build();
    window.addEventListener('hashchange', () => { this.fromText(location.hash); this.refresh(); });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.refresh());
    new ResizeObserver(() => this.draw()).observe(this.place);
    new ResizeObserver(() => this.draw()).observe(this.curve.parentElement!);
    this.refresh();
  }
  private fromText(text: string): void {
    const n = Number(new URLSearchParams(text.replace(/^#/, '')).get('n') ?? 0);
    if (Number.isInteger(n) && n >= 0 && n < this.spaces.length) this.current = n;
    this.state = this.decoded_(text);
  }
  private decoded_(text: string): State {
    const { space } = this;
    const inLasso = (corners: [number, number][]): number[] => [...space.names.keys()].filter((k) => insidePolygon(corners, at(space.points, k, 0), at(space.points, k, 1)));
    return decode(text, this.first, space.names.length, space.axis.values.length, inLasso);
  }

  // ---- building -------------------------------------------------------------------------------------------------
  private build(): void {
    const { space } = this, header = h('header', {},
      h('h1', { title: space.title }, named(space.title)), h('span', { class: 'facts' }, `${space.names.length} spectra${space.wavelength ? ` · λ ${+space.wavelength.toPrecision(5)} Å` : ''}`),
      this.tabs, h('span', { class: 'grow' }), this.find, h('datalist', { id: 'names' }, [...new Set(space.names)].slice(0, 2000).map((name) => h('option', { value: name }))),
      this.article && h('button', { class: 'report-button', 'aria-pressed': 'true', title: 'the report beside the map (R)', onclick: () => this.toggleReport() }, 'Report', h('kbd', {}, 'R')), h('button', { class: 'more', onclick: () => this.toggleRail() }, 'Colour'), h('button', { class: 'compare', onclick: () => this.compare() }, 'Compare', h('kbd', {}, 'C')),
      h('button', { onclick: () => this.menu(), 'aria-haspopup': 'menu' }, 'Export', h('kbd', {}, 'E')), h('button', { onclick: () => this.theme(), 'aria-label': 'light or dark', title: 'light or dark (D)' }, '◐'),
      h('button', { class: 'help', onclick: () => this.help(), 'aria-label': 'keys and gestures', title: 'keys (?)' }, '?'));
    this.place.append(this.map, this.tools, this.legend, this.tag, this.quilt.node, this.drop, this.said);
    const hold = h('div', { class: 'hold' }, this.curve, this.status), curve = h('section', { class: 'curve', 'aria-label': 'spectra' }, this.bar, hold);
    const phone = h('div', { class: 'phone', role: 'toolbar', 'aria-label': 'what a finger does' },
      h('button', { onclick: () => this.tool('read') }, 'Walk'), h('button', { onclick: () => this.tool('select') }, 'Select'), h('button', { onclick: () => this.maskTop() }, 'Mask'), h('button', { onclick: () => this.compare() }, 'Compare'), h('button', { onclick: () => this.toggleRail() }, 'More'));
    const footer = h('footer', {}, h('button', { class: 'made', onclick: () => this.showCaption(), title: 'the whole caption' }, caption(space)), h('span', {}, this.server ? (this.server.kind === 'kernel' ? 'answers come from the kernel' : 'nothing leaves this machine') : 'a file: needs no network'));
    fill(this.root, header, this.rail, this.place, this.read, curve, footer, phone);
    if (this.article) this.setReport(this.article);
    this.find.addEventListener('input', () => this.findNow());
    this.find.addEventListener('keydown', (e) => { if (e.key === 'Enter') { this.findNow(true); this.map.focus(); } });
    if (space.live && this.server) {
      this.live = new Live(this.server.token, () => this.draw(true), (number) => this.showLive(number), (row) => { const unit = this.unit; return alarmWords(row, unit, (p) => inUnit(this.spaces[0].space, p, unit)); });
      this.place.append(this.live.node); this.live.connect();
    }
    this.onMap(); this.onCurve(); this.onKeys(); this.onDrop();
  }

  /** The text of a study beside its map; a sample's name in it is kept when it is pressed. */
  private setReport(article: HTMLElement): void {
    article.hidden = false; article.tabIndex = 0; article.setAttribute('aria-label', 'report');
    this.root.append(article);
    this.root.classList.add('with-report');
    const numbers = new Map(this.space.names.map((name, k) => [name, k]));
    for (const cell of article.querySelectorAll('td')) if (numbers.has(cell.textContent!.trim())) cell.classList.add('sample');
    article.addEventListener('click', (e) => { const cell = (e.target as HTMLElement).closest('td.sample'); if (cell) { if (this.current) this.turnTo(0); this.pin(numbers.get(cell.textContent!.trim())!); } });
    article.prepend(h('button', { class: 'to-map', onclick: () => this.toggleReport() }, 'Walk in the map'));
  }
  private toggleReport(): void {
    if (!this.article) return;
    const open = this.root.classList.toggle('with-report');
    this.root.querySelector('.report-button')?.setAttribute('aria-pressed', String(open));
    this.draw(true);
  }

  private findNow(sure = false): void {
    const text = this.find.value.trim().toLowerCase();
    if (!text) return;
    const { names } = this.space, exact = names.findIndex((n) => n.toLowerCase() === text), near = names.map((n, k) => (n.toLowerCase().includes(text) ? k : -1)).filter((k) => k >= 0);
    if (exact >= 0 || (sure && near.length === 1)) { this.remember(); this.pin(exact >= 0 ? exact : near[0]); }
    else if (sure && near.length) { this.remember(); Object.assign(this.state, { selection: near, lasso: [], pin: null, walk: null, between: null }); this.refresh(); }
    else this.say(near.length ? `${near.length} samples; Enter selects them` : 'no sample is called so');
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
    fill(this.tabs, this.spaces.map((one, k) => h('button', { 'aria-pressed': String(k === this.current), title: one.space.title, onclick: () => this.turnTo(k) }, this.tabName(one))), this.served && (this.spaces[0].space.parts?.length ?? 0) > 1 && !this.spaces.some((one) => one.space.mixture) && h('button', { class: 'mixtures', 'aria-pressed': 'false', disabled: this.busy !== '', title: `samples between ${this.spaces[0].space.parts!.join(', ')}`, onclick: () => this.openMixtures() }, this.busy || 'Mixtures'));
    this.buildRail(); this.buildTools(); this.buildBar(); this.updateMoved(); this.draw(true);
  }

  private tabName(one: Loaded): string { return !one.space.mixture && this.spaces.indexOf(one) && one.space.names.length !== this.spaces[0].space.names.length ? `${one.space.names.length} anew: ${one.space.provenance.map}` : one.space.provenance.map; }
  private buildRail(): void {
    const { space, state } = this, c = this.colours!, ramp = h('canvas', { class: 'ramp', width: 120, height: 1 });
    if (c.range) { const context = ramp.getContext('2d')!; for (let k = 0; k < 120; k++) { context.fillStyle = css(viridis(k / 119, this.dark)); context.fillRect(k, 0, 1, 1); } }
    const check = (text: string, key: 'painted' | 'spread' | 'path' | 'contours' | 'ways', possible: boolean): HTMLElement | null => (possible ? h('label', { class: 'check' }, h('input', { type: 'checkbox', checked: state[key], onchange: () => this.set({ [key]: !state[key] }) }), text) : null);
    const digits = c.range ? Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(Math.max(c.range[1] - c.range[0], 1e-9))))) : 0;
    const small = h('canvas', { class: 'ramp', width: 120, height: 1 });
    small.getContext('2d')!.drawImage(ramp, 0, 0);
    this.buildLegend(c, small, Math.min(digits, 2));
    fill(this.rail, h('h2', { id: 'colour' }, 'Colour'),
      h('select', { 'aria-labelledby': 'colour', onchange: (e: Event) => this.set({ colour: (e.target as HTMLSelectElement).value, hidden: [] }) }, choices(space).map((one) => h('option', { value: one.key, selected: one.key === state.colour }, one.title))),
      c.range && ramp, c.range && h('div', { class: 'ends' }, h('span', {}, fixed(c.range[0], Math.min(digits, 2))), h('span', {}, fixed(c.range[1], Math.min(digits, 2)))),
      c.legend.length ? h('h2', {}, 'Show') : null,
      c.legend.map((entry, k) => h('button', { class: 'entry', 'aria-pressed': String(!state.hidden.includes(k)), title: 'hide or show; double click: only this', onclick: (e: MouseEvent) => this.filter(k, e.detail > 1) }, this.dot(entry.colour, entry.shape), h('span', {}, entry.text), h('span', { class: 'count' }, String(entry.count)))),
      h('h2', {}, 'Layers'), check(`painted ${c.title}`, 'painted', c.paint !== null), space.mixture ? check('intervals, as regions', 'spread', true) : check(`spread of ${space.n_members} networks`, 'spread', space.ellipses !== null), check('path of the series', 'path', c.values !== null), check('contours', 'contours', c.paint !== null), check('which way labels grow', 'ways', space.labels.length > 0 && !space.mixture),
      h('h2', {}, 'Samples'), h('button', { onclick: () => this.table() }, 'As a table', h('kbd', {}, 'T')));
  }
  /** What the colours mean, on the map itself where the rail is folded. */
  private buildLegend(c: Colouring, ramp: HTMLCanvasElement, digits: number): void {
    const most = 9, entries = c.legend.slice(0, most);
    if (c.range && c.legend.length > 6) fill(this.legend, h('b', {}, c.title), h('div', { class: 'scale' }, fixed(c.range[0], digits), ramp, fixed(c.range[1], digits)));
    else fill(this.legend, c.title && c.legend.length ? h('b', {}, c.title) : null, entries.map((entry) => h('div', {}, this.dot(entry.colour, entry.shape), entry.text)), c.legend.length > most ? h('div', {}, `and ${c.legend.length - most} more`) : null);
  }
  private dot(colour: [number, number, number], shape: number): HTMLCanvasElement {
    const canvas = h('canvas', { width: 28, height: 28, 'aria-hidden': 'true' }), context = canvas.getContext('2d')!;
    canvas.style.width = canvas.style.height = '14px';
    context.scale(2, 2); shapePath(context, shape, 7, 7, 4.6); context.fillStyle = css(colour); context.fill(); context.strokeStyle = this.dark ? '#e8ebf0' : '#15181c'; context.stroke();
    return canvas;
  }
  private filter(k: number, only: boolean): void {
    const all = [...this.colours!.legend.keys()], { hidden } = this.state;
    this.set({ hidden: only ? all.filter((one) => one !== k) : hidden.includes(k) ? hidden.filter((one) => one !== k) : [...hidden, k] });
  }
  private buildTools(): void {
    const tool = (name: State['tool'], text: string, key: string): HTMLElement => h('button', { 'aria-pressed': String(this.state.tool === name), onclick: () => this.tool(name) }, text, h('kbd', {}, key));
    fill(this.tools, tool('read', 'Read', 'V'), tool('select', 'Select', 'L'), tool('pan', 'Pan', 'H'), h('button', { onclick: () => this.set({ view: null }) }, 'Fit', h('kbd', {}, '0')), h('button', { disabled: !this.undone.length, onclick: () => this.undo() }, 'Undo', h('kbd', {}, 'Ctrl Z')));
  }
  private buildBar(): void {
    this.barMode = this.mode();
    const { state } = this;
    const group = <T extends string>(name: string, all: readonly T[], words: Record<T, string>, now: T, set: (one: T) => void): HTMLElement => h('div', { class: 'group', role: 'group', 'aria-label': name }, all.map((one) => h('button', { 'aria-pressed': String(one === now), onclick: () => set(one) }, words[one])));
    const own = units(this.space);
    fill(this.bar, h('div', { class: 'title' }), group('spectra', ['overlay', 'mean', 'stagger', 'heat'] as const, { overlay: 'overlay', mean: 'mean', stagger: 'stagger', heat: 'heat' }, this.mode(), (mode: Mode) => this.set({ mode })),
      group('intensity scale', ['lin', 'sqrt', 'log'] as const, { lin: 'lin', sqrt: '√', log: 'log' }, state.scale, (scale: Scale) => this.set({ scale })),
      own.length > 1 ? group('axis', own, { two_theta: '2θ', q: 'q', d: 'd', energy: 'E' }, own.includes(state.unit) ? state.unit : own[0], (unit: Unit) => this.set({ unit })) : null);
  }
  tool(tool: State['tool']): void { this.state.tool = tool; this.buildTools(); this.draw(); }
  theme(): void { this.set({ theme: this.dark ? 'light' : 'dark' }); }
  private toggleRail(): void { this.rail.classList.toggle('open'); }

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
  private get lead(): number { return this.colours?.paint?.label ?? 0; }
  get unit(): Unit { const own = units(this.space); return own.includes(this.state.unit) ? this.state.unit : own[0]; }
  /** What was dropped or has come live and is looked at. */
  private get focus(): Placed | null {
    const row = this.current ? null : this.live?.row(this.hoverLive ?? this.liveShown);
    if (row) return { file: row.name, file_data: new File([], row.name), error: null, sample: row, spectrum: row.spectrum };
    return this.star === null ? null : this.placed[this.star] ?? null;
  }
  /** Live points are on the screen and nothing else is looked at. */
  private get watching(): LiveRow[] | null {
    const { state } = this, rows = this.live && !this.current ? this.live.shown : [];
    return rows.length && !state.walk && this.shown === null && !state.selection.length && !this.placed.length && this.focus === null ? rows : null;
  }
  private waterfall(rows: LiveRow[]): Line[] { const ink = this.dark ? '#e8ebf0' : '#15181c'; return rows.filter((row) => row.spectrum?.length === this.space.axis.values.length).slice(-80).map((row) => ({ values: row.spectrum!, colour: liveColour(row, { space: this.space, colouring: this.colours!, dark: this.dark }) ?? ink, text: String(row.number) })); }
  showLive(number: number): void { if (this.current) this.turnTo(0); this.liveShown = this.liveShown === number ? null : number; this.star = null; Object.assign(this.state, { walk: null, between: null, pin: null }); this.hoverOf = null; this.refresh(); }
  get shown(): number | null { return this.hoverOf ?? (this.state.walk ? null : this.state.pin); }
  private mode(): Mode {
    if (this.state.walk || this.shown !== null || this.focus?.spectrum) return this.state.mode === 'stagger' ? 'stagger' : 'overlay';
    if (!this.state.selection.length) return this.state.mode === 'overlay' ? 'heat' : this.state.mode;
    return this.state.mode;
  }
  get range(): [number, number] { return this.state.range ?? this.spaces[this.current].range; }
  private peaksOf(k: number): Peaks | null {
    const sent = this.space.peaks?.[k];
    if (sent) return sent;
    const key = `${this.current}:${k}`, known = this.askedPeaks.get(key);
    if (known) return known === 'asked' ? null : known;
    if (this.asked !== null) {
      this.askedPeaks.set(key, 'asked');
      this.server!.ask<Peaks>('peaks', { space: this.asked, sample: k }).then((peaks) => { this.askedPeaks.set(key, peaks); this.draw(true); }).catch(() => this.askedPeaks.delete(key));
    }
    return null;
  }

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
  private walkNow(): { known: boolean; number: number; spacings: number } {
    const { x, y } = this.state.walk!, { mixture } = this.space, near = nearestKnown(this.space, x, y);
    return { ...near, known: mixture ? isMixture(fractionsOf(mixture, x, y)) : near.spacings <= this.space.reach };
  }
  /** The decoded spectrum of the walk, of the visible window. */
  private decodeNow(): (Decoded & { first: number }) | null {
    const { walk } = this.state, loaded = this.spaces[this.current];
    if (!walk) return null;
    const [first, last] = windowOf(this.space, this.range), key = [this.current, walk.x, walk.y, first, last].join();
    if (this.decoded?.key === key) return this.decoded;
    if (loaded.model.decodes) this.decoded = { ...loaded.model.decode(walk.x, walk.y, first, last)!, first, key };
    else if (this.asked !== null && this.space.decoder.kind === 'none' && this.space.decoder.server_decodes) this.askDecoded(walk.x, walk.y, key);
    else this.decoded = null;
    return this.decoded;
  }
  private asking = '';
  private askDecoded(x: number, y: number, key: string): void {
    if (this.asking) return;
    this.asking = key;
    this.server!.ask<{ spectra: Table }>('decode', { space: this.asked, points: [[x, y]] }).then((told) => {
      this.decoded = { curve: Float64Array.from(rowOf(told.spectra, 0)), differ: null, first: 0, key }; this.asking = ''; this.draw(true);
    }).catch(() => { this.asking = ''; });
  }

  private curves(): Curve[] {
    const { space, state } = this, ink = this.dark ? '#e8ebf0' : '#15181c', orange = this.dark ? '#ff9a5a' : '#b4470a', grey = this.dark ? '#8b949f' : '#6d7680';
    const whole = (k: number, colour: string, width = 1.2): Curve => ({ values: rowOf(space.spectra, k), first: 0, colour, width, name: space.names[k] });
    const { focus, watching } = this;
    if (focus?.spectrum && this.hoverOf === null) {
      const one = focus, near = space.names.indexOf(one.sample!.nearest);
      return [...(near >= 0 ? [{ ...whole(near, grey), name: `${space.names[near]}, nearest known` }] : []), { values: one.spectrum!, first: 0, colour: ink, width: 1.3, name: one.sample!.name }];
    }
    if (state.walk && this.hoverOf === null) {
      const now = this.walkNow(), decoded = this.decodeNow(), from = state.walk.from;
      const begin = from === null ? [] : [{ ...whole(from, ink, 1), name: `${space.names[from]}, where the walk began` }];
      if (!decoded) return [...begin, { ...whole(now.number, grey), name: `${space.names[now.number]}, the nearest sample` }];
      return [...begin, { values: decoded.curve, first: decoded.first, colour: now.known ? orange : grey, width: 1.5, name: now.known ? 'decoded here' : 'what the map would say; nothing is known here' }];
    }
    const shown = this.shown;
    if (shown !== null) {
      const found = [whole(shown, ink)];
      if (state.masks.length && shown === state.pin) found.push({ values: maskedCopy(space, shown, state.masks), first: 0, colour: orange, width: 1.2, name: 'masked' });
      if (this.hoverOf !== null && state.pin !== null && this.hoverOf !== state.pin) found.unshift({ ...whole(state.pin, grey, 1), name: `${space.names[state.pin]}, kept` });
      return found;
    }
    if (this.mode() === 'heat') return [];
    const chosen = (state.selection.length ? state.selection : [...space.names.keys()]).filter(this.visible);
    if (watching) return this.waterfall(watching).slice(-24).map((one): Curve => ({ values: one.values, first: 0, colour: one.colour, width: 1, name: one.text }));
    if (this.mode() === 'mean') return [{ values: this.middle(chosen).mean, first: 0, colour: ink, width: 1.4, name: `mean of ${chosen.length}` }];
    const sorted = this.sorted(chosen), most = this.mode() === 'stagger' ? 24 : 60, step = Math.max(1, sorted.length / most);
    return Array.from({ length: Math.min(sorted.length, most) }, (_, k) => sorted[Math.floor(k * step)]).map((k) => whole(k, css(this.colours!.of[k]), 1));
  }
  private middleKept: { rows: number[]; mean: Float64Array; low: Float64Array; high: Float64Array } | null = null;
  /** Mean of spectra, and one standard deviation around it. */
  private middle(numbers: number[]): { mean: Float64Array; low: Float64Array; high: Float64Array } {
    if (this.middleKept && this.middleKept.rows.join() === numbers.join()) return this.middleKept;
    const n = this.space.axis.values.length, mean = new Float64Array(n), squares = new Float64Array(n), count = Math.max(numbers.length, 1);
    for (const k of numbers) { const row = rowOf(this.space.spectra, k); for (let j = 0; j < n; j++) { mean[j] += row[j] / count; squares[j] += row[j] * row[j] / count; } }
    const spread = squares.map((one, j) => Math.sqrt(Math.max(one - mean[j] * mean[j], 0)));
    this.middleKept = { rows: numbers, mean, low: mean.map((one, j) => one - spread[j]), high: mean.map((one, j) => one + spread[j]) };
    return this.middleKept;
  }
  private rowsKept: { colours: Colouring; selection: number[]; hidden: number[]; rows: number[] } | null = null;
  /** The rows of the heat map: the same list while nothing of it changes. */
  private rows(): number[] {
    const { selection, hidden } = this.state, colours = this.colours!, kept = this.rowsKept;
    if (kept && kept.colours === colours && kept.selection === selection && kept.hidden === hidden) return kept.rows;
    const rows = this.sorted((selection.length ? selection : [...this.space.names.keys()]).filter(this.visible));
    this.rowsKept = { colours, selection, hidden, rows };
    return rows;
  }
  private sorted(numbers: number[]): number[] {
    const { values, entry } = this.colours!, others = this.space.labels.flatMap((l) => l.columns.map((_, c) => (k: number) => at(l.values, k, c)));
    return [...numbers].sort((a, b) => (values ? values[a] - values[b] : entry[a] - entry[b]) || others.reduce((found, of) => found || of(a) - of(b), 0) || a - b);
  }

  scene(): Scene {
    const { state, space } = this, moved = typeof this.moved === 'object' ? this.moved : null;
    const walk = state.walk ? { ...state.walk, known: this.walkNow().known } : null;
    return {
      space, colouring: this.colours!, visible: this.visible, hides: state.hidden.length > 0, selected: new Set(state.selection), view: this.view(), pin: state.pin, hover: this.hoverOf ?? this.lightOnly, walk,
      arrow: moved && state.pin !== null && state.masks.length && !walk ? { from: moved.whole, to: moved.masked, members: moved.members.length > 1 ? moved.members : [] } : null,
      lasso: this.lasso, stars: this.stars.map(({ one, place }) => ({ name: one.sample!.name, x: place[0], y: place[1], foreign: !!one.sample!.foreign })),
      star: this.star === null ? null : this.stars.findIndex(({ one }) => one === this.placed[this.star!]), live: this.live && !this.current ? { rows: this.live.shown, shown: this.hoverLive ?? this.liveShown } : null, between: state.between, painted: state.painted, spread: state.spread, path: state.path, contours: state.contours, ways: state.ways && !space.mixture, dark: this.dark,
    };
  }
  /** What was dropped, where it lies on the map that is open: on the first by its coordinates, between parts by its fractions. */
  private get stars(): { one: Placed; place: [number, number] }[] {
    const { mixture } = this.space, place = (sample: Record<string, any>): [number, number] | null => (!this.current ? sample.coordinates : mixture && sample.fraction ? placeOfFractions(mixture, sample.fraction) : null);
    return this.placed.flatMap((one) => { const found = one.sample && place(one.sample); return found ? [{ one, place: found }] : []; });
  }
  curveScene(): CurveScene {
    const { state, space } = this, shown = this.shown;
    const { unit, watching } = this, lines = watching && this.mode() === 'heat' ? this.waterfall(watching) : [];
    return {
      space, lines: lines.length > 1 ? lines : null, colouring: this.colours!, mode: this.mode(), scale: state.scale, unit, range: this.range, curves: this.curves(), rows: this.mode() === 'heat' && !lines.length ? this.rows() : NONE, light: this.hoverOf ?? this.lightOnly,
      peaks: shown !== null ? this.peaksOf(shown) : null, mean: shown !== null ? null : this.spaces[this.current].mean, masks: shown !== null && shown === state.pin ? state.masks : [], pointer: this.pointer, drag: this.dragged, dark: this.dark, known: true, phases: this.phases, states: shown !== null && this.mode() === 'overlay' ? this.statesOf(shown) : null,
      band: this.mode() === 'mean' && shown === null && !state.walk ? this.middle((state.selection.length ? state.selection : [...space.names.keys()]).filter(this.visible)) : null,
    };
  }
  private byName: Map<string, States> | null = null;
  /** Densities of states of a sample that was computed; null of others. */
  statesOf(k: number): States | null {
    const first = this.spaces[0].space;
    this.byName ??= new Map((first.states ?? []).map((one) => [one.name, one]));
    return first.axis.name === this.space.axis.name ? this.byName.get(this.space.names[k]) ?? null : null;
  }
  /** Phases whose reflections are known, on the axis that all maps share. */
  private get phases(): NonNullable<SpaceData['lines']> { const first = this.spaces[0].space; return first.axis.name === this.space.axis.name ? first.lines ?? [] : []; }
  private size(canvas: HTMLCanvasElement): [number, number] { const box = canvas.getBoundingClientRect(); return [box.width, box.height]; }
  view(): View { const [w, hh] = this.size(this.map); return this.state.view ?? fitted(this.space, w, hh, this.stars.map(({ place }) => place)); }

  // ---- drawing --------------------------------------------------------------------------------------------------
  private panels = false;
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
    this.drawTitle(curves); this.drawTag(scene); this.drawReading();
    this.quilt.draw();
    if (this.panels) { this.panels = false; this.keepAddress(); }
  }
  private ready(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const [w, hh] = this.size(canvas), ratio = window.devicePixelRatio || 1, context = canvas.getContext('2d', { willReadFrequently: true })!;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(hh * ratio)) { canvas.width = Math.round(w * ratio); canvas.height = Math.round(hh * ratio); }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }
  private viewTold = '';
  /** A view and a selection that a notebook sets; a new view brings its own selection. */
  taken(view: string, selection: number[]): void {
    if (view && view !== this.viewTold) { this.viewTold = view; this.fromText(view); this.refresh(); return; }
    const numbers = selection.filter((k) => Number.isInteger(k) && k >= 0 && k < this.space.names.length);
    if (numbers.join() !== this.state.selection.join()) this.set({ selection: numbers, lasso: [], pin: null, walk: null, between: null });
  }
  private keeping = 0;
  private keepAddress(): void {
    clearTimeout(this.keeping);
    this.keeping = window.setTimeout(() => {
      if (this.current > (this.spaces[0].space.others ?? []).length) return; // a map made anew lives in this page only
      const text = [this.current ? `n=${this.current}` : '', encode(this.state, this.first)].filter(Boolean).join('&');
      this.server?.show((this.viewTold = text), this.state.selection);
      try { history.replaceState(null, '', `${location.pathname}${location.search}${text ? `#${text}` : ''}`); } catch { /* a page in a frame may not */ }
    }, 150);
  }
  private drawTitle(scene: CurveScene): void {
    const title = this.bar.querySelector('.title') as HTMLElement, { space, state } = this;
    if (scene.lines || (this.watching && scene.mode === 'stagger')) fill(title, h('b', {}, `Live: the last ${scene.lines?.length ?? scene.curves.length} spectra, newest on top`));
    else if (scene.mode === 'heat' || scene.curves.length > 3) {
      const n = state.selection.length ? state.selection.length : space.names.length, by = this.colours!.title;
      fill(title, h('b', {}, `${state.selection.length ? `${n} selected` : `All ${n}`} spectra${scene.mode === 'heat' ? ', one row each' : scene.curves.length < n ? `, ${scene.curves.length} of them` : ''}${by && by !== 'one colour' ? `, by ${by}` : ''}`));
    } else {
      const entry = (colour: string, ...text: (Node | string)[]): HTMLElement => { const mark = h('i', {}); mark.style.borderColor = colour; return h('span', {}, mark, text); };
      fill(title, scene.curves.map((curve) => entry(curve.colour, ...named(curve.name))), (scene.states?.channels ?? []).map((one) => entry(shellColour(one, this.dark), `${one} states of the absorber`)));
    }
    const { pointer } = this;
    if (pointer === null) { this.status.textContent = ''; return; }
    const own = units(space), values = own.map((unit) => `${AXES[unit].split(' ')[0]} ${fixed(inUnit(space, pointer, unit), unit === 'energy' ? 1 : 3)}`);
    const curve = scene.curves.at(-1), index = indexAt(space, pointer), value = curve?.values[index - curve.first];
    const [cw] = this.size(this.curve), line = reflectionAt(this.phases, pointer, (6 * (this.range[1] - this.range[0])) / Math.max(cw, 1));
    const states = scene.states?.channels.flatMap((one, c) => { const told = statesAt(scene.states!, c, pointer); return told === null ? [] : [`${one} ${fixed(told, 3)} /eV`]; }) ?? [];
    this.status.textContent = [line ? `${line.phase} ${line.hkl}` : '', ...values, value === undefined || scene.mode === 'heat' ? '' : `I ${fixed(value, 3)}`, ...states].filter(Boolean).join('   ');
  }

  private drawTag(scene: Scene): void {
    const [w, hh] = this.size(this.map), { walk } = this.state;
    if (this.comparing) { this.tag.classList.add('hidden'); return; }
    let place: [number, number] | null = null, side = 1, unknown = false, lines: (Node | string)[][] = [];
    if (this.hoverOf !== null) {
      const k = this.hoverOf, { space } = this;
      place = toScreen(scene.view, w, hh, at(space.points, k, 0), at(space.points, k, 1));
      const told = this.told().map(({ l, c }) => `${l.columns[c]} ${fixed(at(l.values, k, c), 2)}`);
      lines = [[h('b', {}, named(space.names[k]))], [[...told, ...space.classes.slice(0, 1).map((one) => one.values[k])].join(', ') || `differs from its nearest by ${+space.nearest.distance[k].toPrecision(2)}`]];
    } else if (this.hoverLive !== null && this.live?.row(this.hoverLive)) {
      const row = this.live.row(this.hoverLive)!;
      place = toScreen(scene.view, w, hh, ...row.coordinates);
      lines = [[h('b', {}, `${row.number}: `, named(row.name))], [row.foreign ? 'unlike everything known' : `nearest ${row.nearest ?? 'not told'}`]];
    } else if (walk) {
      const now = this.walkNow(), from = walk.from;
      place = toScreen(scene.view, w, hh, walk.x, walk.y);
      if (from !== null && at(this.space.points, from, 0) < walk.x) side = -1;
      unknown = !now.known;
      const { mixture } = this.space, fractions = mixture && now.known ? fractionsOf(mixture, walk.x, walk.y) : null;
      const told = mixture ? fractions?.map((one, c) => `${mixture.names[c]} ${fixed(Math.max(one, 0), 2)}`) ?? [] : now.known ? this.told().map(({ l, c }) => { const one = readLabel(l, walk.x, walk.y), half = (one.upper[c] - one.lower[c]) / 2, digits = decimals(half > 0 ? half / 3 : 0.01); return `${l.columns[c]} ${fixed(l.name === 'composition' ? Math.max(one.value[c], 0) : one.value[c], digits)} ± ${fixed(half, digits)}`; }) : [];
      lines = unknown ? [[h('b', {}, mixture ? 'outside the parts' : 'nothing known here')], [mixture ? 'no mixture of these parts' : `nearest sample ${fixed(now.spacings, 1)} spacings away`]] : [[h('b', {}, told.join('  ') || 'between samples')], [this.spaces[this.current].model.decodes ? 'decoded, not a sample' : 'a place, not a sample']];
    }
    this.tag.classList.toggle('hidden', place === null); this.tag.classList.toggle('unknown', unknown);
    if (!place) return;
    fill(this.tag, lines.map((line) => h('div', {}, line)));
    const left = side > 0 ? place[0] + 22 : place[0] - 304;
    this.tag.style.left = `${Math.max(4, Math.min(left < 4 ? place[0] + 22 : left, w - 286))}px`;
    this.tag.style.top = `${Math.max(4, Math.min(place[1] - 58, hh - 54))}px`;
  }
  /** What a tag tells: the label of the colours first, and one more. */
  private told(): { l: SpaceData['labels'][number]; c: number }[] {
    const all = this.space.labels.flatMap((l, n) => l.columns.map((_, c) => ({ l, c, first: this.colours!.paint?.label === n && this.colours!.paint.column === c }))).filter(({ l, c }) => this.varies(l, c));
    return all.sort((a, b) => Number(b.first) - Number(a.first)).slice(0, 2);
  }
  private varies(label: SpaceData['labels'][number], c: number): boolean { const first = at(label.values, 0, c); for (let k = 1; k < label.values.rows; k++) if (at(label.values, k, c) !== first) return true; return false; }

  private readingKey = '';
  private drawReading(): void {
    const { space, state } = this, shown = this.shown;
    const key = JSON.stringify([this.current, shown, state.walk, state.between, this.playing > 0, state.masks, state.selection.length ? state.selection : 0, this.star, this.placed.map((p) => [p.file, p.error, !!p.sample]), this.busy, this.served, this.liveShown, this.hoverLive, this.watching?.at(-1)?.number, state.unit, typeof this.moved === 'object' ? this.moved?.by : this.moved, shown !== null && !!this.peaksOf(shown), this.decoded?.key, this.lead]);
    if (key === this.readingKey) return;
    this.readingKey = key;
    if (state.walk && this.hoverOf === null) {
      const now = this.walkNow(), decoded = this.decodeNow();
      const readings = space.labels.map((label) => readLabel(label, state.walk!.x, state.walk!.y));
      const slider = this.read.querySelector('input[type=range]') as HTMLInputElement | null, held = slider && document.activeElement === slider;
      const fresh = walkReading(space, { ...state.walk, ...now, differ: decoded?.differ ?? null, fractions: space.mixture ? fractionsOf(space.mixture, state.walk!.x, state.walk!.y) : null, readings, decodes: decoded !== null, between: state.between, playing: this.playing > 0, lead: this.lead }, this);
      if (held) { const copy = fresh.findIndex((n) => n instanceof HTMLInputElement); if (copy >= 0) { slider.value = String(state.between![2]); const rest = [...this.read.childNodes]; rest.forEach((n) => { if (n !== slider) n.remove(); }); slider.before(...fresh.slice(0, copy)); slider.after(...fresh.slice(copy + 1)); return; } }
      fill(this.read, fresh);
    } else if (shown !== null) {
      const unit = units(space).includes(state.unit) ? state.unit : units(space)[0];
      fill(this.read, sampleReading(space, shown, { peaks: this.peaksOf(shown), phases: this.phases, masks: shown === state.pin ? state.masks : [], moved: this.moved, unit, position: (p) => inUnit(space, p, unit), pinned: shown === state.pin, lead: this.lead }, this));
    } else if (this.live && (this.watching || (this.focus && this.star === null))) fill(this.read, liveReading(space, this.live.shown, this.focus?.sample ?? null, this));
    else if (this.placed.length && (!this.current || space.mixture)) fill(this.read, placedReading(space, this.placed, this.star, this));
    else if (state.selection.length) fill(this.read, selectionReading(space, state.selection, this.asked !== null, this.served ? (space.mixture ? 'Samples are mapped anew from the first tab.' : 'This map was made anew in this page: select in the first tab to map again.') : this.server ? 'Nobody answers: nothing can be mapped anew.' : 'Mapping anew needs `peakscape explore`: this is a file.', this.busy, this, this.lead));
    else fill(this.read, emptyReading(space, this.server !== null));
    this.announce(shown);
  }
  private announce(shown: number | null): void {
    if (this.moving) return;
    if (shown !== null) this.say(`${this.space.names[shown]}. ${this.space.labels.map((l) => `${l.name} ${l.columns.filter((_, c) => this.varies(l, c)).map((column) => `${column} ${fixed(at(l.read, shown, l.columns.indexOf(column)), 2)}`).join(', ')}`).join('. ')}`);
    else if (this.state.walk && !this.walkNow().known) this.say('nothing known here');
    else if (this.state.selection.length) this.say(`${this.state.selection.length} samples selected`);
  }

  // ---- masks ----------------------------------------------------------------------------------------------------
  mask(from: number, to: number): void {
    if (this.state.pin === null) { if (this.shown === null) return; this.state.pin = this.shown; }
    const { masks } = this.state, is = masks.some((m) => m[0] === from && m[1] === to);
    this.set({ masks: is ? masks.filter((m) => m[0] !== from || m[1] !== to) : [...masks, [from, to]], walk: null, between: null });
  }
  private maskTop(): void {
    const shown = this.shown ?? this.state.pin;
    if (shown === null) { this.say('point at a sample first'); return; }
    const peaks = this.peaksOf(shown), next = peaks ? Array.from(peaks.start).findIndex((s, k) => !this.state.masks.some((m) => m[0] === s && m[1] === peaks.stop[k])) : -1;
    if (peaks && next >= 0) this.mask(peaks.start[next], peaks.stop[next]);
  }
  private updateMoved(): void {
    const { state, space } = this, k = state.pin, loaded = this.spaces[this.current];
    if (k === null || !state.masks.length) { this.moved = null; this.movedKey = ''; return; }
    const key = JSON.stringify([this.current, k, state.masks]);
    if (key === this.movedKey) return;
    this.movedKey = key;
    if (loaded.model.encodes) { this.moved = movedBy(loaded.model.encode(rowOf(space.spectra, k)), loaded.model.encode(maskedCopy(space, k, state.masks))); return; }
    const peaks = this.peaksOf(k), [start, stop] = state.masks[0];
    const listed = state.masks.length === 1 && peaks ? Array.from(peaks.start).findIndex((s, j) => s === start && peaks.stop[j] === stop) : -1;
    if (listed >= 0) {
      const whole: [number, number] = [at(space.points, k, 0), at(space.points, k, 1)], to: [number, number] = [whole[0] + at(peaks!.moved, listed, 0), whole[1] + at(peaks!.moved, listed, 1)];
      const error = peaks!.error[listed];
      this.moved = { whole, masked: to, members: [to], by: peaks!.relevance[listed], error: Number.isFinite(error) ? error : null };
    } else if (this.asked !== null) {
      this.moved = null;
      this.server!.ask<{ whole: Table; masked: Table }>('mask', { space: this.asked, sample: k, windows: state.masks }).then((told) => {
        if (key !== this.movedKey) return;
        const pairs = (t: Table): [number, number][] => Array.from({ length: t.rows }, (_, m) => [at(t, m, 0), at(t, m, 1)]);
        this.moved = movedBy(pairs(told.whole), pairs(told.masked)); this.draw();
      }).catch((error) => { this.moved = (error as Error).message; this.draw(); });
    } else if (space.mixture) this.moved = 'Masks move samples on maps, not between parts.';
    else this.moved = `Of a map of ${space.provenance.map} this file knows where one listed peak masked alone puts a sample; ranges and several peaks need \`peakscape explore\`.`;
  }

  // ---- acts of the panels ---------------------------------------------------------------------------------------
  pin(k: number): void { this.star = null; this.liveShown = null; this.set({ pin: k, walk: null, between: null, masks: k === this.state.pin ? this.state.masks : [] }); this.bringIntoView(k); }
  private bringIntoView(k: number): void {
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
  csv(): void { save(`${this.space.title}-table.csv`, tableCsv(this.space, this.state.selection.length ? this.state.selection : [...this.space.names.keys()]), 'text/csv'); }
  spectra(): void { save(`${this.space.title}-spectra.csv`, curvesCsv(this.space, this.leaving()), 'text/csv'); }
  private xy(): void {
    const { space } = this, [one] = this.leaving();
    save(`${one.name.replace(/[^\p{L}\p{N}.-]+/gu, '_')}.xy`, `# ${one.name}; ${space.axis.name} intensity; ${caption(space)}\n${Array.from(space.axis.values, (x, j) => `${x} ${+one.values[j].toPrecision(7)}`).join('\n')}\n`, 'text/plain');
  }
  /** The known spectra, or the selected, as a container with all labels: the server writes it. */
  private container(format: 'nc' | 'zarr'): void {
    const samples = this.state.selection.length ? this.state.selection : this.shown !== null ? [this.shown] : [];
    this.server!.ask<{ file: Int32Array }>('spectra', { space: this.asked, samples, format })
      .then((told) => save(`${this.space.title}${format === 'nc' ? '.nc' : '.zarr.zip'}`, Uint8Array.from(told.file), 'application/octet-stream'), (error) => this.notice((error as Error).message));
  }
  /** The spectra that are shown, as they leave the page. */
  private leaving(): { name: string; values: ArrayLike<number> }[] {
    const { space, state } = this;
    let curves: { name: string; values: ArrayLike<number> }[];
    if (state.walk && this.hoverOf === null) {
      const loaded = this.spaces[this.current], found = loaded.model.decode(state.walk.x, state.walk.y, 0, space.axis.values.length);
      curves = [found ? { name: `decoded at ${state.walk.x.toPrecision(5)} ${state.walk.y.toPrecision(5)}${this.walkNow().known ? '' : ' (nothing known here)'}`, values: found.curve } : { name: space.names[this.walkNow().number], values: rowOf(space.spectra, this.walkNow().number) }];
    } else if (this.shown !== null) curves = [{ name: space.names[this.shown], values: rowOf(space.spectra, this.shown) }];
    else curves = (state.selection.length ? state.selection : [...space.names.keys()]).map((k) => ({ name: space.names[k], values: rowOf(space.spectra, k) }));
    return curves;
  }
  python(): void {
    const numbers = this.state.selection.length ? this.state.selection : this.shown !== null ? [this.shown] : [...this.space.names.keys()];
    const text = pythonOf(this.space, numbers, 'auto');
    navigator.clipboard?.writeText(text).then(() => this.notice('copied'), () => this.dialog('Lines of Python', h('pre', {}, text)));
    if (!navigator.clipboard) this.dialog('Lines of Python', h('pre', {}, text));
  }
  anew(): void {
    if (this.asked === null || this.state.selection.length < 4 || this.busy) return;
    this.busy = 'mapping …'; this.draw(true);
    const began = Date.now(), tick = setInterval(() => { this.busy = `mapping … ${Math.round((Date.now() - began) / 1000)} s`; this.draw(); }, 1000);
    this.server!.ask<SpaceData>('remap', { space: this.asked, samples: this.state.selection, map: 'auto' }).then((space) => { this.load(space, null); this.busy = ''; this.turnTo(this.spaces.length - 1); this.notice('the selection is mapped anew; the map before stays in its tab'); })
      .catch((error) => { this.busy = ''; this.notice((error as Error).message); this.draw(true); }).finally(() => clearInterval(tick));
  }
  /** The known samples between the parts that the space knows: found by the server when it is asked for. */
  private openMixtures(): void {
    this.busy = 'unmixing …'; this.refresh();
    this.server!.ask<SpaceData>('mixtures', { space: 0 }).then((space) => { this.load(space, null); this.busy = ''; this.turnTo(this.spaces.length - 1); })
      .catch((error) => { this.busy = ''; this.notice((error as Error).message); this.refresh(); });
  }
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
  private stop(): void { if (this.playing) cancelAnimationFrame(this.playing); this.playing = 0; this.draw(); }
  /** Files of one drop were measured alike: the wavelength is that of all which lack it. */
  wavelength(_: number, value: string): void {
    const lacking = this.placed.filter((one) => one.error !== null && /wavelength/.test(one.error));
    for (const one of lacking) { one.error = null; void this.upload(one, { wavelength: value }); }
    this.draw(true);
  }

  // ---- files ----------------------------------------------------------------------------------------------------
  private onDrop(): void {
    let depth = 0;
    const files = (e: DragEvent): boolean => [...(e.dataTransfer?.types ?? [])].includes('Files');
    window.addEventListener('dragenter', (e) => { if (files(e)) { depth++; this.drop.classList.remove('hidden'); this.drop.textContent = this.server ? (this.server.kind === 'kernel' ? 'Drop spectra: the kernel places them' : 'Drop spectra: they are placed here and stay on this machine') : 'This is a file and cannot read spectra: open the space with `peakscape explore`'; } });
    window.addEventListener('dragleave', () => { if (--depth <= 0) { depth = 0; this.drop.classList.add('hidden'); } });
    window.addEventListener('dragover', (e) => { if (files(e)) e.preventDefault(); });
    window.addEventListener('drop', (e) => { if (!files(e)) return; e.preventDefault(); depth = 0; this.drop.classList.add('hidden'); void this.take([...e.dataTransfer!.files]); });
  }
  async take(files: File[]): Promise<void> {
    if (!this.server) { this.notice('a file cannot read spectra: open the space with `peakscape explore`'); return; }
    if (this.current && !this.space.mixture) this.turnTo(0);
    Object.assign(this.state, { walk: null, between: null, pin: null });
    const fresh: Placed[] = files.slice(0, 200).map((file) => ({ file: file.name, file_data: file, error: null, sample: null, spectrum: null }));
    this.placed.push(...fresh); this.hoverOf = null; this.draw(true);
    for (const one of fresh) await this.upload(one, {});
  }
  private async upload(one: Placed, told: Record<string, string>): Promise<void> {
    try {
      const answer = await this.server!.upload<Answer>(one.file_data, told), place = this.placed.indexOf(one);
      if (place < 0) return;
      const found = answer.samples.map((sample, k): Placed => ({ ...one, error: null, sample, spectrum: Float32Array.from(rowOf(plain(answer.spectra), k)) }));
      this.placed.splice(place, 1, ...found);
      if (this.star === null) this.star = place;
      this.say(found.map((f) => `${f.sample!.name}: ${f.sample!.foreign ? 'unlike everything known' : `nearest ${f.sample!.nearest}`}`).join('. '));
    } catch (error) { one.error = (error as Error).message; this.say(`${one.file}: ${one.error}`); }
    this.draw(true);
  }
  showStar(k: number): void { this.star = this.star === k ? null : k; Object.assign(this.state, { walk: null, between: null, pin: null }); this.refresh(); }

  // ---- the map under hand ---------------------------------------------------------------------------------------
  private near(px: number, py: number, within: number): number | null {
    const [w, hh] = this.size(this.map), view = this.view();
    if (this.space.names.length > MANY) { const [x, y] = toMap(view, w, hh, px, py); return cloudOf(this.space).near(x, y, within / view.scale, this.visible); }
    let found: number | null = null, least = within;
    for (let k = 0; k < this.space.names.length; k++) {
      if (!this.visible(k)) continue;
      const [x, y] = toScreen(view, w, hh, at(this.space.points, k, 0), at(this.space.points, k, 1)), far = Math.hypot(x - px, y - py);
      if (far < least) { least = far; found = k; }
    }
    return found;
  }
  private nearStar(px: number, py: number): number | null {
    const [w, hh] = this.size(this.map), view = this.view();
    const found = this.stars.find(({ place }) => { const [x, y] = toScreen(view, w, hh, ...place); return Math.hypot(Math.min(Math.max(x, 18), w - 18) - px, Math.min(Math.max(y, 54), hh - 30) - py) < 11; });
    return found ? this.placed.indexOf(found.one) : null;
  }

  private nearLive(px: number, py: number): number | null {
    if (!this.live || this.current) return null;
    const [w, hh] = this.size(this.map), view = this.view();
    let found: number | null = null, least = 11;
    for (const row of this.live.shown) { const [x, y] = toScreen(view, w, hh, ...row.coordinates), far = Math.hypot(x - px, y - py); if (far <= least) { least = far; found = row.number; } }
    return found;
  }

  private onMap(): void {
    const { map } = this, pointers = new Map<number, [number, number]>();
    let down: { x: number; y: number; sample: number | null; view: View; act: 'none' | 'walk' | 'pan' | 'lasso'; alt: boolean } | null = null, pinch = 0;
    const local = (e: PointerEvent | WheelEvent): [number, number] => { const box = map.getBoundingClientRect(); return [e.clientX - box.left, e.clientY - box.top]; };
    const zoom = (factor: number, px: number, py: number): void => {
      const [w, hh] = this.size(map), view = this.view(), [x, y] = toMap(view, w, hh, px, py), scale = Math.min(Math.max(view.scale * factor, 1e-9), 1e12);
      this.state.view = { x: x - (px - w / 2) / scale, y: y + (py - hh / 2) / scale, scale };
      this.draw(true);
    };
    map.addEventListener('pointerdown', (e) => {
      const [x, y] = local(e);
      pointers.set(e.pointerId, [x, y]); map.setPointerCapture(e.pointerId); map.focus({ preventScroll: true });
      if (pointers.size === 2) { const [a, b] = [...pointers.values()]; pinch = Math.hypot(a[0] - b[0], a[1] - b[1]); down = null; this.lasso = []; return; }
      const star = this.nearStar(x, y);
      if (star !== null) { this.showStar(star); return; }
      const live = this.nearLive(x, y);
      if (live !== null && this.near(x, y, 6) === null) { this.hoverLive = null; this.showLive(live); return; }
      const sample = this.near(x, y, e.pointerType === 'touch' ? 26 : 12), { tool } = this.state;
      const lasso = (e.shiftKey && sample === null) || tool === 'select' || (e.shiftKey && this.state.pin === null);
      down = { x, y, sample, view: this.view(), act: 'none', alt: e.altKey };
      if (lasso) { down.act = 'lasso'; this.lasso = [toMap(this.view(), ...this.size(map), x, y)]; }
      this.remember();
    });
    map.addEventListener('pointermove', (e) => {
      const [x, y] = local(e), size = this.size(map);
      if (pointers.has(e.pointerId)) pointers.set(e.pointerId, [x, y]);
      if (pointers.size === 2) {
        const [a, b] = [...pointers.values()], far = Math.hypot(a[0] - b[0], a[1] - b[1]);
        if (pinch > 0) zoom(far / pinch, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
        pinch = far; return;
      }
      if (!down) { const before = this.hoverOf, liveBefore = this.hoverLive; this.hoverLive = e.pointerType === 'touch' ? null : this.nearLive(x, y); this.hoverOf = e.pointerType === 'touch' || (this.hoverLive !== null && this.near(x, y, 6) === null) ? null : this.near(x, y, 14); if (this.hoverOf !== null) this.hoverLive = null; if (before !== this.hoverOf || liveBefore !== this.hoverLive) { this.buildBarIfNeeded(); this.draw(); } return; }
      const far = Math.hypot(x - down.x, y - down.y);
      if (down.act === 'none' && far > 4) down.act = down.sample !== null && this.state.tool !== 'pan' && !e.shiftKey ? 'walk' : 'pan';
      if (down.act === 'walk') {
        const lift = e.pointerType === 'touch' ? 56 : 0, [mx, my] = toMap(this.view(), ...size, x, y - lift);
        this.hoverOf = null; this.star = null; this.liveShown = null; this.hoverLive = null; this.moving = true;
        const fresh = this.state.walk === null;
        this.state.between = null; this.state.walk = { x: mx, y: my, from: down.sample };
        if (fresh) this.buildBar();
        this.draw();
      } else if (down.act === 'pan') {
        const { view } = down;
        this.moving = true; this.hoverOf = null;
        this.state.view = { x: view.x - (x - down.x) / view.scale, y: view.y + (y - down.y) / view.scale, scale: view.scale }; this.draw();
      } else if (down.act === 'lasso' && far > 3) { this.lasso.push(toMap(this.view(), ...size, x, y)); this.draw(); }
    });
    const up = (e: PointerEvent): void => {
      pointers.delete(e.pointerId); pinch = 0;
      const was = down;
      down = null; this.moving = false;
      if (!was) { this.draw(true); return; }
      if (was.act === 'lasso' && this.lasso.length > 3) this.lassoed(was.alt);
      else if (was.act === 'lasso' || was.act === 'none') {
        this.lasso = [];
        if (was.sample !== null && e.shiftKey && this.state.pin !== null && was.sample !== this.state.pin) { this.state.between = [this.state.pin, was.sample, 0]; this.hoverOf = null; this.slide(0.5); this.refresh(); return; }
        if (was.sample !== null && this.state.tool === 'select') { const { selection } = this.state, k = was.sample; this.set({ selection: selection.includes(k) ? selection.filter((n) => n !== k) : [...selection, k], lasso: [] }); return; }
        if (was.sample !== null) { if (this.undone.length) this.undone.pop(); this.hoverOf = null; this.pin(was.sample); }
        else if (this.state.walk || this.state.pin !== null) this.set({ walk: null, between: null, pin: null, masks: [] });
      }
      this.refresh();
    };
    map.addEventListener('pointerup', up);
    map.addEventListener('pointercancel', (e) => { pointers.delete(e.pointerId); down = null; this.moving = false; this.lasso = []; this.draw(true); });
    map.addEventListener('pointerleave', () => { if (!down && (this.hoverOf !== null || this.hoverLive !== null)) { this.hoverOf = null; this.hoverLive = null; this.buildBarIfNeeded(); this.draw(); } });
    map.addEventListener('wheel', (e) => { e.preventDefault(); zoom(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0016)), ...local(e)); }, { passive: false });
    map.addEventListener('dblclick', (e) => { if (this.near(...local(e as unknown as PointerEvent), 12) === null) this.set({ view: null }); });
  }
  private barMode = '';
  private buildBarIfNeeded(): void { if (this.mode() !== this.barMode) { this.barMode = this.mode(); this.buildBar(); } }
  private lassoed(removes: boolean): void {
    const { space } = this, corners = this.lasso.filter((_, k) => k % Math.max(1, Math.floor(this.lasso.length / 40)) === 0);
    const inside = [...space.names.keys()].filter((k) => this.visible(k) && insidePolygon(corners, at(space.points, k, 0), at(space.points, k, 1)));
    this.lasso = [];
    const selection = removes ? this.state.selection.filter((k) => !inside.includes(k)) : inside;
    Object.assign(this.state, { selection, lasso: removes || this.state.hidden.length ? [] : corners, walk: null, between: null, pin: null, mode: 'heat' });
    this.hoverOf = null; this.star = null; this.refresh();
  }

  // ---- spectra under hand ---------------------------------------------------------------------------------------
  private onCurve(): void {
    const { curve } = this;
    let from: { x: number; position: number; alt: boolean } | null = null;
    const local = (e: MouseEvent): [number, number] => { const box = curve.getBoundingClientRect(); return [e.clientX - box.left, e.clientY - box.top]; };
    const position = (x: number): number => { const p = toPosition(this.size(curve)[0], this.range, x); return Math.min(Math.max(p, this.range[0]), this.range[1]); };
    curve.addEventListener('pointerdown', (e) => { const [x] = local(e); from = { x, position: position(x), alt: e.altKey }; curve.setPointerCapture(e.pointerId); });
    curve.addEventListener('pointermove', (e) => {
      const [x, y] = local(e);
      this.pointer = x >= LEFT ? position(x) : null;
      if (from && Math.abs(x - from.x) > 4) this.dragged = [from.position, position(x)];
      if (!from && this.mode() === 'heat') { const row = this.heatRow(y); if (row !== this.heatLight) { this.heatLight = row; this.light(row); } }
      this.draw();
    });
    curve.addEventListener('pointerup', (e) => {
      const was = from, [x, y] = local(e);
      from = null;
      if (this.dragged && was) {
        const [a, b] = [...this.dragged].sort((p, q) => p - q);
        this.dragged = null;
        if ((was.alt || e.altKey) && (this.state.pin ?? this.shown) !== null) this.mask(indexAt(this.space, a), Math.max(indexAt(this.space, b), indexAt(this.space, a) + 1));
        else if (indexAt(this.space, b) - indexAt(this.space, a) > 4) this.set({ range: [a, b] });
      } else if (was) {
        this.dragged = null;
        if (this.mode() === 'heat') { const row = this.heatRow(y); if (row !== null) this.pin(row); } else this.maskAt(x);
      }
      this.draw(true);
    });
    curve.addEventListener('pointerleave', () => { this.pointer = null; this.heatLight = null; this.light(null); this.draw(); });
    curve.addEventListener('dblclick', () => this.set({ range: null }));
    curve.addEventListener('wheel', (e) => {
      e.preventDefault();
      const axis = this.space.axis.values, middle = position(local(e)[0]), factor = Math.exp(e.deltaY * (e.deltaMode ? 0.05 : 0.0016));
      const range: [number, number] = [Math.max(axis[0], middle - (middle - this.range[0]) * factor), Math.min(axis[axis.length - 1], middle + (this.range[1] - middle) * factor)];
      if (indexAt(this.space, range[1]) - indexAt(this.space, range[0]) > 8) { this.state.range = range; this.draw(true); }
    }, { passive: false });
  }
  private heatLight: number | null = null;
  private lightOnly: number | null = null;
  /** Light a heat-map row's point without leaving the heat map. */
  private light(k: number | null): void { this.lightOnly = k; if (k !== null) this.say(this.space.names[k]); }
  private heatRow(y: number): number | null {
    const scene = this.curveScene(), [, ch] = this.size(this.curve), bottom = ch - 34 - 40, tall = bottom - 8;
    const k = Math.floor(((bottom - y) / tall) * scene.rows.length);
    return k >= 0 && k < scene.rows.length ? scene.rows[k] : null;
  }
  private maskAt(x: number): void {
    const shown = this.shown ?? this.state.pin;
    if (shown === null || this.state.walk) return;
    const peaks = this.peaksOf(shown), index = indexAt(this.space, toPosition(this.size(this.curve)[0], this.range, x));
    const own = this.state.masks.find(([a, b]) => index >= a && index < b);
    if (own) { this.mask(own[0], own[1]); return; }
    if (!peaks) return;
    const hits = [...peaks.start.keys()].filter((k) => index >= peaks.start[k] && index < peaks.stop[k]);
    if (hits.length) { const k = hits.sort((a, b) => Math.abs(indexAt(this.space, peaks.position[a]) - index) - Math.abs(indexAt(this.space, peaks.position[b]) - index))[0]; this.mask(peaks.start[k], peaks.stop[k]); }
    else this.say('no listed peak here; Alt and drag masks a range');
  }

  // ---- keys -----------------------------------------------------------------------------------------------------
  private onKeys(): void {
    this.root.addEventListener('pointerdown', () => this.root.classList.add('by-hand'), { capture: true });
    document.addEventListener('keydown', (e) => {
      this.root.classList.remove('by-hand');
      const inField = e.target instanceof HTMLInputElement || e.target instanceof HTMLSelectElement || document.querySelector('dialog[open]');
      if (e.key === 'Escape' && !document.querySelector('dialog[open]')) { if (document.querySelector('.menu')) this.closeMenu(); else if (this.rail.classList.contains('open')) this.toggleRail(); else if (this.comparing) this.compare(); else this.clear(); (document.activeElement as HTMLElement | null)?.tagName === 'INPUT' && this.map.focus(); return; }
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'z') { e.preventDefault(); this.undo(); return; }
      if (inField || e.ctrlKey || e.metaKey) return;
      if (document.activeElement === this.map && this.mapKey(e)) { e.preventDefault(); return; }
      const acts: Record<string, () => void> = {
        '/': () => this.find.focus(), c: () => this.compare(), e: () => this.menu(), d: () => this.theme(), v: () => this.tool('read'), l: () => this.tool('select'), h: () => this.tool('pan'), '0': () => this.set({ view: null, range: null }),
        '?': () => this.help(), t: () => this.table(), m: () => this.anew(), o: () => this.openFiles(), ' ': () => { if (this.state.between) this.play(); },
        y: () => this.set({ scale: ({ lin: 'sqrt', sqrt: 'log', log: 'lin' } as const)[this.state.scale] }), x: () => { const own = units(this.space); this.set({ unit: own[(own.indexOf(this.state.unit) + 1) % own.length] }); },
        '[': () => this.root.classList.toggle('no-rail'), ']': () => { this.root.classList.toggle('no-curve'); }, k: () => this.maskTop(), r: () => this.toggleReport(),
      };
      const act = acts[e.key.length === 1 ? e.key.toLowerCase() : e.key];
      if (act && !(e.key === ' ' && document.activeElement instanceof HTMLButtonElement)) { e.preventDefault(); act(); }
    });
  }
  private mapKey(e: KeyboardEvent): boolean {
    const way = ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] } as Record<string, [number, number]>)[e.key];
    if (way && this.state.between && !e.shiftKey) { this.slide(Math.min(1, Math.max(0, this.state.between[2] + 0.02 * (way[0] || way[1])))); return true; }
    if (way && e.shiftKey) {
      const at0 = this.state.walk ?? (this.shown !== null ? { x: at(this.space.points, this.shown, 0), y: at(this.space.points, this.shown, 1), from: this.shown } : null);
      if (at0) { this.hoverOf = null; const step = 12 / this.view().scale; this.state.walk = { x: at0.x + way[0] * step, y: at0.y + way[1] * step, from: at0.from }; this.buildBarIfNeeded(); this.draw(true); }
      return true;
    }
    if (way) { this.step(way); return true; }
    if (e.key === 'Enter') { if (this.state.walk) this.nearest(); else if (this.hoverOf !== null) { const k = this.hoverOf; this.hoverOf = null; this.pin(k); } return true; }
    if (e.key === '+' || e.key === '-') { const view = this.view(); this.state.view = { ...view, scale: view.scale * (e.key === '+' ? 1.25 : 0.8) }; this.draw(true); return true; }
    if (e.key.toLowerCase() === 's' && this.shown !== null) { const k = this.shown, { selection } = this.state; this.set({ selection: selection.includes(k) ? selection.filter((n) => n !== k) : [...selection, k], lasso: [] }); return true; }
    return false;
  }
  /** To the nearest sample that way. */
  private step(way: [number, number]): void {
    const from = this.hoverOf ?? this.state.pin, { space } = this, p = space.points;
    if (from === null) { this.hoverOf = [...space.names.keys()].find(this.visible) ?? null; this.draw(true); return; }
    let best: number | null = null, least = Infinity;
    for (let k = 0; k < space.names.length; k++) {
      if (k === from || !this.visible(k)) continue;
      const dx = at(p, k, 0) - at(p, from, 0), dy = at(p, k, 1) - at(p, from, 1), along = dx * way[0] + dy * way[1], across = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      if (along <= 0 || across > 2 * along) continue;
      const cost = along + 2 * across;
      if (cost < least) { least = cost; best = k; }
    }
    if (best !== null) { this.hoverOf = best; this.state.walk = null; this.buildBarIfNeeded(); this.draw(true); }
  }

  // ---- dialogs, menus, exports ----------------------------------------------------------------------------------
  dialog(title: string, ...body: Node[]): void {
    const box = h('dialog', { 'aria-label': title }, h('h3', {}, title), body, h('div', { class: 'actions' }, h('button', { onclick: () => box.close() }, 'Close')));
    box.addEventListener('close', () => { box.remove(); this.map.focus({ preventScroll: true }); });
    document.body.append(box); box.showModal();
  }
  private notice(text: string): void { const note = h('div', { class: 'banner quiet', role: 'status' }, text); document.body.append(note); setTimeout(() => note.remove(), 3200); }
  private help(): void {
    const keys = [['arrows', 'to the nearest sample that way (on the map)'], ['Shift arrows', 'walk between samples'], ['Enter', 'keep the sample; of a walk, the nearest one'], ['S', 'add the sample to the selection, or take it out'], ['K', 'mask its next peak'], ['Esc', 'back, one step'], ['Ctrl Z', 'undo'], ['V L H', 'read, select, pan'], ['+ − 0', 'zoom, fit'], ['/', 'find'], ['T', 'table of samples'], ...(this.article ? [['R', 'the report beside the map']] : []), ['C', 'compare maps'], ['M', 'map the selection anew'], ['O', 'open files'], ['E', 'export'], ['Y X', 'intensity scale, axis unit'], ['D', 'light or dark'], ['[ ]', 'fold the rail, the spectra'], ['Space', 'play or stop between two samples']];
    const hands = [['drag a sample', 'walk'], ['drag elsewhere, wheel', 'pan, zoom'], ['Shift drag', 'select; Alt takes out'], ['Shift click', 'between the kept sample and this one'], ['click a peak', 'mask it'], ['drag on spectra', 'zoom; Alt masks the range; double click shows all']];
    const list = (rows: string[][]): Node => h('dl', {}, rows.flatMap(([a, b]) => [h('dt', {}, a), h('dd', {}, b)]));
    this.dialog('Keys and gestures', h('h2', {}, 'Mouse'), list(hands), h('h2', {}, 'Keys'), list(keys));
  }
  private showCaption(): void { this.dialog('Where this map comes from', h('p', {}, caption(this.space)), ...believe(this.space), h('ul', {}, [...this.space.provenance.notes, ...Object.entries(this.space.provenance.versions).map(([a, b]) => `${a} ${b}`)].map((one) => h('li', {}, one)))); }
  table(): void {
    const { space } = this, head = ['name', ...space.labels.flatMap((l) => l.columns), ...space.classes.map((one) => one.name)];
    const rows = [...space.names.keys()].filter(this.visible).slice(0, 2000).map((k) => h('tr', {}, h('td', {}, h('button', { onclick: () => { (document.querySelector('dialog[open]') as HTMLDialogElement).close(); this.pin(k); } }, named(space.names[k]))), space.labels.flatMap((l) => l.columns.map((_, c) => h('td', {}, fixed(at(l.values, k, c), 2)))), space.classes.map((one) => h('td', { class: 'left' }, one.values[k]))));
    this.dialog(`${rows.length} samples`, h('table', {}, h('thead', {}, h('tr', {}, head.map((t) => h('th', {}, t)))), h('tbody', {}, rows)));
  }
  private openFiles(): void { const input = h('input', { type: 'file', multiple: true }); input.addEventListener('change', () => void this.take([...(input.files ?? [])])); input.click(); }
  private closeMenu(): void { document.querySelector('.menu')?.remove(); }
  private menu(): void {
    if (document.querySelector('.menu')) { this.closeMenu(); return; }
    const item = (text: string, act: () => void): HTMLElement => h('button', { role: 'menuitem', onclick: () => { this.closeMenu(); act(); } }, text);
    const box = h('div', { class: 'menu', role: 'menu' }, item('Picture of the screen, PNG', () => this.png()), item('Map for a paper, SVG 8.8 cm', () => this.svg()), item('Spectra for a paper, SVG 18 cm', () => save(`${this.space.title}-spectra.svg`, curvesSvg({ ...this.curveScene(), mode: 'overlay', curves: this.lightCurves() }), 'image/svg+xml')),
      item('Table of samples, CSV', () => this.csv()), item('Spectra shown, CSV', () => this.spectra()), ...(this.shown !== null || this.state.walk ? [item('Spectrum shown, xy', () => this.xy())] : []), ...(this.asked !== null ? [item('Spectra with all labels, netCDF', () => this.container('nc')), item('Spectra with all labels, Zarr', () => this.container('zarr'))] : []), item('Lines of Python', () => this.python()), item('Copy the address of this view', () => { navigator.clipboard?.writeText(location.href); this.notice('copied'); }));
    document.body.append(box); (box.firstElementChild as HTMLElement).focus();
  }
  private lightCurves(): Curve[] {
    const kept = this.state.mode;
    if (this.mode() === 'heat') this.state.mode = 'stagger';
    const curves = this.curves();
    this.state.mode = kept;
    return curves.map((one) => (one.colour === '#e8ebf0' ? { ...one, colour: '#000' } : one));
  }
  private svg(): void {
    const scene = { ...this.scene(), dark: false, colouring: colouring(this.space, this.state.colour, false) }, paint = scene.colouring.paint;
    save(`${this.space.title}-map.svg`, mapSvg(scene, paint && this.state.painted ? this.painter.layer(this.space, this.space.labels[paint.label], paint.column, false) : null), 'image/svg+xml');
  }
  private png(): void {
    const canvas = document.createElement('canvas'), a = this.map, b = this.curve;
    canvas.width = Math.max(a.width, b.width); canvas.height = a.height + b.height + 60;
    const context = canvas.getContext('2d')!;
    context.fillStyle = this.dark ? '#0f1216' : '#fff'; context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(a, 0, 0); context.drawImage(b, 0, a.height);
    context.fillStyle = this.dark ? '#99a2ae' : '#5c6672'; context.font = '15px system-ui, sans-serif';
    const words = caption(this.space).split(' ');
    let text = '', y = canvas.height - 38;
    for (const word of words) { if (context.measureText(`${text} ${word}`).width > canvas.width - 24) { context.fillText(text, 12, y); text = word; y += 20; if (y > canvas.height) break; } else text = text ? `${text} ${word}` : word; }
    if (y <= canvas.height) context.fillText(text, 12, y);
    canvas.toBlob((blob) => { if (blob) save(`${this.space.title}.png`, blob, 'image/png'); }, 'image/png');
  }

  // ---- maps side by side ----------------------------------------------------------------------------------------
  compare(): void { this.comparing = !this.comparing; if (this.comparing) this.hoverOf = null; this.quilt.show(this.comparing); this.draw(true); }
  private readonly quilt: Quilt = new Quilt({
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
    pinName: (name) => { const k = this.space.names.indexOf(name); if (k >= 0) { this.hoverOf = null; this.pin(k); } else this.notice(`${name} is not in the map that is open`); },
    chooseNames: (names, removes) => {
      const inside = [...this.space.names.keys()].filter((k) => names.has(this.space.names[k])), set = new Set(inside);
      this.hoverOf = null;
      this.set({ selection: removes ? this.state.selection.filter((k) => !set.has(k)) : inside, lasso: [], pin: null, walk: null, between: null, mode: 'heat' });
    },
    open: (k) => { this.compare(); this.turnTo(k); },
  });
}
