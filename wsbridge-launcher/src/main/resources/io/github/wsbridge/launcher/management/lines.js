/** Draws the fastest bridges as lines: requester, nodes, device. The table says the same. */

const SVG = 'http://www.w3.org/2000/svg';
const MOST = 12;
const HEIGHT = 34;

function draw(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

const short = (text, most) => text.length > most ? text.slice(0, most - 1) + '…' : text;

/** Wider is faster: a pixel and another for each factor of four beyond a KiB a second. */
const width = rate => rate < 1024 ? 1.5 : Math.min(10, 1.5 + Math.log(rate / 1024) / Math.log(4));

/** Returns the stations of a bridge, from the requester to the device. */
export function stations(bridge, node) {
  const requester = bridge.principal || bridge.from || 'requester';
  const nodes = bridge.owner ? [bridge.owner, node] : bridge.through ? [node, bridge.through] : [node];
  return [bridge.owner ? '' : requester, ...nodes, bridge.device || (bridge.by ?? '')];
}

export function drawLines(svg, bridges, node) {
  const most = bridges.slice(0, MOST);
  const wide = svg.clientWidth || 900;
  svg.toggleAttribute('hidden', most.length === 0);
  svg.setAttribute('viewBox', `0 0 ${wide} ${most.length * HEIGHT + 8}`);
  svg.setAttribute('height', most.length * HEIGHT + 8);
  const letters = Math.floor(wide / 4 / 7.5);
  svg.replaceChildren(...most.flatMap((bridge, i) => {
    const y = i * HEIGHT + HEIGHT / 2 + 4;
    const stops = stations(bridge, node);
    const kind = bridge.pending ? 'pending' : bridge.toDevice + bridge.toRequester === 0 ? 'still' : '';
    const left = wide * .22;
    const right = wide * .78;
    const between = stops.slice(1, -1);
    const line = draw('path', {
      d: `M${left} ${y}H${right}`, class: kind, 'stroke-width': width(bridge.toDevice + bridge.toRequester),
    });
    const boxes = between.flatMap((name, at) => {
      const x = left + (right - left) * (at + 1) / (between.length + 1);
      const half = Math.min(70, (right - left) / (between.length + 1) / 2 - 4);
      return [
        draw('rect', {x: x - half, y: y - 11, width: 2 * half, height: 22, rx: 5}),
        draw('text', {x, y: y + 4, 'text-anchor': 'middle'},
            short(name.replace(/^wss?:\/\//, ''), Math.floor(2 * half / 7.5))),
      ];
    });
    return [
      line, ...boxes,
      draw('text', {x: left - 8, y: y + 4, 'text-anchor': 'end'}, short(stops[0], letters)),
      draw('text', {x: right + 8, y: y + 4}, short(stops[stops.length - 1], letters)),
    ];
  }));
}
