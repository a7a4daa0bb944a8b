"use strict";
// The token stands behind # in the address, which no server and no log sees; it becomes a cookie that no script reads.
(async () => {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  history.replaceState(null, "", "/start");
  const body = new URLSearchParams({ token: token || "" });
  const answer = token ? await fetch("/session", { method: "POST", body }) : null;
  if (answer && answer.ok) {
    location.replace("/");
  } else {
    const wait = document.getElementById("wait");
    wait.textContent = wait.dataset.none;
  }
})();
