import './style.css';
import { unpack, type SpaceData } from './data';
import { App } from './app/app';
import { Http, Kernel } from './server';
import { h } from './dom';

async function begin(): Promise<void> {
  const root = document.getElementById('app')!, inside = document.getElementById('space'), notebook = document.documentElement.dataset.door === 'notebook';
  root.append(h('p', { class: 'start', role: 'status' }, 'Opening the space …'));
  const banner = h('div', { class: 'banner hidden', role: 'alert' }, notebook ? 'The kernel does not answer: it is busy, or has gone. What is loaded still works.' : 'The server has gone. What is loaded still works; start `peakscape explore` again for the rest.');
  document.body.append(banner);
  const gone = (is: boolean): void => { banner.classList.toggle('hidden', !is); };
  const kernel = notebook ? new Kernel(gone) : null, server = inside ? null : kernel ?? new Http(gone);
  try {
    const space = inside ? await unpack<SpaceData>(await fromBase64(inside.textContent!)) : await server!.ask<SpaceData>('space');
    inside?.remove();
    document.title = space.title;
    const article = document.getElementById('report');
    const app = new App(root, space, server, article);
    Object.assign(window, { peakscape: app }); // for scripts and tests
    app.begin();
    kernel?.listen((view, selection) => app.taken(view, selection));
  } catch (error) {
    root.replaceChildren(h('p', { class: 'start', role: 'alert' }, `The space cannot be opened: ${(error as Error).message}`));
  }
}

async function fromBase64(text: string): Promise<ArrayBuffer> {
  const binary = atob(text.trim()), bytes = new Uint8Array(binary.length);
  for (let k = 0; k < bytes.length; k++) bytes[k] = binary.charCodeAt(k);
  return bytes.buffer;
}

void begin();
