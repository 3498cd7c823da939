// Who answers what the page cannot: the server on this machine, or the kernel of a notebook; an exported file has neither.
import { unpack } from './data';

export abstract class Server {
  gone = false;
  abstract readonly kind: 'server' | 'kernel';
  abstract readonly token: string;
  constructor(private readonly onGone: (gone: boolean) => void) {}

  async ask<T>(path: string, told?: unknown, signal?: AbortSignal): Promise<T> { return unpack<T>(await this.bytes(path, told, null, signal)); }
  async upload<T>(file: File, told: Record<string, string>): Promise<T> { return unpack<T>(await this.bytes('place', { name: file.name, ...told }, file)); }
  protected abstract bytes(path: string, told: unknown, file: File | null, signal?: AbortSignal): Promise<ArrayBuffer>;
  protected went(gone: boolean): void { if (this.gone !== gone) { this.gone = gone; this.onGone(gone); } }
  /** What is seen, told to a notebook. */
  show(_view: string, _selection: number[]): void { /* an address holds it */ }
}

export class Http extends Server {
  readonly kind = 'server';
  readonly token = new URLSearchParams(location.search).get('token') ?? '';
  protected async bytes(path: string, told: unknown, file: File | null, signal?: AbortSignal): Promise<ArrayBuffer> {
    let answer: Response;
    const body = file ?? (told === undefined ? undefined : JSON.stringify(told)), address = file ? `${path}?${new URLSearchParams(told as Record<string, string>)}` : path;
    try {
      answer = await fetch(address, { method: body === undefined ? 'GET' : 'POST', body, signal, headers: { 'x-peakscape-token': this.token } });
    } catch (error) {
      if ((error as Error).name !== 'AbortError') { this.went(true); throw new Error('the server has gone; start `peakscape explore` again'); }
      throw error;
    }
    this.went(false);
    if (!answer.ok) {
      const said = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
      throw new Error(said.error);
    }
    return answer.arrayBuffer();
  }
}

interface Said { peakscape: 'kernel'; id?: string; error?: string; data?: ArrayBuffer; piece?: number; of?: number; view?: string; selection?: number[] }
const SILENCE = 20000; // milliseconds without an answer after which a kernel is called busy or gone
/** Questions to the kernel, handed on by the frame around this page (widget.js). */
export class Kernel extends Server {
  readonly kind = 'kernel';
  readonly token = '';
  private onView: ((view: string, selection: number[]) => void) | null = null;
  private held: Said | null = null; // what the notebook said last of view and selection
  private readonly own = Math.random().toString(36).slice(2);
  private count = 0;
  private told = '';
  private waiting = new Map<string, { pieces: ArrayBuffer[]; done: (data: ArrayBuffer) => void; failed: (error: Error) => void }>();

  constructor(onGone: (gone: boolean) => void) {
    super(onGone);
    window.addEventListener('message', (event) => { if (event.source === window.parent && (event.data as Said | null)?.peakscape === 'kernel') this.heard(event.data as Said); });
  }
  /** Let views and selections that Python sets be taken. */
  listen(take: (view: string, selection: number[]) => void): void { this.onView = take; if (this.held) this.heard(this.held); }
  private heard(said: Said): void {
    if (said.id === undefined) { this.held = said; this.onView?.(said.view ?? '', said.selection ?? []); return; }
    const one = this.waiting.get(said.id);
    if (!one) return;
    this.went(false);
    if (said.error !== undefined) { this.waiting.delete(said.id); one.failed(new Error(said.error)); return; }
    one.pieces[said.piece ?? 0] = said.data!;
    if (one.pieces.filter(Boolean).length < (said.of ?? 1)) return;
    this.waiting.delete(said.id);
    new Blob(one.pieces).arrayBuffer().then(one.done, one.failed);
  }
  protected async bytes(path: string, told: unknown, file: File | null): Promise<ArrayBuffer> {
    const id = `${this.own}${++this.count}`, data = file ? await file.arrayBuffer() : null;
    return new Promise((done, failed) => {
      this.waiting.set(id, { pieces: [], done, failed });
      window.parent.postMessage({ peakscape: 'page', id, path, told: told ?? {}, file: data }, '*', data ? [data] : []);
      setTimeout(() => { if (this.waiting.has(id)) this.went(true); }, SILENCE);
    });
  }
  override show(view: string, selection: number[]): void {
    const now = JSON.stringify([view, selection]);
    if (now !== this.told) { this.told = now; window.parent.postMessage({ peakscape: 'page', view, selection }, '*'); }
  }
}
