// Asks whether the device answers, ever less often, and opens its page once it does.
'use strict';
const first = 1000;
const longest = 30000;
let pause = first;

function later() {
  setTimeout(ask, pause * (0.8 + 0.4 * Math.random()));
  pause = Math.min(pause * 1.6, longest);
}

async function ask() {
  if (document.hidden) { // nobody waits; asking would wake the device for nothing
    document.addEventListener('visibilitychange', () => { pause = first; ask(); }, {once: true});
    return;
  }
  try {
    const answer = await fetch('/.wsbridge/state', {cache: 'no-store', redirect: 'error'});
    if (answer.ok) {
      location.reload();
      return;
    }
  } catch (e) {
    // the website itself cannot be reached
  }
  later();
}

later();
