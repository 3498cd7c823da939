// Points that arrive while the page is open: one socket, a trail on the map, a waterfall, and an alarm that stays until it is read.
import { unpack } from './data';
import { css, fixed, viridis, type Colouring } from './colour';
import { h, named } from './dom';
import { AXES, type Unit } from './curveview';
import { extent } from './decode';
import { toldOf } from './reading';
import type { Scene } from './mapview';

export interface LiveRow { number: number; name: string; coordinates: [number, number]; time: number; foreign?: boolean; alarm?: string; unexplained?: number; unexplained_at?: number; usual?: number; spectrum: Float32Array | null; [key: string]: any }
interface Message { now: number; every: number | null; count: number; rows: LiveRow[] }
const MOST = 2000, TRAIL = 60, SILENCE = 8000; // points kept here, points of the trail, milliseconds without a heartbeat

export class Live {
  rows: LiveRow[] = [];
  held: number | null = null; // the last number that is shown while the view is held
  connected = false;
  readonly node = h('div', { class: 'live', role: 'group', 'aria-label': 'live points' });
  private readonly alarm = h('div', { class: 'alarm hidden', role: 'alert' });
  private unread: LiveRow[] = [];
  private every: number | null = null;
  private offset = 0; // of this clock against the server's, seconds
  private heard = 0;
  private wait = 1000;
  private queue: Promise<void> = Promise.resolve();
  private read: Set<number>;
  private readonly text = h('span', {});
  private readonly hold = h('button', { 'aria-pressed': 'false', title: 'hold the view; points still come in' }, 'Hold');

  constructor(private readonly token: string, private readonly changed: () => void, private readonly show: (number: number) => void, private readonly words: (row: LiveRow) => string) {
    this.read = new Set(recall(token));
    this.node.append(this.text, this.hold);
    document.body.append(this.alarm);
    this.hold.addEventListener('click', () => this.toggle());
    setInterval(() => { if (this.connected && Date.now() - this.heard > SILENCE) this.lost(); this.tell(); }, 1000);
  }
  get shown(): LiveRow[] { return this.held === null ? this.rows : this.rows.filter((row) => row.number <= this.held!); }
  get newest(): LiveRow | null { return this.shown.at(-1) ?? null; }
  row(number: number | null): LiveRow | null { return number === null ? null : this.rows.find((row) => row.number === number) ?? null; }
  toggle(): void { this.held = this.held === null ? this.rows.at(-1)?.number ?? 0 : null; this.tell(); this.changed(); }

  private socket: WebSocket | null = null;
  connect(): void {
    const address = new URL('live', location.href);
    address.protocol = 'ws:'; address.search = `?after=${this.rows.at(-1)?.number ?? 0}`; address.hash = '';
    const socket = new WebSocket(address, ['peakscape', this.token]);
    this.socket = socket; socket.binaryType = 'arraybuffer'; this.heard = Date.now();
    socket.onmessage = (event) => { this.queue = this.queue.then(async () => { if (socket === this.socket) this.take(await unpack<Message>(event.data as ArrayBuffer)); }).catch((error) => console.error(error)); };
    socket.onclose = () => { if (socket === this.socket) this.lost(); };
  }
  /** Try again, each time a little later: what was published meanwhile comes then. */
  private lost(): void {
    const socket = this.socket;
    this.socket = null; this.connected = false; socket?.close(); this.tell();
    setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(this.wait * 1.6, 15000);
  }
  private take(message: Message): void {
    this.heard = Date.now(); this.connected = true; this.wait = 1000;
    this.offset = Date.now() / 1000 - message.now; this.every = message.every;
    const last = this.rows.at(-1)?.number ?? 0;
    if (message.count < last) { this.rows = []; this.unread = []; this.held = null; } // another server: it counts anew
    const fresh = message.rows.filter((row) => row.number > (this.rows.at(-1)?.number ?? 0));
    this.rows.push(...fresh);
    if (this.rows.length > MOST) this.rows.splice(0, this.rows.length - MOST);
    this.unread.push(...fresh.filter((row) => (row.foreign || row.alarm) && !this.read.has(row.number)));
    this.tell();
    if (fresh.length) this.changed();
  }

  /** Seconds between points: as the server expects, or the median of the last gaps. */
  private gap(): number | null {
    if (this.every !== null) return this.every;
    const gaps = this.rows.slice(-21).map((row, k, all) => (k ? row.time - all[k - 1].time : 0)).slice(1).sort((a, b) => a - b);
    return gaps.length > 3 ? gaps[gaps.length >> 1] : null;
  }
  private tell(): void {
    const last = this.rows.at(-1), since = last ? Math.max(0, Date.now() / 1000 - this.offset - last.time) : 0, gap = this.gap();
    const late = last && gap !== null && since > Math.max(3 * gap, 3), state = !this.connected ? 'lost' : late ? 'late' : 'on';
    const clock = last ? new Date(last.time * 1000).toLocaleTimeString('en-GB') : '', behind = this.held === null || !last ? 0 : last.number - this.held;
    const words = !this.connected ? (last ? `connection lost, trying again; last ${clock}` : 'connecting …') : !last ? 'live: nothing has come yet' : late ? `no data since ${clock}` : `live · ${last.number} · last ${ago(since)}`;
    if (this.text.textContent !== words) this.text.textContent = words;
    this.node.dataset.state = state;
    this.hold.textContent = this.held === null ? 'Hold' : behind ? `Go on (${behind} new)` : 'Go on';
    this.hold.setAttribute('aria-pressed', String(this.held !== null));
    this.sound();
  }
  private alarmKey = '';
  private sound(): void {
    const [first] = this.unread, key = this.unread.map((row) => row.number).join();
    if (key === this.alarmKey) return;
    this.alarmKey = key; this.alarm.classList.toggle('hidden', !first);
    if (!first) return;
    const done = (all: boolean): void => { (all ? this.unread : [first]).forEach((row) => this.read.add(row.number)); this.unread = all ? [] : this.unread.slice(1); remember(this.token, this.read); this.sound(); };
    this.alarm.replaceChildren(h('b', {}, `Point ${first.number}: `, named(first.name)), h('span', {}, this.words(first)),
      h('span', { class: 'actions' }, h('button', { onclick: () => { this.show(first.number); done(false); } }, 'Show it'), h('button', { onclick: () => done(false) }, 'Read'), this.unread.length > 1 ? h('button', { onclick: () => done(true) }, `Read all ${this.unread.length}`) : null));
  }
}

const ago = (seconds: number): string => (seconds < 1.5 ? 'just now' : seconds < 100 ? `${Math.round(seconds)} s ago` : seconds < 6000 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`);
const recall = (token: string): number[] => { try { return JSON.parse(sessionStorage.getItem(`peakscape-read-${token}`) ?? '[]'); } catch { return []; } };
const remember = (token: string, read: Set<number>): void => { try { sessionStorage.setItem(`peakscape-read-${token}`, JSON.stringify([...read].slice(-500))); } catch { /* a page in a frame may not */ } };

/** Why an alarm was raised: how much is unexplained, where, and what is usual. */
export function alarmWords(row: LiveRow, unit: Unit, position: (p: number) => number): string {
  if (row.alarm) return row.alarm;
  const share = (x: number): string => `${fixed(100 * x, x < 0.1 ? 2 : 0)} %`;
  const parts = ['unlike everything known'];
  if (typeof row.unexplained === 'number') parts.push(`${share(row.unexplained)} of its pattern is not explained${typeof row.usual === 'number' ? ` (usual: ${share(row.usual)})` : ''}`);
  if (typeof row.unexplained_at === 'number') parts.push(`most near ${AXES[unit].split(' ')[0]} ${fixed(position(row.unexplained_at), unit === 'energy' ? 1 : 2)}${AXES[unit].includes('/') ? ` ${AXES[unit].split('/ ')[1]}` : ''}`);
  return parts.join('; ');
}

/** The colour of a point by the label or class that colours the map; null where it was not told, as of what is foreign. */
export function liveColour(row: LiveRow, scene: Pick<Scene, 'space' | 'colouring' | 'dark'>): string | null {
  const { paint, key, legend } = scene.colouring, [kind, number] = key.split(':');
  if (kind === 'class') { const entry = legend.find((one) => one.text === row[scene.space.classes[+number].name]); return entry && !row.foreign ? css(entry.colour) : null; }
  if (!paint) return null;
  const label = scene.space.labels[paint.label], { value } = toldOf(label, paint.column, row);
  if (value === null) return null;
  const { low, high } = extent(label, paint.column);
  return css(viridis((value - low) / (high - low || 1), scene.dark));
}

/** The trail fades with age; the newest is ringed and numbered. */
export function drawTrail(context: CanvasRenderingContext2D, rows: LiveRow[], shown: number | null, scene: { space: Scene['space']; colouring: Colouring; dark: boolean }, toScreen: (x: number, y: number) => [number, number]): void {
  const { dark } = scene, ink = dark ? '#e8ebf0' : '#15181c', red = dark ? '#ff7b7b' : '#b00020', blue = dark ? '#6cb2ff' : '#0b57a4';
  const places = rows.map((row) => toScreen(...row.coordinates)), n = rows.length, first = Math.max(0, n - TRAIL);
  const strength = (k: number): number => 0.15 + 0.85 * Math.max(0, 1 - (n - 1 - k) / TRAIL) ** 1.5;
  context.strokeStyle = blue; context.lineWidth = 1.6;
  for (let k = first + 1; k < n; k++) {
    context.globalAlpha = strength(k);
    context.beginPath(); context.moveTo(...places[k - 1]); context.lineTo(...places[k]); context.stroke();
  }
  rows.forEach((row, k) => {
    context.globalAlpha = strength(k);
    const [x, y] = places[k], r = k === n - 1 ? 5.5 : 3.8;
    context.beginPath(); context.moveTo(x, y - 1.3 * r); context.lineTo(x + 1.3 * r, y); context.lineTo(x, y + 1.3 * r); context.lineTo(x - 1.3 * r, y); context.closePath();
    context.fillStyle = liveColour(row, scene) ?? (dark ? '#0f1216' : '#fff'); context.fill();
    context.strokeStyle = row.foreign || row.alarm ? red : ink; context.lineWidth = row.foreign || row.alarm ? 2.2 : 1; context.stroke();
  });
  context.globalAlpha = 1;
  const ring = (k: number, colour: string): void => { context.strokeStyle = colour; context.lineWidth = 2.2; context.beginPath(); context.arc(...places[k], 12, 0, 2 * Math.PI); context.stroke(); };
  if (n) {
    const [x, y] = places[n - 1];
    ring(n - 1, rows[n - 1].foreign || rows[n - 1].alarm ? red : blue);
    context.font = '600 12px system-ui, sans-serif'; context.textAlign = 'left'; context.textBaseline = 'middle';
    context.lineWidth = 3; context.strokeStyle = dark ? '#0f1216' : '#fff'; context.strokeText(String(rows[n - 1].number), x + 16, y - 10);
    context.fillStyle = ink; context.fillText(String(rows[n - 1].number), x + 16, y - 10);
  }
  const chosen = rows.findIndex((row) => row.number === shown);
  if (chosen >= 0 && chosen !== n - 1) ring(chosen, blue);
  context.lineWidth = 1;
}
