// Starts the page. It stands in a file of its own because the page's policy refuses inline scripts; trunk writes the
// names of the program and of its glue into this script's element (Trunk.toml). Where the page cannot run, it says why.
(function () {
  "use strict";

  const names = document.currentScript.dataset;

  function show(id) {
    const loading = document.getElementById("boot-loading");
    const sentence = document.getElementById(id);
    if (loading) loading.hidden = true;
    if (sentence) sentence.hidden = false;
  }

  function fetchRest(glue) {
    // A program in one file has no rest. One that does not come now is fetched when it is called (www/rest.js).
    return glue.fetchRest && glue.fetchRest().catch(() => {});
  }

  function keepForOffline() {
    // Without a service worker (an old browser, a private window) the page works all the same while it is online.
    if (!("serviceWorker" in navigator)) return;
    navigator.serviceWorker.register(new URL("./sw.js", document.baseURI)).catch(() => {});
  }

  if (typeof WebAssembly !== "object" || typeof WebAssembly.instantiate !== "function") {
    show("boot-no-wasm");
    return;
  }
  import(new URL(names.app, document.baseURI))
    .then((glue) => glue.default({ module_or_path: new URL(names.wasm, document.baseURI) }).then(() => fetchRest(glue)))
    .then(keepForOffline)
    .catch((error) => {
      const reason = document.getElementById("boot-reason");
      if (reason) reason.textContent = String(error);
      show("boot-failed");
    });
})();
