'use strict';

const at = id => document.getElementById(id);
const SHOWN = 150; // values in the chart
const LINES = 200; // lines of the log
const WIDTH = 600;
const HEIGHT = 160;

// The chart, over a WebSocket that is opened again when it is lost.
const values = [];

function draw() {
  const y = celsius => HEIGHT - (celsius - 30) / 24 * HEIGHT;
  const points = values.map((celsius, i) =>
    ((SHOWN - values.length + i) * WIDTH / (SHOWN - 1)).toFixed(1) + ',' + y(celsius).toFixed(1));
  at('line').setAttribute('points', points.join(' '));
  const first = points[0].split(',')[0];
  at('area').setAttribute('d', `M${first},${HEIGHT} L${points.join(' L')} L${WIDTH},${HEIGHT} Z`);
}

function watch(delay) {
  const url = new URL('chart', document.baseURI);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url);
  socket.onopen = () => {
    delay = 500;
    at('chart-state').textContent = 'Five values a second, over a WebSocket.';
  };
  socket.onmessage = message => {
    const value = JSON.parse(message.data);
    if (value.before) { // the first message of a connection
      values.splice(0, values.length, ...value.before);
    }
    values.push(value.celsius);
    if (values.length > SHOWN) {
      values.shift();
    }
    at('celsius').textContent = value.celsius.toFixed(1);
    at('chart').dataset.step = value.step;
    draw();
  };
  socket.onclose = () => {
    at('chart-state').textContent = 'The connection is lost; trying again.';
    setTimeout(watch, delay, Math.min(delay * 2, 10000));
  };
}
watch(500);

// The log, by Server-Sent Events, which browsers open again by themselves.
const log = new EventSource(new URL('log', document.baseURI));
log.onopen = () => {
  at('log').replaceChildren();
  at('log-state').textContent = 'Lines as they are written, by Server-Sent Events.';
};
log.onmessage = event => {
  const list = at('log');
  const follows = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const line = document.createElement('li');
  line.textContent = event.data;
  list.append(line);
  if (list.children.length > LINES) {
    list.firstChild.remove();
  }
  if (follows) {
    list.scrollTop = list.scrollHeight;
  }
};
log.onerror = () => {
  at('log-state').textContent = 'The connection is lost; trying again.';
};

// The upload.
function hex(bytes) {
  return Array.from(new Uint8Array(bytes), byte => byte.toString(16).padStart(2, '0')).join('');
}

async function ownHash(file) {
  if (!window.crypto.subtle) {
    return 'only known on a secure page';
  }
  return hex(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
}

function send(file) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', new URL('upload', document.baseURI));
    request.responseType = 'json';
    request.upload.onprogress = event => {
      at('progress').value = event.total ? event.loaded / event.total : 1;
    };
    request.onload = () => request.status === 200 && request.response
      ? resolve(request.response) : reject(new Error('status ' + request.status));
    request.onerror = () => reject(new Error('the connection broke'));
    request.send(file);
  });
}

at('form').addEventListener('submit', async event => {
  event.preventDefault();
  const file = at('file').files[0];
  at('send').disabled = true;
  at('progress').hidden = false;
  at('progress').value = 0;
  at('result').hidden = true;
  at('sha256').textContent = at('own').textContent = '';
  try {
    const answer = await send(file);
    at('arrived').textContent = answer.bytes.toLocaleString() + ' bytes';
    at('sha256').textContent = answer.sha256;
    at('own').textContent = await ownHash(file);
  } catch (failure) {
    at('arrived').textContent = 'nothing: ' + failure.message;
  }
  at('result').hidden = false;
  at('progress').hidden = true;
  at('send').disabled = false;
});
