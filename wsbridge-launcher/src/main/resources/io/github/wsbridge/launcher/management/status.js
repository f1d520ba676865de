import {Bridges} from './bridges.js';
import {drawLines} from './lines.js';
import {duration, element, meaning, rate, write} from './words.js';

const at = id => document.getElementById(id);
const filter = at('filter');
const bridges = new Bridges(at('bridges'), end);
let events;
let paused = false;
let last;

function connect() {
  events?.close();
  last = undefined;
  const wishes = new URLSearchParams();
  for (const name of ['device', 'principal']) {
    if (filter.elements[name].value.trim()) {
      wishes.set(name, filter.elements[name].value.trim());
    }
  }
  let first = true;
  events = new EventSource(`events?${wishes}`);
  events.addEventListener('open', () => first = true);
  events.addEventListener('message', message => {
    if (first) { // the node begins anew
      bridges.clear();
      first = false;
    }
    take(JSON.parse(message.data));
  });
  events.addEventListener('error', () => {
    state(events.readyState === EventSource.CLOSED
        ? 'Disconnected: load the page again' : 'Disconnected, trying again', 'bad');
  });
}

function state(text, kind) {
  write(at('state'), text);
  at('state').className = `state ${kind}`;
}

function take(event) {
  bridges.take(event);
  last = {...last, ...event};
  if (!paused) {
    show(false);
  }
}

function show(again) {
  if (!last) {
    return;
  }
  const {status, live, pending, ends, listening, refusals} = last;
  state(status.draining ? 'Stopping' : 'Live', status.draining ? '' : 'good');
  write(at('node'), status.node);
  document.title = `${status.node}: ${status.bridges.joinedOrForwarded} bridges`;
  write(at('about'), `version ${status.version}, up for ${duration(status.uptimeSeconds)}`);
  showLoad(status);
  const order = filter.elements.order.value;
  at('bridges').classList.toggle('can-end', ends);
  at('admin').hidden = !ends;
  bridges.show(order, again);
  const shown = bridges.in(order);
  drawLines(at('lines'), shown, status.node);
  write(at('shown'), sentence(shown.length, live, pending));
  at('listening').hidden = !listening;
  if (listening) {
    write(at('listening'), listening.length ? `Listening on this node: ${listening.join(', ')}`
        : 'No such device listens on this node.');
  }
  rows(at('peers'), [
    ...status.peers.map(peer => [peer.address, peer.linked ? 'peer, linked' : 'peer, no link at present']),
    ...Object.entries(status.servers).map(([name, server]) =>
      [`port ${server.port}`, `${name} server, ${server.connections ?? '?'} connections`]),
  ]);
  rows(at('refusals'), (refusals ?? []).map(refusal => [
    new Date(refusal.last).toLocaleTimeString(), refusal.what, String(refusal.status),
    refusal.reason || meaning(refusal.status), refusal.from, String(refusal.count),
  ]), 'None since the node started.');
}

function sentence(shown, live, pending) {
  const all = live + pending;
  return all === 0 ? 'No bridges.'
    : `${all} ${all === 1 ? 'bridge' : 'bridges'}, of which ${pending} wait for their device`
      + (shown < all ? `; shown are ${shown}: the fastest, and those that have waited longest.` : '.');
}

function showLoad(status) {
  const {bridges: held, limits} = status;
  const used = held.pending + held.joinedOrForwarded;
  figure('Bridges', String(used), used, limits.bridges);
  figure('Listening devices', String(status.listeners), status.listeners, limits.listeners);
  figure('Waiting requesters', String(held.pending));
  figure('To devices', rate(status.rates.toDevice));
  figure('To requesters', rate(status.rates.toRequester));
  figure('Stalled connections', String(status.stalledConnections));
}

function figure(name, value, part, most) {
  const id = `load-${name.toLowerCase().replaceAll(' ', '-')}`;
  let dd = at(id);
  if (!dd) {
    dd = element('dd', {id}, element('span'), element('small'));
    if (most) {
      dd.append(element('meter', {min: 0, ariaLabel: `${name} of the limit`}));
    }
    at('load').append(element('div', {}, element('dt', {textContent: name}), dd));
  }
  write(dd.children[0], value);
  if (most) {
    write(dd.children[1], ` of ${most}`);
    Object.assign(dd.children[2], {max: most, value: part, low: most * .8, high: most * .95, optimum: 0});
  }
}

/** Fills a table with few rows; the first cell of each is its heading. */
function rows(table, cells, nothing = 'None.') {
  const text = JSON.stringify(cells);
  if (table.dataset.shown === text) {
    return;
  }
  table.dataset.shown = text;
  const width = table.tHead.rows[0].cells.length;
  table.tBodies[0].replaceChildren(...cells.length === 0
    ? [element('tr', {}, element('td', {colSpan: width, className: 'nothing', textContent: nothing}))]
    : cells.map(row => element('tr', {}, ...row.map((cell, i) => i === 0
      ? element('th', {scope: 'row', textContent: cell})
      : element('td', {textContent: cell, className: table.tHead.rows[0].cells[i].className})))));
}

async function end(bridge) {
  const key = at('admin').querySelector('input').value;
  if (!key) {
    write(at('outcome'), 'Ending a bridge needs the admin key.');
    at('admin').querySelector('input').focus();
    return;
  }
  const name = bridge.device || bridge.id;
  if (!confirm(`End the bridge to ${name}?`)) {
    return;
  }
  try {
    const answer = await fetch(`bridges/${bridge.id}`, {method: 'DELETE', headers: {Authorization: `Bearer ${key}`}});
    write(at('outcome'), answer.ok ? `The bridge to ${name} has been ended.`
        : `The bridge to ${name} was not ended: ${(await answer.text()).trim()}.`);
  } catch {
    write(at('outcome'), `The bridge to ${name} was not ended: the node does not answer.`);
  }
}

let typing;
filter.addEventListener('input', event => {
  clearTimeout(typing);
  if (event.target.name === 'order') {
    show(true);
  } else {
    typing = setTimeout(connect, 300);
  }
});
filter.addEventListener('submit', event => event.preventDefault());
at('admin').addEventListener('submit', event => event.preventDefault());
at('pause').addEventListener('click', () => {
  paused = !paused;
  at('pause').setAttribute('aria-pressed', paused);
  show(true);
});
connect();
