// Files that are dropped or opened, and what is said of them.
import { plain, rowOf } from '../data';
import type { Placed } from '../reading';
import type { App, Answer } from './app';
import { notice } from './menus';

/** Files of one drop were measured alike: the wavelength is that of all which lack it. */
export function giveWavelength(app: App, _: number, value: string): void {
  const lacking = app.placed.filter((one) => one.error !== null && /wavelength/.test(one.error));
  for (const one of lacking) { one.error = null; void upload(app, one, { wavelength: value }); }
  app.draw(true);
}
export function onDrop(app: App): void {
  let depth = 0;
  const files = (e: DragEvent): boolean => [...(e.dataTransfer?.types ?? [])].includes('Files');
  window.addEventListener('dragenter', (e) => { if (files(e)) { depth++; app.drop.classList.remove('hidden'); app.drop.textContent = app.server ? (app.server.kind === 'kernel' ? 'Drop spectra: the kernel places them' : 'Drop spectra: they are placed here and stay on this machine') : 'This is a file and cannot read spectra: open the space with `peakscape explore`'; } });
  window.addEventListener('dragleave', () => { if (--depth <= 0) { depth = 0; app.drop.classList.add('hidden'); } });
  window.addEventListener('dragover', (e) => { if (files(e)) e.preventDefault(); });
  window.addEventListener('drop', (e) => { if (!files(e)) return; e.preventDefault(); depth = 0; app.drop.classList.add('hidden'); void app.take([...e.dataTransfer!.files]); });
}
export async function takeFiles(app: App, files: File[]): Promise<void> {
  if (!app.server) { notice('a file cannot read spectra: open the space with `peakscape explore`'); return; }
  if (app.current && !app.space.mixture) app.turnTo(0);
  Object.assign(app.state, { walk: null, between: null, pin: null });
  const fresh: Placed[] = files.slice(0, 200).map((file) => ({ file: file.name, file_data: file, error: null, sample: null, spectrum: null }));
  app.placed.push(...fresh); app.hoverOf = null; app.draw(true);
  for (const one of fresh) await upload(app, one, {});
}
export async function upload(app: App, one: Placed, told: Record<string, string>): Promise<void> {
  try {
    const answer = await app.server!.upload<Answer>(one.file_data, told), place = app.placed.indexOf(one);
    if (place < 0) return;
    const found = answer.samples.map((sample, k): Placed => ({ ...one, error: null, sample, spectrum: Float32Array.from(rowOf(plain(answer.spectra), k)) }));
    app.placed.splice(place, 1, ...found);
    if (app.star === null) app.star = place;
    app.say(found.map((f) => `${f.sample!.name}: ${f.sample!.foreign ? 'unlike everything known' : `nearest ${f.sample!.nearest}`}`).join('. '));
  } catch (error) { one.error = (error as Error).message; app.say(`${one.file}: ${one.error}`); }
  app.draw(true);
}
