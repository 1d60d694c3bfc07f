
// ---- The rest of the program, which `cargo xtask dist` has put into a file of its own (xtask/src/halves.rs).
//
// The program's first part runs without it. Once the page runs, `fetchRest` fetches it in the background. If a function of it is called
// before it is there, the program calls `loadRestNow`, and the page waits for it: the only request of the page that it waits for.

const REST = new URL("unnamed", import.meta.url);

async function fetchRest() {
  const answer = await fetch(REST, { priority: "low" });
  if (!answer.ok) throw new Error(`${REST}: ${answer.status}`);
  const bytes = await answer.arrayBuffer();
  await WebAssembly.instantiate(bytes, { first: wasm });
  wasm.rest_ready.value = 1;
}

function loadRestNow() {
  const request = new XMLHttpRequest();
  request.open("GET", REST, false);
  // A request that is waited for gives text only; with this type each byte is one character's low byte.
  request.overrideMimeType("text/plain; charset=x-user-defined");
  request.send();
  if (request.status !== 200) throw new Error(`${REST}: ${request.status}`);
  const bytes = Uint8Array.from(request.responseText, (character) => character.charCodeAt(0) & 0xff);
  new WebAssembly.Instance(new WebAssembly.Module(bytes), { first: wasm });
  wasm.rest_ready.value = 1;
}

export { fetchRest };
