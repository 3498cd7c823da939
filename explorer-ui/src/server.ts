// Questions to the server on this machine; an exported file has none.
import { unpack } from './data';

export class Server {
  gone = false;
  readonly token = new URLSearchParams(location.search).get('token') ?? '';
  constructor(private readonly onGone: (gone: boolean) => void) {}

  async ask<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    return unpack<T>(await this.bytes(path, body === undefined ? undefined : JSON.stringify(body), signal));
  }
  async upload<T>(file: File, told: Record<string, string>): Promise<T> {
    const query = new URLSearchParams({ name: file.name, ...told });
    return unpack<T>(await this.bytes(`place?${query}`, file));
  }
  private async bytes(path: string, body?: BodyInit, signal?: AbortSignal): Promise<ArrayBuffer> {
    let answer: Response;
    try {
      answer = await fetch(path, { method: body === undefined ? 'GET' : 'POST', body, signal, headers: { 'x-peakscape-token': this.token } });
    } catch (error) {
      if ((error as Error).name !== 'AbortError') { this.gone = true; this.onGone(true); throw new Error('the server has gone; start `peakscape explore` again'); }
      throw error;
    }
    if (this.gone) { this.gone = false; this.onGone(false); }
    if (!answer.ok) {
      const told = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
      throw new Error(told.error);
    }
    return answer.arrayBuffer();
  }
}
