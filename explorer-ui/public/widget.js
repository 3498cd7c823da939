// The page in a notebook: a frame of its own, whose questions go to the kernel and whose view and selection both sides hold.
function render({ model, el }) {
  const frame = document.createElement('iframe');
  frame.title = 'peakscape: a map of samples';
  frame.setAttribute('sandbox', 'allow-scripts allow-downloads allow-forms');
  frame.setAttribute('allow', 'clipboard-write');
  const size = () => { frame.style.cssText = `display:block;box-sizing:border-box;width:100%;height:${model.get('height')}px;border:1px solid #c8ccd2;border-radius:4px`; };
  const tell = (said, moved = []) => frame.contentWindow && frame.contentWindow.postMessage({ peakscape: 'kernel', ...said }, '*', moved);
  const held = () => tell({ view: model.get('view'), selection: [...model.get('selection')] });
  const heard = (event) => {
    const said = event.data;
    if (event.source !== frame.contentWindow || !said || said.peakscape !== 'page') return;
    if (said.path === 'space') {
      const bytes = model.get('_space'), copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
      tell({ id: said.id, data: copy }, [copy]);
      held();
    } else if (said.path) model.send({ id: said.id, path: said.path, told: said.told }, undefined, said.file ? [said.file] : []);
    else { model.set('view', said.view); model.set('selection', said.selection); model.save_changes(); }
  };
  const answered = (said, buffers) => {
    if (!buffers || !buffers.length) { tell(said); return; }
    const bytes = buffers[0], data = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    tell({ ...said, data }, [data]);
  };
  window.addEventListener('message', heard);
  model.on('msg:custom', answered);
  model.on('change:view', held);
  model.on('change:selection', held);
  model.on('change:height', size);
  size();
  frame.srcdoc = model.get('_page');
  el.append(frame);
  return () => {
    window.removeEventListener('message', heard);
    model.off('msg:custom', answered);
    model.off('change:view', held);
    model.off('change:selection', held);
    model.off('change:height', size);
  };
}
export default { render };
