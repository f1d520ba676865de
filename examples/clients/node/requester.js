#!/usr/bin/env node
// A requester: connects standard input and output to a device, like nc.
//
// Usage: requester.js URL DEVICE [REQUEST_DATA]        needs Debian's node-ws, or: npm install ws
'use strict';
const WebSocket = require('ws');

const [url, device, data = ''] = process.argv.slice(2);
if (!device) {
  console.error('usage: requester.js URL DEVICE [REQUEST_DATA]');
  process.exit(2);
}
const query = `deviceId=${encodeURIComponent(device)}&requestData=${encodeURIComponent(data)}`;
const socket = new WebSocket(`${url}/bridge/connect?${query}`, 'wsbridge.v1', {
  perMessageDeflate: false,
  maxPayload: 0, // messages have no size limit
});

let established = false;
let sent = false; // this end's half-close
let received = false; // the device's

function ended() {
  if (sent && received) socket.close(1000);
}

function upload() {
  process.stdin.on('data', (piece) => {
    process.stdin.pause(); // one message at a time, so that memory stays bounded
    socket.send(piece, { binary: true }, () => process.stdin.resume());
  });
  process.stdin.on('end', () => {
    socket.send(Buffer.alloc(0));
    sent = true;
    ended();
  });
}

socket.on('message', (message, binary) => {
  if (!established) {
    established = JSON.parse(message).type === 'established';
    if (established) upload();
    else socket.terminate();
  } else if (binary && message.length === 0) {
    received = true;
    ended();
  } else if (!process.stdout.write(message)) {
    socket.pause();
    process.stdout.once('drain', () => socket.resume());
  }
});
socket.on('error', (error) => console.error(error.message));
socket.on('close', (code, reason) => {
  if (code !== 1000) console.error(`closed with ${code} ${reason}`);
  process.exitCode = code === 1000 ? 0 : 1;
  process.stdin.destroy();
});
