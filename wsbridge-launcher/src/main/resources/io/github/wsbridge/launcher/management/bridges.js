import {duration, element, rate, size, write} from './words.js';

/** The bridges that the node has told of, and the table that shows them. */
export class Bridges {
  #all = new Map();
  #rows = new Map();
  #table;
  #end;
  #ordered = 0;

  /** @param end called with a bridge that is to end */
  constructor(table, end) {
    this.#table = table;
    this.#end = end;
  }

  clear() {
    this.#all.clear();
  }

  take({added, moved, gone}) {
    gone.forEach(id => this.#all.delete(id));
    added.forEach(bridge => this.#all.set(bridge.id, bridge));
    for (const [id, bytesToDevice, bytesToRequester, toDevice, toRequester] of moved) {
      const bridge = this.#all.get(id);
      if (bridge) {
        Object.assign(bridge, {bytesToDevice, bytesToRequester, toDevice, toRequester});
      }
    }
  }

  /** Returns the bridges in an order: rate, device or since. */
  in(order) {
    const speed = bridge => bridge.toDevice + bridge.toRequester;
    const orders = {
      rate: (a, b) => speed(b) - speed(a) || a.since.localeCompare(b.since),
      device: (a, b) => a.device.localeCompare(b.device),
      since: (a, b) => a.since.localeCompare(b.since),
    };
    return [...this.#all.values()].sort((a, b) => b.pending - a.pending || orders[order](a, b));
  }

  /** Shows all in the table. Rows move at most every three seconds, and never while one has the focus. */
  show(order, again) {
    const body = this.#table.tBodies[0];
    for (const [id, row] of this.#rows) {
      if (!this.#all.has(id)) {
        row.remove();
        this.#rows.delete(id);
      }
    }
    const settled = body.contains(document.activeElement) || !again && Date.now() - this.#ordered < 3000;
    const sorted = this.in(order);
    sorted.forEach((bridge, i) => {
      const row = this.#row(bridge);
      if (!row.isConnected || !settled && body.rows[i] !== row) {
        body.insertBefore(row, settled ? null : body.rows[i]);
      }
      this.#fill(row, bridge);
    });
    if (!settled) {
      this.#ordered = Date.now();
    }
  }

  #row(bridge) {
    let row = this.#rows.get(bridge.id);
    if (!row) {
      row = element('tr', {}, element('th', {scope: 'row'}));
      for (let i = 0; i < 5; i++) {
        row.append(element('td', {className: i > 2 ? 'number' : ''}));
      }
      const button = element('button', {type: 'button', textContent: 'End'});
      button.setAttribute('aria-label', `End the bridge to ${bridge.device || bridge.id}`);
      button.addEventListener('click', () => this.#end(this.#all.get(bridge.id) ?? bridge));
      row.append(element('td', {className: 'ends'}, button));
      this.#rows.set(bridge.id, row);
    }
    return row;
  }

  #fill(row, bridge) {
    row.className = bridge.pending ? 'pending' : '';
    const [device, requester, way, age, toDevice, toRequester] = row.cells;
    row.title = bridge.id;
    two(device, bridge.device || 'forwarded', bridge.by);
    two(requester, bridge.principal ?? 'on another node', bridge.from);
    write(way, bridge.pending ? 'waits for its device'
        : bridge.owner ? `to ${bridge.owner}` : bridge.through ? `device over ${bridge.through}` : 'direct');
    write(age, duration((Date.now() - Date.parse(bridge.since)) / 1000));
    two(toDevice, rate(bridge.toDevice), size(bridge.bytesToDevice));
    two(toRequester, rate(bridge.toRequester), size(bridge.bytesToRequester));
  }
}

function two(cell, text, small = '') {
  if (!cell.firstChild) {
    cell.append(element('span'), element('small'));
  }
  write(cell.firstChild, text);
  write(cell.lastChild, small);
}
