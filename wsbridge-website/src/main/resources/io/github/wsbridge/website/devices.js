// Shows the latest state of the devices.
'use strict';
const every = 4000;
const box = document.getElementById('devices');

async function update() {
  if (!document.hidden) {
    try {
      const answer = await fetch('/', {cache: 'no-store', redirect: 'error'});
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const fresh = page.getElementById('devices');
        if (fresh && fresh.innerHTML !== box.innerHTML && !box.contains(document.activeElement)) {
          box.replaceChildren(...fresh.childNodes);
        }
      }
    } catch (e) {
      // tried again
    }
  }
  setTimeout(update, every);
}

setTimeout(update, every);
