// A page as a document. Asked for so, and not as text to be parsed, no script has to turn text into markup.
export function fetchPage(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.setRequestHeader("X-Refresh", "1");
    request.timeout = 30000;
    request.onload = () => {
      const there = new URL(request.responseURL || address, location.href);
      // Signed out meanwhile: the whole page has to go there.
      if (there.pathname.startsWith("/console/sign-in")) location.reload();
      else if (request.status === 200 && request.response) resolve(request.response);
      else reject(new Error(`answered ${request.status}`));
    };
    request.onerror = request.ontimeout = () => reject(new Error("not reached"));
    request.send();
  });
}
