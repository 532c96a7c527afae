// The code behind the # of the link in our mail: put into its field, and out of the address. It is never in a request's
// address. Without this script the person types it.
(() => {
  "use strict";

  const field = document.querySelector("#id_secret");
  const secret = location.hash.slice(1);
  if (!field || !/^[a-z0-9]{8,40}$/.test(secret)) return;
  field.value = secret;
  history.replaceState(null, "", location.pathname);
})();
