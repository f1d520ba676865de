/** Numbers and codes in words. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function size(bytes) {
  let unit = 0;
  while (bytes >= 1024 && unit < UNITS.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${bytes < 10 && unit > 0 ? bytes.toFixed(1) : Math.round(bytes)} ${UNITS[unit]}`;
}

export const rate = bytes => `${size(bytes)}/s`;

export function duration(seconds) {
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = Math.max(0, parts.findIndex(([length]) => seconds >= length));
  if (seconds < 1) {
    return '0 s';
  }
  return parts.slice(first, first + 2)
      .map(([length, unit], i) => [Math.floor((i ? seconds % parts[first][0] : seconds) / length), unit])
      .filter(([count]) => count > 0)
      .map(([count, unit]) => `${count} ${unit}`)
      .join(' ');
}

const MEANINGS = {
  400: 'the request is malformed or too long',
  401: 'no or invalid credentials',
  403: 'not permitted',
  404: 'there is nothing at this path, or no such device',
  408: 'the device did not accept in time',
  426: 'not a WebSocket',
  429: 'too many requests or invalid credentials',
  502: 'another node cannot be reached',
  503: 'the node is full or stopping',
  4403: 'the device rejected',
  4404: 'the device cannot be reached',
  4408: 'the device did not accept in time',
  4410: 'the token is expired or used, or its requester has gone',
  4429: 'over a limit',
  4502: 'the owner node cannot be reached',
  4503: 'the node is full or stopping',
};

export const meaning = status => MEANINGS[status] ?? '';

/** Returns an element with text and children. Whatever the text contains, it stays text. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Sets a text only if it is another, so that selections and readers are not disturbed. */
export function write(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}
