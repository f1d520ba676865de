#!/usr/bin/env node
// A device: sends back all bytes of the bridges with the request data "echo", and rejects others.
//
// Usage: device.js URL DEVICE                          needs Debian's node-ws, or: npm install ws
'use strict';
const WebSocket = require('ws');

const [base, device] = process.argv.slice(2);
if (!device) {
  console.error('usage: device.js URL DEVICE');
  process.exit(2);
}
const listenUrl = `${base}/bridge/listen?deviceId=${encodeURIComponent(device)}`;
const TRIES = 5;

const open = (url) => new WebSocket(url, 'wsbridge.v1', { perMessageDeflate: false, maxPayload: 0 });
const between = (from, to) => from + Math.random() * (to - from);

// Opens the accept URL, again if the bridge did not come about: the token is used up only by a bridge.
function accept(invitation, attempt = 0) {
  const socket = open(invitation.acceptUrl);
  let established = false;
  let refused = 0;
  socket.on('message', (message, binary) => {
    if (!established) {
      established = true;
      if (JSON.parse(message).principal !== invitation.principal) {
        socket.close(1008, 'another requester than that of the invitation');
      }
    } else if (binary && message.length === 0) {
      socket.send(Buffer.alloc(0)); // both directions have ended
      socket.close(1000);
    } else if (message.length > 0) {
      // An empty text message is no half-close, and none must become one.
      socket.pause();
      socket.send(message, { binary: true }, () => socket.resume());
    }
  });
  socket.on('unexpected-response', (request, response) => {
    refused = response.statusCode;
    request.destroy();
    socket.emit('close', 1006);
  });
  socket.on('error', (error) => console.error(error.message));
  socket.once('close', (code) => {
    const again = !established && code === 1006 && [0, 429, 503].includes(refused);
    if (again && attempt < TRIES) {
      setTimeout(() => accept(invitation, attempt + 1), between(200, 500) * 2 ** attempt);
    }
  });
}

function listen(wait, listening) {
  const socket = new WebSocket(listenUrl);
  let opened = false;
  socket.on('open', () => {
    opened = true;
    listening();
  });
  socket.on('message', (text) => {
    const message = JSON.parse(text);
    if (message.type === 'invitation' && message.requestData === 'echo') {
      accept(message);
    } else if (message.type === 'invitation') {
      const token = message.bridgeToken;
      socket.send(JSON.stringify({ type: 'reject', bridgeToken: token, code: 404, reason: 'no such target' }));
    } else if (message.type === 'move') {
      // Another listen socket first; only then is this one closed.
      listen(500, () => setTimeout(() => socket.close(1000), 1000));
    }
  });
  socket.on('error', (error) => console.error(error.message));
  socket.on('close', (code) => {
    if (code === 1000) return; // this program's own close, after a move
    const least = code === 4409 ? 30_000 : opened ? 500 : wait; // 4409: another listener with this id
    setTimeout(() => listen(Math.min(2 * least, 30_000), listening), between(least, 2 * least));
  });
}

listen(500, () => console.log('listening'));
