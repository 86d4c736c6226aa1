// The page's own script. It sees no token: the browser sends the session's cookie by itself.

const signIn = () => {
  const here = location.pathname + location.search;
  location.assign(`/auth/sign-in?to=${encodeURIComponent(here)}`);
};

document.getElementById("ask")?.addEventListener("click", async () => {
  const answer = document.getElementById("answer");
  const response = await fetch("/api/me");
  if (response.status === 401) return signIn();
  answer.textContent = response.ok
    ? `You are ${(await response.json()).username}.`
    : "The API does not answer at the moment. Please try again.";
});

const expiry = document.getElementById("expiry");
if (expiry) {
  const date = new Date(Number(expiry.dataset.seconds) * 1000);
  expiry.dateTime = date.toISOString();
  expiry.textContent = date.toLocaleTimeString();
}

// Somebody may have signed out, or in as somebody else, in another tab.
const check = async () => {
  if (document.visibilityState !== "visible") return;
  const response = await fetch("/auth/session");
  if (!response.ok) return;
  const session = await response.json();
  if (String(session.signed_in) !== document.body.dataset.signedIn) location.reload();
};
document.addEventListener("visibilitychange", check);
// Also a page that the button "back" brings out of the browser's memory.
addEventListener("pageshow", (event) => event.persisted && check());
