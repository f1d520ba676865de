// Joins a terminal on the page with a line of the device.
'use strict';
const box = document.getElementById('terminal');
const state = document.getElementById('terminal-state');
const again = document.getElementById('again');
const line = '/.wsbridge/line?device=' + encodeURIComponent(box.dataset.device);
const encoder = new TextEncoder();
const terminal = new Terminal({
  cols: 80, rows: 24, fontSize: 13, cursorBlink: false, screenReaderMode: true, scrollback: 5000,
  fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace', theme: {background: '#16181c', foreground: '#e8e6e1'},
});
let socket = null;
let sized = false; // whether the device follows the size of the terminal

function say(text) {
  state.textContent = text;
}

async function why() {
  try {
    const answer = await fetch(line, {cache: 'no-store', redirect: 'error'});
    say(answer.ok ? 'The connection has failed.' : await answer.text());
  } catch (e) {
    say('The website cannot be reached, or you have signed out.');
  }
}

function fit() {
  const screen = box.querySelector('.xterm-screen');
  if (!sized || !socket || !screen) {
    return;
  }
  const width = box.clientWidth - 30; // of the scroll bar and the border
  const height = window.innerHeight - box.getBoundingClientRect().top - window.scrollY - 90;
  const cols = Math.floor(width / (screen.clientWidth / terminal.cols));
  const rows = Math.floor(height / (screen.clientHeight / terminal.rows));
  terminal.resize(Math.min(Math.max(cols, 20), 500), Math.min(Math.max(rows, 10), 200));
  socket.send(terminal.cols + 'x' + terminal.rows);
}

function connect() {
  again.hidden = true;
  say('Connecting …');
  let open = false;
  socket = new WebSocket(location.origin.replace(/^http/, 'ws') + line);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    open = true;
    say('Connected. Leave the terminal with Ctrl+Shift+Escape.');
    terminal.focus();
  };
  socket.onmessage = event => {
    if (typeof event.data === 'string') {
      sized = true;
      fit();
    } else {
      terminal.write(new Uint8Array(event.data));
    }
  };
  socket.onclose = () => {
    socket = null;
    sized = false;
    again.hidden = false;
    if (open) {
      say('The connection has ended.');
    } else {
      why();
    }
  };
}

function send(text) {
  if (socket && socket.readyState === WebSocket.OPEN) {
    socket.send(encoder.encode(text));
  }
}

terminal.open(box);
terminal.onData(send);
terminal.attachCustomKeyEventHandler(event => { // the Tab key belongs to the terminal, so another way leads out
  if (event.key === 'Escape' && event.ctrlKey && event.shiftKey) {
    terminal.blur();
    document.querySelector('header a').focus();
    return false;
  }
  return true;
});
again.addEventListener('click', connect);
window.addEventListener('resize', fit);
connect();
