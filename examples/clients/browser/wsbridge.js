// Requester and device for browsers. The node must allow the page's origin (--allow-origin), or give out signed URLs.
// Browsers have no backpressure for what arrives: a page that gets more than it can handle needs a protocol of its own.

/** Opens a bridge; resolves to it once the device is there. */
export function connect(base, device, data = '') {
  const query = `deviceId=${encodeURIComponent(device)}&requestData=${encodeURIComponent(data)}`;
  return new Bridge(`${base}/bridge/connect?${query}`).established;
}

/** A stream of bytes in both directions. */
export class Bridge {
  constructor(url, principal) {
    this.socket = new WebSocket(url, 'wsbridge.v1');
    this.socket.binaryType = 'arraybuffer';
    this.onbytes = () => {}; // called with a Uint8Array
    this.onend = () => {}; // called when the other end will send no more
    this.sent = this.received = false;
    this.closed = new Promise((resolve) => this.socket.addEventListener('close', resolve));
    this.established = new Promise((resolve, reject) => {
      this.socket.addEventListener('message', (first) => {
        const message = JSON.parse(first.data);
        if (principal !== undefined && message.principal !== principal) {
          this.socket.close(4008); // browsers cannot send 1008
          reject(new Error('another requester than that of the invitation'));
        }
        this.socket.addEventListener('message', ({ data }) => this.receive(data));
        resolve(this);
      }, { once: true });
      this.closed.then(({ code, reason }) => reject(new Error(`closed with ${code} ${reason}`)));
    });
  }

  receive(data) {
    if (data instanceof ArrayBuffer && data.byteLength === 0) {
      this.received = true;
      this.onend();
      this.ended();
    } else {
      this.onbytes(typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data));
    }
  }

  send(bytes) {
    if (bytes.length > 0) this.socket.send(bytes);
  }

  /** Says that this end will send no more. */
  end() {
    this.socket.send(new Uint8Array(0));
    this.sent = true;
    this.ended();
  }

  ended() {
    if (this.sent && this.received) this.socket.close(1000);
  }
}

/** Listens as a device. The handler gets a Bridge for each invitation whose request data it knows. */
export function listen(base, device, handlers, onlistening = () => {}, wait = 500) {
  const socket = new WebSocket(`${base}/bridge/listen?deviceId=${encodeURIComponent(device)}`);
  let least = wait;
  socket.addEventListener('open', () => {
    least = 500;
    onlistening();
  });
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data);
    const handler = message.type === 'invitation' && handlers[message.requestData];
    if (handler) {
      accept(message, handler, 0);
    } else if (message.type === 'invitation') {
      const no = { type: 'reject', bridgeToken: message.bridgeToken, code: 404, reason: 'no such target' };
      socket.send(JSON.stringify(no));
    } else if (message.type === 'move') {
      // Another listen socket first; only then is this one closed.
      listen(base, device, handlers, () => setTimeout(() => socket.close(1000), 1000));
    }
  });
  socket.addEventListener('close', ({ code }) => {
    if (code === 1000) return; // this page's own close, after a move
    if (code === 4409) least = 30000; // another listener with this id
    const next = Math.min(2 * least, 30000);
    setTimeout(() => listen(base, device, handlers, onlistening, next), least * (1 + Math.random()));
  });
}

// A page does not learn the status of a refusal, so it opens the URL again whatever it was, a few times.
function accept(invitation, handler, attempt) {
  const bridge = new Bridge(invitation.acceptUrl, invitation.principal);
  bridge.established.then(handler, () => bridge.closed.then(({ code }) => {
    if (code === 1006 && attempt < 5) {
      setTimeout(() => accept(invitation, handler, attempt + 1), (200 + 300 * Math.random()) * 2 ** attempt);
    }
  }));
}

/** Sends back all that comes. */
export function echo(bridge) {
  bridge.onbytes = (bytes) => bridge.send(bytes);
  bridge.onend = () => bridge.end();
}
