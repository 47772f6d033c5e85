// A real browser, and windows in it that tell of everything that a browser complains of.
import { chromium } from "playwright-core";

const [address, executablePath, ...rest] = process.argv.slice(2);
export { address, rest };

// What Chromium would ask of the world by itself is turned off.
const QUIET = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update",
];

export const complaints = [];
const browser = await chromium.launch({ executablePath, args: QUIET });

/** A window of its own, with cookies of its own; without scripts if so wanted. */
export async function open(name, { scripts = true } = {}) {
  const context = await browser.newContext({
    javaScriptEnabled: scripts, reducedMotion: "reduce", viewport: { width: 1280, height: 900 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const tell = (what) => complaints.push(`${name} ${new URL(page.url()).pathname}: ${what}`);
  page.on("console", (said) => said.type() === "error" && tell(`console: ${said.text()}`));
  page.on("pageerror", (error) => tell(`script: ${error.message}`));
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText ?? "";
    if (!why.includes("ERR_ABORTED")) tell(`failed: ${request.url()} ${why}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith("data:")) tell(`foreign: ${url}`);
  });
  return Object.assign(page, { tell });
}

/** Log in as one of the demo's people. */
export async function logIn(page, role, password) {
  await page.goto(`${address}/log-in`);
  await page.getByLabel("E-mail").fill(`${role}@demo.example`);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("button", { name: "Log out" }).waitFor();
}

/** Say what was found, and end. */
export async function end(found) {
  await browser.close();
  console.log(JSON.stringify({ ...found, complaints }));
}
