// A spec in a link: the fragment of the address holds it, which a browser sends to nobody.

const MOST = 2 * 1024 * 1024; // bytes of what a link unfolds to

/** The fragment for what is shared: compressed JSON in base64url. */
export async function packed(value) {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return `spec=${btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** What the address shares; null if it shares nothing. Throws an Error for a fragment that cannot be read. */
export async function shared() {
  const given = new URLSearchParams(location.hash.slice(1)).get("spec");
  if (given === null) return null;
  try {
    const text = atob(given.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(text, (one) => one.charCodeAt(0));
    const value = JSON.parse(await unfolded(bytes));
    if (typeof value.text !== "string") throw new Error();
    return {
      text: value.text,
      variables: texts(value.variables),
      metadata: typeof value.metadata === "string" ? value.metadata : "{}",
      answers: Array.isArray(value.answers) && value.answers.length ? value.answers.map(String) : [""],
    };
  } catch {
    throw new Error("The link does not hold a spec: it is cut off, or larger than 2 MiB.");
  }
}

async function unfolded(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  let size = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    size += piece.value.length;
    if (size > MOST) {
      await reader.cancel();
      throw new Error();
    }
    parts.push(piece.value);
  }
  return new Blob(parts).text();
}

function texts(value) {
  if (value === null || typeof value !== "object") return {};
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));
}
