// Looks at every page that anybody reaches by links: light, dark, and 320 pixels wide, by axe.
import { readFileSync } from "node:fs";
import { address, end, logIn, open, rest } from "./window.mjs";

const [password, pictures] = rest;
const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const VIEWS = [
  { view: "light", colorScheme: "light", width: 1280 },
  { view: "dark", colorScheme: "dark", width: 1280 },
  { view: "narrow", colorScheme: "light", width: 320 },
];
const HOMES = { visitor: "/", buyer: "/shop/cart", seller: "/sell", operator: "/console" };
const MOST = 60;

/** A page's kind: its path, without ids. */
const kind = (path) => path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "*").replace(/[?#].*/, "");
const isPage = (path) => /^\/(shop|sell|account|console|log-in|register|forgotten|$)/.test(path);
const isFile = (path) => /\/(export|errors)$/.test(path);

/** Whoever is logged in sees the same on a page that all may see. */
const isAlike = (one, other) => one === other || (one !== "visitor" && other !== "visitor");

const seen = [];
for (const [role, home] of Object.entries(HOMES)) {
  const page = await open(role);
  if (role !== "visitor") await logIn(page, role, password);
  if (role === "buyer") await fillCart(page);
  const todo = [home];
  const met = new Set();
  while (todo.length && seen.length < MOST) {
    const path = todo.shift();
    const answer = await page.goto(address + path);
    if (answer.status() !== 200) page.tell(`status ${answer.status()}`);
    const shown = kind(new URL(page.url()).pathname);
    if (!seen.some((one) => one.page === shown && isAlike(one.role, role))) {
      await examine(page);
      if (pictures) await draw(page, `${pictures}/${role}${shown.replaceAll("/", "-")}`);
      seen.push({ role, page: shown });
    }
    const links = page.locator("a[href^='/']");
    for (const href of await links.evaluateAll((all) => all.map((a) => a.getAttribute("href")))) {
      const next = kind(href);
      if (isPage(next) && !isFile(next) && !met.has(next)) {
        met.add(next);
        todo.push(href);
      }
    }
  }
  await page.context().close();
}
await end({ seen: seen.map((one) => `${one.role} ${one.page}`) });

async function fillCart(page) {
  await page.goto(`${address}/shop?term=lamp`);
  await page.locator("main a[href^='/shop/items/']").first().click();
  await page.getByRole("button", { name: "Put into the cart" }).click();
}

async function examine(page) {
  for (const { view, colorScheme, width } of VIEWS) {
    await show(page, colorScheme, width);
    await page.evaluate(axe);
    const result = await page.evaluate((tags) => axe.run(document, { runOnly: tags }), RULES);
    for (const { id, nodes } of result.violations) {
      page.tell(`${view}: ${id}: ${nodes.map((n) => `${n.target} ${n.any[0]?.message}`)[0]}`);
    }
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (beyond > 0) page.tell(`${view}: ${beyond} pixels wider than the window`);
  }
  await show(page, "light", 1280);
}

async function draw(page, path) {
  for (const { view, colorScheme, width } of VIEWS) {
    await show(page, colorScheme, width);
    await page.screenshot({ path: `${path}.${view}.png` });
  }
  await show(page, "light", 1280);
}

async function show(page, colorScheme, width) {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.setViewportSize({ width, height: 900 });
}
