// Small makers of elements: text is always text, never markup.
type Child = Node | string | null | undefined | false;
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Record<string, unknown> = {}, ...children: (Child | Child[])[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value as EventListener);
    else if (key === 'class') node.className = String(value);
    else if (key in node && !key.startsWith('aria') && key !== 'list' && key !== 'for') (node as unknown as Record<string, unknown>)[key] = value;
    else node.setAttribute(key, String(value));
  }
  node.append(...children.flat().filter((one): one is Node | string => one !== null && one !== undefined && one !== false));
  return node;
}
export function fill(node: HTMLElement, ...children: (Child | Child[])[]): void {
  node.replaceChildren(...children.flat().filter((one): one is Node | string => one !== null && one !== undefined && one !== false));
}
/** A formula at the beginning with its amounts below the line, as in print: SmFe11Ti; the rest as it is. */
export function named(text: string): Node[] {
  const [head, ...rest] = text.split(' ');
  if (!/^(?:[A-Z][a-z]?\d*(?:\.\d+)?){2,}$/.test(head) || !/\d/.test(head)) return [document.createTextNode(text)];
  const parts: Node[] = head.split(/(\d+(?:\.\d+)?)/).filter(Boolean).map((part) => (/^\d/.test(part) ? h('sub', {}, part) : document.createTextNode(part)));
  return rest.length ? [...parts, h('span', { class: 'rest' }, ` ${rest.join(' ')}`)] : parts;
}
export function save(name: string, data: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([data], { type }));
  const link = h('a', { href: url, download: name });
  document.body.append(link); link.click(); link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
